"""Units, officers and alarms over HTTP."""

from __future__ import annotations

import asyncio
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from api import documents
from api.gate import (
    Visitor,
    may_change_rights,
    may_place_units,
    may_see_alarms,
    may_settle_alarms,
    signed_in,
)
from api.rights import looking, placing, showing, work
from api.rights.routes import JSON, PAGE, check_limit, checked_index, proposed
from api.rights.units import Level
from api.service import service_of
from archive.catalogue.rows import UnitRow
from archive.catalogue.search import make_cursor, read_cursor

router: Final = APIRouter(prefix="/api/v1", tags=["registers"])


class NewUnit(BaseModel):
    """A unit to add."""

    model_config = ConfigDict(extra="forbid", strict=True)
    name: str = Field(min_length=1, max_length=work.MOST_NAME)
    parent: str | None = Field(default=None, max_length=work.MOST_NAME, description="name or id")
    level: Level | None = None


class Place(BaseModel):
    """Where a unit is to stand; both are said anew."""

    model_config = ConfigDict(extra="forbid", strict=True)
    parent: str | None = Field(max_length=work.MOST_NAME, description="name or id; null: the top")
    level: Level | None
    reason: str = Field(min_length=1, max_length=work.MOST_TEXT)


class Settlement(BaseModel):
    """What came of an alarm."""

    model_config = ConfigDict(extra="forbid", strict=True)
    reason: str = Field(min_length=1, max_length=work.MOST_TEXT)


@router.get("/units")
async def list_units(request: Request, visitor: Annotated[Visitor, Depends(signed_in)]) -> Response:
    """The tree of units."""
    del visitor
    service = service_of(request)
    await service.freshness.for_search()
    tree = service.archive.catalogue.unit_tree()
    document = {"units": [showing.unit(row, tree) for row in tree.values()]}
    return Response(documents.to_bytes(document), media_type=JSON)


@router.post("/units", status_code=201)
async def post_unit(
    request: Request, visitor: Annotated[Visitor, Depends(may_place_units)], body: NewUnit
) -> Response:
    """Add a unit: it has no footage and nothing below it, so nobody becomes the head of anything that there is."""
    service = service_of(request)
    await work.in_person(service, visitor)
    await service.freshness.for_search()
    parent = work.unit_of(service, body.parent or "")

    def do() -> UnitRow:
        return placing.register(
            service.archive,
            actor=visitor.account.id,
            name=body.name,
            parent=parent,
            level=body.level,
        )

    row = await work.changing(service, do)
    tree = await asyncio.to_thread(service.archive.catalogue.unit_tree)
    return Response(documents.to_bytes(showing.unit(row, tree)), status_code=201, media_type=JSON)


@router.patch("/units/{unit}", status_code=202)
async def patch_unit(
    request: Request,
    unit: str,
    visitor: Annotated[Visitor, Depends(may_place_units)],
    body: Place,
) -> Response:
    """Propose where a unit stands. That decides who its head is: another administrator confirms it."""
    service = service_of(request)
    asked = {k: v for k, v in body.model_dump().items() if v is not None}
    return proposed(service, await work.place(service, visitor, unit, asked))


@router.get("/officers")
async def list_officers(
    request: Request,
    visitor: Annotated[Visitor, Depends(may_change_rights)],
    cursor: str | None = None,
    limit: int = PAGE,
) -> Response:
    """The officers' register, by badge number."""
    del visitor
    service = service_of(request)
    check_limit(limit)
    await service.freshness.for_search()
    after = read_cursor(cursor)[1] if cursor else ""
    rows = [r for r in service.archive.catalogue.officers() if f"{r.badge or ''} {r.id}" > after]
    names, shown = showing.Names.of(service.archive), rows[:limit]
    following = f"{shown[-1].badge or ''} {shown[-1].id}" if len(rows) > limit else None
    document = {
        "officers": [showing.officer(row, names) for row in shown],
        "next": None if following is None else make_cursor(0, following),
    }
    return Response(documents.to_bytes(document), media_type=JSON)


@router.get("/alarms")
async def list_alarms(
    request: Request,
    visitor: Annotated[Visitor, Depends(may_see_alarms)],
    state: Literal["open", "settled"] | None = None,
    cursor: str | None = None,
    limit: int = PAGE,
) -> Response:
    """Alarms, the newest first; a supervisor's own unit's only. Administrators see no clip."""
    service = service_of(request)
    check_limit(limit)
    await service.freshness.for_search()
    rows = looking.alarms(
        service,
        visitor,
        settled=None if state is None else state == "settled",
        below=read_cursor(cursor)[0] if cursor else None,
        limit=limit + 1,
    )
    shown = rows[:limit]
    document = {
        "alarms": looking.documents(service, visitor, shown),
        "next": make_cursor(shown[-1].index, "") if len(rows) > limit else None,
    }
    return Response(documents.to_bytes(document), media_type=JSON)


@router.post("/alarms/{index}/settlement")
async def post_settlement(
    request: Request,
    index: int,
    visitor: Annotated[Visitor, Depends(may_settle_alarms)],
    body: Settlement,
) -> Response:
    """Say that somebody looked at an alarm, and what came of it; never about oneself."""
    service = service_of(request)
    row = await looking.settle(service, visitor, checked_index(index), body.reason)
    document = looking.documents(service, visitor, [row])[0]
    return Response(documents.to_bytes(document), media_type=JSON)
