"""Ten million clips in minutes: a catalogue of a few, made by `fill`, whose rows are repeated under other names.

Clips, cases, links and their counts are whole and follow the first ones' pattern, minute by minute; the history, the
objects and the words are those of the first clips only. For measuring finding by number and counting, nothing else.
One case more, BIG_CASE, holds BIG clips.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

from archive.catalogue.tallies import DAYS
from bench.catalogue_fill import fill

FIRST: Final = 100_000
BIG_CASE: Final = "BIG-5000"
BIG: Final = 5_000
_MINUTE: Final = 60_000_000
_TABLES: Final = ("clips", "cases", "links")
_CLIP: Final = "printf('clip-%026d', CAST(substr(clip, 6) AS INTEGER) + :clips)"
_CASE: Final = "printf('case-%026d', CAST(substr({}, 6) AS INTEGER) + :cases)"
_NUMBER: Final = "printf('2026-%06d', CAST(substr(number, 6) AS INTEGER) + :cases)"
_CHANGED: Final = {
    "clips": {
        "ingested_index": "ingested_index + :entries",
        "clip": _CLIP,
        "start_us": "start_us + :us",
        "start": "strftime('%Y-%m-%dT%H:%M:%SZ', (start_us + :us) / 1000000, 'unixepoch')",
        "sha256": "lower(hex(randomblob(32)))",
        "cases": "printf('[\"2026-%06d\"]', CAST(substr(cases, 8, 6) AS INTEGER) + :cases)",
    },
    "cases": {
        "id": _CASE.format("id"),
        "opened_index": "opened_index + :entries",
        "number": _NUMBER,
        "number_key": _NUMBER,
    },
    "links": {
        "case_id": _CASE.format("case_id"),
        "clip": _CLIP,
        "linked_index": "linked_index + :entries",
        "clip_index": "clip_index + :entries",
        "start_us": "start_us + :us",
    },
}
_INDEX: Final = {"clips": "ingested_index", "cases": "opened_index", "links": "linked_index"}
_STATE: Final = "marked + 2 * damaged + 4 * late + 8 * quarantined + 16 * (cases <> '[]')"
_DAY: Final = (
    "CAST(strftime('%Y%m%d', start_us / 1000000 + 28800, 'unixepoch') AS INTEGER)"  # UTC+8
)


def clone(path: Path, clips: int) -> None:
    """Make a catalogue of so many clips at `path`, where there is none yet."""
    first = min(FIRST, clips)
    fill(path, first)
    db = sqlite3.connect(path, isolation_level=None)
    try:
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -400000"):
            db.execute(f"PRAGMA {pragma}")
        indexes = _drop_indexes(db)
        (entries,) = db.execute("SELECT size FROM head").fetchone()
        (cases,) = db.execute("SELECT count(*) FROM cases").fetchone()
        for n in range(1, clips // first):
            by = {"entries": n * entries, "clips": n * first, "cases": n * cases}
            _repeat(db, entries, {**by, "us": n * first * _MINUTE})
        _add_big_case(db)
        for sql in indexes:
            db.execute(sql)
        _count(db)
        db.execute("PRAGMA journal_mode = WAL")
    finally:
        db.close()


def _drop_indexes(db: sqlite3.Connection) -> list[str]:
    marks = ", ".join("?" * len(_TABLES))
    rows = db.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL "  # noqa: S608 - question marks
        f"AND tbl_name IN ({marks})",
        _TABLES,
    ).fetchall()
    for name, _ in rows:
        db.execute(f"DROP INDEX {name}")
    return [sql for _, sql in rows]


def _repeat(db: sqlite3.Connection, entries: int, by: dict[str, int]) -> None:
    db.execute("BEGIN")
    for table in _TABLES:
        columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
        names = ", ".join(f'"{name}"' for name in columns)
        values = ", ".join(_CHANGED[table].get(name, f'"{name}"') for name in columns)
        db.execute(
            f"INSERT INTO {table} ({names}) SELECT {values} FROM {table} "  # noqa: S608 - names of this file
            f"WHERE {_INDEX[table]} < :first ORDER BY {_INDEX[table]}",
            {**by, "first": entries},
        )
    db.execute("COMMIT")


def _add_big_case(db: sqlite3.Connection) -> None:
    for table, key, where in (
        ("cases", "id", "LIMIT 1"),
        ("links", "case_id", f"WHERE linked_index < 1000000 LIMIT {BIG}"),
    ):
        columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
        other = {key: "'case-big'", "number": f"'{BIG_CASE}'", "number_key": f"'{BIG_CASE}'"}
        names = ", ".join(f'"{name}"' for name in columns)
        values = ", ".join(other.get(name, f'"{name}"') for name in columns)
        db.execute(f"INSERT INTO {table} ({names}) SELECT {values} FROM {table} {where}")  # noqa: S608 - as above


def _count(db: sqlite3.Connection) -> None:
    """What the projection would have counted, clip by clip."""
    rest = "coalesce(unit_id, '') u, coalesce(kind, '') k"
    whole = f"SELECT '' o, {_DAY} d, {rest}, {_STATE} s, count(*) n FROM clips GROUP BY 2, 3, 4, 5"  # noqa: S608
    mine = (
        f"SELECT 'officer:' || officer_id o, {_DAY} / 100 d, {rest}, {_STATE} s, count(*) n FROM clips "  # noqa: S608 - as above
        "WHERE officer_id IS NOT NULL GROUP BY 1, 2, 3, 4, 5"
    )
    recorded = mine.replace("officer", "recorder")
    db.execute("DELETE FROM tallies")
    db.execute(f"INSERT INTO tallies SELECT o, d + {DAYS}, u, k, s, n FROM ({whole})")  # noqa: S608
    db.execute(
        "INSERT INTO tallies SELECT '', (span - ?) / 100, unit_id, kind, state, sum(clips) FROM tallies "
        "GROUP BY 2, 3, 4, 5",
        (DAYS,),
    )
    db.execute(f"INSERT INTO tallies {mine}")
    db.execute(f"INSERT INTO tallies {recorded}")
