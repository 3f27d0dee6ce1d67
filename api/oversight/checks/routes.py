"""Checks of a case over HTTP."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from api.casefile.rights import readable_case
from api.documents import to_bytes
from api.gate import Visitor, may_link, may_read_cases
from api.oversight.checks import documents, work
from api.service import service_of

router: Final = APIRouter(prefix="/api/v1/cases", tags=["checks"])
_JSON: Final = "application/json"


class Stopped(BaseModel):
    """Why nothing was recorded, from when to when, or after which clip."""

    model_config = ConfigDict(extra="forbid", strict=True)
    code: str = Field(min_length=1, max_length=32)
    reason: str = Field(min_length=1, max_length=1000)
    from_: str | None = Field(default=None, alias="from", max_length=64)
    to: str | None = Field(default=None, max_length=64)
    clip: str | None = Field(default=None, max_length=64)


@router.get("/{number}/checks")
async def get_checks(
    request: Request, number: str, visitor: Annotated[Visitor, Depends(may_read_cases)]
) -> Response:
    """What the list that bound the case requires, and what of it is missing or does not agree, with its clause."""
    seen = await work.check(service_of(request), visitor, number)
    return _answer(_shown(seen))


@router.post("/{number}/stops", status_code=201)
async def post_stop(
    request: Request, number: str, visitor: Annotated[Visitor, Depends(may_link)], body: Stopped
) -> Response:
    """State why nothing was recorded; the case as it is checked then."""
    service = service_of(request)
    await service.freshness.for_search()
    case = await readable_case(service, visitor, number)
    await work.state(service, visitor, case, body.model_dump(by_alias=True))
    return _answer(_shown(await work.check(service, visitor, number)), status=201)


def _shown(seen: work.Seen) -> dict[str, Any]:
    """The document, with the clips that the visitor may know of."""
    document = documents.checked(seen.found)
    for each in document["required"]:
        each["clips"] = [clip for clip in each["clips"] if clip in seen.clips]
    for each in document["findings"]:
        each["clip"] = each["clip"] if each["clip"] in seen.clips else None
    return document


def _answer(document: dict[str, Any], *, status: int = 200) -> Response:
    return Response(to_bytes(document), status_code=status, media_type=_JSON)
