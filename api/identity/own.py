"""What somebody does with their own account: password, tokens, sign-ins.

What always holds: a change that outlives a stolen session (another password, a token, a factor taken away) needs the
password, and a wrong one is counted as a wrong sign-in; the ledger says so first. Second factors: enrolling.py.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any, Final

from starlette.requests import Request

from api.errors import NotFoundError, PasswordRefusedError, WrongCredentialsError
from api.gate import Visitor
from api.identity import enrolling, signing
from api.identity.accounts import check_password
from api.identity.endings import endings
from api.identity.kept_tokens import NewToken
from api.identity.sessions import rfc3339
from api.service import Service, service_of
from archive.catalogue.session_queries import SessionRow
from archive.events import Event
from archive.ids import new_id

_DAY: Final = 24 * 3600
_EARLIER: Final = 20


async def demand_password(request: Request, visitor: Visitor, password: str) -> None:
    """Refuse what is not the visitor's own password.

    Raises:
        PasswordRefusedError: it is not. (Not 401: the session is as good as before.)
        TooManyTriesError: see tries.py.
    """
    try:
        account = await signing.checked(request, visitor.account.name, password)
    except WrongCredentialsError as e:
        raise PasswordRefusedError("that is not your password") from e
    service, peer = service_of(request), visitor.address
    await asyncio.to_thread(service.tries.succeeded, name=account.name, peer=peer)


async def change_password(request: Request, visitor: Visitor, *, old: str, new: str) -> None:
    """Change one's own password; every other session ends.

    Raises:
        PasswordRefusedError, TooManyTriesError, ArchiveError: nothing was changed.
    """
    service, account = service_of(request), visitor.account
    check_password(new)
    await demand_password(request, visitor, old)
    if new == old:
        raise PasswordRefusedError("choose another password than the one before")
    await service.recording.record(
        Event(type="account.password_set", subject=account.id, actor=account.id)
    )
    keep = visitor.session.id
    await signing.hashing(
        lambda: service.accounts.set_password(account, new, keep=keep, by=account.id)
    )
    await endings(service)


async def make_token(
    request: Request, visitor: Visitor, new: NewToken, *, password: str
) -> tuple[str, dict[str, Any]]:
    """Make a token for a program. Returns it, to be shown once, and what is kept of it.

    Raises:
        PasswordRefusedError, TooManyTriesError, NotNowError, ArchiveError: nothing was made.
    """
    service, account, id_ = service_of(request), visitor.account, new_id("token")
    await demand_password(request, visitor, password)
    await asyncio.to_thread(service.accounts.demand_room_for_token, account.id)
    expires = service.accounts.clock() + new.days * _DAY
    said = datetime.fromtimestamp(expires, UTC).isoformat(timespec="microseconds")
    await service.recording.record(
        Event(
            type="token.made",
            subject=id_,
            actor=account.id,
            data={"account": account.id, "expires": said.replace("+00:00", "Z")},
            text={"name": new.name, "networks": list(new.networks)},
        )
    )
    token = await asyncio.to_thread(
        service.accounts.make_token, account, new, id=id_, expires=expires
    )
    kept = next(t for t in service.accounts.tokens_of(account.id) if t.id == id_)
    return token, {"id": kept.id, "name": kept.name, "expires": rfc3339(kept.expires)}


async def revoke_token(service: Service, visitor: Visitor, token: str) -> None:
    """End one's own token at once. Raises NotFoundError: there is none of this id."""
    account = visitor.account.id
    if not await asyncio.to_thread(service.accounts.end_token, account, token, by=account):
        raise NotFoundError("no such token")
    await endings(service)


async def end_session(service: Service, visitor: Visitor, session: str) -> None:
    """End one of one's own sessions. Raises NotFoundError: there is none of this id."""
    account = visitor.account.id
    ended = await asyncio.to_thread(
        service.accounts.end_session, account, session, why="revoked", by=account
    )
    if not ended:
        raise NotFoundError("no such session")
    await endings(service)


async def end_others(service: Service, visitor: Visitor) -> None:
    """End every session of one's own but this one."""
    account, keep = visitor.account, visitor.session.id
    await asyncio.to_thread(
        service.accounts.close_sessions, account, why="revoked", by=account.id, keep=keep
    )
    await endings(service)


async def remove_factor(request: Request, visitor: Visitor, *, password: str) -> None:
    """Take one's own second factor away. Raises PasswordRefusedError, TooManyTriesError."""
    await demand_password(request, visitor, password)
    await enrolling.remove(service_of(request), visitor.account, actor=visitor.account.id)


def document_of(service: Service, visitor: Visitor) -> dict[str, Any]:
    """What somebody is told of their own account. Blocks on the disk; holds no secret."""
    accounts, account = service.accounts, visitor.account
    return {
        "id": account.id,
        "user": account.name,
        "role": account.role,
        "factor": accounts.has_factor(account.id),
        "recovery_codes": accounts.recovery_left(account.id),
        "sessions": sessions_of(service, account.id, this=visitor.session.id),
        "tokens": tokens_of(service, account.id),
    }


def earlier(service: Service, account: str) -> list[SessionRow]:
    """The newest sign-ins of an account that are over, as the ledger tells them. Blocks on the disk."""
    now = {s.id for s in service.accounts.sessions_of(account)}
    rows = service.archive.catalogue.sessions(account, limit=_EARLIER + len(now))
    return [row for row in rows if row.id not in now][:_EARLIER]


def sessions_of(service: Service, account: str, *, this: str | None) -> list[dict[str, Any]]:
    """The sessions of an account, for its owner and for administrators."""
    return [
        {
            "session": s.id,
            "by": s.by,
            "opened": rfc3339(s.opened),
            "expires": rfc3339(s.expires),
            "seen": rfc3339(s.seen),
            "address": s.address,
            "agent": s.agent,
            "this": s.id == this,
        }
        for s in service.accounts.sessions_of(account)
    ]


def tokens_of(service: Service, account: str) -> list[dict[str, Any]]:
    """The tokens of an account, without what they are."""
    return [
        {
            "token": t.id,
            "name": t.name,
            "rights": None if t.rights is None else list(t.rights),
            "networks": list(t.networks),
            "made": rfc3339(t.made),
            "expires": rfc3339(t.expires),
            "used": None if t.used is None else rfc3339(t.used),
            "address": t.address,
        }
        for t in service.accounts.tokens_of(account)
    ]
