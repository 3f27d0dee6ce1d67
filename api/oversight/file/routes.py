"""The case file over HTTP: act, stages, forms, what papers say, catalogue, closing."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from api.casefile.rights import Read, known_document, readable_case
from api.documents import to_bytes
from api.errors import InvalidInputError, NotFoundError
from api.gate import Visitor, may_close_volumes, may_link, may_read_cases
from api.oversight.file import changing, documents, volumes
from api.oversight.file.filing import filing_of
from api.service import Service, service_of
from archive.casefiles import signature, times
from archive.casefiles.forms.model import forms_of
from archive.casefiles.stages import Entering
from archive.catalogue.rows import CaseRow

router: Final = APIRouter(prefix="/api/v1", tags=["case file"])
JSON: Final = "application/json"
_READER = Annotated[Visitor, Depends(may_read_cases)]
_WRITER = Annotated[Visitor, Depends(may_link)]
_CLOSER = Annotated[Visitor, Depends(may_close_volumes)]
_READ = Annotated[Read, Depends(known_document)]
_BODY: Final = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


class Strict(BaseModel):
    """No member that nobody asks for."""

    model_config = ConfigDict(extra="forbid", strict=True)


class NewFile(Strict):
    """Which act a case is."""

    act: str = Field(min_length=1, max_length=32)
    matter: str | None = Field(default=None, max_length=64, description="its id in the list")
    subjects: list[str] = Field(default=[], max_length=100, description="ids")
    officers: list[str] | None = Field(
        default=None, max_length=100, description="badges; null: as before"
    )


class NewStage(Strict):
    """A stage that the case enters."""

    stage: str = Field(max_length=32)
    at: str = Field(min_length=1, max_length=64)
    document: str | None = Field(default=None, max_length=64, description="id: that says so")
    reason: str | None = Field(default=None, max_length=1000)


class Moment(Strict):
    """When."""

    at: str = Field(min_length=1, max_length=64)


class Revoking(Strict):
    """That the decision does not stand."""

    how: str = Field(max_length=32, description="revoked, changed, held_unlawful")
    at: str = Field(min_length=1, max_length=64)
    reason: str = Field(min_length=1, max_length=1000)


class Filled(Strict):
    """What the case file does not know."""

    values: dict[str, str] = Field(default={}, max_length=100)


class Times(Strict):
    """What the paper says; without a begin it says nothing any more."""

    from_: str | None = Field(default=None, alias="from", max_length=64)
    to: str | None = Field(default=None, max_length=64)
    place: str | None = Field(default=None, max_length=200)


class Reason(Strict):
    """Why."""

    reason: str = Field(min_length=1, max_length=1000)


@router.get("/cases/{number}/file")
async def get_file(request: Request, number: str, visitor: _READER) -> Response:
    """What the case's file says."""
    return _file(service_of(request), await _case(request, visitor, number))


@router.put("/cases/{number}/file")
async def put_file(request: Request, number: str, visitor: _WRITER, body: NewFile) -> Response:
    """Say which act the case is, and whom it is about; the newest word counts, whole."""
    service, case = service_of(request), await _case(request, visitor, number)
    said = filing_of(
        service,
        visitor,
        act=body.act,
        matter=body.matter,
        subjects=body.subjects,
        badges=body.officers,
    )
    await changing.file_as(service, visitor, case, said)
    return _file(service, case)


@router.post("/cases/{number}/stages", status_code=201)
async def post_stage(request: Request, number: str, visitor: _WRITER, body: NewStage) -> Response:
    """Enter a stage."""
    service, case = service_of(request), await _case(request, visitor, number)
    entering = Entering(
        stage=changing.stage_of(body.stage),
        at=changing.moment_of(service, body.at),
        document=body.document,
        reason=body.reason,
    )
    await changing.enter(service, visitor, case, entering)
    return _file(service, case, status=201)


@router.post("/cases/{number}/action-end")
async def post_end(request: Request, number: str, visitor: _WRITER, body: Moment) -> Response:
    """Say when the action ended: the case file is due from then on."""
    service, case = service_of(request), await _case(request, visitor, number)
    await changing.end_action(service, visitor, case, changing.moment_of(service, body.at))
    return _file(service, case)


@router.post("/cases/{number}/revocation", status_code=201)
async def post_revocation(
    request: Request, number: str, visitor: _WRITER, body: Revoking
) -> Response:
    """Say that the decision does not stand: what was published of it is withdrawn within the rule's time."""
    service, case = service_of(request), await _case(request, visitor, number)
    at = changing.moment_of(service, body.at)
    await changing.revoke(service, visitor, case, how=body.how, at=at, reason=body.reason)
    return _file(service, case, status=201)


@router.get("/forms")
async def list_forms(request: Request, visitor: _READER) -> Response:
    """The standard forms, in the order of the stages."""
    del visitor
    forms = await asyncio.to_thread(forms_of, service_of(request).archive.root)
    found = {"forms": [documents.form(form) for form in forms.values()]}
    return Response(to_bytes(found), media_type=JSON)


@router.post("/cases/{number}/forms/{form}", status_code=201)
async def post_form(
    request: Request, number: str, form: str, visitor: _WRITER, body: Filled
) -> Response:
    """Fill in a form out of the case file and these values; the PDF is a document of the case then."""
    service, case = service_of(request), await _case(request, visitor, number)
    made = await changing.fill(service, visitor, case, form, body.values)
    document = {"document": made.document, "pages": made.pages, "form": form}
    return Response(
        to_bytes(document),
        status_code=201,
        media_type=JSON,
        headers={"Location": f"/api/v1/documents/{made.document}"},
    )


@router.put("/documents/{document}/times/{part}", status_code=204)
async def put_times(request: Request, read: _READ, part: str, body: Times) -> Response:
    """Say from when to when the document says that a part of the act took place."""
    service = service_of(request)
    said = times.Said(
        part=part,
        from_=None if body.from_ is None else changing.moment_of(service, body.from_),
        to=None if body.to is None else changing.moment_of(service, body.to),
        place=body.place,
    )
    await changing.say_times(service, read.visitor, read.case, read.document, said)
    return Response(status_code=204)


@router.get("/cases/{number}/catalogue")
async def get_catalogue(request: Request, number: str, visitor: _READER) -> Response:
    """The volume catalogue: the very bytes that are signed, or, of a closed case, that were."""
    service, case = service_of(request), await _case(request, visitor, number)
    data = await asyncio.to_thread(volumes.catalogue, service, case)
    return volumes.answer(data, JSON, f"{case.number}-catalogue.json")


@router.get("/cases/{number}/catalogue/pdf")
async def get_pdf(request: Request, number: str, visitor: _READER) -> Response:
    """The volume catalogue as a paper."""
    service, case = service_of(request), await _case(request, visitor, number)
    data = await asyncio.to_thread(volumes.paper, service, case, datetime.now(UTC))
    return volumes.answer(data, "application/pdf", f"{case.number}-catalogue.pdf")


@router.get("/cases/{number}/catalogue/signature")
async def get_signature(request: Request, number: str, visitor: _READER) -> Response:
    """The signature over the catalogue: CMS, detached, DER (RFC 5652)."""
    service, case = service_of(request), await _case(request, visitor, number)
    data = await asyncio.to_thread(volumes.signature, service, case)
    if data is None:
        raise NotFoundError("the catalogue was not signed")
    return volumes.answer(data, "application/pkcs7-signature", f"{case.number}-catalogue.p7s")


@router.post("/cases/{number}/closing", status_code=201, openapi_extra=_BODY)
async def post_closing(
    request: Request,
    number: str,
    visitor: _CLOSER,
    file_number: Annotated[str | None, Query(max_length=100, description="档号")] = None,
) -> Response:
    """Close the case: the body is a detached CMS signature over the bytes that `catalogue` gives."""
    service, case = service_of(request), await _case(request, visitor, number)
    data = bytearray()
    async for piece in request.stream():
        data += piece
        if len(data) > signature.MOST:
            raise InvalidInputError("that is longer than a signature")
    if not data:
        raise InvalidInputError("send the signature")
    await changing.close(service, visitor, case, bytes(data), file_number)
    return _file(service, case, status=201)


@router.post("/cases/{number}/reopening")
async def post_reopening(request: Request, number: str, visitor: _CLOSER, body: Reason) -> Response:
    """Open a closed case again; catalogue and signature stay readable."""
    service, case = service_of(request), await _case(request, visitor, number)
    await changing.reopen(service, visitor, case, body.reason)
    return _file(service, case)


async def _case(request: Request, visitor: Visitor, number: str) -> CaseRow:
    service = service_of(request)
    await service.freshness.for_search()
    return await readable_case(service, visitor, number)


def _file(service: Service, case: CaseRow, *, status: int = 200) -> Response:
    now = service.archive.catalogue.case(case.id) or case
    data = to_bytes(documents.file(service.archive, now))
    return Response(data, status_code=status, media_type=JSON)
