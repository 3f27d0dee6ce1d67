"""Projected rows into tables, inside a transaction of the caller. Decides nothing.

What always holds: writing the same stretches of a ledger in any cut gives the same tables. Rows that say
something new about an old subject say None for what they leave alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import islice
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Insert,
    Table,
    Update,
    bindparam,
    case,
    delete,
    func,
    select,
    text,
    update,
)
from sqlalchemy.dialects.sqlite import insert

from archive.catalogue import schema
from archive.catalogue.projection import Row, Rows, container_start
from archive.catalogue.times import UNKNOWN_START

_CHUNK: Final = 500  # values in one IN list


def write_rows(connection: Connection, rows: Rows) -> None:
    """Write what one stretch of the ledger adds."""
    _insert(connection, schema.custody, rows.custody)
    for table in (schema.units, schema.officers, schema.recorders):
        _replace(connection, table, getattr(rows, table.name))
    _merge(connection, schema.accounts, rows.accounts)
    _merge(connection, schema.dockings, rows.dockings, keep=("started_index", "started_at"))
    _merge(connection, schema.cases, rows.cases, keep=("opened_index", "opened_at"))
    for table in (schema.refusals, schema.sightings, schema.renditions, schema.case_officers):
        _insert(connection, table, getattr(rows, table.name))
    _write_objects(connection, rows.objects)
    _insert(connection, schema.clips, [{**_UNEXAMINED, **row} for row in rows.clips])
    _write_verified(connection, rows.verified)
    moved = _write_examined(connection, rows.examined)
    _write_links(connection, rows.links)
    _place_links(connection, moved)
    _write_case_numbers(connection, dict.fromkeys(str(row["clip"]) for row in rows.links))
    if rows.words:
        # The one statement that is SQLite's own; docs/formats/catalogue.md, "Text".
        connection.exec_driver_sql("INSERT INTO words(rowid, body) VALUES (?, ?)", rows.words)


def write_head(connection: Connection, head: Row) -> None:
    """Say how far the catalogue is."""
    connection.execute(delete(schema.head))
    connection.execute(schema.head.insert(), [{"id": 1, **head}])


_UNEXAMINED: Final[Row] = {
    **dict.fromkeys(("container", "duration_us", "video", "audio", "width", "height", "rate")),
    **dict.fromkeys(("verified_at", "examined_index")),
    "damaged": False,
    "damage": "[]",
    "playable": False,
    "cases": "[]",
}


def _run(connection: Connection, statement: Insert | Update, rows: Sequence[Row]) -> None:
    """One statement for many rows, all with the same members.

    Compiled once and handed to the driver as tuples: SQLAlchemy's own way to many rows takes twice as long.
    """
    names = list(rows[0])
    compiled = statement.compile(dialect=connection.dialect, column_keys=names)
    order = compiled.positiontup
    if order is None:
        connection.execute(statement, rows)
        return
    # Values of the statement's own beside those of the rows; every name is in one of the two.
    fixed = {name: value for name, value in compiled.params.items() if name not in names}
    if len(order) == 1:
        connection.exec_driver_sql(str(compiled), [(row[order[0]],) for row in rows])
        return
    if fixed:
        rows = [{**fixed, **row} for row in rows]
    connection.exec_driver_sql(str(compiled), list(map(itemgetter(*order), rows)))


def _insert(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """New rows; a row that is there already stays as it is."""
    if rows:
        _run(connection, insert(table).on_conflict_do_nothing(), rows)


def _replace(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """New rows, or the newest word on old ones."""
    if rows:
        statement = insert(table)
        new = {c.name: statement.excluded[c.name] for c in table.columns if not c.primary_key}
        keys = table.primary_key.columns
        _run(connection, statement.on_conflict_do_update(index_elements=keys, set_=new), rows)


def _merge(
    connection: Connection, table: Table, rows: Sequence[Row], *, keep: tuple[str, ...] = ()
) -> None:
    """New rows, or new members of old ones; None and the members to keep leave the old one."""
    if rows:
        statement = insert(table)
        new = {
            c.name: func.coalesce(statement.excluded[c.name], c)
            for c in table.columns
            if not c.primary_key and c.name not in keep and c.name in rows[0]
        }
        keys = table.primary_key.columns
        _run(connection, statement.on_conflict_do_update(index_elements=keys, set_=new), rows)


def _write_objects(connection: Connection, objects: dict[str, int | None]) -> None:
    _merge(
        connection,
        schema.objects,
        [{"digest": digest, "size": size} for digest, size in objects.items()],
    )


def _write_verified(connection: Connection, rows: Sequence[Row]) -> None:
    if rows:
        clips = schema.clips
        _run(
            connection,
            update(clips)
            .where(clips.c.clip == bindparam("the_clip"))
            .values(verified_at=bindparam("verified_at")),
            rows,
        )


def _write_examined(connection: Connection, rows: Sequence[Row]) -> list[str]:
    """What examining found; answers with the clips whose start it moved."""
    if not rows:
        return []
    clips = schema.clips
    plain = (
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
    _run(
        connection,
        update(clips)
        .where(clips.c.clip == bindparam("the_clip"))
        .values(
            # An examination that could not tell leaves what the name said.
            kind=func.coalesce(bindparam("kind"), clips.c.kind),
            **{name: bindparam(name) for name in plain},
        ),
        [{name: row[name] for name in ("the_clip", "kind", *plain)} for row in rows],
    )
    return _move_starts(connection, {r["the_clip"]: r for r in rows if r["created_us"] is not None})


def _move_starts(connection: Connection, created: dict[str, Row]) -> list[str]:
    """The container's time counts more than the modification time, less than the file's name (architecture, Time)."""
    clips = schema.clips
    moved: list[Row] = []
    for chunk in _chunks(created):
        found = connection.execute(
            select(clips.c.clip, clips.c.offset_ms)
            .where(clips.c.clip.in_(chunk), func.coalesce(clips.c.start_source, "") != "name")
            .order_by(clips.c.ingested_index)
        )
        for clip, offset_ms in found:
            try:
                start, start_us = container_start(created[clip]["created_us"], offset_ms)
            except OverflowError:
                continue  # a time beyond the calendar is none
            row = {"the_clip": clip, "start": start, "start_us": start_us}
            moved.append({**row, "start_raw": created[clip]["created"]})
    if moved:
        _run(
            connection,
            update(clips)
            .where(clips.c.clip == bindparam("the_clip"))
            .values(
                start=bindparam("start"),
                start_us=bindparam("start_us"),
                start_raw=bindparam("start_raw"),
                start_source="container",
            ),
            moved,
        )
    return [str(row["the_clip"]) for row in moved]


def _write_links(connection: Connection, rows: Sequence[Row]) -> None:
    """New links, or what was said anew of old ones; beside each what a search by case number needs of the clip."""
    if rows:
        link, of = schema.links, schema.clips
        # Looked up while inserting: the widest index is then written once.
        its = of.c.clip == bindparam("new_clip")
        statement = insert(link).values(
            **{name: bindparam(f"new_{name}") for name in rows[0]},
            clip_index=select(of.c.ingested_index).where(its).scalar_subquery(),
            start_us=_start_of(its),
        )
        new = {
            name: func.coalesce(statement.excluded[name], link.c[name])
            for name in (*rows[0], "clip_index", "start_us")
            if name not in link.primary_key.columns
        }
        keys = link.primary_key.columns
        _run(
            connection,
            statement.on_conflict_do_update(index_elements=keys, set_=new),
            [{f"new_{name}": value for name, value in row.items()} for row in rows],
        )


def _place_links(connection: Connection, moved: Sequence[str]) -> None:
    """Tell the links of clips whose start was moved."""
    if moved:
        link = schema.links
        _run(
            connection,
            update(link)
            .where(link.c.clip == bindparam("the_clip"))
            .values(start_us=_start_of(schema.clips.c.clip == link.c.clip)),
            [{"the_clip": clip} for clip in dict.fromkeys(moved)],
        )


def _start_of(its: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(
        select(schema.clips.c.start_us).where(its).scalar_subquery(), UNKNOWN_START
    )


def _write_case_numbers(connection: Connection, clips: dict[str, None]) -> None:
    """Keep beside each clip the numbers of its cases, in the order in which it was linked to them."""
    link, of = schema.links, schema.cases
    for chunk in _chunks(clips):
        numbers: dict[str, list[str]] = {clip: [] for clip in chunk}
        found = connection.execute(
            select(link.c.clip, case((of.c.number.is_(None), of.c.id), else_=of.c.number))
            .join(of, of.c.id == link.c.case_id)
            .where(link.c.clip.in_(chunk), link.c.linked == text("TRUE"))
            .order_by(link.c.clip, link.c.linked_index)
        )
        for clip, number in found:
            numbers[clip].append(number)
        _run(
            connection,
            update(schema.clips)
            .where(schema.clips.c.clip == bindparam("the_clip"))
            .values(cases=bindparam("numbers")),
            [
                {"the_clip": clip, "numbers": json.dumps(listed, ensure_ascii=False)}
                for clip, listed in numbers.items()
            ],
        )


def _chunks(values: Iterable[str]) -> Iterable[list[Any]]:
    waiting = iter(values)
    while chunk := list(islice(waiting, _CHUNK)):
        yield chunk
