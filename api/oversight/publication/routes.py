"""Publication over HTTP: what waits and what is public, each step, and the figures of a year."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from api.documents import to_bytes
from api.gate import Visitor, may_see_publications
from api.oversight.publication import acting, documents
from api.oversight.publication.asking import listed, report_of, rows_behind, states_of
from api.service import service_of
from archive.catalogue.publication_queries import PublicationRow
from oversight.publication.record import MOST_TEXT, Mark, Wording
from oversight.publication.steps import MOST_REASON, Checking, Why

router: Final = APIRouter(prefix="/api/v1", tags=["publication"])
_ONE: Final = "/publications/{publication}"
_WHO = Annotated[Visitor, Depends(may_see_publications)]
_YEAR = Annotated[int, Path(ge=2000, le=2999)]
_MOST_MARKS: Final = 200


class Proposal(BaseModel):
    """What somebody writes of a decision."""

    model_config = ConfigDict(extra="forbid", strict=True)
    title: str = Field(min_length=1, max_length=MOST_TEXT)
    conclusion: str = Field(min_length=1, max_length=MOST_TEXT)
    facts: str = Field(default="", max_length=MOST_TEXT)
    basis: str = Field(default="", max_length=MOST_TEXT)
    document: str = Field(default="", max_length=200, description="number on the paper")


class Passage(BaseModel):
    """A passage that goes."""

    model_config = ConfigDict(extra="forbid", strict=True)
    field: str = Field(max_length=20)
    begin: int = Field(ge=0, le=MOST_TEXT)
    end: int = Field(ge=0, le=MOST_TEXT)


class Check(BaseModel):
    """What was found by whoever read it."""

    model_config = ConfigDict(extra="forbid", strict=True)
    marks: list[Passage] = Field(default_factory=list, max_length=_MOST_MARKS)
    trade_secret: bool = False
    state_secret: bool = False
    reason: str | None = Field(default=None, max_length=MOST_REASON)


class Reason(BaseModel):
    """Why."""

    model_config = ConfigDict(extra="forbid", strict=True)
    reason: str = Field(min_length=1, max_length=MOST_REASON)


class Agreement(BaseModel):
    """That it is published; why, where there is something to say."""

    model_config = ConfigDict(extra="forbid", strict=True)
    reason: str | None = Field(default=None, max_length=MOST_REASON)


class Withdrawal(Reason):
    """Why it is no longer public."""

    why: Why


@router.get("/publications")
async def get_publications(
    request: Request,
    visitor: _WHO,
    state: Annotated[str | None, Query(max_length=100, description="with commas; else all")] = None,
) -> Response:
    """Publications that the visitor has to do with, oldest first."""
    service, states = service_of(request), states_of(state)
    await service.freshness.for_search()
    rows = await asyncio.to_thread(listed, service, visitor, states)
    archive = service.archive
    return _answer({"publications": [documents.publication(archive, row) for row in rows]})


@router.get(_ONE)
async def get_publication(request: Request, publication: str, visitor: _WHO) -> Response:
    """One, with its record and what the scan finds in it."""
    service = service_of(request)
    row = await acting.known(service, visitor, publication)
    return _answer(await asyncio.to_thread(documents.whole, service.archive, row))


@router.post("/cases/{number}/publications", status_code=201)
async def post_proposal(request: Request, number: str, visitor: _WHO, body: Proposal) -> Response:
    """Propose what the public is told of a case's decision."""
    service = service_of(request)
    case = await acting.case_of(service, visitor, number)
    row = await acting.propose(service, visitor, case, Wording(**body.model_dump()))
    return _row(request, row, 201)


@router.post(f"{_ONE}/check")
async def post_check(request: Request, publication: str, visitor: _WHO, body: Check) -> Response:
    """Say that it was read for secrets and privacy; take passages out."""
    service = service_of(request)
    row = await acting.known(service, visitor, publication)
    marks = [Mark(field=m.field, begin=m.begin, end=m.end) for m in body.marks]
    said = Checking(
        marks=marks, trade=body.trade_secret, state=body.state_secret, reason=body.reason
    )
    return _row(request, await acting.check(service, visitor, row, said))


@router.post(f"{_ONE}/approval")
async def post_approval(
    request: Request, publication: str, visitor: _WHO, body: Agreement
) -> Response:
    """Publish what was checked."""
    service = service_of(request)
    row = await acting.known(service, visitor, publication)
    return _row(request, await acting.approve(service, visitor, row, body.reason))


@router.post(f"{_ONE}/refusal")
async def post_refusal(request: Request, publication: str, visitor: _WHO, body: Reason) -> Response:
    """Do not publish it."""
    service = service_of(request)
    row = await acting.known(service, visitor, publication)
    return _row(request, await acting.decline(service, visitor, row, body.reason))


@router.post(f"{_ONE}/withdrawal")
async def post_withdrawal(
    request: Request, publication: str, visitor: _WHO, body: Withdrawal
) -> Response:
    """Take it back; that it was public, and why it is not, stays public."""
    service = service_of(request)
    row = await acting.known(service, visitor, publication)
    return _row(request, await acting.withdraw(service, visitor, row, body.why, body.reason))


@router.get("/reports/{year}")
async def get_report(request: Request, year: _YEAR, visitor: _WHO) -> Response:
    """The figures of a year, by unit and act."""
    return _answer(await report_of(service_of(request), visitor, year))


@router.get("/reports/{year}/cases")
async def get_report_cases(
    request: Request,
    year: _YEAR,
    visitor: _WHO,
    *,
    figure: Annotated[str, Query(max_length=20)],
    unit: Annotated[str | None, Query(max_length=64, description="id; empty: of none")] = None,
    act: Annotated[str | None, Query(max_length=40)] = None,
) -> Response:
    """The cases that a figure counts, at most a thousand of them."""
    service = service_of(request)
    rows, count = await rows_behind(service, visitor, year, figure, unit=unit, act=act)
    return _answer({"count": count, "cases": [documents.done_case(row) for row in rows]})


@router.post("/reports/{year}/publication", status_code=201)
async def post_report(request: Request, year: _YEAR, visitor: _WHO) -> Response:
    """Propose the figures of a year that is over."""
    service = service_of(request)
    return _row(request, await acting.propose_report(service, visitor, year), 201)


def _row(request: Request, row: PublicationRow, status: int = 200) -> Response:
    return _answer(documents.publication(service_of(request).archive, row), status)


def _answer(document: dict[str, Any], status: int = 200) -> Response:
    return Response(to_bytes(document), status_code=status, media_type="application/json")
