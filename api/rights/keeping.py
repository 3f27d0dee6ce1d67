"""What accounts.db has to say of rights, taken over from the ledger's view of them.

What always holds: the ledger is the truth. Whatever a crash left out of accounts.db between the entry and the row is
mended at the next start, and before the next change. Passwords, second factors and tokens are not the ledger's, and
stay as they are; an account that this brings in has no password until somebody sets one.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable
from typing import Final

from api.identity.accounts import ROLES, Accounts
from api.identity.people import end_sessions, end_tokens
from archive.catalogue.rows import AccountRow
from archive.opening import Archive

NO_PASSWORD: Final = "!"  # no argon2 hash: nothing verifies against it  # noqa: S105


def mend(archive: Archive, accounts: Accounts) -> tuple[str, ...]:
    """Bring accounts.db to what the ledger says; answers with the ids of the accounts that were mended.

    Raises:
        ArchiveError: the catalogue cannot be brought level. Nothing was changed.
        AccountsError: accounts.db cannot be written. Nothing was changed.
    """
    archive.catalogue.catch_up()
    with accounts.writing() as db:
        return mend_within(db, archive)


def mend_within(db: sqlite3.Connection, archive: Archive) -> tuple[str, ...]:
    """The same inside a transaction of the caller's, over a catalogue that is level."""
    added = {row.account for row in archive.catalogue.rights("confirmed", limit=_EVERY)}
    return tuple(_differing(db, archive.catalogue.accounts(), added))


_EVERY: Final = 1_000_000


def _differing(
    db: sqlite3.Connection, rows: Iterable[AccountRow], added: set[str]
) -> Iterable[str]:
    there = {
        row[0]: row[1:]
        for row in db.execute("SELECT id, role, unit, officer, disabled FROM account").fetchall()
    }
    for row in rows:
        wanted = row.role, row.unit_id, row.officer_id, int(row.disabled)
        if row.role not in ROLES or there.get(row.id) == wanted:
            continue
        if row.id in there:
            put(db, row)
            yield row.id
        elif row.id in added and row.name is not None:
            # Of one that was added at the machine itself and got lost on the way, the name is free (registering.py).
            taken = db.execute("SELECT 1 FROM account WHERE name = ?", (row.name,)).fetchone()
            if taken is None:
                insert(db, row, hashed=NO_PASSWORD)
                yield row.id


def put(db: sqlite3.Connection, row: AccountRow, *, by: str | None = None) -> None:
    """Give an account the role, unit, officer and state of a row; its sessions and tokens end."""
    db.execute(
        "UPDATE account SET role = ?, unit = ?, officer = ?, disabled = ? WHERE id = ?",
        (row.role, row.unit_id, row.officer_id, int(row.disabled), row.id),
    )
    why = "disabled" if row.disabled else "changed"
    end_sessions(db, row.id, why=why, by=by)
    end_tokens(db, row.id, why=why, by=by)


def insert(db: sqlite3.Connection, row: AccountRow, *, hashed: str) -> None:
    """Bring an account in. Raises sqlite3.IntegrityError where the name is taken."""
    db.execute(
        "INSERT INTO account (id, name, role, unit, officer, hash, disabled, added, must_change)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1)",
        (
            *(row.id, row.name, row.role, row.unit_id, row.officer_id),
            *(hashed, int(row.disabled), time.time()),
        ),
    )
