"""What the public site shows, read from public.db; the archive is not opened.

What always holds: what has expired by today is not shown, whether somebody ended it yet or not; a certificate is found
by its whole number only.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from archive.catalogue.words import number_key

PAGE: Final = 20
_DAY: Final = timedelta(days=1)
_SHOWN: Final = (
    "publication, kind, state, number, document, act, subject, agency, decided, published, expires, ended, why,"
    " reason, record"
)
_FOUND: Final = (
    "FROM records WHERE kind = 'decision' AND (state = 'withdrawn' OR (state = 'published' AND record IS NOT NULL"
    " AND (expires IS NULL OR expires > :today)))"
    " AND (:key = '' OR key = :key OR document = :typed) AND (:act = '' OR act = :act)"
    " AND (:subject = '' OR (',' || subject || ',') LIKE '%,' || :subject || ',%')"
    " AND (:since = '' OR decided >= :since) AND (:until = '' OR decided <= :until)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody looks for; empty: anything."""

    number: str = ""
    act: str = ""
    subject: str = ""
    since: str = ""  # days of the decision
    until: str = ""
    page: int = 1


def find(db: sqlite3.Connection, wish: Wish, today: date) -> tuple[list[dict[str, Any]], int]:
    """One page of decisions, the newest first, and how many there are."""
    said = {
        "today": today.isoformat(),
        "key": number_key(wish.number),
        "typed": wish.number.strip(),
        "act": wish.act,
        "subject": wish.subject,
        "since": wish.since,
        "until": wish.until,
    }
    total = int(db.execute(f"SELECT count(*) {_FOUND}", said).fetchone()[0])
    rows = db.execute(
        f"SELECT {_SHOWN} {_FOUND} ORDER BY feed DESC LIMIT {PAGE} OFFSET :skip",
        said | {"skip": (wish.page - 1) * PAGE},
    )
    return [_read(row) for row in rows], total


def record(db: sqlite3.Connection, publication: str, today: date) -> dict[str, Any] | None:
    """One publication; None: it never was public. What is over says so, and nothing else."""
    row = db.execute(
        f"SELECT {_SHOWN} FROM records WHERE publication = ?",  # noqa: S608 - no value in it
        (publication,),
    ).fetchone()
    if row is None:
        return None
    found = _read(row)
    over = found["expires"] is not None and found["expires"] <= today.isoformat()
    if found["state"] == "published" and (over or found["record"] is None):
        return found | {"state": "expired" if over else "withdrawn", "record": None}
    return found


def reports(db: sqlite3.Connection) -> list[dict[str, Any]]:
    """The annual reports that are public, the newest year first."""
    rows = db.execute(
        f"SELECT {_SHOWN} FROM records WHERE kind = 'report' AND state = 'published'"  # noqa: S608 - no value in it
        " AND record IS NOT NULL ORDER BY decided DESC, feed DESC"
    )
    return [_read(row) for row in rows]


def lists(db: sqlite3.Connection) -> list[dict[str, Any]]:
    """Every version of every list that was not taken back, without what it says."""
    rows = db.execute(
        "SELECT kind, version, title, in_force, until FROM lists ORDER BY kind, version DESC"
    )
    return [dict(row) for row in rows]


def one_list(db: sqlite3.Connection, kind: str, version: int) -> dict[str, Any] | None:
    """A version with what it says."""
    row = db.execute(
        "SELECT kind, version, title, in_force, until, said FROM lists WHERE kind = ? AND version = ?",
        (kind, version),
    ).fetchone()
    return None if row is None else {**dict(row), "said": json.loads(row["said"])}


def certificate(db: sqlite3.Connection, number: str, today: date) -> dict[str, Any] | None:
    """Whether a certificate is good today; None: there is none of this number."""
    key = number_key(number)
    if not key:
        return None
    rows = [dict(r) for r in db.execute("SELECT * FROM certificates WHERE key = ?", (key,))]
    found = [row | {"state": _state(row, today.isoformat())} for row in rows]
    order = ("valid", "withdrawn", "expired", "early")
    return min(found, key=lambda row: order.index(row["state"]), default=None)


def feed(db: sqlite3.Connection, after: int, limit: int) -> tuple[list[str], int]:
    """Items of the feed as they are signed, from behind a number, and how many there are."""
    rows = db.execute(
        "SELECT said FROM items WHERE number > ? ORDER BY number LIMIT ?", (after, limit)
    ).fetchall()
    length = db.execute("SELECT coalesce(max(number), 0) FROM items").fetchone()[0]
    return [str(row["said"]) for row in rows], int(length)


def _state(row: dict[str, Any], today: str) -> str:
    if row["withdrawn"] is not None:
        return "withdrawn"
    if row["last"] < today:
        return "expired"
    return "valid" if row["first"] <= today else "early"


def _read(row: sqlite3.Row) -> dict[str, Any]:
    said = row["record"]
    expires = row["expires"]
    until = None if expires is None else (date.fromisoformat(expires) - _DAY).isoformat()
    return {**dict(row), "until": until, "record": None if said is None else json.loads(said)}
