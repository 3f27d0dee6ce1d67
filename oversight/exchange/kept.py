"""exchange.db: which messages were sent, received and acknowledged, so that nobody reads the ledger for it. Disposable.

What always holds: what was sent, received and acknowledged follows from the ledger, and is made anew where the file is
missing, damaged, or of another ledger. Of its own it has only what a loss costs little: failures of a peer, and where
the file of a package lies that waits.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from archive.errors import ArchiveError
from archive.ledger.entry import Entry
from archive.opening import Archive
from archive.settings import is_archive
from oversight.exchange.errors import ExchangeUnreadableError
from oversight.exchange.model import Envelope

NAME: Final = "exchange.db"  # below ROOT
SENT: Final = "exchange.sent"
RECEIVED: Final = "exchange.received"
ACKNOWLEDGED: Final = "exchange.acknowledged"
TYPES: Final = (SENT, RECEIVED, ACKNOWLEDGED)
_FORM: Final = 1
_DAMAGED: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_MENDING: Final = threading.Lock()
_WAIT: Final = 20.0  # seconds
_FAR: Final = 20_000  # entries: behind by more, the catalogue says where they are
_FIRST_WAIT: Final = 60  # seconds after a failure, then twice as many
_LONGEST_WAIT: Final = 6 * 3600
_TABLES: Final = (
    "CREATE TABLE upto (id INTEGER PRIMARY KEY, size INTEGER NOT NULL, leaf TEXT)",
    "CREATE TABLE sent (message TEXT PRIMARY KEY, recipient TEXT NOT NULL, kind TEXT NOT NULL, case_id TEXT NOT NULL,"
    " revision INTEGER NOT NULL, digest TEXT NOT NULL, size INTEGER NOT NULL, entry INTEGER NOT NULL,"
    " acknowledged INTEGER)",
    "CREATE TABLE received (message TEXT PRIMARY KEY, sender TEXT NOT NULL, kind TEXT NOT NULL, case_id TEXT NOT NULL,"
    " revision INTEGER NOT NULL, digest TEXT NOT NULL, size INTEGER NOT NULL, entry INTEGER NOT NULL)",
    "CREATE INDEX received_case ON received (sender, case_id, kind, revision)",
    "CREATE TABLE IF NOT EXISTS failed (message TEXT PRIMARY KEY, times INTEGER NOT NULL, at TEXT NOT NULL,"
    " said TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS files (message TEXT PRIMARY KEY, path TEXT NOT NULL)",
)
_OUTGOING: Final = (
    "SELECT s.message, s.recipient, s.kind, s.case_id, s.revision, s.digest, s.size, s.entry, s.acknowledged,"
    " coalesce(f.times, 0), f.at, f.said, p.path FROM sent s LEFT JOIN failed f ON f.message = s.message"
    " LEFT JOIN files p ON p.message = s.message "
)
_INCOMING: Final = (
    "SELECT message, sender, kind, case_id, revision, digest, size, entry FROM received "
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A message that was sent, or waits."""

    message: str
    recipient: str  # origin
    kind: str
    case_id: str
    revision: int
    digest: str
    size: int
    entry: int
    acknowledged: int | None  # the peer's entry; None: it waits
    failures: int  # in a row
    failed_at: str | None
    said: str | None  # why it failed last
    path: str | None  # of a package

    def is_due(self, now: datetime) -> bool:
        """Whether it waits, and a failure is long enough ago."""
        if self.acknowledged is not None:
            return False
        if self.failed_at is None:
            return True
        wait = min(_FIRST_WAIT * 2 ** min(max(self.failures - 1, 0), 20), _LONGEST_WAIT)
        return now >= datetime.fromisoformat(self.failed_at) + timedelta(seconds=wait)


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A message that was received."""

    message: str
    sender: str  # origin
    kind: str
    case_id: str  # the sender's
    revision: int
    digest: str
    size: int
    entry: int


class Kept:
    """See the module. Each question opens the file anew, and brings it to the ledger's end; threads may share it."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def outgoing(self, message: str) -> Outgoing | None:
        """A message that this archive made."""
        found = self._ask(f"{_OUTGOING} WHERE s.message = ?", message)
        return _outgoing(found[0]) if found else None

    def newest_sent(self, recipient: str, kind: str, case_id: str) -> Outgoing | None:
        """The last message of a kind about a case to a peer."""
        where = (
            "WHERE s.recipient = ? AND s.kind = ? AND s.case_id = ? ORDER BY s.entry DESC LIMIT 1"
        )
        found = self._ask(f"{_OUTGOING} {where}", recipient, kind, case_id)
        return _outgoing(found[0]) if found else None

    def sent(self, *, waiting: bool = False, after: int = -1, limit: int = 1000) -> list[Outgoing]:
        """Messages in the order in which they were made; the newest of them, or after an entry those that wait."""
        if waiting:
            where = "WHERE s.acknowledged IS NULL AND s.entry > ? ORDER BY s.entry LIMIT ?"
            rows = self._ask(f"{_OUTGOING} {where}", after, limit)
        else:
            rows = self._ask(f"{_OUTGOING} ORDER BY s.entry DESC LIMIT ?", limit)[::-1]
        return [_outgoing(row) for row in rows]

    def incoming(self, message: str) -> Incoming | None:
        """A message that came."""
        found = self._ask(f"{_INCOMING} WHERE message = ?", message)
        return _incoming(found[0]) if found else None

    def current(self, *, limit: int = 1000) -> list[Incoming]:
        """Of each case and kind by each peer what holds: the highest revision, in whatever order they came."""
        where = (
            "r WHERE NOT EXISTS (SELECT 1 FROM received n WHERE n.sender = r.sender AND n.kind = r.kind"
            " AND n.case_id = r.case_id AND (n.revision, n.entry) > (r.revision, r.entry))"
            " ORDER BY entry DESC LIMIT ?"
        )
        return [_incoming(row) for row in self._ask(f"{_INCOMING} {where}", limit)]

    def note_file(self, message: str, path: str) -> None:
        """Where the file of a package lies. Raises ExchangeUnreadableError."""
        self._ask("INSERT OR REPLACE INTO files VALUES (?, ?)", message, path)

    def note_failure(self, message: str, at: datetime, said: str) -> None:
        """A message did not get through. Raises ExchangeUnreadableError."""
        self._ask(
            "INSERT INTO failed VALUES (?, 1, ?, ?) ON CONFLICT (message) DO UPDATE SET"
            " times = times + 1, at = excluded.at, said = excluded.said",
            message,
            at.isoformat(),
            said,
        )

    def _ask(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """One statement on the file at the ledger's end. Raises ExchangeUnreadableError."""
        root = self._archive.root
        if not is_archive(root):
            raise ExchangeUnreadableError(f"the disk of {root} went away")
        try:
            try:
                return self._ask_once(sql, values)
            except sqlite3.DatabaseError as e:
                if not _is_damaged(e):
                    raise
            with _MENDING:
                return self._ask_mended(sql, values)
        except sqlite3.Error as e:
            raise ExchangeUnreadableError(f"{NAME} cannot be used: {e}; it may be deleted") from e

    def _ask_mended(self, sql: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
        """Made anew from the ledger, unless another thread did so meanwhile."""
        try:
            return self._ask_once(sql, values)
        except sqlite3.DatabaseError as e:
            if not _is_damaged(e):
                raise
        try:
            # Its journal first: it would damage the new one.
            for name in (f"{NAME}-journal", NAME):
                (self._archive.root / name).unlink(missing_ok=True)
        except OSError as e:
            raise ExchangeUnreadableError(f"{NAME} is damaged, and cannot be deleted: {e}") from e
        return self._ask_once(sql, values)

    def _ask_once(self, sql: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
        """In one transaction. Raises sqlite3.Error."""
        path = self._archive.root / NAME
        with (
            closing(sqlite3.connect(path, timeout=_WAIT, isolation_level=None)) as db,
            _transaction(db),
        ):
            self._catch_up(db)
            return db.execute(sql, values).fetchall()

    def _catch_up(self, db: sqlite3.Connection) -> None:
        size = self._archive.reader.size()
        begin = self._begin(db, size)
        if begin == size:
            return
        for entry in self._entries(begin, size):
            if entry.type in TYPES:
                _take(db, entry)
        leaf = self._archive.reader.entry(size - 1).leaf.hex()
        db.execute("INSERT OR REPLACE INTO upto VALUES (1, ?, ?)", (size, leaf))

    def _begin(self, db: sqlite3.Connection, size: int) -> int:
        """Where to go on; at 0 with empty tables where what is there is of another form or ledger."""
        if db.execute("PRAGMA user_version").fetchone()[0] == _FORM:
            row = db.execute("SELECT size, leaf FROM upto").fetchone()
            if row is not None and 0 < row[0] <= size and self._leaf(row[0] - 1) == row[1]:
                return int(row[0])
        for table in ("upto", "sent", "received"):
            db.execute(f"DROP TABLE IF EXISTS {table}")
        for statement in _TABLES:
            db.execute(statement)
        db.execute(f"PRAGMA user_version = {_FORM}")
        return 0

    def _leaf(self, index: int) -> str | None:
        try:
            return self._archive.reader.entry(index).leaf.hex()
        except (ArchiveError, IndexError):
            return None

    def _entries(self, begin: int, size: int) -> Iterator[Entry]:
        if size - begin <= _FAR:
            yield from self._archive.reader.entries(begin, size)
            return
        self._archive.catalogue.catch_up()
        for index in self._archive.catalogue.indexes_of_types(*TYPES):
            if begin <= index < size:
                yield self._archive.reader.entry(index)


def sent_data(envelope: Envelope) -> dict[str, Any]:
    """What the entry of a message that was made says of it."""
    return {
        "message": envelope.id,
        "recipient": envelope.recipient,
        "kind": envelope.kind,
        "revision": envelope.revision,
        "digest": envelope.digest,
        "size": envelope.size,
    }


def _take(db: sqlite3.Connection, entry: Entry) -> None:
    """An entry of ours into the tables; one that has not what it has to have is passed over."""
    data = entry.data
    if entry.type == ACKNOWLEDGED:
        told = (data.get("entry"), data.get("message"))
        db.execute(
            "UPDATE sent SET acknowledged = ? WHERE message = ? AND acknowledged IS NULL", told
        )
        db.execute("DELETE FROM failed WHERE message = ?", told[1:])
        db.execute("DELETE FROM files WHERE message = ?", told[1:])
        return
    table, who = ("sent", "recipient") if entry.type == SENT else ("received", "sender")
    body = data.get("body")
    case = entry.subject if entry.type == SENT else data.get("case")
    row = [data.get("message"), data.get(who), data.get("kind"), case, data.get("revision")]
    row += [data.get("digest"), data.get("size")] if entry.type == SENT else _kept_in(body)
    if any(value is None for value in row):
        return
    more = ", NULL" if entry.type == SENT else ""
    db.execute(
        f"INSERT OR IGNORE INTO {table} VALUES (?, ?, ?, ?, ?, ?, ?, ?{more})",  # noqa: S608 - ours
        [*row, entry.index],
    )


def _kept_in(body: object) -> list[object]:
    return [body.get("object"), body.get("size")] if isinstance(body, dict) else [None, None]


def _is_damaged(error: sqlite3.DatabaseError) -> bool:
    code: int = getattr(error, "sqlite_errorcode", 0)  # not every error of the module has one
    return code & 0xFF in _DAMAGED


@contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN IMMEDIATE")
    with db:
        yield


def _outgoing(row: tuple[Any, ...]) -> Outgoing:
    return Outgoing(**dict(zip(Outgoing.__slots__, row, strict=True)))


def _incoming(row: tuple[Any, ...]) -> Incoming:
    return Incoming(**dict(zip(Incoming.__slots__, row, strict=True)))
