"""Documents of a case over HTTP: adding, reading, taking away, tying pages to moments of clips."""

from __future__ import annotations

import asyncio
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from api import documents
from api.casefile import showing, wording
from api.casefile.changing import may_change, tie, untie, withdraw
from api.casefile.receiving import MOST_NAME, MOST_TITLE, receive
from api.casefile.rights import Read, known_document, may_add, readable_case, refuse_to_add
from api.errors import NotFoundError
from api.gate import Visitor, may_link, may_read_cases
from api.service import service_of
from archive.casefiles.documents import Place

router: Final = APIRouter(prefix="/api/v1", tags=["documents"])
_JSON: Final = "application/json"
_MOST_US: Final = 2**52
_READ = Annotated[Read, Depends(known_document)]
_BODY: Final = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


class NewLink(BaseModel):
    """A place in the document, and a moment or stretch of a clip of the same case."""

    model_config = ConfigDict(extra="forbid", strict=True)
    clip: str = Field(min_length=1, max_length=64)
    from_us: int = Field(ge=0, le=_MOST_US, description="microseconds of the clip")
    to_us: int | None = Field(default=None, ge=1, le=_MOST_US, description="end of a stretch")
    page: int | None = Field(default=None, ge=1, le=100_000)
    paragraph: int | None = Field(default=None, ge=1, le=100_000)
    note: str = Field(default="", max_length=2000)


class Reason(BaseModel):
    """Why."""

    model_config = ConfigDict(extra="forbid", strict=True)
    reason: str = Field(min_length=1, max_length=1000)


@router.get("/cases/{number}/documents")
async def list_documents(
    request: Request, number: str, visitor: Annotated[Visitor, Depends(may_read_cases)]
) -> Response:
    """The documents of a case, oldest first; at most 500 are there."""
    service = service_of(request)
    await service.freshness.for_search()
    case = await readable_case(service, visitor, number)
    rows = service.archive.catalogue.documents(case.id)
    document = {"documents": [wording.document(row, case.number) for row in rows]}
    return Response(documents.to_bytes(document), media_type=_JSON)


@router.post("/cases/{number}/documents", status_code=201, openapi_extra=_BODY)
async def post_document(
    request: Request,
    number: str,
    visitor: Annotated[Visitor, Depends(may_link)],
    name: Annotated[str, Query(min_length=1, max_length=MOST_NAME, description="of the file")],
    title: Annotated[str | None, Query(max_length=MOST_TITLE)] = None,
) -> Response:
    """Add a document; its bytes are the body. 201, or 200 where the case has these very bytes already."""
    service = service_of(request)
    await service.freshness.for_search()
    case = await readable_case(service, visitor, number)
    if not may_add(service, visitor, case):
        await refuse_to_add(service, visitor, case)
    id_, new = await receive(service, visitor, case, request.stream(), name=name, title=title)
    row = service.archive.catalogue.document(id_)
    if row is None:
        raise NotFoundError("no such document")
    return Response(
        documents.to_bytes(wording.document(row, case.number)),
        status_code=201 if new else 200,
        media_type=_JSON,
        headers={"Location": f"/api/v1/documents/{id_}"},
    )


@router.get("/documents/{document}")
async def get_document(read: _READ) -> Response:
    """A document's facts."""
    data = documents.to_bytes(wording.document(read.document, read.case.number))
    return Response(data, media_type=_JSON)


@router.delete("/documents/{document}", status_code=204)
async def delete_document(request: Request, read: _READ, body: Reason) -> Response:
    """Take a document off its case; it stays in the store and in the case's history."""
    await withdraw(service_of(request), read, body.reason)
    return Response(status_code=204)


@router.api_route("/documents/{document}/file", methods=["GET", "HEAD"])
async def get_file(request: Request, read: _READ) -> Response:
    """Its exact bytes; ranges, strong ETag, Repr-Digest. The view is a ledger event first."""
    return await showing.file(request, read)


@router.api_route("/documents/{document}/pages/{page}", methods=["GET", "HEAD"])
async def get_page(request: Request, read: _READ, page: str) -> Response:
    """A page of a PDF as a JPEG picture. The view is a ledger event first."""
    return await showing.page(request, read, page)


@router.get("/documents/{document}/links")
async def list_links(request: Request, read: _READ) -> Response:
    """What its pages are tied to, in their order; only clips that the visitor may know of."""
    service = service_of(request)
    rows = await asyncio.to_thread(
        service.archive.catalogue.document_links, document=read.document.id
    )
    shown = wording.links_for(service, read.visitor, rows)
    document = {"links": [wording.link(row) for row, _ in shown]}
    return Response(documents.to_bytes(document), media_type=_JSON)


@router.post("/documents/{document}/links", status_code=201)
async def post_link(request: Request, read: _READ, body: NewLink) -> Response:
    """Tie a place in the document to a moment or stretch of a clip of its case."""
    place = Place(
        clip=body.clip,
        from_us=body.from_us,
        to_us=body.to_us,
        page=body.page,
        paragraph=body.paragraph,
    )
    row = await tie(service_of(request), read, place, body.note)
    return Response(documents.to_bytes(wording.link(row)), status_code=201, media_type=_JSON)


@router.delete("/documents/{document}/links/{link}", status_code=204)
async def delete_link(request: Request, read: _READ, link: str) -> Response:
    """Take a link away; it stays in the case's history."""
    await may_change(service_of(request), read)
    await untie(service_of(request), read, link)
    return Response(status_code=204)
