"""Wrong sign-ins: who has to wait, and for how long. Kept in accounts.db, so a restart forgives nothing.

What always holds: a try is counted before the password is looked at, so that parallel tries cannot overtake the count;
a right sign-in gives its tries back. Three counts:

1. this name from this peer: after the first few each wrong try makes the next one wait, twice as long each time, up to
   15 minutes; a day without one is a new beginning. The others look at the last 15 minutes only:
2. this name from everywhere: guessing from many machines;
3. this peer over all names: one password tried on many names. Past the small limit a *wrong* try is answered 429, a
right one
   still signs in, so that a stranger behind the same address cannot lock a colleague out; past the large limit
   nobody is checked.

A peer that has signed in under this name before is asked only 1: others' tries never lock out somebody at their own
desk.
Names are kept as digests: people type passwords into the wrong field.
"""

from __future__ import annotations

import math
import sqlite3
import time
from collections.abc import Callable
from typing import Final

from api.errors import TooManyTriesError
from api.identity.accounts import Accounts, name_digest

WINDOW: Final = 15 * 60  # seconds
BACKOFF: Final = 60  # seconds: the first wait
MEMORY: Final = 24 * 3600  # seconds
PER_NAME_AND_PEER: Final = 8
PER_NAME: Final = 40
PER_PEER_SOFT: Final = 8
PER_PEER_HARD: Final = 100


class Tries:
    """The counts of wrong sign-ins."""

    def __init__(self, accounts: Accounts, *, clock: Callable[[], float] = time.time) -> None:
        self._accounts = accounts
        self._clock = clock

    def begin(self, *, name: str, peer: str) -> int:
        """Count a try before its password is checked.

        Returns:
            The try's number, for `succeeded`.

        Raises:
            TooManyTriesError: nothing was counted, and nothing may be checked.
        """
        key, now = name_digest(name), self._clock()
        with self._accounts.writing() as db:
            db.execute("DELETE FROM try WHERE at <= ?", (now - MEMORY,))
            known = db.execute(
                "SELECT 1 FROM known WHERE peer = ? AND name = ?", (peer, key)
            ).fetchone()
            _demand_patience(db, key, peer, now)
            if known is None:
                _demand(db, "name = ?", (key,), PER_NAME, now)
                _demand(db, "peer = ?", (peer,), PER_PEER_HARD, now)
            cursor = db.execute(
                "INSERT INTO try (at, peer, name) VALUES (?, ?, ?)", (now, peer, key)
            )
        return int(cursor.lastrowid or 0)

    def succeeded(self, *, name: str, peer: str) -> None:
        """Forget the wrong tries of this name from this peer; remember that the two belong together."""
        key = name_digest(name)
        with self._accounts.writing() as db:
            db.execute("DELETE FROM try WHERE name = ? AND peer = ?", (key, peer))
            db.execute("INSERT OR IGNORE INTO known (peer, name) VALUES (?, ?)", (peer, key))

    def failed(self, *, peer: str) -> None:
        """Say 429 instead of "wrong" to a peer that has tried many names.

        Raises:
            TooManyTriesError: this peer has used up the small limit.
        """
        now = self._clock()
        with self._accounts.writing() as db:
            _demand(db, "peer = ?", (peer,), PER_PEER_SOFT + 1, now)


def _demand_patience(db: sqlite3.Connection, name: bytes, peer: str, now: float) -> None:
    count, newest = db.execute(
        # Not those of the future: the clock was set back, and nobody is to wait until it is there again.
        "SELECT count(*), max(at) FILTER (WHERE at <= ?) FROM try WHERE name = ? AND peer = ?",
        (now, name, peer),
    ).fetchone()
    beyond = count - PER_NAME_AND_PEER
    if beyond < 0 or newest is None:
        return
    # The last shift that matters: 60 << 4 is more than the longest wait.
    wait = min(WINDOW, BACKOFF << min(beyond, 4))
    if now < newest + wait:
        raise TooManyTriesError(retry_after=max(1, math.ceil(newest + wait - now)))


def _demand(
    db: sqlite3.Connection, where: str, values: tuple[object, ...], limit: int, now: float
) -> None:
    count, oldest = db.execute(
        # As above: one of the future would count until the clock is there again.
        f"SELECT count(*), min(at) FROM (SELECT at FROM try WHERE {where} AND at > ? AND at <= ?"  # noqa: S608 - ours
        f" ORDER BY at DESC LIMIT {limit})",
        (*values, now - WINDOW, now),
    ).fetchone()
    if count >= limit:
        raise TooManyTriesError(retry_after=max(1, math.ceil(oldest + WINDOW - now)))
