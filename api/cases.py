"""Cases over HTTP: the register, one case, links."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from api import casework, documents, history
from api.clips import JSON
from api.errors import InvalidInputError
from api.finding import searching
from api.gate import Seen, Visitor, known_clip, may_link, may_read_cases
from api.linking import link, open_case, unlink
from api.rendering import case_href
from api.service import service_of

router: Final = APIRouter(prefix="/api/v1/cases", tags=["cases"])
_READER = Annotated[Visitor, Depends(may_read_cases)]
_LINKER = Annotated[Visitor, Depends(may_link)]
_SEEN = Annotated[Seen, Depends(known_clip)]


class NewCase(BaseModel):
    """A case to open."""

    model_config = ConfigDict(extra="forbid")
    number: str = Field(min_length=1, max_length=casework.MOST_NUMBER)
    title: str | None = None
    subject: str | None = None
    place: str | None = None
    officers: list[str] = Field(default=[], max_length=100, description="badge numbers")
    from_: str | None = Field(default=None, alias="from", max_length=64)
    to: str | None = Field(default=None, max_length=64)


class Reason(BaseModel):
    """Why."""

    model_config = ConfigDict(extra="forbid")
    reason: str = Field(min_length=1, max_length=1000)


@router.get("")
async def list_cases(
    request: Request, visitor: _READER, cursor: str | None = None, limit: int = searching.PAGE
) -> Response:
    """The cases that the visitor may know of, newest first."""
    service = service_of(request)
    if not 1 <= limit <= searching.MOST:
        raise InvalidInputError(f"limit is 1 to {searching.MOST}")
    await service.freshness.for_search()
    found, following = await casework.known_cases(service, visitor, limit=limit, cursor=cursor)
    document = {
        "cases": [casework.case_document(service, case) for case in found],
        "next": following,
    }
    return Response(documents.to_bytes(document), media_type=JSON)


@router.post("", status_code=201)
async def post_case(request: Request, visitor: _LINKER, body: NewCase) -> Response:
    """Open a case; clips that its officers recorded in its time are linked by rule."""
    service = service_of(request)
    wanted = body.model_dump(by_alias=True)
    wanted["number"] = casework.checked_number(body.number)
    case = await open_case(service, visitor, wanted)
    return Response(
        documents.to_bytes(casework.case_document(service, case)),
        status_code=201,
        media_type=JSON,
        headers={"Location": f"/api/v1{case_href(case.number or '')}"},
    )


@router.get("/{number}")
async def get_case(
    request: Request,
    number: str,
    visitor: _READER,
    cursor: str | None = None,
    custody_cursor: str | None = None,
) -> Response:
    """A case, its clips (500 a page) and its history with links and unlinks (200 a page). Opening it is a search."""
    service = service_of(request)
    await service.freshness.for_search()
    case = await casework.known_case(service, visitor, casework.number_of(number))
    asked = searching.for_case(case.number or "", visitor, limit=searching.MOST, cursor=cursor)
    result = await searching.search(service, visitor, asked)
    page = await history.of_case(service, visitor, case, custody_cursor)
    document = (
        casework.case_document(service, case)
        | {
            "total": result.total,
            "clips": [documents.found_clip(clip) for clip in result.clips],
            "next": result.next_cursor,
        }
        | {
            "custody": [documents.custody_event(event) for event in page.events],
            "custody_next": page.following,
        }
    )
    return Response(documents.to_bytes(document), media_type=JSON)


@router.put("/{number}/clips/{clip}")
async def put_link(
    request: Request, number: str, seen: _SEEN, visitor: _LINKER, body: Reason
) -> Response:
    """Link a clip to a case: 201, or 200 where it is linked already and nothing was done."""
    service = service_of(request)
    case = await casework.known_case(service, visitor, casework.number_of(number))
    status = 200 if casework.is_linked(service, case, seen.clip.clip) else 201
    if status == 201:
        await link(service, seen, case, body.reason)
    document = {"case": case.number, "clip": seen.clip.clip, "linked": True}
    return Response(documents.to_bytes(document), status_code=status, media_type=JSON)


@router.delete("/{number}/clips/{clip}", status_code=204)
async def delete_link(
    request: Request, number: str, seen: _SEEN, visitor: _LINKER, body: Reason
) -> Response:
    """Take a clip off a case; the link and both reasons stay in its history."""
    service = service_of(request)
    case = await casework.known_case(service, visitor, casework.number_of(number))
    await unlink(service, seen, case, body.reason)
    return Response(status_code=204)
