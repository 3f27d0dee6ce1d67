"""A new password for somebody who lost theirs: one administrator asks, another one hands it out.

What always holds: nobody alone gets a password of another account, and so nobody alone gets to see what that account
sees; the password is shown once, is good for one sign-in, and is changed in it; the ledger names both people before it
works, and an alarm tells the head of the account's unit. A second factor stays.
"""

from __future__ import annotations

import asyncio

from api.errors import NotInPersonError, NotNowError, NotPermittedError, UnknownAccountError
from api.gate import Visitor, refuse
from api.identity.accounts import Account
from api.identity.endings import endings
from api.identity.signing import hashing
from api.rights.alarms import raise_alarm
from api.rights.changes import one_time_password
from api.rights.errors import NoSecondPersonError, OwnRightsError
from api.service import Service
from archive.events import Event


async def ask(service: Service, visitor: Visitor, account: Account) -> None:
    """Ask that an account gets a new password.

    Raises:
        OwnRightsError: one's own; that is changed with the old one.
        NoSecondPersonError: no other administrator could confirm it.
        NotInPersonError: with a token (recorded). NotNowError: the account is disabled.
    """
    await _demand_other(service, visitor, account)
    others = [a for a in service.accounts.all() if a.role == "administrator" and not a.disabled]
    if not {a.id for a in others} - {visitor.account.id, account.id}:
        raise NoSecondPersonError(
            "no other administrator could confirm this: use `muniment user password` at the machine itself"
        )
    await asyncio.to_thread(service.accounts.ask_reset, account, by=visitor.account.id)


async def confirm(service: Service, visitor: Visitor, account: Account) -> str:
    """Make the one-time password that somebody else asked for; returned, and kept nowhere.

    Raises:
        NotNowError: nobody asks for it (any more).
        OwnRightsError: whoever asked, or whose account it is, confirms.
        ArchiveError: it could not be recorded. Nothing was changed.
    """
    await _demand_other(service, visitor, account)
    asker = await asyncio.to_thread(_asker, service, account)
    if asker.id == visitor.account.id:
        raise OwnRightsError("another administrator has to confirm this")
    await asyncio.to_thread(service.accounts.drop_reset, account.id)  # whoever comes second is told
    password = one_time_password()
    event = Event(
        type="account.password_set",
        subject=account.id,
        actor=visitor.account.id,
        data={"asked_by": asker.id},
    )
    try:
        await service.recording.record(event)
    except BaseException:
        await asyncio.to_thread(service.accounts.ask_reset, account, by=asker.id)
        raise
    await hashing(
        lambda: service.accounts.set_password(
            account, password, must_change=True, by=visitor.account.id
        )
    )
    await endings(service)
    await raise_alarm(
        service, subject=account.id, code="password_reset", account=visitor.account.id
    )
    return password


async def drop(service: Service, visitor: Visitor, account: Account) -> None:
    """Take it back, or refuse it. Raises NotNowError: nobody asks for it."""
    await _demand_person(service, visitor)
    await asyncio.to_thread(service.accounts.drop_reset, account.id)


async def end_sessions(service: Service, visitor: Visitor, account: Account) -> None:
    """End every session of an account; its tokens stay (to disable it ends those too)."""
    await _demand_person(service, visitor)
    await asyncio.to_thread(
        service.accounts.close_sessions, account, why="revoked", by=visitor.account.id
    )
    await endings(service)


def _asker(service: Service, account: Account) -> Account:
    by = service.accounts.reset_asked_by(account.id)
    if by is None:
        raise NotNowError("nobody asked for a new password for this account")
    try:
        asker = service.accounts.by_id(by)
    except UnknownAccountError as e:
        raise NotNowError("whoever asked for it is gone; ask again") from e
    if asker.disabled or asker.role != "administrator":
        raise NotNowError("whoever asked for it is no administrator any more; ask again")
    return asker


async def _demand_other(service: Service, visitor: Visitor, account: Account) -> None:
    await _demand_person(service, visitor)
    if account.id == visitor.account.id:
        raise OwnRightsError("change your own password with the old one, or ask the others")
    if account.disabled:
        raise NotNowError("the account is disabled")


async def _demand_person(service: Service, visitor: Visitor) -> None:
    if visitor.session.by == "token":
        await refuse(service, visitor, code=NotInPersonError.code)
        raise NotInPersonError("sign in yourself for this; a token is not enough")
    if visitor.account.role != "administrator":
        raise NotPermittedError("only administrators do this")
