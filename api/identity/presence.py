"""Whoever shows a session or a token: is it valid, from here, for this?

What always holds: a session that comes from another network for the first time is in the ledger before its request is
answered, and ends there where the settings bind it; a token counts only from its networks, and a refusal is in the
ledger (one in ten minutes for each network, so that a thief cannot fill it); no token decides who may see what, and one
with fewer rights than its owner changes nothing.
"""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from typing import Final

from starlette.requests import Request

from api.errors import (
    AccountsError,
    NotInPersonError,
    NotPermittedError,
    SignInNeededError,
    TokenNetworkError,
)
from api.fields import field
from api.identity.accounts import Session, network_of
from api.identity.endings import endings
from api.identity.kept_tokens import may_come_from
from api.service import Service, service_of
from archive.events import Event

_READ: Final = frozenset({"GET", "HEAD", "OPTIONS"})
# Who may see what, and who is who: decided by people who signed in. What pages change is theirs too.
_IN_PERSON: Final = re.compile(
    r"/api/v1/(account|accounts|alarms|officers|requests|rights|units)(/|$)"
)
_MOST_AGENT: Final = 300  # characters of what a browser calls itself


def peer_of(request: Request) -> str:
    """The address that a request came from."""
    client = request.scope.get("client")  # as it is: the framework makes an object of it each time
    return str(client[0]) if client else "unknown"


def agent_of(request: Request) -> str:
    """What the browser or program calls itself, for people to read."""
    text = field(request, b"user-agent") or ""
    return "".join(c for c in text if c.isprintable())[:_MOST_AGENT]


async def present(request: Request, token: str | None, *, by_cookie: bool) -> Session:
    """The session of a token that came with a request.

    Raises:
        SignInNeededError: nobody is signed in with it, or no longer.
        TokenNetworkError: not from this address (recorded).
        NotInPersonError, NotPermittedError: a token asks for a change that is not for it (recorded).
        ArchiveError: what had to be recorded could not be. Nothing is shown.
    """
    service = service_of(request)
    session = service.accounts.session(token) if token else None
    if session is None or (by_cookie and session.by == "token"):
        raise SignInNeededError("sign in first")
    address = peer_of(request)
    if session.by == "token":
        await _check_token(service, session, address, request)
    elif session.peers and network_of(address) not in session.peers:
        await _moved(service, session, address, agent_of(request))
    if not service.accounts.was_just_seen(session):
        with suppress(AccountsError):  # a full disk: the session stays as young as it was
            await asyncio.to_thread(service.accounts.touch, session, address=address)
    return session


async def _check_token(service: Service, session: Session, address: str, request: Request) -> None:
    if not may_come_from(session.networks, address):
        await _refused(service, session, TokenNetworkError.code, network_of(address))
        raise TokenNetworkError("this token is not for use from this address")
    if request.method in _READ:
        return
    path = request.scope["path"]
    if _IN_PERSON.match(path) or not path.startswith("/api/"):
        await _refused(service, session, NotInPersonError.code, path[:100])
        raise NotInPersonError("sign in yourself for this; a token is not enough")
    if session.account.limits is not None:
        await _refused(service, session, NotPermittedError.code, request.method)
        raise NotPermittedError("a token with fewer rights than its owner changes nothing")


async def _refused(service: Service, session: Session, code: str, what: str) -> None:
    account = session.account.id
    event = Event(
        type="access.refused",
        subject=account,
        actor=account,
        data={"code": code, "clip": None, "case": None, "session": session.id},
    )
    await service.recording.view(event, session=session.id, clip=code, what=what)


async def _moved(service: Service, session: Session, address: str, agent: str) -> None:
    accounts, account = service.accounts, session.account
    if accounts.settings.bind_network:
        await asyncio.to_thread(
            accounts.end_session, account.id, session.id, why="moved", by=account.id
        )
        await endings(service)
        raise SignInNeededError("this session came from another network, and is over; sign in here")
    if not await asyncio.to_thread(accounts.came_from, session, address=address):
        return
    text = {"address": address} | ({"agent": agent} if agent else {})
    event = Event(
        type="session.moved",
        subject=session.id,
        actor=account.id,
        data={"account": account.id},
        text=text,
    )
    try:
        await service.recording.record(event)
    except BaseException:
        await asyncio.to_thread(accounts.never_came_from, session, address=address)
        raise
