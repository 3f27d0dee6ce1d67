"""Retention, holds and disposals over HTTP."""

from __future__ import annotations

import asyncio
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from api.documents import Document, to_bytes
from api.gate import Visitor, may_dispose, may_read_cases, may_retain
from api.oversight.retention import documents, work
from api.oversight.retention.days import end_of
from api.rights.routes import JSON
from api.service import service_of

router: Final = APIRouter(prefix="/api/v1", tags=["retention"])
_READS = Annotated[Visitor, Depends(may_read_cases)]
_RETAINS = Annotated[Visitor, Depends(may_retain)]
_DISPOSES = Annotated[Visitor, Depends(may_dispose)]
_MOST_TEXT: Final = 1000


class NewHold(BaseModel):
    """What is to be kept, and why."""

    model_config = ConfigDict(extra="forbid", strict=True)
    about: str = Field(min_length=1, max_length=200, description="id of a clip, or a case number")
    reason: str = Field(min_length=1, max_length=_MOST_TEXT)


class Classification(BaseModel):
    """To which categories clips or cases belong, all of them anew."""

    model_config = ConfigDict(extra="forbid", strict=True)
    about: list[str] = Field(min_length=1, max_length=200, description="clip ids, case numbers")
    categories: list[str] = Field(max_length=20, description="ids of retention rules")
    reason: str = Field(min_length=1, max_length=_MOST_TEXT)


class Reason(BaseModel):
    """Why."""

    model_config = ConfigDict(extra="forbid", strict=True)
    reason: str = Field(min_length=1, max_length=_MOST_TEXT)


class NewDisposal(Reason):
    """All that is due, or becomes due until the end of a day."""

    until: str | None = Field(default=None, max_length=10)


@router.get("/cases/{number}/retention")
async def get_case(request: Request, number: str, visitor: _READS) -> Response:
    """Until when each clip of a case is kept, by which rule, and what holds it."""
    seen = await work.case_retention(service_of(request), visitor, number)
    return _answer(
        {
            "case": seen.case.number,
            "categories": list(seen.classified.categories) if seen.classified else [],
            "clips": [documents.kept_clip(look) for look in seen.clips],
            "holds": [documents.hold(row) for row in seen.holds],
        }
    )


@router.get("/holds")
async def get_holds(request: Request, visitor: _DISPOSES) -> Response:  # noqa: ARG001 - the check is all that is asked of them
    """The holds in force, newest first."""
    service = service_of(request)
    await service.freshness.for_search()
    rows = await asyncio.to_thread(service.archive.catalogue.holds)
    return _answer({"holds": [documents.hold(row) for row in rows]})


@router.post("/holds", status_code=201)
async def post_hold(request: Request, visitor: _RETAINS, body: NewHold) -> Response:
    """Stop the disposal of a clip, or of every clip of a case."""
    row = await work.place(service_of(request), visitor, body.about, body.reason)
    return _answer(documents.hold(row), status=201)


@router.post("/holds/{hold}/lifting")
async def post_lifting(request: Request, hold: str, visitor: _RETAINS, body: Reason) -> Response:
    """End a hold."""
    row = await work.lift(service_of(request), visitor, hold, body.reason)
    return _answer(documents.hold(row))


@router.post("/classes")
async def post_classes(request: Request, visitor: _RETAINS, body: Classification) -> Response:
    """Say to which categories clips or cases belong."""
    service = service_of(request)
    changed = await work.classify(service, visitor, body.about, body.categories, body.reason)
    return _answer({"changed": changed})


@router.get("/disposals")
async def get_disposals(request: Request, visitor: _DISPOSES) -> Response:  # noqa: ARG001 - as above
    """All disposals, newest first."""
    service = service_of(request)
    await service.freshness.for_search()
    rows = await asyncio.to_thread(service.archive.catalogue.disposals)
    return _answer({"disposals": [documents.disposal(row) for row in rows]})


@router.post("/disposals", status_code=201)
async def post_disposal(request: Request, visitor: _DISPOSES, body: NewDisposal) -> Response:
    """Propose to dispose of all that is due."""
    service = service_of(request)
    until = end_of(body.until, service.zone)
    row = await work.propose(service, visitor, body.reason, until)
    return _answer(documents.disposal(row), status=201)


@router.get("/disposals/{disposal}")
async def get_disposal(request: Request, disposal: str, visitor: _DISPOSES) -> Response:  # noqa: ARG001 - as above
    """One disposal: its steps, and the first thousand clips of its list."""
    service = service_of(request)
    await service.freshness.for_search()
    row = work.disposal(service, disposal)
    listed = await asyncio.to_thread(work.items, service, row)
    return _answer(documents.disposal(row) | {"clips": [documents.item(each) for each in listed]})


@router.post("/disposals/{disposal}/approval")
async def post_approval(
    request: Request, disposal: str, visitor: _DISPOSES, body: Reason
) -> Response:
    """Approve it, as another person than who proposed it."""
    row = await work.decide(service_of(request), visitor, disposal, body.reason, agreed=True)
    return _answer(documents.disposal(row))


@router.post("/disposals/{disposal}/refusal")
async def post_refusal(
    request: Request, disposal: str, visitor: _DISPOSES, body: Reason
) -> Response:
    """Decline it."""
    row = await work.decide(service_of(request), visitor, disposal, body.reason, agreed=False)
    return _answer(documents.disposal(row))


def _answer(document: Document, *, status: int = 200) -> Response:
    return Response(to_bytes(document), status_code=status, media_type=JSON)
