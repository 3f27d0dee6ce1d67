"""Pushing the signed feed to the upper platform (R13, R15): in order, until it is acknowledged, however long.

What always holds: items go by their numbers, and what was not acknowledged goes again: nothing is lost, and a platform
that counts numbers takes nothing twice. Each batch is read at the moment it goes, so what was withdrawn by then goes
without its record. What the platform answers is believed about one thing only: up to which of the numbers that were
sent it has everything.
"""

from __future__ import annotations

import ipaddress
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx

from archive.keys import secrets
from archive.opening import Archive
from oversight.publication.errors import PlatformError
from oversight.publication.public_db import FOLDER, looking, meta

STATE: Final = "pushed.db"  # below ROOT; its loss costs that everything is sent once more
_BATCH: Final = 100
_MOST_ANSWER: Final = 64 * 1024
_TIMEOUT: Final = 30.0  # seconds
_FIRST_WAIT: Final = 60  # seconds after a failure, then twice as many
_LONGEST_WAIT: Final = 3600
_TABLES: Final = (
    "CREATE TABLE IF NOT EXISTS acknowledged (platform TEXT PRIMARY KEY, number INTEGER NOT NULL, at TEXT NOT NULL,"
    " answer TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS failed (platform TEXT PRIMARY KEY, times INTEGER NOT NULL, at TEXT NOT NULL,"
    " said TEXT NOT NULL)",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How far a platform is."""

    platform: str
    acknowledged: int  # number of the last item that it has; 0: none
    length: int  # of the feed
    acknowledged_at: str | None
    failures: int  # in a row
    failed_at: str | None
    said: str | None  # why it failed last

    def is_due(self, now: datetime) -> bool:
        """Whether there is something to send, and a failure is long enough ago."""
        if self.acknowledged >= self.length:
            return False
        if self.failed_at is None:
            return True
        wait = min(_FIRST_WAIT * 2 ** min(self.failures - 1, 10), _LONGEST_WAIT)
        return now >= datetime.fromisoformat(self.failed_at) + timedelta(seconds=wait)


def standing(archive: Archive, platform: str) -> Standing:
    """How far a platform is. Raises PlatformError: what is kept of it cannot be read; PublicFolderError."""
    with looking(archive.root / FOLDER) as db:
        length = int(db.execute("SELECT coalesce(max(number), 0) FROM items").fetchone()[0])
    with _state(archive.root) as db:
        known = db.execute(
            "SELECT number, at FROM acknowledged WHERE platform = ?", (platform,)
        ).fetchone()
        failed = db.execute(
            "SELECT times, at, said FROM failed WHERE platform = ?", (platform,)
        ).fetchone()
    return Standing(
        platform=platform,
        acknowledged=0 if known is None else int(known[0]),
        length=length,
        acknowledged_at=None if known is None else str(known[1]),
        failures=0 if failed is None else int(failed[0]),
        failed_at=None if failed is None else str(failed[1]),
        said=None if failed is None else str(failed[2]),
    )


def push(archive: Archive, platform: str) -> Standing:
    """Send what the platform has not acknowledged; answers with how far it is then.

    Raises:
        PlatformError: it is away or answers nonsense; what it acknowledged before that is kept.
        PublicFolderError: what is public cannot be read.
    """
    try:
        _push(archive, platform)
    except PlatformError as e:
        _note_failure(archive.root, platform, str(e))
        raise
    with _state(archive.root) as db:
        db.execute("DELETE FROM failed WHERE platform = ?", (platform,))
    return standing(archive, platform)


def _push(archive: Archive, platform: str) -> None:
    _need_safe(platform)
    token = secrets.platform_token()
    headers = {"Content-Type": "application/json"}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    begin = highest = standing(archive, platform).acknowledged
    went_back = False
    with httpx.Client(timeout=_TIMEOUT, headers=headers, follow_redirects=False) as client:
        while True:
            origin, items = _batch(archive, begin)
            if not items:
                return
            last = int(json.loads(items[-1])["item"]["number"])
            begin, answer = _send(client, platform, origin, items, last)
            _note_acknowledged(archive.root, platform, begin, answer)
            if begin <= highest:
                # It may have been put back from a copy: once it is believed that it has less than it had.
                if went_back:
                    raise PlatformError("the platform takes nothing")
                went_back = True
            highest = max(highest, begin)


def _batch(archive: Archive, after: int) -> tuple[str, list[str]]:
    with looking(archive.root / FOLDER) as db:
        rows = db.execute(
            "SELECT said FROM items WHERE number > ? ORDER BY number LIMIT ?", (after, _BATCH)
        ).fetchall()
        return meta(db, "origin") or "", [str(row["said"]) for row in rows]


def _send(
    client: httpx.Client, platform: str, origin: str, items: list[str], last: int
) -> tuple[int, str]:
    body = f'{{"origin":{json.dumps(origin)},"items":[{",".join(items)}]}}'
    try:
        with client.stream("POST", platform, content=body.encode()) as answer:
            said = b""
            for part in answer.iter_bytes():
                said += part
                if len(said) > _MOST_ANSWER:
                    raise PlatformError("the platform answers more than it could mean")
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as e:
        raise PlatformError(f"the platform is away: {type(e).__name__}") from e
    if answer.status_code != httpx.codes.OK:
        raise PlatformError(f"the platform answers {answer.status_code}")
    return _acknowledged(said, last), said.decode()


def _acknowledged(said: bytes, last: int) -> int:
    try:
        found = json.loads(said.decode())
    except (ValueError, RecursionError) as e:
        raise PlatformError("the platform's answer is no JSON") from e
    number = found.get("acknowledged") if isinstance(found, dict) else None
    if type(number) is not int or not 0 <= number <= last:
        raise PlatformError("the platform acknowledges what it was not sent")
    return number


def _need_safe(platform: str) -> None:
    """Over the network only by https; in plain only on this machine. Raises PlatformError."""
    parts = urlsplit(platform)
    host = parts.hostname or ""
    try:
        near = ipaddress.ip_address(host).is_loopback
    except ValueError:
        near = host == "localhost"
    if parts.scheme != "https" and not (parts.scheme == "http" and near):
        raise PlatformError("the platform has to be reached by https")


def _note_acknowledged(root: Path, platform: str, number: int, answer: str) -> None:
    with _state(root) as db:
        db.execute(
            "INSERT OR REPLACE INTO acknowledged VALUES (?, ?, ?, ?)",
            (platform, number, datetime.now(UTC).isoformat(), answer),
        )


def _note_failure(root: Path, platform: str, said: str) -> None:
    with _state(root) as db:
        db.execute(
            "INSERT INTO failed VALUES (?, 1, ?, ?) ON CONFLICT (platform) DO UPDATE SET"
            " times = times + 1, at = excluded.at, said = excluded.said",
            (platform, datetime.now(UTC).isoformat(), said),
        )


@contextmanager
def _state(root: Path) -> Iterator[sqlite3.Connection]:
    try:
        with closing(sqlite3.connect(root / STATE, timeout=_TIMEOUT)) as db, db:
            for table in _TABLES:
                db.execute(table)
            yield db
    except sqlite3.Error as e:
        raise PlatformError(f"{STATE} cannot be used: {e}; it may be deleted") from e
