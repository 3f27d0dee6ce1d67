"""Changing accounts so that the ledger knows: the one way to add, disable or re-key one.

What always holds: the ledger says so before accounts.db does, so no account can sign in that the ledger never heard
of. A crash between
the two leaves an entry about an account that cannot sign in: harmless, and the name is free.
"""

from __future__ import annotations

from api.errors import AccountExistsError, InvalidInputError, UnknownAccountError
from api.identity.accounts import ROLES, Account, Accounts, check_password, normalized
from api.identity.endings import record_endings
from api.rights.heads import left_without
from archive.events import Event
from archive.ids import new_id
from archive.opening import Archive


def add_account(
    archive: Archive,
    accounts: Accounts,
    *,
    actor: str,
    name: str,
    role: str,
    password: str,
    unit: str | None = None,
    officer: str | None = None,
) -> Account:
    """Add an account.

    Args:
        archive: opened to write.
        accounts: its accounts.db.
        actor: who adds it (`local-<uid>` or an account's id).
        name: shown as compared: NFKC, trimmed, lower case.
        role: one of ROLES.
        password: 8 to 1024 characters.
        unit: id; what a supervisor sees.
        officer: id; what an officer sees.

    Raises:
        AccountExistsError, InvalidInputError, PasswordRefusedError: nothing was done.
    """
    shown = normalized(name)
    if role not in ROLES:
        raise InvalidInputError(f"no such role: {role}; there are {', '.join(ROLES)}")
    check_password(password)
    try:
        accounts.by_name(shown)
    except UnknownAccountError:
        pass
    else:
        raise AccountExistsError(f"there is an account {shown!r} already")
    account = new_id("account")
    data = {"role": role, "unit": unit, "officer": officer}
    archive.record(
        [Event(type="account.added", subject=account, actor=actor, data=data, text={"name": shown})]
    )
    return accounts.add(
        id=account, name=shown, role=role, password=password, unit=unit, officer=officer
    )


def set_password(
    archive: Archive,
    accounts: Accounts,
    *,
    actor: str,
    name: str,
    password: str,
    must_change: bool = False,
) -> Account:
    """Give an account a new password; its sessions end, its wrong tries are forgotten.

    Raises:
        UnknownAccountError, PasswordRefusedError: nothing was done.
    """
    account = accounts.by_name(name)
    check_password(password)
    archive.record([Event(type="account.password_set", subject=account.id, actor=actor)])
    accounts.set_password(account, password, must_change=must_change, by=actor)
    record_endings(archive, accounts)
    return account


def disable(archive: Archive, accounts: Accounts, *, actor: str, name: str) -> Account:
    """Let nobody sign in with it again; its sessions end.

    Raises:
        UnknownAccountError: nothing was done.
    """
    account = accounts.by_name(name)
    if not account.disabled:
        gone = Event(type="account.disabled", subject=account.id, actor=actor)
        archive.record([gone, *left_without(archive, account.id, actor=actor)])
    accounts.disable(account, by=actor)
    record_endings(archive, accounts)
    return accounts.by_name(name)


def remove_factor(archive: Archive, accounts: Accounts, *, actor: str, account: Account) -> None:
    """Ask an account for no code any more; its sessions stay. Raises as `Archive.record`: nothing was changed."""
    data = {"kind": "totp"}
    archive.record(
        [Event(type="account.factor_removed", subject=account.id, actor=actor, data=data)]
    )
    accounts.remove_factor(account)
