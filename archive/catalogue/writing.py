"""Projected rows into tables, inside a transaction of the caller. Decides nothing.

What always holds: writing the same stretches of a ledger in any cut gives the same tables. Rows that say
something new about an old subject say None for what they leave alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from operator import itemgetter
from typing import Any, Final, Protocol

from archive.catalogue.projected import Row, Rows
from archive.catalogue.projection import container_start
from archive.catalogue.times import UNKNOWN_START

_CHUNK: Final = 500  # values in one IN list
_NAME: Final = re.compile(r":(\w+)")


class Writer(Protocol):
    """A transaction: SQLAlchemy's `Connection`, or `beside.Plain` over the driver's own."""

    def exec_driver_sql(self, statement: str, parameters: Any = None, /) -> Iterable[Any]:
        """Run one statement with a tuple of values, or once for each of a list of tuples."""
        ...


def write_rows(connection: Writer, rows: Rows) -> None:
    """Write what one stretch of the ledger adds."""
    _insert(connection, "custody", rows.custody)
    for table in ("units", "officers", "recorders"):
        _replace(connection, table, getattr(rows, table))
    _merge(connection, "accounts", rows.accounts)
    _merge(connection, "dockings", rows.dockings, keep=("started_index", "started_at"))
    _merge(connection, "cases", rows.cases, keep=("opened_index", "opened_at"))
    for table in _ONLY_ADDED:
        _insert(connection, table, getattr(rows, table))
    _run(
        connection,
        "UPDATE disputes SET settled_index = :settled_index WHERE docking = :docking"
        ' AND settled_index IS NULL AND "index" < :settled_index',
        rows.settled,
    )
    objects = [{"digest": digest, "size": size} for digest, size in rows.objects.items()]
    _merge(connection, "objects", objects, key="digest")
    _insert(connection, "clips", [{**_UNEXAMINED, **row} for row in rows.clips])
    _run(
        connection,
        "UPDATE clips SET verified_at = :verified_at WHERE clip = :the_clip",
        rows.verified,
    )
    _run(
        connection,
        "UPDATE clips SET officer_id = :officer_id, unit_id = :unit_id,"
        " quarantined = quarantined AND :accepted_index IS NULL,"
        " accepted_index = coalesce(:accepted_index, accepted_index) WHERE clip = :the_clip",
        rows.owned,
    )
    _run(connection, "UPDATE clips SET erased_at = :erased_at WHERE clip = :the_clip", rows.erased)
    moved = _write_examined(connection, rows.examined)
    _write_links(connection, rows.links)
    _place_links(connection, moved)
    _write_case_numbers(connection, dict.fromkeys(str(row["clip"]) for row in rows.links))
    if rows.words:
        # The one statement that is SQLite's own; docs/formats/catalogue.md, "Text".
        connection.exec_driver_sql("INSERT INTO words(rowid, body) VALUES (?, ?)", rows.words)


_ONLY_ADDED: Final = (
    "refusals",
    "sightings",
    "renditions",
    "case_officers",
    "assignments",
    "twins",
    "timestamps",
    "clock_readings",
    "disputes",
)


def write_head(connection: Writer, head: Mapping[str, Any]) -> None:
    """Say how far the catalogue is."""
    connection.exec_driver_sql("DELETE FROM head")
    _run(connection, _insertion("head", ("id", *head)), [{"id": 1, **head}])


_UNEXAMINED: Final[Row] = {
    **dict.fromkeys(("container", "duration_us", "video", "audio", "width", "height", "rate")),
    **dict.fromkeys(("verified_at", "examined_index", "accepted_index", "erased_at")),
    "damaged": False,
    "damage": "[]",
    "playable": False,
    "cases": "[]",
}


def _run(connection: Writer, statement: str, rows: Sequence[Row]) -> None:
    """One statement, `:name` for each value, for many rows; all with the same members."""
    if rows:
        # Tuples: by name the driver looks each value up again in each row, twice the time.
        positional, names = _positional(statement)
        if len(names) == 1:
            connection.exec_driver_sql(positional, [(row[names[0]],) for row in rows])
        else:
            connection.exec_driver_sql(positional, list(map(itemgetter(*names), rows)))


@lru_cache(maxsize=64)
def _positional(statement: str) -> tuple[str, tuple[str, ...]]:
    return _NAME.sub("?", statement), tuple(_NAME.findall(statement))


def _insertion(table: str, names: Iterable[str]) -> str:
    names = tuple(names)
    columns = ", ".join(f'"{name}"' for name in names)
    values = ", ".join(f":{name}" for name in names)
    return f"INSERT INTO {table} ({columns}) VALUES ({values})"  # noqa: S608 - names from the projection


def _insert(connection: Writer, table: str, rows: Sequence[Row]) -> None:
    """New rows; a row that is there already stays as it is."""
    if rows:
        _run(connection, f"{_insertion(table, rows[0])} ON CONFLICT DO NOTHING", rows)


def _replace(connection: Writer, table: str, rows: Sequence[Row]) -> None:
    """New rows, or the newest word on old ones."""
    if rows:
        new = ", ".join(f'"{name}" = excluded."{name}"' for name in rows[0] if name != "id")
        _run(connection, f"{_insertion(table, rows[0])} ON CONFLICT (id) DO UPDATE SET {new}", rows)


def _merge(
    connection: Writer,
    table: str,
    rows: Sequence[Row],
    *,
    keep: tuple[str, ...] = (),
    key: str = "id",
) -> None:
    """New rows, or new members of old ones; None and the members to keep leave the old one."""
    if rows:
        new = _coalesced(table, (name for name in rows[0] if name != key and name not in keep))
        statement = f"{_insertion(table, rows[0])} ON CONFLICT ({key}) DO UPDATE SET {new}"
        _run(connection, statement, rows)


def _coalesced(table: str, names: Iterable[str]) -> str:
    return ", ".join(f'"{n}" = coalesce(excluded."{n}", {table}."{n}")' for n in names)


_EXAMINED: Final = (
    "examined_index",
    "container",
    "duration_us",
    "video",
    "audio",
    "width",
    "height",
    "rate",
    "damaged",
    "damage",
    "playable",
)


def _write_examined(connection: Writer, rows: Sequence[Row]) -> list[str]:
    """What examining found; answers with the clips whose start it moved."""
    found = ", ".join(f"{name} = :{name}" for name in _EXAMINED)
    # An examination that could not tell leaves what the name said.
    _run(
        connection,
        f"UPDATE clips SET kind = coalesce(:kind, kind), {found} WHERE clip = :the_clip",  # noqa: S608 - as above
        rows,
    )
    return _move_starts(connection, {r["the_clip"]: r for r in rows if r["created_us"] is not None})


def _move_starts(connection: Writer, created: dict[str, Row]) -> list[str]:
    """The container's time counts more than the modification time, less than the file's name (architecture, Time)."""
    moved: list[Row] = []
    for chunk in _chunks(created):
        found = connection.exec_driver_sql(
            f"SELECT clip, offset_ms FROM clips WHERE clip IN ({_marks(chunk)})"  # noqa: S608 - question marks
            " AND coalesce(start_source, '') <> 'name' ORDER BY ingested_index",
            tuple(chunk),
        )
        for clip, offset_ms in found:
            try:
                start, start_us = container_start(created[clip]["created_us"], offset_ms)
            except OverflowError:
                continue  # a time beyond the calendar is none
            row = {"the_clip": clip, "start": start, "start_us": start_us}
            moved.append({**row, "start_raw": created[clip]["created"]})
    _run(
        connection,
        "UPDATE clips SET start = :start, start_us = :start_us, start_raw = :start_raw,"
        " start_source = 'container' WHERE clip = :the_clip",
        moved,
    )
    return [str(row["the_clip"]) for row in moved]


def _write_links(connection: Writer, rows: Sequence[Row]) -> None:
    """New links, or what was said anew of old ones; beside each what a search by case number needs of the clip."""
    if rows:
        names = tuple(rows[0])
        columns = ", ".join(f'"{name}"' for name in (*names, "clip_index", "start_us"))
        values = ", ".join(f":{name}" for name in names)
        new = _coalesced("links", (n for n in (*names, "clip_index", "start_us") if n not in _LINK))
        # Looked up while inserting: the widest index is then written once.
        statement = (
            f"INSERT INTO links ({columns}) VALUES ({values},"  # noqa: S608 - names from the projection
            " (SELECT ingested_index FROM clips WHERE clips.clip = :clip),"
            f" coalesce((SELECT start_us FROM clips WHERE clips.clip = :clip), {UNKNOWN_START}))"
            f" ON CONFLICT (case_id, clip) DO UPDATE SET {new}"
        )
        _run(connection, statement, rows)


_LINK: Final = ("case_id", "clip")


def _place_links(connection: Writer, moved: Sequence[str]) -> None:
    """Tell the links of clips whose start was moved."""
    _run(
        connection,
        "UPDATE links SET start_us = coalesce((SELECT clips.start_us FROM clips"
        " WHERE clips.clip = links.clip), :unknown) WHERE clip = :the_clip",
        [{"the_clip": clip, "unknown": UNKNOWN_START} for clip in dict.fromkeys(moved)],
    )


def _write_case_numbers(connection: Writer, clips: dict[str, None]) -> None:
    """Keep beside each clip the numbers of its cases, in the order in which it was linked to them."""
    for chunk in _chunks(clips):
        numbers: dict[str, list[str]] = {clip: [] for clip in chunk}
        found = connection.exec_driver_sql(
            "SELECT links.clip, coalesce(cases.number, cases.id) FROM links"  # noqa: S608 - question marks
            " JOIN cases ON cases.id = links.case_id"
            f" WHERE links.clip IN ({_marks(chunk)}) AND links.linked = TRUE"
            " ORDER BY links.clip, links.linked_index",
            tuple(chunk),
        )
        for clip, number in found:
            numbers[clip].append(number)
        _run(
            connection,
            "UPDATE clips SET cases = :numbers WHERE clip = :the_clip",
            [
                {"the_clip": clip, "numbers": json.dumps(listed, ensure_ascii=False)}
                for clip, listed in numbers.items()
            ],
        )


def _marks(values: Sequence[Any]) -> str:
    return ", ".join("?" * len(values))


def _chunks(values: Iterable[str]) -> Iterable[list[Any]]:
    waiting = iter(values)
    while chunk := list(islice(waiting, _CHUNK)):
        yield chunk
