"""Subjects over HTTP: registering, finding, everything on one together, merging and splitting."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from api.casework import case_document
from api.documents import to_bytes
from api.gate import Visitor, may_close_volumes, may_link, may_read_cases
from api.oversight.file import changing, documents
from api.oversight.file.knowing import Known, found_subjects, known_subject
from api.service import Service, service_of
from archive.casefiles.subjects import MOST_NAME, NewSubject

router: Final = APIRouter(prefix="/api/v1/subjects", tags=["case file"])
JSON: Final = "application/json"
_READER = Annotated[Visitor, Depends(may_read_cases)]
_KEEPER = Annotated[Visitor, Depends(may_close_volumes)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class NewOne(_Strict):
    """Whom enforcement is about."""

    kind: Literal["person", "organisation"]
    name: str = Field(min_length=1, max_length=MOST_NAME)
    number: str | None = Field(default=None, max_length=64)


class Merge(_Strict):
    """Into whom, and why."""

    into: str = Field(max_length=64)
    reason: str = Field(min_length=1, max_length=1000)


class Split(_Strict):
    """Out of whom, with which of the other's cases, and why."""

    out_of: str = Field(max_length=64)
    cases: list[str] = Field(default=[], max_length=100, description="numbers")
    reason: str = Field(min_length=1, max_length=1000)


@router.post("", status_code=201)
async def post_subject(
    request: Request, visitor: Annotated[Visitor, Depends(may_link)], body: NewOne
) -> Response:
    """Register a subject. Who has this number already is answered with the same words."""
    new = NewSubject(kind=body.kind, name=body.name, number=body.number)
    id_ = await changing.register(service_of(request), visitor, new)
    return Response(to_bytes({"subject": id_}), status_code=201, media_type=JSON)


@router.get("")
async def list_subjects(
    request: Request,
    visitor: _READER,
    text: Annotated[str, Query(min_length=1, max_length=200, description="of name or number")],
) -> Response:
    """The subjects with these words, of cases that the visitor may read; at most 50."""
    found = await found_subjects(service_of(request), visitor, text)
    return _answer({"subjects": [documents.subject(one.subject) for one in found]})


@router.get("/{subject}")
async def get_subject(request: Request, subject: str, visitor: _READER) -> Response:
    """A subject, who is one with it, and the cases about it that the visitor may read."""
    service = service_of(request)
    return _answer(_document(service, await known_subject(service, visitor, subject)))


@router.post("/{subject}/merge")
async def post_merge(request: Request, subject: str, visitor: _KEEPER, body: Merge) -> Response:
    """Say that it is one with another; each keeps its cases."""
    service = service_of(request)
    await changing.merge(service, visitor, subject, body.into, body.reason)
    return _answer(_document(service, await known_subject(service, visitor, body.into)))


@router.post("/{subject}/split")
async def post_split(request: Request, subject: str, visitor: _KEEPER, body: Split) -> Response:
    """Say that it is not one with another, and which cases are its own."""
    service = service_of(request)
    await changing.split(
        service, visitor, subject, out_of=body.out_of, cases=body.cases, reason=body.reason
    )
    return _answer(_document(service, await known_subject(service, visitor, subject)))


def _document(service: Service, known: Known) -> dict[str, Any]:
    return documents.subject(known.subject) | {
        "same": [documents.subject(row) for row in known.same],
        "cases": [case_document(service, case) for case in known.cases],
    }


def _answer(document: dict[str, Any]) -> Response:
    return Response(to_bytes(document), media_type=JSON)
