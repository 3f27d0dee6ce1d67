"""Accounts and sessions in accounts.db: who may sign in, and who is signed in now.

What always holds: a password is kept as an argon2id hash only, a session token as its SHA-256 only; the file is 0600; a
write has reached the medium when the call returns; disabling an account or changing its password ends its sessions.
Nothing here is rebuilt from the ledger, and `rebuild` never touches it. What an account may see: access.py.
Wrong tries: tries.py. Every call may block on the disk; none of them hashes a password but `check` and the setters.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import sqlite3
import threading
import time
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, cast, get_args

import argon2

from api.errors import (
    AccountExistsError,
    AccountsError,
    InvalidInputError,
    PasswordRefusedError,
    UnknownAccountError,
)
from archive.durable import has_room_for_shared_memory

Role = Literal["officer", "supervisor", "archivist", "reviewer", "oversight", "administrator"]
ROLES: Final[tuple[Role, ...]] = get_args(Role)
SESSION_SECONDS: Final = 12 * 3600  # a shift
MIN_PASSWORD: Final = 8
MAX_PASSWORD: Final = 1024  # argon2 takes any length; a body of megabytes is an attack
MAX_NAME: Final = 128
_MOST_SESSIONS: Final = 1_000  # kept as long as nobody writes to the file
_VERSION: Final = 1
_SCHEMA: Final = """
CREATE TABLE account (
    id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, role TEXT NOT NULL, unit TEXT, officer TEXT,
    hash TEXT NOT NULL, disabled INTEGER NOT NULL DEFAULT 0, added REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE session (
    digest BLOB PRIMARY KEY, account TEXT NOT NULL REFERENCES account(id), expires REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX session_of_account ON session (account);
CREATE TABLE try (at REAL NOT NULL, peer TEXT NOT NULL, name BLOB NOT NULL);
CREATE INDEX try_at ON try (at);
CREATE INDEX try_by_name ON try (name, peer, at);
CREATE INDEX try_by_peer ON try (peer, at);
CREATE TABLE known (peer TEXT NOT NULL, name BLOB NOT NULL, PRIMARY KEY (peer, name)) WITHOUT ROWID;
"""
_COLUMNS: Final = "id, name, role, unit, officer, disabled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Somebody who can sign in."""

    id: str
    name: str
    role: Role
    unit: str | None  # id of the unit; what a supervisor sees
    officer: str | None  # id of the officer; what an officer sees
    disabled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A sign-in that is valid now. `key` names it without being the token."""

    key: str
    account: Account
    expires: float  # Unix time


def normalized(name: str) -> str:
    """Return a user name as it is compared: NFKC, trimmed, lower case.

    Raises:
        InvalidInputError: empty, too long, or with control characters.
    """
    text = unicodedata.normalize("NFKC", name).strip().casefold()
    if not text or len(text) > MAX_NAME or any(unicodedata.category(c)[0] == "C" for c in text):
        raise InvalidInputError(f"a user name has 1 to {MAX_NAME} printable characters")
    return text


class Accounts:
    """accounts.db. Safe to use from several threads and processes."""

    def __init__(
        self,
        path: Path,
        *,
        clock: Callable[[], float] = time.time,
        hasher: argon2.PasswordHasher | None = None,
    ) -> None:
        self._clock = clock
        self._hasher = hasher or argon2.PasswordHasher()
        # Checked when there is no such user, so that the answer takes as long.
        self._nobody = self._hasher.hash(secrets.token_urlsafe(16))
        self._write_lock, self._read_lock = threading.Lock(), threading.Lock()
        self._session_lock = threading.Lock()
        self._version: object = None  # of the file, when these were read
        self._sessions: dict[bytes, Session] = {}
        try:
            self._writer = _connect(path)
            self._reader = _connect(path)
        except sqlite3.Error as e:
            raise AccountsError(f"{path.name} cannot be opened: {e}") from e

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
            except sqlite3.OperationalError as e:
                raise AccountsError(f"accounts.db cannot be written: {e}") from e

    def add(
        self, *, id: str, name: str, role: str, password: str, unit: str | None, officer: str | None
    ) -> Account:
        """Keep a new account. The ledger entry is registering.py's.

        Raises:
            AccountExistsError: the name is taken.
            PasswordRefusedError: too short or too long.
            InvalidInputError: no such role, or the name is malformed. Nothing was kept.
        """
        if role not in ROLES:
            raise InvalidInputError(f"no such role: {role}")
        row = (id, normalized(name), role, unit, officer, self._hash(password), self._clock())
        with self.writing() as db:
            try:
                db.execute(
                    "INSERT INTO account (id, name, role, unit, officer, hash, added)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?)",
                    row,
                )
            except sqlite3.IntegrityError as e:
                raise AccountExistsError(f"there is an account {name!r} already") from e
        return self.by_name(name)

    def by_name(self, name: str) -> Account:
        """Find an account.

        Raises:
            UnknownAccountError: there is none.
        """
        found = self._read(f"SELECT {_COLUMNS} FROM account WHERE name = ?", (normalized(name),))  # noqa: S608 - constant
        if found is None:
            raise UnknownAccountError(f"no account {name!r}")
        return _account(found)

    def all(self) -> list[Account]:
        """Every account, by name."""
        with self._read_lock:
            rows = self._reader.execute(f"SELECT {_COLUMNS} FROM account ORDER BY name").fetchall()  # noqa: S608
        return [_account(row) for row in rows]

    def set_password(self, account: Account, password: str) -> None:
        """Set a new password; every session of the account ends.

        Raises:
            PasswordRefusedError: too short or too long. Nothing was changed.
        """
        hashed = self._hash(password)
        with self.writing() as db:
            db.execute("UPDATE account SET hash = ? WHERE id = ?", (hashed, account.id))
            db.execute("DELETE FROM session WHERE account = ?", (account.id,))
            # Whoever sets passwords vouches for the person; tries.py keeps these by the digest of the name.
            db.execute("DELETE FROM try WHERE name = ?", (name_digest(account.name),))

    def disable(self, account: Account) -> None:
        """Let nobody sign in with it again; every session of the account ends."""
        with self.writing() as db:
            db.execute("UPDATE account SET disabled = 1 WHERE id = ?", (account.id,))
            db.execute("DELETE FROM session WHERE account = ?", (account.id,))

    def check(self, name: str, password: str) -> Account | None:
        """Return the account if the password is its own. Takes as long if there is no such account."""
        try:
            wanted = normalized(name)
        except InvalidInputError:
            wanted = ""
        row = self._read(f"SELECT {_COLUMNS}, hash FROM account WHERE name = ?", (wanted,))  # noqa: S608
        hashed = self._nobody if row is None else str(row[6])
        try:
            self._hasher.verify(hashed, password[: MAX_PASSWORD + 1])
        except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
            return None
        account = None if row is None else _account(row)
        return None if account is None or account.disabled else account

    def open_session(self, account: Account) -> tuple[str, Session]:
        """Sign an account in. Returns the token, which is kept nowhere, and the session."""
        token, now = secrets.token_urlsafe(32), self._clock()
        digest = _digest(token)
        with self.writing() as db:
            db.execute("DELETE FROM session WHERE expires <= ?", (now,))
            # The account may have been disabled since its password was checked.
            alive = db.execute("SELECT 1 FROM account WHERE id = ? AND disabled = 0", (account.id,))
            if alive.fetchone() is None:
                raise UnknownAccountError("the account was disabled")
            db.execute(
                "INSERT INTO session (digest, account, expires) VALUES (?, ?, ?)",
                (digest, account.id, now + SESSION_SECONDS),
            )
        return token, Session(key=digest.hex(), account=account, expires=now + SESSION_SECONDS)

    def session(self, token: str) -> Session | None:
        """Return the session of a token, if it is valid now."""
        digest = _digest(token)
        # Another number after every commit of anybody, also of another process: what is older than that is forgotten.
        with self._session_lock:
            version = self._read("PRAGMA data_version", ())
            if version != self._version or len(self._sessions) >= _MOST_SESSIONS:
                self._version, self._sessions = version, {}
            session = self._sessions.get(digest) or self._read_session(digest)
            if session is None or session.account.disabled or session.expires <= self._clock():
                return None
            self._sessions[digest] = session
            return session

    def _read_session(self, digest: bytes) -> Session | None:
        row = self._read(
            "SELECT a.id, a.name, a.role, a.unit, a.officer, a.disabled, s.digest, s.expires"
            " FROM session s JOIN account a ON a.id = s.account WHERE s.digest = ?",
            (digest,),
        )
        if row is None or not hmac.compare_digest(cast(bytes, row[6]), digest):
            return None
        expires = float(cast(float, row[7]))
        return Session(key=digest.hex(), account=_account(row), expires=expires)

    def close_session(self, token: str) -> None:
        """End a session. One that is unknown or over stays so."""
        with self.writing() as db:
            db.execute("DELETE FROM session WHERE digest = ?", (_digest(token),))

    def _read(self, sql: str, values: tuple[object, ...]) -> tuple[object, ...] | None:
        try:
            with self._read_lock:
                row: tuple[object, ...] | None = self._reader.execute(sql, values).fetchone()
        except sqlite3.Error as e:
            raise AccountsError(f"accounts.db cannot be read: {e}") from e
        return row

    def _hash(self, password: str) -> str:
        check_password(password)
        return self._hasher.hash(password)


def name_digest(name: str) -> bytes:
    """What stands for a typed user name where tries are counted; another spelling is not another name."""
    text = unicodedata.normalize("NFKC", name).strip().casefold()
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def check_password(password: str) -> None:
    """Refuse what is too short or too long. Raises PasswordRefusedError."""
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise PasswordRefusedError(f"a password has {MIN_PASSWORD} to {MAX_PASSWORD} characters")


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _account(row: tuple[object, ...]) -> Account:
    id_, name, role, unit, officer, disabled = row[:6]
    return Account(
        id=str(id_),
        name=str(name),
        role=cast(Role, role),
        unit=None if unit is None else str(unit),
        officer=None if officer is None else str(officer),
        disabled=bool(disabled),
    )


def _connect(path: Path) -> sqlite3.Connection:
    if not has_room_for_shared_memory(path.parent):
        raise AccountsError("accounts.db cannot be opened: the disk is full; free some space")
    # SQLite would make it with the umask's mode; -wal and -shm take the mode of the file.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("PRAGMA foreign_keys = ON")
    db.execute("BEGIN IMMEDIATE")
    version = int(db.execute("PRAGMA user_version").fetchone()[0])
    if version > _VERSION:
        raise AccountsError(f"accounts.db is of version {version}, this Muniment knows {_VERSION}")
    if version == 0:
        for statement in _SCHEMA.split(";"):
            db.execute(statement)
        db.execute(f"PRAGMA user_version = {_VERSION}")
    db.execute("COMMIT")
    return db
