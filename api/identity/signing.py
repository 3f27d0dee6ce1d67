"""Signing in, step by step: the password, a code where the account has a second factor, a password of one's own.

What always holds: wrong tries are counted before anything is looked at, codes as well as passwords, and forgotten only
when the whole sign-in was right; `session.opened` is in the ledger before the token leaves, and nobody is signed in
where it could not be; a sign-in ends the session that it came with. Passwords are checked in two threads of their own,
so that a flood of sign-ins cannot take the machine.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, TypeVar

from starlette.requests import Request

from api.errors import (
    CodeNeededError,
    FactorNeededError,
    InvalidInputError,
    PasswordChangeNeededError,
    PasswordRefusedError,
    SignInNeededError,
    TooManyTriesError,
    UnknownAccountError,
    WrongCodeError,
    WrongCredentialsError,
)
from api.identity.accounts import Account, Session, check_password, network_of
from api.identity.endings import endings
from api.identity.kept_steps import Stage, Step
from api.identity.presence import agent_of, peer_of
from api.rights.alarms import raise_alarm
from api.service import Service, service_of
from archive.events import Event
from archive.ids import new_id

_HASHING: Final = ThreadPoolExecutor(max_workers=2, thread_name_prefix="hashing")
_T = TypeVar("_T")
_alarms: Final[set[asyncio.Task[None]]] = set()  # the event loop itself keeps no task alive


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A sign-in that is half done: the token of its step, and what is missing."""

    token: str
    stage: Stage


async def hashing(function: Callable[[], _T]) -> _T:
    """Do something that hashes a password, where floods of it harm nobody."""
    return await asyncio.get_running_loop().run_in_executor(_HASHING, function)


async def checked(request: Request, name: str, password: str) -> Account:
    """The account of a name and a password; nobody is signed in yet, and no try forgotten.

    Raises:
        WrongCredentialsError: no such account, wrong password, or disabled.
        TooManyTriesError: see tries.py. The password was not looked at.
    """
    service, peer = service_of(request), network_of(peer_of(request))

    def look() -> Account | None:
        service.tries.begin(name=name, peer=peer)
        account = service.accounts.check(name, password)
        if account is None:
            service.tries.failed(peer=peer)
        return account

    try:
        account = await hashing(look)
    except TooManyTriesError:
        _tell(service, name)
        raise
    if account is None:
        raise WrongCredentialsError("user name or password is wrong")
    return account


async def checked_code(request: Request, account: Account, code: str) -> None:
    """Use up a code of an account.

    Raises:
        WrongCodeError: wrong, too old, or used before.
        TooManyTriesError: see tries.py. The code was not looked at.
    """
    service, peer = service_of(request), network_of(peer_of(request))

    def look() -> bool:
        service.tries.begin(name=account.name, peer=peer)
        return service.accounts.check_code(account, code)

    try:
        right = await asyncio.to_thread(look)
    except TooManyTriesError:
        _tell(service, account.name)
        raise
    if not right:
        raise WrongCodeError("the code is wrong, too old, or was used before")


async def sign_in(
    request: Request,
    name: str,
    password: str,
    *,
    code: str | None = None,
    new_password: str | None = None,
) -> tuple[str, Session]:
    """Sign in at once, with all that is needed. Returns the token and the session.

    Raises:
        WrongCredentialsError, TooManyTriesError: as `checked`.
        CodeNeededError, WrongCodeError, FactorNeededError, PasswordChangeNeededError: what is missing.
        PasswordRefusedError: the new password. Nobody is signed in.
    """
    account, by = await checked(request, name, password), "password"
    while (stage := await next_stage(service_of(request), account, by)) is not None:
        if stage == "code":
            if code is None:
                raise CodeNeededError("a code of the second factor is needed: send it as `code`")
            await checked_code(request, account, code)
            by = "password+totp"
        elif stage == "factor":
            raise FactorNeededError("set up a second factor on the sign-in page first")
        else:
            if new_password is None:
                raise PasswordChangeNeededError("choose a password: send it as `new_password`")
            account = await set_own(request, account, password, new_password)
    return await opened(request, account, by=by)


async def next_stage(service: Service, account: Account, by: str) -> Stage | None:
    """What is still missing before an account that came so far is signed in; None: nothing."""
    if by == "oidc":
        return None  # passwords and factors are the provider's matter
    has_factor = await asyncio.to_thread(service.accounts.has_factor, account.id)
    if has_factor and by == "password":
        return "code"
    if account.must_change:
        return "password"
    # Last: whoever sets one up reads recovery codes then, and is signed in.
    needs_factor = account.role in service.accounts.settings.second_factor
    return "factor" if needs_factor and not has_factor else None


async def begin(request: Request, account: Account, *, by: str) -> Missing | None:
    """Keep how far an account came; None where nothing is missing."""
    service = service_of(request)
    stage = await next_stage(service, account, by)
    if stage is None:
        return None
    peer = network_of(peer_of(request))
    token = await asyncio.to_thread(
        service.accounts.begin_step, account, stage=stage, by=by, peer=peer
    )
    return Missing(token=token, stage=stage)


async def step_of(request: Request, token: str) -> Step:
    """The half-done sign-in of a step's token.

    Raises:
        SignInNeededError: it is over, or of another machine. Begin anew.
    """
    peer = network_of(peer_of(request))
    found = await asyncio.to_thread(service_of(request).accounts.step, token, peer=peer)
    if found is None:
        raise SignInNeededError("this sign-in is over; begin again")
    return found


async def set_own(request: Request, account: Account, old: str | None, new: str) -> Account:
    """Set the password that somebody chose instead of one that was given to them.

    Raises:
        PasswordRefusedError: too short, too long, or the same again. Nothing was changed.
        ArchiveError: it could not be recorded. Nothing was changed.
    """
    service = service_of(request)
    check_password(new)
    same = (
        new == old or await hashing(lambda: service.accounts.check(account.name, new)) is not None
    )
    if same:
        raise PasswordRefusedError("choose another password than the one that was given to you")
    await service.recording.record(
        Event(type="account.password_set", subject=account.id, actor=account.id)
    )
    await hashing(lambda: service.accounts.set_password(account, new, by=account.id))
    await endings(service)
    return await asyncio.to_thread(service.accounts.by_id, account.id)


async def opened(request: Request, account: Account, *, by: str) -> tuple[str, Session]:
    """Open a session for an account that showed all that is asked for. Returns the token and the session.

    Raises:
        WrongCredentialsError: it was disabled meanwhile.
        ArchiveError: it could not be recorded. Nobody is signed in.
    """
    from api.gate import token_of  # gate.py asks presence.py, and this is above both

    service, address, agent = service_of(request), peer_of(request), agent_of(request)
    id_, expires = new_id("session"), service.accounts.expiry()
    said = datetime.fromtimestamp(expires, UTC).isoformat(timespec="microseconds")
    await service.recording.record(
        Event(
            type="session.opened",
            subject=id_,
            actor=account.id,
            data={"account": account.id, "by": by, "expires": said.replace("+00:00", "Z")},
            text={"address": address} | ({"agent": agent} if agent else {}),
        )
    )
    old, _ = token_of(request)

    def keep() -> tuple[str, Session]:
        found = service.accounts.open_session(
            account, id=id_, by=by, address=address, agent=agent, expires=expires
        )
        service.tries.succeeded(name=account.name, peer=network_of(address))
        if old:
            service.accounts.close_session(old)
        return found

    try:
        found = await asyncio.to_thread(keep)
    except UnknownAccountError as e:
        raise WrongCredentialsError("user name or password is wrong") from e
    await endings(service)
    return found


def _tell(service: Service, name: str) -> None:
    """An alarm where there is such an account: beside the answer, whose time must not tell whether there is."""

    async def tell() -> None:
        try:
            account = await asyncio.to_thread(service.accounts.by_name, name)
        except (UnknownAccountError, InvalidInputError):
            return
        await raise_alarm(service, subject=account.id, code="account_locked")

    task = asyncio.get_running_loop().create_task(tell())
    _alarms.add(task)
    task.add_done_callback(_done)


def _done(task: asyncio.Task[None]) -> None:
    _alarms.discard(task)
    task.cancelled() or task.exception()  # what went wrong with the ledger is told by all other requests
