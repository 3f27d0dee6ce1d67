"""Searches that somebody keeps under a name: rows of accounts.db, each its account's own.

What always holds: nobody reads or removes another's; what is kept are filters, not what they found, so a kept search
finds only what may be known when it is made again. Nothing of it is in the ledger: to make one again is a search.
"""

from __future__ import annotations

import secrets
import unicodedata
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, urlencode

from api.errors import InvalidInputError, NotFoundError
from api.identity.accounts import Accounts

MOST: Final = 100  # of one account
MOST_NAME: Final = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """A search under its name."""

    id: str
    name: str
    filters: dict[str, str]


def saved_of(accounts: Accounts, account: str) -> list[Saved]:
    """What an account keeps, by name. Raises AccountsError."""
    rows = accounts.rows(
        "SELECT id, name, filters FROM saved WHERE account = ? ORDER BY name", account
    )
    return [
        Saved(id=str(id_), name=str(name), filters=dict(parse_qsl(str(filters))))
        for id_, name, filters in rows
    ]


def keep(accounts: Accounts, account: str, name: str, filters: dict[str, str]) -> Saved:
    """Keep a search; one of the same name is replaced.

    Raises:
        InvalidInputError: no name, no filter, or there are too many already.
        AccountsError: it could not be written.
    """
    name = " ".join(unicodedata.normalize("NFC", name).split())
    if not name or len(name) > MOST_NAME or not name.isprintable():
        raise InvalidInputError(f"the name of a search has 1 to {MOST_NAME} characters")
    if not filters:
        raise InvalidInputError("a search without a filter is nothing to keep")
    made = Saved(id=f"saved-{secrets.token_hex(10)}", name=name, filters=dict(filters))
    with accounts.writing() as db:
        db.execute("DELETE FROM saved WHERE account = ? AND name = ?", (account, name))
        (held,) = db.execute("SELECT count(*) FROM saved WHERE account = ?", (account,)).fetchone()
        if held >= MOST:
            raise InvalidInputError(f"there are {MOST} kept searches: remove one first")
        db.execute(
            "INSERT INTO saved (id, account, name, filters) VALUES (?, ?, ?, ?)",
            (made.id, account, name, urlencode(filters)),
        )
    return made


def remove(accounts: Accounts, account: str, id_: str) -> None:
    """Forget one.

    Raises:
        NotFoundError: the account keeps none of this id.
        AccountsError: it could not be written.
    """
    with accounts.writing() as db:
        done = db.execute("DELETE FROM saved WHERE account = ? AND id = ?", (account, id_))
        if done.rowcount != 1:
            raise NotFoundError("no such kept search")
