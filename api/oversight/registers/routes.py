"""The registers over HTTP."""

from __future__ import annotations

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
    may_see_desk,
    may_see_registers,
)
from api.oversight.registers import acting, showing
from api.oversight.registers.acting import Looking, Passing, day_of
from api.rights.routes import JSON, PAGE, check_limit
from api.rights.showing import Names
from api.service import service_of
from archive.catalogue.search import make_cursor, read_cursor
from oversight.registers.certificates import NewCertificate

router: Final = APIRouter(prefix="/api/v1/registers", tags=["registers"])
_SEES = Annotated[Visitor, Depends(may_see_registers)]
_STATION = Annotated[Visitor, Depends(may_see_desk)]
_MOST_US: Final = 2**52


class Certificate(BaseModel):
    """A certificate to enter."""

    model_config = ConfigDict(extra="forbid", strict=True)
    officer: str = Field(min_length=1, max_length=128, description="badge number")
    kind: Literal["enforcement", "reviewer"] = "enforcement"
    number: str = Field(min_length=1, max_length=64)
    first: str = Field(alias="from", max_length=10, description="first day, YYYY-MM-DD")
    until: str = Field(max_length=10, description="last day, YYYY-MM-DD")
    issuer: str | None = Field(default=None, max_length=200)


class Withdrawal(BaseModel):
    """What is withdrawn, and why."""

    model_config = ConfigDict(extra="forbid", strict=True)
    officer: str = Field(min_length=1, max_length=128, description="badge number")
    kind: Literal["enforcement", "reviewer"] = "enforcement"
    reason: str = Field(min_length=1, max_length=1000)


class NewHandOver(BaseModel):
    """From whose hands into whose."""

    model_config = ConfigDict(extra="forbid", strict=True)
    recorder: str = Field(min_length=1, max_length=200, description="serial")
    to: str | None = Field(max_length=128, description="badge number; null: it is handed in")
    by: str | None = Field(default=None, max_length=128, description="badge number")
    reason: str | None = Field(default=None, max_length=1000)


class NewCheck(BaseModel):
    """A look at a recorder before duty; null: not looked at."""

    model_config = ConfigDict(extra="forbid", strict=True)
    recorder: str = Field(min_length=1, max_length=200, description="serial")
    officer: str | None = Field(default=None, max_length=128, description="badge: whose duty")
    battery: int | None = Field(description="per cent")
    free_bytes: int | None = Field(ge=0, le=_MOST_US)
    offset_ms: int | None = Field(ge=-_MOST_US, le=_MOST_US)
    note: str | None = Field(default=None, max_length=1000)


class NewCharge(BaseModel):
    """Who is in charge of the station."""

    model_config = ConfigDict(extra="forbid", strict=True)
    officer: str | None = Field(max_length=128, description="badge number; null: nobody")


@router.get("")
async def get_registers(request: Request, visitor: _SEES) -> Response:
    """How many review, against the share of the rules; certificates that end soon; who is in charge of the station."""
    service = service_of(request)
    await service.freshness.for_search()
    names = Names.of(service.archive)
    document = {
        "share": showing.share(service),
        "ending": showing.ending(service, visitor, names),
        "stations": showing.stations(service, names),
    }
    return _answer(document)


@router.get("/officers")
async def get_officers(
    request: Request, visitor: _SEES, cursor: str | None = None, limit: int = PAGE
) -> Response:
    """Officers with their certificates, by badge number; a supervisor's own unit's."""
    service = service_of(request)
    check_limit(limit)
    await service.freshness.for_search()
    after = read_cursor(cursor)[1] if cursor else ""
    names = Names.of(service.archive)
    rows, following = showing.officers(service, visitor, names, after=after, limit=limit)
    return _answer({"officers": rows, "next": following and make_cursor(0, following)})


@router.get("/recorders")
async def get_recorders(
    request: Request, visitor: _SEES, cursor: str | None = None, limit: int = PAGE
) -> Response:
    """Recorders: who has them, from whom, and the last look before duty; by serial."""
    service = service_of(request)
    check_limit(limit)
    await service.freshness.for_search()
    after = read_cursor(cursor)[1] if cursor else ""
    names = Names.of(service.archive)
    rows, following = showing.recorders(service, visitor, names, after=after, limit=limit)
    return _answer({"recorders": rows, "next": following and make_cursor(0, following)})


@router.post("/certificates", status_code=201)
async def post_certificate(
    request: Request, visitor: Annotated[Visitor, Depends(may_change_rights)], body: Certificate
) -> Response:
    """Enter a certificate."""
    new = NewCertificate(
        kind=body.kind,
        number=body.number,
        first=day_of(body.first),
        last=day_of(body.until),
        issuer=body.issuer,
    )
    row = await acting.certify(service_of(request), visitor, body.officer, new)
    return _answer(showing.certificate(row), 201)


@router.post("/withdrawals", status_code=204)
async def post_withdrawal(
    request: Request, visitor: Annotated[Visitor, Depends(may_change_rights)], body: Withdrawal
) -> Response:
    """Withdraw what an officer holds of a kind; what was done before stays done."""
    await acting.withdraw(service_of(request), visitor, body.officer, body.kind, body.reason)
    return Response(status_code=204)


@router.post("/hand-overs", status_code=201)
async def post_hand_over(request: Request, visitor: _STATION, body: NewHandOver) -> Response:
    """Write down that a recorder went from hand to hand."""
    service = service_of(request)
    passing = Passing(recorder=body.recorder, to=body.to, by=body.by, reason=body.reason)
    row = await acting.hand_over(service, visitor, passing)
    names = Names.of(service.archive)
    document = {
        "recorder": body.recorder.strip(),
        "at": row.from_,
        "by": names.badge(row.handed_by),
        "to": names.badge(row.officer_id),
        "reason": row.reason,
    }
    return _answer(document, 201)


@router.post("/checks", status_code=201)
async def post_check(request: Request, visitor: _STATION, body: NewCheck) -> Response:
    """Write down a look at a recorder before duty; the answer says whether it is in order."""
    service = service_of(request)
    looking = Looking(
        recorder=body.recorder,
        officer=body.officer,
        battery=body.battery,
        free_bytes=body.free_bytes,
        offset_ms=body.offset_ms,
        note=body.note,
    )
    row = await acting.check(service, visitor, looking)
    return _answer(showing.duty_check(Names.of(service.archive), row), 201)


@router.post("/charges", status_code=201)
async def post_charge(
    request: Request, visitor: Annotated[Visitor, Depends(may_place_units)], body: NewCharge
) -> Response:
    """Say who is in charge of this station from now on."""
    service = service_of(request)
    await acting.charge(service, visitor, body.officer)
    return _answer(showing.stations(service, Names.of(service.archive))[0], 201)


def _answer(document: documents.Document, status: int = 200) -> Response:
    return Response(documents.to_bytes(document), status_code=status, media_type=JSON)
