"""Rows of case files and of the systems over them into tables. See writing.py.

What always holds: what is done to one table is done in the ledger's order, so any cut of the ledger gives the same
rows; a step is taken only from a state that it can be taken from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Final

from archive.catalogue.projected import Row, Rows, body
from archive.catalogue.statements import Writer, chunks, insert, marks, replace, run
from archive.catalogue.words import tokens

_KEYS: Final = {
    "classes": "subject",
    "removed_objects": "digest",
    "moved_texts": "old",
    "link_proposals": "clip, case_id",
}


def _taken(table: str, name: str, froms: str, *more: str, to: str | None = None) -> str:
    """A step from one of these states to the next, with who took it when and why."""
    columns = [f"{name}_{what}" for what in ("at", "actor", "reason")] + list(more)
    new = ", ".join(f"{column} = :{column}" for column in columns)
    return f"UPDATE {table} SET {new}, state = '{to or name}' WHERE id = :the_id AND state IN ({froms})"  # noqa: S608 - names of this file


_OPEN: Final = "'proposed', 'checked'"
_STEPS: Final[Mapping[tuple[str, str], str]] = {
    ("case_subjects", "none"): "DELETE FROM case_subjects WHERE case_id = :case_id",
    ("case_subjects", "copied"): 'INSERT INTO case_subjects (case_id, subject, "index")'
    " SELECT case_id, CAST(:subject AS TEXT), CAST(:index AS BIGINT) FROM case_subjects"
    " WHERE case_id = :case_id AND subject = :old ON CONFLICT DO NOTHING",
    (
        "case_subjects",
        "gone",
    ): "DELETE FROM case_subjects WHERE case_id = :case_id AND subject = :old",
    ("cases", "closed"): "UPDATE cases SET closed_at = :closed_at,"
    " closed_reason = coalesce(:closed_reason, closed_reason) WHERE id = :the_case",
    ("cases", "reopened"): "UPDATE cases SET closed_at = NULL, closed_reason = NULL"
    " WHERE id = :the_case",
    ("cases", "officers"): "UPDATE cases SET officers = :officers WHERE id = :the_case",
    ("case_officers", "none"): "DELETE FROM case_officers WHERE case_id = :case_id",
    ("subjects", "merged"): "UPDATE subjects SET merged_into = :merged_into,"
    " merged_index = :merged_index WHERE id = :the_id",
    ("certificates", "withdrawn"): "UPDATE certificates SET withdrawn_at = :withdrawn_at,"
    " withdrawn_index = :withdrawn_index, withdrawn_reason = :withdrawn_reason"
    " WHERE officer_id = :officer_id AND kind = :kind AND withdrawn_index IS NULL",
    ("lists", "withdrawn"): "UPDATE lists SET withdrawn_index = :withdrawn_index,"
    " withdrawn_at = :withdrawn_at, withdrawn_actor = :withdrawn_actor,"
    " withdrawn_reason = :withdrawn_reason"
    " WHERE list = :list AND version = :version AND withdrawn_index IS NULL",
    ("link_proposals", "declined"): "UPDATE link_proposals SET declined_index = :declined_index,"
    " declined_at = :declined_at, declined_actor = :declined_actor,"
    " declined_reason = :declined_reason"
    " WHERE clip = :the_clip AND case_id = :the_case AND declined_index IS NULL",
    ("reviews", "taken"): "UPDATE reviews SET reviewer = :reviewer, taken_at = :taken_at,"
    " state = 'taken' WHERE id = :the_id AND state IN ('requested', 'taken')",
    ("reviews", "answered"): _taken(
        *("reviews", "answered", "'requested', 'taken'"),
        *("outcome", "points", "notes", "answered_index"),
    ),
    ("reviews", "disputed"): _taken("reviews", "disputed", "'answered'"),
    ("reviews", "settled"): _taken(
        "reviews", "settled", "'disputed'", "settled_outcome", "settled_index"
    ),
    ("publications", "checked"): _taken(
        *("publications", "checked", _OPEN, "secret", "privacy", "redactions")
    ).replace(
        ", state",
        ", record = coalesce(:record, record),"
        " record_size = coalesce(:record_size, record_size), state",
        1,
    ),
    ("publications", "approved"): _taken("publications", "approved", "'checked'"),
    ("publications", "declined"): _taken("publications", "declined", _OPEN),
    ("publications", "published"): _taken(
        *("publications", "published", "'approved'", "feed", "expires", "published_index")
    ),
    ("publications", "withdrawn"): _taken(
        *("publications", "withdrawn", f"{_OPEN}, 'approved', 'published'", "withdrawn_index")
    ),
    ("publications", "expired"): _taken("publications", "expired", "'published'"),
    ("holds", "lifted"): "UPDATE holds SET lifted_at = :lifted_at, lifted_actor = :lifted_actor,"
    " lifted_reason = :lifted_reason, lifted_index = :lifted_index"
    " WHERE id = :the_id AND lifted_index IS NULL",
    ("disposals", "approved"): _taken("disposals", "approved", "'proposed'"),
    ("disposals", "declined"): _taken("disposals", "declined", "'proposed'"),
    ("disposals", "counted"): "UPDATE disposals SET done = done + 1 WHERE id = :the_id",
    ("disposals", "ended"): _taken("disposals", "ended", "'approved'", "kept", "codes"),
}


def write_oversight(connection: Writer, rows: Rows) -> None:
    """Write what one stretch of the ledger adds to these tables. After cases and clips."""
    for table, steps in rows.steps.items():
        for (how, _), group in groupby(steps, key=lambda step: (step[0], step[1].keys())):
            _write(connection, table, how, [row for _, row in group])


def _write(connection: Writer, table: str, how: str, rows: Sequence[Row]) -> None:
    if how == "add":
        insert(connection, table, rows)
    elif how == "replace":
        replace(connection, table, rows, key=_KEYS.get(table, "id"))
    else:
        run(connection, _STEPS[table, how], rows)


def _forget_words(connection: Writer, row: Row) -> None:
    """What people wrote of a clip that is gone; what comes behind that entry stays, in whatever stretch it came."""
    texts = connection.exec_driver_sql(
        'SELECT "index", text FROM markers WHERE clip = ? AND "index" < ? AND text IS NOT NULL',
        (row["the_clip"], row["the_index"]),
    )
    found = [(index, body(tokens(text))) for index, text in texts]
    if indexed := [(index, words) for index, words in found if words]:
        connection.exec_driver_sql(
            "INSERT INTO words(words, rowid, body) VALUES ('delete', ?, ?)", indexed
        )
    for table, column in (("markers", "text"), ("stills", "caption")):
        run(
            connection,
            f"UPDATE {table} SET {column} = NULL"  # noqa: S608 - names of this function
            ' WHERE clip = :the_clip AND "index" < :the_index',
            [row],
        )


def write_disposed(connection: Writer, rows: Sequence[Row]) -> None:
    """Of a clip that is gone the text is gone too: here as in a catalogue that is made anew without it.

    After all else, the words among it. What a container says of the start is no text, and stays.
    """
    for chunk in chunks(row["the_clip"] for row in rows):
        found = connection.exec_driver_sql(
            f"SELECT ingested_index, path FROM clips WHERE clip IN ({marks(chunk)})"  # noqa: S608 - question marks
            " AND path IS NOT NULL",
            tuple(chunk),
        )
        texts = [(index, body(tokens(path))) for index, path in found]
        if indexed := [(index, words) for index, words in texts if words]:
            connection.exec_driver_sql(
                "INSERT INTO words(words, rowid, body) VALUES ('delete', ?, ?)", indexed
            )
    for row in rows:
        _forget_words(connection, row)
    run(
        connection,
        "UPDATE clips SET disposed_at = coalesce(disposed_at, :disposed_at), path = NULL,"
        " path_base64 = NULL, belongs_to = NULL,"
        " start_raw = CASE WHEN start_source = 'container' THEN start_raw END WHERE clip = :the_clip",
        rows,
    )
    # Nothing is made of it any more; what an entry behind this one asked for stays, in whatever stretch it came.
    run(connection, 'DELETE FROM due WHERE clip = :the_clip AND "index" < :the_index', rows)
