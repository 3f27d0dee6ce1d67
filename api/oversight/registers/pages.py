"""The page of the registers. Plain forms, through the same functions as routes.py; no footage and no case."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from api.access import Right, may
from api.entrance import pages_of
from api.errors import ApiError, InvalidInputError
from api.gate import (
    Visitor,
    may_change_rights,
    may_place_units,
    may_see_desk,
    may_see_registers,
)
from api.identity.sessions import form_of
from api.oversight.registers import acting, showing
from api.oversight.registers.acting import Looking, Passing, day_of
from api.oversight.telling import Refused, status, told
from api.rights.pages import done
from api.rights.showing import Names
from api.service import service_of
from archive.catalogue.search import make_cursor, read_cursor
from archive.errors import ArchiveError
from oversight.errors import OversightError
from oversight.registers.certificates import KINDS, Kind, NewCertificate

router: Final = APIRouter(include_in_schema=False)
PATH: Final = "/oversight/registers"
_MEGABYTE: Final = 1_000_000
_Form = dict[str, str]


@router.api_route(PATH, methods=["GET", "HEAD"])
async def registers_page(
    request: Request, visitor: Annotated[Visitor, Depends(may_see_registers)]
) -> Response:
    """Officers, recorders, stations, and the share of reviewers."""
    return await _page(request, visitor)


@router.post(f"{PATH}/certificates")
async def post_certificate(
    request: Request, visitor: Annotated[Visitor, Depends(may_change_rights)]
) -> Response:
    """Enter a certificate, or withdraw one."""
    form, service = await form_of(request), service_of(request)

    async def do() -> str:
        kind = _kind(form.get("kind", ""))
        if form.get("do") == "withdraw":
            await acting.withdraw(
                service, visitor, form.get("officer", ""), kind, form.get("reason", "")
            )
            return "withdrawn"
        new = NewCertificate(
            kind=kind,
            number=form.get("number", ""),
            first=day_of(form.get("from", "")),
            last=day_of(form.get("until", "")),
            issuer=form.get("issuer") or None,
        )
        await acting.certify(service, visitor, form.get("officer", ""), new)
        return "certified"

    return await _done(request, visitor, do)


@router.post(f"{PATH}/recorders")
async def post_recorder(
    request: Request, visitor: Annotated[Visitor, Depends(may_see_desk)]
) -> Response:
    """Hand a recorder over, or look at it before duty."""
    form, service = await form_of(request), service_of(request)

    async def do() -> str:
        serial = form.get("recorder", "")
        if form.get("do") == "check":
            free = _number(form.get("free", ""))
            looking = Looking(
                recorder=serial,
                officer=form.get("officer"),
                battery=_number(form.get("battery", "")),
                free_bytes=None if free is None else free * _MEGABYTE,
                offset_ms=_milliseconds(form.get("clock", "")),
                note=form.get("note"),
            )
            row = await acting.check(service, visitor, looking)
            return "fit" if row.ok else "unfit"
        passing = Passing(
            recorder=serial, to=form.get("to"), by=form.get("by"), reason=form.get("reason")
        )
        await acting.hand_over(service, visitor, passing)
        return "handed"

    return await _done(request, visitor, do)


@router.post(f"{PATH}/stations")
async def post_station(
    request: Request, visitor: Annotated[Visitor, Depends(may_place_units)]
) -> Response:
    """Who is in charge."""
    form, service = await form_of(request), service_of(request)

    async def do() -> str:
        await acting.charge(service, visitor, form.get("officer"))
        return "charged"

    return await _done(request, visitor, do)


async def _done(request: Request, visitor: Visitor, do: Callable[[], Awaitable[str]]) -> Response:
    """What was done, told on the page again; what was refused too, with its status."""
    try:
        return done(PATH, await do())
    except (ApiError, ArchiveError, OversightError) as error:
        return await _page(request, visitor, error)


async def _page(request: Request, visitor: Visitor, error: Refused | None = None) -> Response:
    service, account = service_of(request), visitor.account
    await service.freshness.for_search()
    names, params = Names.of(service.archive), request.query_params
    people, more_people = showing.officers(
        service, visitor, names, after=_after(params.get("officers"))
    )
    devices, more_devices = showing.recorders(
        service, visitor, names, after=_after(params.get("recorders"))
    )
    values: dict[str, Any] = {
        "share": showing.share(service),
        "ending": showing.ending(service, visitor, names),
        "officers": people,
        "recorders": devices,
        "stations": showing.stations(service, names),
        "kinds": KINDS,
        "more_officers": _more("officers", more_people),
        "more_recorders": _more("recorders", more_devices),
        "may_certify": may(account, Right.ACCOUNTS),
        "may_hand_over": may(account, Right.DESK),
        "may_charge": may(account, Right.UNITS),
    } | told(request, error, "registers")
    return pages_of(request).render(
        request,
        "registers.html",
        account=account,
        here="oversight",
        status=status(error),
        values=values,
    )


def _after(cursor: str | None) -> str:
    return read_cursor(cursor)[1] if cursor else ""


def _more(name: str, following: str | None) -> str | None:
    return None if following is None else f"{PATH}?{urlencode({name: make_cursor(0, following)})}"


def _kind(text: str) -> Kind:
    for kind in KINDS:
        if text == kind:
            return kind
    raise InvalidInputError(f"a certificate is one of {', '.join(KINDS)}")


def _number(text: str) -> int | None:
    text = text.strip()
    if not text:
        return None
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise InvalidInputError("a whole number is asked for")
    return int(text)


def _milliseconds(text: str) -> int | None:
    if not text.strip():
        return None
    try:
        return int((Decimal(text.strip()) * 1000).to_integral_value())
    except (InvalidOperation, OverflowError, ValueError) as e:
        raise InvalidInputError("a number of seconds, like 12 or -0.5") from e
