"""Lists for pages: cells in the reader's words, versions with their state. Decides nothing."""

from __future__ import annotations

from typing import Any, Final

from api.messages import Lang
from api.service import Service
from archive.catalogue.list_queries import ListRow
from oversight.lists.differences import Differences, differences
from oversight.lists.kinds import CHOICE_WORDS, KIND_NAMES, Column, Kind, columns_of
from oversight.lists.model import AgencyList, Row
from oversight.lists.publishing import today
from oversight.lists.shown import shown
from oversight.lists.versions import in_force, list_of, until

_MOST_ROWS: Final = 500  # on a page; the rest is in the file


def name_of_kind(kind: Kind, lang: Lang) -> str:
    """What a kind of list is called."""
    return KIND_NAMES[kind].of(lang)


def person(service: Service, actor: str) -> str:
    """Who did something."""
    row = service.archive.catalogue.account(actor) if actor.startswith("account-") else None
    return actor if row is None or row.name is None else row.name


def version_view(service: Service, row: ListRow, rows: list[ListRow]) -> dict[str, Any]:
    """One version in the list of versions."""
    day = today(service.archive)
    binding = in_force(rows, day)
    if row.withdrawn_index is not None:
        state = "withdrawn"
    elif binding is not None and binding.index == row.index:
        state = "in_force"
    else:
        state = "coming" if row.in_force > day.isoformat() else "past"
    return {
        "version": row.version,
        "title": row.title,
        "in_force": row.in_force,
        "until": until(rows, row) if row.withdrawn_index is None else None,
        "state": state,
        "by": person(service, row.actor),
        "at": row.published_at,
        "index": row.index,
        "reason": row.withdrawn_reason,
    }


def table_view(found: AgencyList, lang: Lang) -> dict[str, Any]:
    """A list with its first rows."""
    columns = columns_of(found.kind)
    return {
        "title": found.title.of(lang),
        "agency": found.agency,
        "clause": found.clause.of(lang),
        "source": found.source.of(lang),
        "tolerance_seconds": found.tolerance_seconds,
        "gap_seconds": found.gap_seconds,
        "count": len(found.rows),
        "rows": [_row(columns, row, lang) for row in found.rows[:_MOST_ROWS]],
    }


def _row(columns: dict[str, Column], row: Row, lang: Lang) -> dict[str, Any]:
    """Choices in a word beside the name, all else below it."""
    there = [(c, shown(c, row[key], lang)) for key, c in columns.items() if key in row]
    return {
        "id": row["id"],
        "name": row["name"],
        "chips": [words for c, words in there if c.shape == "choice"],
        "cells": [
            {"name": c.name.of(lang), "words": words}
            for c, words in there
            if c.shape != "choice" and c.key not in {"id", "name"}
        ],
    }


def fields_of(kind: Kind, row: Row | None, lang: Lang) -> list[dict[str, Any]]:
    """The fields of a form for one row, with what stands in it."""
    return [_field(column, (row or {}).get(key), lang) for key, column in columns_of(kind).items()]


def _field(column: Column, cell: str | int | None, lang: Lang) -> dict[str, Any]:
    value = "" if cell is None else str(cell)
    return {
        "key": column.key,
        "name": column.name.of(lang),
        "needed": column.needed,
        "shape": column.shape,
        "value": value if column.shape == "choice" else shown(column, cell, lang),
        "choices": [(code, CHOICE_WORDS[code].of(lang)) for code in column.choices],
    }


def changed(service: Service, before: ListRow, after: AgencyList, lang: Lang) -> dict[str, Any]:
    """What a list changed of a published version. Reads objects: not for the event loop."""
    found = differences(list_of(service.archive, before), after)
    return changes_view(after.kind, found, lang)


def changes_view(kind: Kind, found: Differences, lang: Lang) -> dict[str, Any]:
    """What one version changed of another."""
    columns = columns_of(kind)
    return {
        "none": found.none,
        "head": [{"key": key, "before": was, "after": now} for key, was, now in found.head],
        "added": [{"id": row["id"], "name": row["name"]} for row in found.added],
        "removed": [{"id": row["id"], "name": row["name"]} for row in found.removed],
        "changed": [
            {
                "id": each.id,
                "cells": [
                    {
                        "name": columns[key].name.of(lang),
                        "before": shown(columns[key], was, lang) or "—",
                        "after": shown(columns[key], now, lang) or "—",
                    }
                    for key, was, now in each.cells
                ],
            }
            for each in found.changed
        ],
    }
