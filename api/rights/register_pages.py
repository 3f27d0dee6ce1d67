"""The pages of units, officers and alarms. Plain forms, through the same functions as register_routes.py."""

from __future__ import annotations

from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from api.access import Right, may
from api.entrance import pages_of
from api.errors import ApiError
from api.gate import (
    Visitor,
    may_change_rights,
    may_place_units,
    may_see_alarms,
    may_settle_alarms,
    signed_in,
)
from api.identity.sessions import form_of
from api.messages import has
from api.rights import looking, placing, showing, work
from api.rights.pages import done, told
from api.rights.routes import PAGE, checked_index
from api.rights.units import LEVELS, heads_of, in_order
from api.service import service_of
from archive.catalogue.rows import UnitRow
from archive.catalogue.search import make_cursor, read_cursor

router: Final = APIRouter(include_in_schema=False)
_READ: Final = ["GET", "HEAD"]


@router.api_route("/units", methods=_READ)
async def units_page(request: Request, visitor: Annotated[Visitor, Depends(signed_in)]) -> Response:
    """The tree of units, with their heads."""
    return await _units(request, visitor)


@router.post("/units")
async def post_unit(
    request: Request, visitor: Annotated[Visitor, Depends(may_place_units)]
) -> Response:
    """Add a unit, or propose where one stands: `unit` says which."""
    form, service = await form_of(request), service_of(request)
    await work.in_person(service, visitor)
    await service.freshness.for_search()
    actor, level = visitor.account.id, form.get("level") or None

    def do() -> UnitRow:
        parent, name = work.unit_of(service, form.get("parent", "")), form.get("name", "")
        return placing.register(service.archive, actor=actor, name=name, parent=parent, level=level)

    try:
        if form.get("unit"):
            await work.place(service, visitor, form["unit"], form)
            return done("/units", "proposed")
        await work.changing(service, do)
    except ApiError as error:
        return await _units(request, visitor, error)
    return done("/units", "unit")


@router.api_route("/officers", methods=_READ)
async def officers_page(
    request: Request, visitor: Annotated[Visitor, Depends(may_change_rights)]
) -> Response:
    """The officers' register."""
    service = service_of(request)
    await service.freshness.for_search()
    names = showing.Names.of(service.archive)
    rows = [showing.officer(row, names) for row in service.archive.catalogue.officers()]
    values = {"officers": rows} | told(request, None)
    return pages_of(request).render(
        request, "officers.html", account=visitor.account, here="accounts", values=values
    )


@router.api_route("/alarms", methods=_READ)
async def alarms_page(
    request: Request, visitor: Annotated[Visitor, Depends(may_see_alarms)]
) -> Response:
    """Open alarms first, then what came of others."""
    return await _alarms(request, visitor)


@router.post("/alarms/{index}")
async def post_alarm(
    request: Request, index: int, visitor: Annotated[Visitor, Depends(may_settle_alarms)]
) -> Response:
    """Settle one."""
    form = await form_of(request)
    try:
        await looking.settle(
            service_of(request), visitor, checked_index(index), form.get("reason", "")
        )
    except ApiError as error:
        return await _alarms(request, visitor, error)
    return done("/alarms", "settled")


async def _units(request: Request, visitor: Visitor, error: ApiError | None = None) -> Response:
    service = service_of(request)
    await service.freshness.for_search()
    tree, accounts = service.archive.catalogue.unit_tree(), service.archive.catalogue.accounts()
    names, waiting = showing.Names.of(service.archive), service.archive.catalogue.rights("open")
    values: dict[str, Any] = {
        "waiting": {
            row.account: showing.proposal(row, names) for row in waiting if row.change == "place"
        },
        "units": [
            {
                "unit": row,
                "depth": min(depth, 5),
                "heads": [a.name for a in heads if a.unit_id == row.id],
                "above": [a.name for a in heads if a.unit_id != row.id],
            }
            for row, depth in in_order(tree)
            for heads in (heads_of(tree, accounts, row.id),)
        ],
        "levels": LEVELS,
        "may_place": may(visitor.account, Right.UNITS),
    }
    return pages_of(request).render(
        request,
        "units.html",
        account=visitor.account,
        here="units",
        status=200 if error is None else error.status,
        values=values | told(request, error),
    )


async def _alarms(request: Request, visitor: Visitor, error: ApiError | None = None) -> Response:
    service = service_of(request)
    await service.freshness.for_search()
    cursor = request.query_params.get("cursor")
    opened = [] if cursor else looking.alarms(service, visitor, settled=False, limit=500)
    past = looking.alarms(
        service,
        visitor,
        settled=True,
        below=read_cursor(cursor)[0] if cursor else None,
        limit=PAGE + 1,
    )
    following = make_cursor(past[PAGE - 1].index, "") if len(past) > PAGE else None
    values: dict[str, Any] = {
        "open": looking.documents(service, visitor, opened),
        "past": looking.documents(service, visitor, past[:PAGE]),
        "may_settle": may(visitor.account, Right.SETTLE),
        "hints": {a.code: h if has(h := f"alarm_hint.{a.code}") else "" for a in opened},
        "first": cursor is None,
        "more": None if following is None else f"/alarms?{urlencode({'cursor': following})}",
    }
    return pages_of(request).render(
        request,
        "alarms.html",
        account=visitor.account,
        here="alarms",
        status=200 if error is None else error.status,
        values=values | told(request, error),
    )
