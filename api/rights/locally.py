"""Rights at the machine itself: one person is enough, and it is loud.

What always holds: the entry comes before accounts.db follows; an alarm is raised for whoever looks after the unit;
sessions and tokens of the account end. Whoever can do this can read the disk anyway.
"""

from __future__ import annotations

import time

from api.errors import InvalidInputError
from api.identity.accounts import ROLES, Account, Accounts
from api.identity.endings import record_endings
from api.rights.alarms import record_alarm
from api.rights.errors import ChangeRefusedError, NoProviderError
from api.rights.heads import left_without
from archive.events import Event
from archive.opening import Archive


def change_role(
    archive: Archive,
    accounts: Accounts,
    *,
    actor: str,
    name: str,
    role: str,
    unit: str | None,
    officer: str | None,
) -> Account:
    """Give an account another role, unit and officer.

    Raises:
        UnknownAccountError, InvalidInputError: nothing was done.
    """
    account = accounts.by_name(name)
    if role not in ROLES:
        raise InvalidInputError(f"no such role: {role}; there are {', '.join(ROLES)}")
    if (account.role, account.unit, account.officer) == (role, unit, officer):
        return account
    data = {"role": role, "unit": unit, "officer": officer, "proposed": None}
    event = Event(type="account.changed", subject=account.id, actor=actor, data=data)
    stays = account.role == role and account.unit == unit
    alarms = [] if stays else left_without(archive, account.id, actor=actor)
    archive.record([event, *alarms])
    changed = accounts.change(account, role=role, unit=unit, officer=officer)
    record_endings(archive, accounts)
    record_alarm(archive, actor=actor, subject=account.id, code="rights_changed_locally")
    return changed


def enable(archive: Archive, accounts: Accounts, *, actor: str, name: str) -> Account:
    """Let a disabled account sign in again. Raises UnknownAccountError."""
    account = accounts.by_name(name)
    if not account.disabled:
        return account
    archive.record(
        [Event(type="account.enabled", subject=account.id, actor=actor, data={"proposed": None})]
    )
    accounts.enable(account)
    record_alarm(archive, actor=actor, subject=account.id, code="rights_changed_locally")
    return accounts.by_name(name)


def tie(archive: Archive, accounts: Accounts, *, actor: str, name: str, identity: str) -> Account:
    """Tie a person at the single sign-on provider to an account.

    Raises:
        UnknownAccountError, NoProviderError, InvalidInputError: nothing was done.
        ChangeRefusedError: the identity is tied to an account already.
    """
    account, issuer = accounts.by_name(name), issuer_of(archive)
    if not 0 < len(identity) <= 255 or not identity.isprintable():
        raise InvalidInputError("the name at the provider has 1 to 255 printable characters")
    with accounts.writing() as db:
        row = (issuer, identity)
        there = db.execute("SELECT account FROM identity WHERE issuer = ? AND subject = ?", row)
        if there.fetchone():
            raise ChangeRefusedError("this identity is tied to an account already")
        text = {"issuer": issuer, "name": identity}
        archive.record(
            [Event(type="account.identity_set", subject=account.id, actor=actor, text=text)]
        )
        db.execute(
            "INSERT INTO identity (issuer, subject, account, added) VALUES (?, ?, ?, ?)",
            (*row, account.id, time.time()),
        )
    record_alarm(archive, actor=actor, subject=account.id, code="rights_changed_locally")
    return account


def untie(archive: Archive, accounts: Accounts, *, actor: str, account: Account) -> int:
    """Take every identity off an account; its sessions end. Answers with how many there were."""
    with accounts.writing() as db:
        rows = db.execute(
            "SELECT issuer, subject FROM identity WHERE account = ?", (account.id,)
        ).fetchall()
        events = [
            Event(
                type="account.identity_removed",
                subject=account.id,
                actor=actor,
                text={"issuer": issuer, "name": name},
            )
            for issuer, name in rows
        ]
        if events:
            archive.record(events)
            db.execute("DELETE FROM identity WHERE account = ?", (account.id,))
    if rows:
        accounts.close_sessions(account, why="changed")
        record_endings(archive, accounts)
    return len(rows)


def issuer_of(archive: Archive) -> str:
    """Of the single sign-on provider. Raises NoProviderError."""
    provider = archive.settings.identity.oidc
    if provider is None:
        raise NoProviderError("no single sign-on provider is configured: [identity.oidc]")
    return provider.issuer
