"""The rows of oversight.db: its tables, and clocks into them and out. Within whatever transaction the caller has."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from oversight.clocks.model import About, Clock, State

FORM: Final = 1
_SCHEMA: Final = """
CREATE TABLE state (id INTEGER PRIMARY KEY CHECK (id = 1), rules TEXT NOT NULL, size INTEGER NOT NULL, leaf TEXT);
CREATE TABLE clocks (
  subject TEXT NOT NULL, rule TEXT NOT NULL, year INTEGER NOT NULL, about TEXT NOT NULL, unit TEXT, case_id TEXT,
  began INTEGER NOT NULL, due INTEGER NOT NULL, nearing INTEGER NOT NULL, ended INTEGER,
  provisional INTEGER NOT NULL, excuse INTEGER, officers TEXT NOT NULL, PRIMARY KEY (subject, rule, year)
) WITHOUT ROWID;
CREATE INDEX clocks_open ON clocks (unit, rule, nearing, due, ended, excuse) WHERE ended IS NULL AND excuse IS NULL;
CREATE INDEX clocks_due ON clocks (due, subject, rule, year) WHERE ended IS NULL;
CREATE INDEX clocks_excused ON clocks (due) WHERE excuse IS NOT NULL;
CREATE TABLE whose (officer TEXT NOT NULL, subject TEXT NOT NULL, PRIMARY KEY (officer, subject)) WITHOUT ROWID;
CREATE INDEX whose_subject ON whose (subject);
CREATE TABLE told (id INTEGER PRIMARY KEY CHECK (id = 1), day TEXT NOT NULL);
"""
# As Clock.state says it: a test holds the two together.
STATE: Final = (
    "CASE WHEN ended < due THEN 'met' WHEN excuse IS NOT NULL AND (ended IS NOT NULL OR :now >= due) THEN 'excused'"
    " WHEN ended IS NOT NULL THEN 'late' WHEN :now >= due THEN 'missed' WHEN :now >= nearing THEN 'nearing'"
    " ELSE 'running' END"
)
COLUMNS: Final = "subject, rule, year, about, unit, case_id, began, due, nearing, ended, provisional, excuse, officers"
_ROWS: Final = 5_000  # written at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptClock:
    """One clock as it is kept, and its state when it was asked for. Microseconds since 1970."""

    subject: str
    rule: str
    year: int | None
    about: About
    unit: str | None
    case: str | None
    began: int
    due: int
    ended: int | None
    provisional: bool
    officers: tuple[str, ...]
    state: State


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """How far the clocks are, and by which rules."""

    rules: str
    size: int
    leaf: str | None


def replace(db: sqlite3.Connection, clocks: Iterable[Clock]) -> int:
    """Write clocks, each in the place of the one before it; answers with how many."""
    count, rows, whose = 0, list[tuple[Any, ...]](), list[tuple[str, str]]()
    for clock in clocks:
        rows.append(_row(clock))
        whose += [(officer, clock.subject) for officer in clock.officers]
        count += 1
        if len(rows) >= _ROWS:
            _put(db, rows, whose)
            rows, whose = [], []
    _put(db, rows, whose)
    return count


def forget(db: sqlite3.Connection, subjects: Iterable[str]) -> None:
    """Take all clocks of some subjects out."""
    named = [(subject,) for subject in subjects]
    db.executemany("DELETE FROM clocks WHERE subject = ?", named)
    db.executemany("DELETE FROM whose WHERE subject = ?", named)


def forget_about(db: sqlite3.Connection, *about: About) -> None:
    """Take all clocks of one kind out."""
    db.executemany("DELETE FROM clocks WHERE about = ?", [(one,) for one in about])


def set_mark(db: sqlite3.Connection, mark: Mark) -> None:
    """Say how far the clocks are."""
    db.execute(
        "INSERT OR REPLACE INTO state (id, rules, size, leaf) VALUES (1, ?, ?, ?)",
        (mark.rules, mark.size, mark.leaf),
    )


def _put(db: sqlite3.Connection, rows: list[tuple[Any, ...]], whose: list[tuple[str, str]]) -> None:
    marks = ", ".join("?" * (COLUMNS.count(",") + 1))
    db.executemany(f"INSERT OR REPLACE INTO clocks ({COLUMNS}) VALUES ({marks})", rows)  # noqa: S608 - ours
    db.executemany("INSERT OR IGNORE INTO whose (officer, subject) VALUES (?, ?)", whose)


def _row(clock: Clock) -> tuple[Any, ...]:
    return (
        *(clock.subject, clock.rule, clock.year or 0, clock.about, clock.unit, clock.case),
        *(clock.began, clock.due, clock.nearing, clock.ended, clock.provisional),
        *(None if clock.excuse is None else clock.excuse.index, json.dumps(clock.officers)),
    )


def kept_of(row: tuple[Any, ...]) -> KeptClock:
    """A clock of COLUMNS and STATE."""
    (
        subject,
        rule,
        year,
        about,
        unit,
        case,
        began,
        due,
        _,
        ended,
        provisional,
        _,
        officers,
        state,
    ) = row
    return KeptClock(
        subject=subject,
        rule=rule,
        year=year or None,
        about=about,
        unit=unit,
        case=case,
        began=began,
        due=due,
        ended=ended,
        provisional=bool(provisional),
        officers=tuple(json.loads(officers)),
        state=state,
    )


def connect(path: str, patience: float) -> sqlite3.Connection:
    """Open the file; transactions are the caller's."""
    return sqlite3.connect(path, timeout=patience, isolation_level=None, check_same_thread=False)


def form_of(db: sqlite3.Connection) -> int:
    """Which form a file has; 0: none yet."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def make_anew(db: sqlite3.Connection) -> None:
    """Drop everything and begin anew."""
    for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        db.execute(f'DROP TABLE "{name}"')
    for statement in _SCHEMA.split(";"):
        db.execute(statement)
    db.execute(f"PRAGMA user_version = {FORM}")
