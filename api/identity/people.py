"""Accounts and their passwords: who may sign in.

What always holds: a password is kept as an argon2id hash only, made anew with today's cost when it is next used;
disabling an account or setting its password ends its sessions in the same write. What an account may see: access.py.
Wrong tries: tries.py. None of these hashes a password but `add`, `check` and `set_password`.
"""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, cast, get_args

import argon2

from api.errors import (
    AccountExistsError,
    InvalidInputError,
    PasswordRefusedError,
    UnknownAccountError,
)
from api.identity.file import AccountsFile

Role = Literal["officer", "supervisor", "archivist", "reviewer", "oversight", "administrator"]
ROLES: Final[tuple[Role, ...]] = get_args(Role)
MIN_PASSWORD: Final = 8
MAX_PASSWORD: Final = 1024  # argon2 takes any length; a body of megabytes is an attack
MAX_NAME: Final = 128
COLUMNS: Final = "a.id, a.name, a.role, a.unit, a.officer, a.disabled, a.must_change"
_FROM: Final = f"SELECT {COLUMNS} FROM account a"  # noqa: S608 - our own words


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Somebody who can sign in."""

    id: str
    name: str
    role: Role
    unit: str | None  # id of the unit; what a supervisor sees
    officer: str | None  # id of the officer; what an officer sees
    disabled: bool
    must_change: bool = False  # the password is somebody else's choice
    limits: frozenset[str] | None = None  # of a token: no more than these; None: all of the role


def normalized(name: str) -> str:
    """Return a user name as it is compared: NFKC, trimmed, lower case.

    Raises:
        InvalidInputError: empty, too long, or with control characters.
    """
    text = unicodedata.normalize("NFKC", name).strip().casefold()
    if not text or len(text) > MAX_NAME or any(unicodedata.category(c)[0] == "C" for c in text):
        raise InvalidInputError(f"a user name has 1 to {MAX_NAME} printable characters")
    return text


class People(AccountsFile):
    """The accounts of accounts.db."""

    hasher: argon2.PasswordHasher
    _nobody: str  # a hash that no password has: checked where there is no such user, so that it takes as long

    def hash_with(self, hasher: argon2.PasswordHasher) -> None:
        """Hash with this cost from now on; older hashes are made anew when they are next used."""
        self.hasher = hasher
        self._nobody = hasher.hash(secrets.token_urlsafe(16))

    def add(
        self,
        *,
        id: str,
        name: str,
        role: str,
        password: str,
        unit: str | None,
        officer: str | None,
        must_change: bool = False,
    ) -> Account:
        """Keep a new account. The ledger entry is registering.py's.

        Raises:
            AccountExistsError: the name is taken.
            PasswordRefusedError: too short or too long.
            InvalidInputError: no such role, or the name is malformed. Nothing was kept.
        """
        if role not in ROLES:
            raise InvalidInputError(f"no such role: {role}")
        row = (id, normalized(name), role, unit, officer, self._hash(password))
        with self.writing() as db:
            try:
                db.execute(
                    "INSERT INTO account (id, name, role, unit, officer, hash, added, must_change)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    (*row, self.clock(), must_change),
                )
            except sqlite3.IntegrityError as e:
                raise AccountExistsError(f"there is an account {name!r} already") from e
        return self.by_name(name)

    def by_name(self, name: str) -> Account:
        """Find an account. Raises UnknownAccountError, InvalidInputError."""
        found = self.one(f"{_FROM} WHERE a.name = ?", normalized(name))
        if found is None:
            raise UnknownAccountError(f"no account {name!r}")
        return account_of_row(found)

    def by_id(self, id_: str) -> Account:
        """Find an account. Raises UnknownAccountError."""
        found = self.one(f"{_FROM} WHERE a.id = ?", id_)
        if found is None:
            raise UnknownAccountError("no such account")
        return account_of_row(found)

    def all(self) -> list[Account]:
        """Every account, by name."""
        return [account_of_row(row) for row in self.rows(f"{_FROM} ORDER BY a.name")]

    def last_sign_ins(self) -> Mapping[str, float]:
        """When each account last signed in, by its id; who never did is not there."""
        rows = self.rows("SELECT id, signed_in FROM account WHERE signed_in IS NOT NULL")
        return {str(id_): float(cast(float, at)) for id_, at in rows}

    def set_password(
        self,
        account: Account,
        password: str,
        *,
        must_change: bool = False,
        keep: str | None = None,
        by: str | None = None,
    ) -> None:
        """Set a new password; every session of the account ends but the one whose id is `keep`.

        Raises:
            PasswordRefusedError: too short or too long. Nothing was changed.
        """
        hashed = self._hash(password)
        with self.writing() as db:
            db.execute(
                "UPDATE account SET hash = ?, must_change = ? WHERE id = ?",
                (hashed, must_change, account.id),
            )
            end_sessions(db, account.id, why="password", by=by, keep=keep)
            db.execute("DELETE FROM step WHERE account = ?", (account.id,))
            db.execute("DELETE FROM reset WHERE account = ?", (account.id,))
            # Whoever sets passwords vouches for the person; tries.py keeps these by the digest of the name.
            db.execute("DELETE FROM try WHERE name = ?", (name_digest(account.name),))

    def disable(self, account: Account, *, by: str | None = None) -> None:
        """Let nobody sign in with it again; every session and token of the account ends."""
        with self.writing() as db:
            db.execute("UPDATE account SET disabled = 1 WHERE id = ?", (account.id,))
            end_sessions(db, account.id, why="disabled", by=by)
            end_tokens(db, account.id, why="disabled", by=by)
            db.execute("DELETE FROM step WHERE account = ?", (account.id,))

    def enable(self, account: Account) -> None:
        """Let it sign in again, with the password that it had."""
        with self.writing() as db:
            db.execute("UPDATE account SET disabled = 0 WHERE id = ?", (account.id,))

    def change(
        self,
        account: Account,
        *,
        role: str,
        unit: str | None,
        officer: str | None,
        by: str | None = None,
    ) -> Account:
        """Give it another role, unit or officer; every session and token of the account ends.

        Raises:
            InvalidInputError: no such role. Nothing was changed.
        """
        if role not in ROLES:
            raise InvalidInputError(f"no such role: {role}")
        with self.writing() as db:
            db.execute(
                "UPDATE account SET role = ?, unit = ?, officer = ? WHERE id = ?",
                (role, unit, officer, account.id),
            )
            end_sessions(db, account.id, why="changed", by=by)
            end_tokens(db, account.id, why="changed", by=by)
        return self.by_id(account.id)

    def check(self, name: str, password: str) -> Account | None:
        """Return the account if the password is its own. Takes as long if there is no such account."""
        try:
            wanted = normalized(name)
        except InvalidInputError:
            wanted = ""
        row = self.one(f"SELECT {COLUMNS}, a.hash FROM account a WHERE a.name = ?", wanted)  # noqa: S608 - constant
        hashed = self._nobody if row is None else str(row[-1])
        try:
            self.hasher.verify(hashed, password[: MAX_PASSWORD + 1])
        except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
            return None
        account = None if row is None else account_of_row(row)
        if account is None or account.disabled:
            return None
        if self.hasher.check_needs_rehash(hashed):
            self._make_anew(account, hashed, password)
        return account

    def _make_anew(self, account: Account, hashed: str, password: str) -> None:
        new = self.hasher.hash(password)
        with self.writing() as db:
            # Not over one that was set since.
            values = (new, account.id, hashed)
            db.execute("UPDATE account SET hash = ? WHERE id = ? AND hash = ?", values)

    def _hash(self, password: str) -> str:
        check_password(password)
        return self.hasher.hash(password)


def end_sessions(
    db: sqlite3.Connection, account: str, *, why: str, by: str | None, keep: str | None = None
) -> None:
    """End the sessions of an account, in the caller's write; endings.py says so in the ledger."""
    db.execute(
        "UPDATE session SET ended = ?, ended_by = ? WHERE account = ? AND ended IS NULL AND id IS NOT ?",
        (why, by, account, keep),
    )


def end_tokens(db: sqlite3.Connection, account: str, *, why: str, by: str | None) -> None:
    """End the tokens of an account, in the caller's write; endings.py says so in the ledger."""
    db.execute(
        "UPDATE token SET ended = ?, ended_by = ? WHERE account = ? AND ended IS NULL",
        (why, by, account),
    )


def name_digest(name: str) -> bytes:
    """What stands for a typed user name where tries are counted; another spelling is not another name."""
    text = unicodedata.normalize("NFKC", name).strip().casefold()
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def check_password(password: str) -> None:
    """Refuse what is too short or too long. Raises PasswordRefusedError."""
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise PasswordRefusedError(f"a password has {MIN_PASSWORD} to {MAX_PASSWORD} characters")


def account_of_row(row: tuple[object, ...]) -> Account:
    """An account from COLUMNS."""
    id_, name, role, unit, officer, disabled, must_change = row[:7]
    return Account(
        id=str(id_),
        name=str(name),
        role=cast(Role, role),
        unit=None if unit is None else str(unit),
        officer=None if officer is None else str(officer),
        disabled=bool(disabled),
        must_change=bool(must_change),
    )
