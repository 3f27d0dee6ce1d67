"""Projected rows into tables, inside a transaction of the caller. Decides nothing.

What always holds: writing the same stretches of a ledger in any cut gives the same tables. Rows that say
something new about an old subject say None for what they leave alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from archive.catalogue.media_writing import write_media
from archive.catalogue.object_writing import write_damaged
from archive.catalogue.oversight_writing import write_disposed, write_oversight
from archive.catalogue.projected import Row, Rows
from archive.catalogue.review_writing import write_review
from archive.catalogue.statements import (
    Writer,
    chunks,
    coalesced,
    insert,
    insertion,
    marks,
    merge,
    replace,
    run,
)
from archive.catalogue.tallies import counted, touched, write_tallies
from archive.catalogue.times import UNKNOWN_START


def write_rows(connection: Writer, rows: Rows) -> None:
    """Write what one stretch of the ledger adds."""
    clips = touched(rows)
    before = counted(connection, clips)
    insert(connection, "custody", rows.custody)
    for table in ("units", "officers", "recorders"):
        replace(connection, table, getattr(rows, table))
    merge(connection, "accounts", rows.accounts)
    merge(connection, "dockings", rows.dockings, keep=("started_index", "started_at"))
    merge(connection, "cases", rows.cases, keep=("opened_index", "opened_at"))
    for table in _ONLY_ADDED:
        insert(connection, table, getattr(rows, table))
    run(
        connection,
        "UPDATE disputes SET settled_index = :settled_index WHERE docking = :docking"
        ' AND settled_index IS NULL AND "index" < :settled_index',
        rows.settled,
    )
    objects = [{"digest": digest, "size": size} for digest, size in rows.objects.items()]
    merge(connection, "objects", objects, key="digest")
    insert(connection, "clips", [{**_UNEXAMINED, **row} for row in rows.clips])
    run(
        connection,
        "UPDATE clips SET verified_at = :verified_at WHERE clip = :the_clip",
        rows.verified,
    )
    run(
        connection,
        "UPDATE clips SET officer_id = :officer_id, unit_id = :unit_id,"
        " quarantined = quarantined AND CAST(:accepted_index AS BIGINT) IS NULL,"
        " accepted_index = coalesce(:accepted_index, accepted_index) WHERE clip = :the_clip",
        rows.owned,
    )
    run(connection, "UPDATE clips SET erased_at = :erased_at WHERE clip = :the_clip", rows.erased)
    write_review(connection, rows)
    write_damaged(connection, rows.damaged_objects)
    write_oversight(connection, rows)
    moved = write_media(connection, rows)
    _write_links(connection, rows.links)
    _place_links(connection, moved)
    _write_case_numbers(connection, dict.fromkeys(str(row["clip"]) for row in rows.links))
    write_tallies(connection, before, counted(connection, clips))
    for index in ("words", "words_of_cases"):
        if texts := getattr(rows, index):
            connection.exec_driver_sql(f"INSERT INTO {index}(rowid, body) VALUES (?, ?)", texts)  # noqa: S608 - names of this file
    write_disposed(connection, rows.disposed)


_ONLY_ADDED: Final = (
    "refusals",
    "sightings",
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
    run(connection, insertion("head", ("id", *head)), [{"id": 1, **head}])


_UNEXAMINED: Final[Row] = {
    **dict.fromkeys(("container", "duration_us", "video", "audio", "width", "height", "rate")),
    **dict.fromkeys(("verified_at", "examined_index", "accepted_index", "erased_at")),
    **dict.fromkeys(("facts", "facts_size", "protected")),
    "damaged": False,
    "damage": "[]",
    "playable": False,
    "cases": "[]",
}


def _write_links(connection: Writer, rows: Sequence[Row]) -> None:
    """New links, or what was said anew of old ones; beside each what a search by case number needs of the clip."""
    if rows:
        names = tuple(rows[0])
        columns = ", ".join(f'"{name}"' for name in (*names, "clip_index", "start_us"))
        values = ", ".join(f":{name}" for name in names)
        new = coalesced("links", (n for n in (*names, "clip_index", "start_us") if n not in _LINK))
        # Looked up while inserting: the widest index is then written once.
        statement = (
            f"INSERT INTO links ({columns}) VALUES ({values},"  # noqa: S608 - names from the projection
            " (SELECT ingested_index FROM clips WHERE clips.clip = :clip),"
            f" coalesce((SELECT start_us FROM clips WHERE clips.clip = :clip), {UNKNOWN_START}))"
            f" ON CONFLICT (case_id, clip) DO UPDATE SET {new}"
        )
        run(connection, statement, rows)


_LINK: Final = ("case_id", "clip")


def _place_links(connection: Writer, moved: Sequence[str]) -> None:
    """Tell the links of clips whose start was moved."""
    run(
        connection,
        "UPDATE links SET start_us = coalesce((SELECT clips.start_us FROM clips"
        " WHERE clips.clip = links.clip), :unknown) WHERE clip = :the_clip",
        [{"the_clip": clip, "unknown": UNKNOWN_START} for clip in dict.fromkeys(moved)],
    )


def _write_case_numbers(connection: Writer, clips: dict[str, None]) -> None:
    """Keep beside each clip the numbers of its cases, in the order in which it was linked to them."""
    for chunk in chunks(clips):
        numbers: dict[str, list[str]] = {clip: [] for clip in chunk}
        found = connection.exec_driver_sql(
            "SELECT links.clip, coalesce(cases.number, cases.id) FROM links"  # noqa: S608 - question marks
            " JOIN cases ON cases.id = links.case_id"
            f" WHERE links.clip IN ({marks(chunk)}) AND links.linked = TRUE"
            " ORDER BY links.clip, links.linked_index",
            tuple(chunk),
        )
        for clip, number in found:
            numbers[clip].append(number)
        run(
            connection,
            "UPDATE clips SET cases = :numbers WHERE clip = :the_clip",
            [
                {"the_clip": clip, "numbers": json.dumps(listed, ensure_ascii=False)}
                for clip, listed in numbers.items()
            ],
        )
