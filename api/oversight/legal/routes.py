"""Legal review over HTTP."""

from __future__ import annotations

import asyncio
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from api import documents
from api.gate import Visitor, may_read_cases
from api.oversight.legal import acting, seeing, sheets
from api.rights.routes import JSON
from api.rights.showing import Names
from api.service import Service, service_of
from archive.catalogue.legal_queries import ReviewRow
from oversight.legal.answers import MOST_TEXT, Answer, PointAnswer

router: Final = APIRouter(prefix="/api/v1", tags=["legal review"])
_READS = Annotated[Visitor, Depends(may_read_cases)]
_OUTCOMES = Literal["agree", "correct", "transfer"]
_MOST_US: Final = 2**52


class Intention(BaseModel):
    """What is to be decided."""

    model_config = ConfigDict(extra="forbid", strict=True)
    measure: str | None = Field(max_length=64, description="a code of the list of major decisions")
    amount: int | None = Field(ge=0, le=10**15, description="of money, in 分")


class Question(BaseModel):
    """What to look at above all."""

    model_config = ConfigDict(extra="forbid", strict=True)
    question: str | None = Field(default=None, max_length=MOST_TEXT)


class Point(BaseModel):
    """What a reviewer says of one point."""

    model_config = ConfigDict(extra="forbid", strict=True)
    point: str = Field(min_length=1, max_length=32)
    ok: bool
    document: str | None = Field(default=None, max_length=64)
    page: int | None = Field(default=None, ge=1, le=100_000)
    clip: str | None = Field(default=None, max_length=64)
    at_us: int | None = Field(default=None, ge=0, le=_MOST_US)
    note: str | None = Field(default=None, max_length=MOST_TEXT)


class NewAnswer(BaseModel):
    """A reviewer's answer, whole."""

    model_config = ConfigDict(extra="forbid", strict=True)
    outcome: _OUTCOMES
    reason: str = Field(min_length=1, max_length=MOST_TEXT)
    points: list[Point] = Field(max_length=100)


class Reason(BaseModel):
    """Why."""

    model_config = ConfigDict(extra="forbid", strict=True)
    reason: str = Field(min_length=1, max_length=MOST_TEXT)


class Settlement(Reason):
    """How a dispute is settled."""

    outcome: _OUTCOMES


@router.get("/reviews")
async def list_reviews(request: Request, visitor: _READS) -> Response:
    """Rounds that wait for somebody, oldest first; at most 200."""
    service = service_of(request)
    await service.freshness.for_search()
    rows = await asyncio.to_thread(sheets.waiting, service, visitor)
    names = Names.of(service.archive)
    return _answer({"reviews": [sheets.listed(row, names) for row in rows]})


@router.get("/cases/{number}/reviews")
async def get_reviews(request: Request, number: str, visitor: _READS) -> Response:
    """All of a case's legal review: whether a decision may be made, what is asked, every round."""
    service = service_of(request)
    await service.freshness.for_search()
    case = await seeing.known_case(service, visitor, number)
    return _answer(await asyncio.to_thread(sheets.sheet, service.archive, case))


@router.put("/cases/{number}/intention")
async def put_intention(
    request: Request, number: str, visitor: _READS, body: Intention
) -> Response:
    """Say what is to be decided: by it the list of major decisions is matched."""
    service = service_of(request)
    await service.freshness.for_search()
    case = await seeing.known_case(service, visitor, number)
    await acting.intend(service, visitor, case, measure=body.measure, amount=body.amount)
    return _answer(await asyncio.to_thread(sheets.sheet, service.archive, case))


@router.post("/cases/{number}/reviews", status_code=201)
async def post_review(request: Request, number: str, visitor: _READS, body: Question) -> Response:
    """Submit the case as it is to legal review."""
    service = service_of(request)
    await service.freshness.for_search()
    case = await seeing.known_case(service, visitor, number)
    return _round(service, await acting.request(service, visitor, case, body.question), 201)


@router.post("/reviews/{review}/taking")
async def post_taking(request: Request, review: str, visitor: _READS) -> Response:
    """Take a round to review it; the case's footage and documents may be seen from then on."""
    service = service_of(request)
    await service.freshness.for_search()
    row, case = await seeing.known_review(service, visitor, review)
    return _round(service, await acting.take(service, visitor, row, case))


@router.post("/reviews/{review}/answer")
async def post_answer(request: Request, review: str, visitor: _READS, body: NewAnswer) -> Response:
    """Answer a round: agree, ask for correction, or ask to transfer the case."""
    service = service_of(request)
    await service.freshness.for_search()
    row, case = await seeing.known_review(service, visitor, review)
    points = [PointAnswer(**point.model_dump()) for point in body.points]
    said = Answer(outcome=body.outcome, reason=body.reason, points=points)
    return _round(service, await acting.answer(service, visitor, row, case, said))


@router.post("/reviews/{review}/dispute")
async def post_dispute(request: Request, review: str, visitor: _READS, body: Reason) -> Response:
    """Say that the case's side does not agree with an answer."""
    service = service_of(request)
    await service.freshness.for_search()
    row, case = await seeing.known_review(service, visitor, review)
    return _round(service, await acting.dispute(service, visitor, row, case, body.reason))


@router.post("/reviews/{review}/settlement")
async def post_settlement(
    request: Request, review: str, visitor: _READS, body: Settlement
) -> Response:
    """Settle a dispute, as the one whom the rules name."""
    service = service_of(request)
    await service.freshness.for_search()
    row, case = await seeing.known_review(service, visitor, review)
    settled = await acting.settle(
        service, visitor, row, case, outcome=body.outcome, reason=body.reason
    )
    return _round(service, settled)


def _round(service: Service, row: ReviewRow, status: int = 200) -> Response:
    return _answer(sheets.round_(service.archive, row, Names.of(service.archive)), status)


def _answer(document: documents.Document, status: int = 200) -> Response:
    return Response(documents.to_bytes(document), status_code=status, media_type=JSON)
