"""Who is asking, and may they: the access checks that routes name.

What always holds: every route names one of these checks (a test walks them); a refusal is in the ledger before its
answer leaves;
what an account may not know of is answered as what does not exist; a change asked for with the cookie comes from
our own page.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final

from fastapi import Depends
from starlette.requests import Request

from api.access import Reach, Right, may, reach, within
from api.approval.grants import Grant
from api.edge import LOOPBACK_NAMES, host_name
from api.errors import (
    CrossOriginError,
    NotFoundError,
    NotInPersonError,
    NotPermittedError,
    UnknownHostError,
)
from api.fields import field
from api.identity.accounts import Account, Session, network_of
from api.identity.presence import peer_of, present
from api.outside.limits import kind_of
from api.service import MOST_CLIPS, Service, service_of
from archive.catalogue.recording_queries import RecordingRow
from archive.catalogue.rows import ClipRow
from archive.events import Event
from archive.ids import is_id

_GRANTED: Final = frozenset({Right.SEARCH, Right.CASES})  # what grants widen
COOKIE: Final = "muniment_session"
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
# What proxies add, standard (RFC 7239, RFC 9110) or not: a request that was passed on comes from nobody knows where.
_FORWARDED: Final = frozenset(
    {
        "forwarded",
        "forwarded-for",
        "via",
        "x-real-ip",
        "client-ip",
        "x-client-ip",
        "x-cluster-client-ip",
        "x-proxyuser-ip",
        "x-envoy-external-address",
        "x-remote-ip",
        "x-remote-addr",
        "true-client-ip",
        "cf-connecting-ip",
        "fastly-client-ip",
        "proxy-connection",
    }
)
_PASSED_ON: Final = ("x-forwarded", "x-original-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Somebody who is signed in."""

    account: Account
    session: Session
    token: str
    reach: Reach
    address: str  # from where; a network of 2^64 for IPv6


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A visitor, and a clip that they may know of."""

    visitor: Visitor
    clip: ClipRow
    grant: Grant | None = None  # by which its footage may be seen; None: by role, or not at all

    @property
    def footage(self) -> bool:
        """Whether its footage may be seen, posters included."""
        if not within(self.visitor.account, Right.FOOTAGE):
            return False
        return self.grant is not None or _by_role(self.visitor, self.clip)


async def anyone(request: Request) -> None:
    """The check of the few routes that need no signing in; contract.md lists them."""
    del request


async def this_machine(request: Request) -> None:
    """Only a program on this machine, asking directly.

    Raises:
        NotPermittedError: from elsewhere, or through something that forwards.
        UnknownHostError: under a name that is not loopback's.
    """
    peer = request.client.host if request.client else ""
    forwarded = any(n in _FORWARDED or n.startswith(_PASSED_ON) for n in request.headers)
    if forwarded or not _is_loopback(peer):
        raise NotPermittedError("only a program on this machine may read this, directly")
    if host_name(request.headers.get("host", "")) not in LOOPBACK_NAMES:
        raise UnknownHostError("ask under localhost or 127.0.0.1")


def token_of(request: Request) -> tuple[str | None, bool]:
    """The session token of a request, and whether it came as a cookie."""
    scheme, _, value = (field(request, b"authorization") or "").partition(" ")
    if scheme.lower() == "bearer":
        return value.strip(), False
    return request.cookies.get(COOKIE), True


def check_origin(request: Request, *, required: bool) -> None:
    """Refuse a change that a page elsewhere asks for (RFC 6454; exact scheme, host and port).

    Raises:
        CrossOriginError: another origin, or none where one is required.
    """
    origin = request.headers.get("origin")
    if origin is None and not required:
        return
    if origin != f"{request.url.scheme}://{request.headers.get('host', '')}":
        raise CrossOriginError("a change has to come from this service's own page (Origin)")


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenRecording:
    """A visitor, a recording of which they may know a part, and the clips that they may know of."""

    visitor: Visitor
    recording: RecordingRow
    clips: Mapping[str, ClipRow]


async def signed_in(request: Request) -> Visitor:
    """Anybody who is signed in.

    Raises:
        SignInNeededError: nobody is; and as `present`.
        CrossOriginError: an unsafe method with the cookie, from elsewhere.
        TooOftenError: more of this kind than the settings allow an account, or a network.
    """
    token, by_cookie = token_of(request)
    session = await present(request, token, by_cookie=by_cookie)
    if by_cookie:
        _check_cookie_use(request)
    account, network = session.account, network_of(peer_of(request))
    counted = kind_of(request.method, request.scope["path"])
    if counted is not None:
        service_of(request).limits.take(counted, account=account.id, network=network)
    return Visitor(
        account=account,
        session=session,
        token=token or "",
        reach=_reach(service_of(request), account),
        address=network,
    )


def _reach(service: Service, account: Account) -> Reach:
    found = reach(account)
    grants = service.grants.active(account.id)
    return replace(found, requests=frozenset(g.request for g in grants)) if grants else found


def _check_cookie_use(request: Request) -> None:
    """A browser sends the cookie along: what for, and asked by whom?

    A page on another port of this machine is "same-site", and its pictures and frames bring the cookie. What they ask
    for would be in the ledger as this visitor's searches and views (W3C Fetch Metadata).
    """
    if request.method not in _SAFE:
        check_origin(request, required=True)
    headers = request.headers
    if headers.get("sec-fetch-site", "none") in {"none", "same-origin"}:
        return
    followed = headers.get("sec-fetch-mode") == "navigate" and (
        headers.get("sec-fetch-dest") == "document"
    )
    # A link to a page may stand anywhere; a link to bytes only on our own pages.
    if not followed or request.scope["path"].startswith(("/api/", "/ledger/")):
        raise CrossOriginError("this has to be asked for by this service's own page")


async def refuse(
    service: Service,
    visitor: Visitor,
    *,
    code: str,
    clip: str | None = None,
    case: str | None = None,
) -> None:
    """Record a refusal; durable when it returns."""
    account = visitor.account.id
    await service.recording.record(
        Event(
            type="access.refused",
            subject=account,
            actor=account,
            data={"code": code, "clip": clip, "case": case, "session": visitor.session.id},
        )
    )


async def in_person(request: Request, visitor: Annotated[Visitor, Depends(signed_in)]) -> Visitor:
    """Somebody who signed in themselves: not a program with a token.

    Raises:
        NotInPersonError: a token (recorded).
    """
    if visitor.session.by == "token":
        await refuse(service_of(request), visitor, code=NotInPersonError.code)
        raise NotInPersonError("sign in yourself for this; a token is not enough")
    return visitor


async def demand(request: Request, visitor: Visitor, right: Right) -> None:
    """Raise NotPermittedError, recorded, where the role lacks the right."""
    if not may(visitor.account, right):
        await refuse(service_of(request), visitor, code=NotPermittedError.code)
        raise NotPermittedError(f"the role {visitor.account.role} does not include this")


def _holder(right: Right, name: str) -> Callable[..., Awaitable[Visitor]]:
    async def check(request: Request, visitor: Annotated[Visitor, Depends(signed_in)]) -> Visitor:
        await demand(request, visitor, right)
        if right not in _GRANTED:
            return visitor
        # What another process granted or revoked a moment ago counts too.
        service = service_of(request)
        await service.freshness.for_search()
        now = _reach(service, visitor.account)
        same = (
            now is visitor.reach or now == visitor.reach
        )  # nearly always the former, and soon seen
        return visitor if same else replace(visitor, reach=now)

    check.__name__ = check.__qualname__ = name
    return check


may_search = _holder(Right.SEARCH, "may_search")
may_read_cases = _holder(Right.CASES, "may_read_cases")
may_link = _holder(Right.LINK, "may_link")
may_read_bundles = _holder(Right.BUNDLES, "may_read_bundles")
may_read_integrity = _holder(Right.INTEGRITY, "may_read_integrity")
may_see_desk = _holder(Right.DESK, "may_see_desk")
may_package = _holder(Right.PACKAGE, "may_package")
may_change_rights = _holder(Right.ACCOUNTS, "may_change_rights")
may_place_units = _holder(Right.UNITS, "may_place_units")
may_see_alarms = _holder(Right.ALARMS, "may_see_alarms")
may_settle_alarms = _holder(Right.SETTLE, "may_settle_alarms")
may_close_volumes = _holder(Right.VOLUMES, "may_close_volumes")
may_ask = _holder(Right.ASK, "may_ask")
may_excuse = _holder(Right.EXCUSE, "may_excuse")
may_write_lists = _holder(Right.LISTS, "may_write_lists")
may_publish_lists = _holder(Right.PUBLISH_LISTS, "may_publish_lists")
may_retain = _holder(Right.RETAIN, "may_retain")
may_dispose = _holder(Right.DISPOSE, "may_dispose")
may_see_statistics = _holder(Right.STATISTICS, "may_see_statistics")
may_bring_in = _holder(Right.DISPATCH, "may_bring_in")
may_see_publications = _holder(Right.PUBLICATIONS, "may_see_publications")
may_see_systems = _holder(Right.SYSTEMS, "may_see_systems")
may_see_registers = _holder(Right.REGISTERS, "may_see_registers")


async def known_clip(
    request: Request, clip: str, visitor: Annotated[Visitor, Depends(may_search)]
) -> Seen:
    """A clip that the visitor may know of: its facts, custody and proof.

    Raises:
        NotFoundError: there is none, or it is outside their reach (recorded).
    """
    service = service_of(request)
    if not is_id(clip, "clip"):
        raise NotFoundError("no such clip")
    await service.freshness.for_search()
    row = _row(service, clip)
    seen = None if row is None else seen_now(service, visitor, row)
    if seen is None:
        # Recorded both ways, so that the time to the answer tells the two apart no more than its words.
        known = None if row is None else clip
        await refuse(service, visitor, code=NotFoundError.code, clip=known)
        raise NotFoundError("no such clip")
    return seen


def seen_now(service: Service, visitor: Visitor, clip: ClipRow) -> Seen | None:
    """A clip as the visitor may see it now: by role first, else by a grant; None: they may not know of it."""
    if _by_role(visitor, clip):
        return Seen(visitor=visitor, clip=clip)
    grant = service.grants.covering(visitor.account.id, clip)
    if grant is None and not visitor.reach.covers(clip):
        return None
    return Seen(visitor=visitor, clip=clip, grant=grant)


def covers(service: Service, visitor: Visitor, clip: ClipRow) -> bool:
    """Whether the visitor may know of a clip now, by role or by a grant. Records nothing."""
    return seen_now(service, visitor, clip) is not None


def still_signed_in(service: Service, visitor: Visitor) -> bool:
    """Whether what is being sent may go on as far as the visitor goes: the same session, account and office."""
    session = service.accounts.session(visitor.token)
    return session is not None and session.account == visitor.account


def may_still_watch(service: Service, seen: Seen) -> bool:
    """Whether footage that is being sent may go on: asked anew while its bytes leave. Records nothing.

    The session is valid, of the same account in the same office; the clip is there, and its footage allowed.
    """
    if not still_signed_in(service, seen.visitor):
        return False
    row = _row(service, seen.clip.clip)
    now = None if row is None else seen_now(service, seen.visitor, row)
    return now is not None and now.footage


def _by_role(visitor: Visitor, clip: ClipRow) -> bool:
    return may(visitor.account, Right.FOOTAGE) and visitor.reach.covers(clip)


async def known_recording(
    request: Request, recording: str, visitor: Annotated[Visitor, Depends(may_search)]
) -> SeenRecording:
    """A recording of which the visitor may know at least one clip; of the others they get no more than their place.

    Raises:
        NotFoundError: there is none, or it is outside their reach (recorded).
    """
    service = service_of(request)
    if not is_id(recording, "recording"):
        raise NotFoundError("no such recording")
    await service.freshness.for_search()
    row = service.archive.catalogue.recording(recording)
    clips = {} if row is None else {s.clip: _row(service, s.clip) for s in row.segments}
    known = {id_: c for id_, c in clips.items() if c is not None and covers(service, visitor, c)}
    if row is None or not known:
        await refuse(service, visitor, code=NotFoundError.code)
        raise NotFoundError("no such recording")
    return SeenRecording(visitor=visitor, recording=row, clips=known)


def _row(service: Service, clip: str) -> ClipRow | None:
    # A player asks for ranges of one clip many times a second; its facts change only with the ledger.
    version, cached = service.freshness.version, service.clips.get(clip)
    if cached is not None and cached[0] == version:
        return cached[1]
    row = service.archive.catalogue.clip(clip)
    if row is not None:
        if len(service.clips) >= MOST_CLIPS:
            service.clips.clear()
        service.clips[clip] = version, row
    return row


async def watchable_clip(request: Request, seen: Annotated[Seen, Depends(known_clip)]) -> Seen:
    """A clip whose footage the visitor may see, posters and other renditions included.

    Raises:
        NotPermittedError: facts only (recorded).
    """
    if not seen.footage:
        await refuse(
            service_of(request), seen.visitor, code=NotPermittedError.code, clip=seen.clip.clip
        )
        raise NotPermittedError(
            "facts, custody and proofs only; footage needs approval by the head of the collecting unit"
        )
    return seen


def oversees(visitor: Visitor, clip: ClipRow) -> bool:
    """Whether the visitor may know who has seen a clip: the archive's own people, oversight, its unit's supervisor."""
    account = visitor.account
    if account.role in {"archivist", "oversight"}:
        return True
    return account.role == "supervisor" and clip.unit_id in visitor.reach.units


async def overseen_clip(request: Request, seen: Annotated[Seen, Depends(known_clip)]) -> Seen:
    """A clip of which the visitor may know who has seen it.

    Raises:
        NotPermittedError: they may not (recorded).
    """
    if not oversees(seen.visitor, seen.clip):
        await refuse(
            service_of(request), seen.visitor, code=NotPermittedError.code, clip=seen.clip.clip
        )
        raise NotPermittedError("who has seen a clip is for its unit's supervisor and archivists")
    return seen


CHECKS: Final[frozenset[Callable[..., Any]]] = frozenset(
    {
        anyone,
        this_machine,
        signed_in,
        in_person,
        may_search,
        may_read_cases,
        may_link,
        may_read_bundles,
        may_read_integrity,
        may_see_desk,
        may_package,
        may_ask,
        may_close_volumes,
        may_see_systems,
        may_see_publications,
        may_bring_in,
        may_see_statistics,
        may_see_registers,
        may_excuse,
        may_write_lists,
        may_publish_lists,
        may_change_rights,
        may_place_units,
        may_see_alarms,
        may_settle_alarms,
        known_clip,
        known_recording,
        watchable_clip,
        overseen_clip,
    }
)


def _is_loopback(peer: str) -> bool:
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback
