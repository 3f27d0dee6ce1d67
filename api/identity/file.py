"""accounts.db as a file: opened, brought to its newest form, read and written.

What always holds: the file is 0600; a write has reached the medium when its block ends, or nothing of it was kept; a
file of a newer form is refused with words and not touched. Nothing here is rebuilt from the ledger, and `rebuild`
never touches it. What its rows mean: accounts.py and the modules beside it.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from api.errors import AccountsError
from archive.durable import has_room_for_shared_memory, is_all_but_full

VERSION: Final = 3
_FIRST: Final = """
CREATE TABLE account (
    id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, role TEXT NOT NULL, unit TEXT, officer TEXT,
    hash TEXT NOT NULL, disabled INTEGER NOT NULL DEFAULT 0, added REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE session (
    digest BLOB PRIMARY KEY, account TEXT NOT NULL REFERENCES account(id), expires REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE try (at REAL NOT NULL, peer TEXT NOT NULL, name BLOB NOT NULL);
CREATE INDEX try_at ON try (at);
CREATE INDEX try_by_name ON try (name, peer, at);
CREATE INDEX try_by_peer ON try (peer, at);
CREATE TABLE known (peer TEXT NOT NULL, name BLOB NOT NULL, PRIMARY KEY (peer, name)) WITHOUT ROWID
"""
# Sessions of the first form are nameless: whoever was signed in signs in once more.
_SECOND: Final = """
ALTER TABLE account ADD COLUMN must_change INTEGER NOT NULL DEFAULT 0;
ALTER TABLE account ADD COLUMN signed_in REAL;
DROP TABLE session;
CREATE TABLE session (
    digest BLOB PRIMARY KEY, id TEXT NOT NULL UNIQUE, account TEXT NOT NULL REFERENCES account(id),
    way TEXT NOT NULL, opened REAL NOT NULL, expires REAL NOT NULL, seen REAL NOT NULL,
    address TEXT NOT NULL, agent TEXT NOT NULL, ended TEXT, ended_by TEXT
) WITHOUT ROWID;
CREATE INDEX session_of_account ON session (account);
CREATE TABLE session_peer (
    session TEXT NOT NULL, peer TEXT NOT NULL, PRIMARY KEY (session, peer)
) WITHOUT ROWID;
CREATE TABLE token (
    digest BLOB PRIMARY KEY, id TEXT NOT NULL UNIQUE, account TEXT NOT NULL REFERENCES account(id),
    name TEXT NOT NULL, rights TEXT, networks TEXT NOT NULL, made REAL NOT NULL, expires REAL NOT NULL,
    used REAL, address TEXT, ended TEXT, ended_by TEXT
) WITHOUT ROWID;
CREATE INDEX token_of_account ON token (account);
CREATE TABLE factor (
    account TEXT PRIMARY KEY REFERENCES account(id), secret TEXT NOT NULL,
    confirmed INTEGER NOT NULL DEFAULT 0, step INTEGER NOT NULL DEFAULT 0, added REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE recovery (
    account TEXT NOT NULL REFERENCES account(id), digest BLOB NOT NULL, PRIMARY KEY (account, digest)
) WITHOUT ROWID;
CREATE TABLE step (
    digest BLOB PRIMARY KEY, account TEXT NOT NULL REFERENCES account(id), stage TEXT NOT NULL,
    way TEXT NOT NULL, peer TEXT NOT NULL, expires REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE reset (
    account TEXT PRIMARY KEY REFERENCES account(id), asked_by TEXT NOT NULL, at REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE identity (
    issuer TEXT NOT NULL, subject TEXT NOT NULL, account TEXT NOT NULL REFERENCES account(id),
    added REAL NOT NULL, PRIMARY KEY (issuer, subject)
) WITHOUT ROWID;
CREATE INDEX identity_of_account ON identity (account);
CREATE TABLE saved (
    id TEXT PRIMARY KEY, account TEXT NOT NULL REFERENCES account(id), name TEXT NOT NULL,
    filters TEXT NOT NULL, UNIQUE (account, name)
) WITHOUT ROWID
"""
_THIRD: Final = "CREATE TABLE over (id TEXT PRIMARY KEY, at REAL NOT NULL) WITHOUT ROWID"


class AccountsFile:
    """The open file. Safe to use from several threads and processes; every call may block on the disk."""

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self._write_lock, self._read_lock = threading.Lock(), threading.Lock()
        self.commits = 0  # of this object
        try:
            self._writer = _connect(path)
            self._reader = _connect(path)
        except sqlite3.Error as e:
            full = is_all_but_full(path.parent)
            why = "the disk is full; free some space" if full else e
            raise AccountsError(f"{path.name} cannot be opened: {why}") from e

    def close(self) -> None:
        """Close the file. Nothing is pending."""
        self._reader.close()
        self._writer.close()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction, durable when the block ends; rolled back when it raises.

        Raises:
            AccountsError: the file cannot be written. Nothing was changed.
        """
        with self._write_lock:
            try:
                self._writer.execute("BEGIN IMMEDIATE")
                try:
                    yield self._writer
                except BaseException:
                    self._writer.execute("ROLLBACK")
                    raise
                self._writer.execute("COMMIT")
                self.commits += 1
            except (sqlite3.IntegrityError, sqlite3.ProgrammingError):
                raise  # what was asked, and no fault of the file
            except sqlite3.DatabaseError as e:
                if self._writer.in_transaction:  # a full disk may leave it open
                    self._writer.execute("ROLLBACK")
                raise AccountsError(f"accounts.db cannot be written: {e}") from e

    def one(self, sql: str, *values: object) -> tuple[object, ...] | None:
        """The first row of an answer.

        Raises:
            AccountsError: the file cannot be read.
        """
        found = self.rows(sql, *values)
        return found[0] if found else None

    def rows(self, sql: str, *values: object) -> list[tuple[object, ...]]:
        """Every row of an answer. Raises AccountsError: the file cannot be read."""
        try:
            with self._read_lock:
                return self._reader.execute(sql, values).fetchall()
        except sqlite3.Error as e:
            raise AccountsError(f"accounts.db cannot be read: {e}") from e


def digest_of(secret: str) -> bytes:
    """What is kept of a secret with so much chance in it that nobody can try them all."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def _connect(path: Path) -> sqlite3.Connection:
    if not has_room_for_shared_memory(path.parent):
        raise AccountsError("accounts.db cannot be opened: the disk is full; free some space")
    # SQLite would make it with the umask's mode; -wal and -shm take the mode of the file.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
    try:
        _prepare(db)
    except BaseException:
        db.close()
        raise
    return db


def _prepare(db: sqlite3.Connection) -> None:
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("PRAGMA foreign_keys = ON")
    db.execute("BEGIN IMMEDIATE")
    version = int(db.execute("PRAGMA user_version").fetchone()[0])
    if version > VERSION:
        raise AccountsError(
            f"accounts.db is of version {version}, this Muniment knows {VERSION}: install a newer one"
        )
    for form in (_FIRST, _SECOND, _THIRD)[version:]:
        for statement in form.split(";"):
            db.execute(statement)
    db.execute(f"PRAGMA user_version = {VERSION}")
    db.execute("COMMIT")
