"""Changes of rights by two people: one administrator proposes, another one confirms or rejects.

Who stands above whom is such a change too: it decides who is the head.

What always holds: nobody proposes a change of their own rights or decides on what they proposed or on themselves;
both are administrators at the moment when it counts (of a unit's place an archivist may propose), asked of accounts.db
inside the transaction; the entries `rights.confirmed` and what it changes are one batch, so a change is confirmed once
or not at all, whoever is at it at the same time; accounts.db follows in the same transaction (keeping.py mends what a
crash left out).
The proposer never learns the password of an account that is added: whoever confirms hands it out.
"""

from __future__ import annotations

import secrets
import sqlite3
import time
from dataclasses import dataclass
from typing import Any, Final

from api.errors import AccountExistsError, NotFoundError, NotPermittedError
from api.identity.accounts import Account, Accounts
from api.rights import placing
from api.rights.errors import (
    ChangeRefusedError,
    NoSecondPersonError,
    NotOpenError,
    OwnRightsError,
)
from api.rights.heads import left_without
from api.rights.keeping import insert, mend_within, put
from archive.catalogue.rights_queries import RightsRow
from archive.catalogue.rows import AccountRow, UnitRow
from archive.events import Event
from archive.opening import Archive

_LETTERS: Final = "23456789abcdefghjkmnpqrstuvwxyz"  # none that is read as another
_GROUPS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A change that somebody proposes."""

    account: str  # id; of one that is to be added a new one
    change: str  # "add" | "set" | "enable" | "identity" | "place": then `account` is the unit
    reason: str
    role: str | None = None
    unit: str | None = None
    officer: str | None = None
    name: str | None = None  # of the account that is added; of the person at the provider
    issuer: str | None = None  # of an identity
    parent: str | None = None  # of a unit that is placed
    level: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """What became of a proposal."""

    row: RightsRow
    password: str | None  # of an account that was added: shown once


def propose(archive: Archive, accounts: Accounts, *, actor: Account, wanted: Wanted) -> int:
    """Propose a change; answers with the index of its entry.

    Raises:
        OwnRightsError, NotPermittedError, NoSecondPersonError, ChangeRefusedError, AccountExistsError: nothing was
            done.
        ArchiveError, AccountsError: it could not be kept.
    """
    with accounts.writing() as db:
        _level(db, archive)
        if wanted.account == actor.id:
            raise OwnRightsError("another administrator proposes a change of your own rights")
        if not _may_propose(db, actor.id, wanted.change):
            raise NotPermittedError("only an administrator may do this")
        _demand_second(db, {actor.id, wanted.account})
        _check_fits(db, archive, wanted)
        if any(row.account == wanted.account for row in archive.catalogue.rights("open")):
            raise ChangeRefusedError("a change of this waits for a decision already")
        text = {"reason": wanted.reason}
        text |= {"name": wanted.name} if wanted.name else {}
        text |= {"issuer": wanted.issuer} if wanted.issuer else {}
        event = Event(
            type="rights.proposed",
            subject=wanted.account,
            actor=actor.id,
            data=_proposed(wanted),
            text=text,
        )
        archive.record([event])
        archive.catalogue.catch_up()
        # Nobody else proposes while this transaction is open: the newest of this account is this one.
        return next(r.index for r in archive.catalogue.rights("open") if r.account == event.subject)


def confirm(
    archive: Archive,
    accounts: Accounts,
    *,
    actor: Account,
    index: int,
    reason: str | None = None,
) -> Confirmed:
    """Make a proposed change.

    Args:
        archive: opened to write.
        accounts: its accounts.db.
        actor: who confirms it.
        index: of the proposal.
        reason: why, where somebody says so.

    Raises:
        NotFoundError: there is no such proposal.
        OwnRightsError, NotPermittedError, NotOpenError, ChangeRefusedError, AccountExistsError: nothing was
            done.
        ArchiveError, AccountsError: it could not be kept.
    """
    password = one_time_password()
    hashed = accounts.hasher.hash(password)  # before anybody has to wait for the file
    with accounts.writing() as db:
        row = _open_row(db, archive, actor, index)
        if actor.id in {row.proposed_actor, row.account}:
            raise OwnRightsError("another administrator has to confirm this")
        if not _may_propose(db, row.proposed_actor, row.change):
            raise ChangeRefusedError(
                "who proposed this is no administrator any more, so it is void: reject it, and propose it anew"
            )
        wanted = _wanted(row)
        _check_fits(db, archive, wanted)
        confirmed = _event("rights.confirmed", row, actor.id, {"proposed": index}, reason)
        archive.record([confirmed, *_consequences(archive, row, actor.id)])
        _apply(db, wanted, hashed, by=actor.id)
    archive.catalogue.catch_up()
    return Confirmed(row=row, password=password if row.change == "add" else None)


def reject(
    archive: Archive, accounts: Accounts, *, actor: Account, index: int, reason: str
) -> RightsRow:
    """Say no to a change that somebody else proposed. Raises as `confirm`."""
    with accounts.writing() as db:
        row = _open_row(db, archive, actor, index)
        if actor.id in {row.proposed_actor, row.account}:
            raise OwnRightsError("another administrator decides on this; you may withdraw it")
        archive.record([_event("rights.rejected", row, actor.id, {"proposed": index}, reason)])
    archive.catalogue.catch_up()
    return row


def withdraw(
    archive: Archive, accounts: Accounts, *, actor: Account, index: int, reason: str | None = None
) -> RightsRow:
    """Take back what one proposed oneself. Raises as `confirm`."""
    with accounts.writing() as db:
        row = _open_row(db, archive, actor, index)
        if row.proposed_actor != actor.id:
            raise OwnRightsError("only who proposed it may withdraw it; others reject it")
        archive.record([_event("rights.withdrawn", row, actor.id, {"proposed": index}, reason)])
    archive.catalogue.catch_up()
    return row


def one_time_password() -> str:
    """A password to be read out once: four groups of five characters, 99 bits."""
    groups = ("".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(_GROUPS))
    return "-".join(groups)


def _level(db: sqlite3.Connection, archive: Archive) -> None:
    archive.catalogue.catch_up()
    mend_within(db, archive)


def _open_row(db: sqlite3.Connection, archive: Archive, actor: Account, index: int) -> RightsRow:
    _level(db, archive)
    _demand_administrator(db, actor.id)
    row = archive.catalogue.right(index)
    if row is None:
        raise NotFoundError("no such proposal")
    if row.state != "open":
        raise NotOpenError(f"this proposal is {row.state} already")
    return row


def _demand_administrator(db: sqlite3.Connection, account: str) -> None:
    if _role(db, account) != "administrator":
        raise NotPermittedError("only an administrator may do this")


def _may_propose(db: sqlite3.Connection, account: str, change: str) -> bool:
    """Archivists know where a unit belongs, and may say so; administrators decide."""
    role = _role(db, account)
    return role == "administrator" or (role == "archivist" and change == "place")


def _role(db: sqlite3.Connection, account: str) -> str | None:
    """Of an enabled account."""
    found = db.execute("SELECT role FROM account WHERE id = ? AND disabled = 0", (account,))
    row = found.fetchone()
    return None if row is None else str(row[0])


def _demand_second(db: sqlite3.Connection, but: set[str]) -> None:
    rows = db.execute("SELECT id FROM account WHERE role = 'administrator' AND disabled = 0")
    if not {row[0] for row in rows.fetchall()} - but:
        raise NoSecondPersonError(
            "no other administrator could confirm this: use `muniment user add` or `user role` at the machine itself"
        )


def _check_fits(db: sqlite3.Connection, archive: Archive, wanted: Wanted) -> None:
    """Refuse what does not fit the account, or the tree, as it is now."""
    if wanted.change == "place":
        placing.check(archive, wanted.account, wanted.parent, wanted.level)
        unit = archive.catalogue.unit(wanted.account)
        if unit is None or (unit.parent, unit.level) == (wanted.parent, wanted.level):
            raise ChangeRefusedError("nothing would change")
        return
    row = archive.catalogue.account(wanted.account)
    if wanted.change == "add":
        if db.execute("SELECT 1 FROM account WHERE name = ?", (wanted.name,)).fetchone():
            raise AccountExistsError(f"there is an account {wanted.name!r} already")
        return
    if row is None:
        raise NotFoundError("no such account")
    if wanted.change == "enable" and not row.disabled:
        raise ChangeRefusedError("the account is enabled already")
    now = row.role, row.unit_id, row.officer_id
    if wanted.change == "set" and now == (wanted.role, wanted.unit, wanted.officer):
        raise ChangeRefusedError("nothing would change")
    if wanted.change == "identity":
        taken = db.execute(
            "SELECT 1 FROM identity WHERE issuer = ? AND subject = ?", (wanted.issuer, wanted.name)
        )
        if taken.fetchone():
            raise ChangeRefusedError("this identity is tied to an account already")


def _wanted(row: RightsRow) -> Wanted:
    return Wanted(
        account=row.account,
        change=row.change,
        reason=row.reason or "",
        role=row.role,
        unit=row.unit_id,
        officer=row.officer_id,
        name=row.name,
        issuer=row.issuer,
        parent=row.parent,
        level=row.level,
    )


def _proposed(wanted: Wanted) -> dict[str, Any]:
    data = {
        "change": wanted.change,
        "role": wanted.role,
        "unit": wanted.unit,
        "officer": wanted.officer,
    }
    if wanted.change == "place":
        data |= {"parent": wanted.parent, "level": wanted.level}
    return data


def _consequences(archive: Archive, row: RightsRow, actor: str) -> list[Event]:
    """The entries of what is confirmed; in one batch with the confirmation."""
    if row.change == "place":
        unit = UnitRow(id=row.account, name=None, parent=row.parent, level=row.level)
        return placing.placed(archive, unit, actor=actor, proposed=row.index)
    by = {"proposed": row.index}
    rights = {"role": row.role, "unit": row.unit_id, "officer": row.officer_id}
    name = {"name": row.name or ""}
    consequences: dict[str, tuple[str, dict[str, Any], dict[str, Any] | None]] = {
        "add": ("account.added", rights | by, name),
        "set": ("account.changed", rights | by, None),
        "enable": ("account.enabled", by, None),
        "identity": ("account.identity_set", by, name | {"issuer": row.issuer or ""}),
    }
    type_, data, text = consequences[row.change]
    event = Event(type=type_, subject=row.account, actor=actor, data=data, text=text)
    now = archive.catalogue.account(row.account)
    if row.change != "set" or now is None or (now.role, now.unit_id) == (row.role, row.unit_id):
        return [event]
    return [event, *left_without(archive, row.account, actor=actor)]


def _apply(db: sqlite3.Connection, wanted: Wanted, hashed: str, *, by: str) -> None:
    if wanted.change == "place":
        return  # accounts.db does not know the tree
    if wanted.change == "identity":
        db.execute(
            "INSERT INTO identity (issuer, subject, account, added) VALUES (?, ?, ?, ?)",
            (wanted.issuer, wanted.name, wanted.account, time.time()),
        )
        return
    if wanted.change == "enable":
        db.execute("UPDATE account SET disabled = 0 WHERE id = ?", (wanted.account,))
        return
    state = db.execute("SELECT disabled FROM account WHERE id = ?", (wanted.account,)).fetchone()
    row = AccountRow(
        id=wanted.account,
        name=wanted.name,
        role=wanted.role,
        unit_id=wanted.unit,
        officer_id=wanted.officer,
        disabled=state is not None and bool(state[0]),
    )
    if wanted.change == "add":
        insert(db, row, hashed=hashed)
    else:
        put(db, row, by=by)


def _event(
    type_: str, row: RightsRow, actor: str, data: dict[str, int], reason: str | None
) -> Event:
    text = {"reason": reason} if reason else None
    return Event(type=type_, subject=row.account, actor=actor, data=dict(data), text=text)
