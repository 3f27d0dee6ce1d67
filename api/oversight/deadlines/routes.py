"""Deadlines over HTTP: of all that a visitor is told of, of one case; and the reason why one is late."""

from __future__ import annotations

import asyncio
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from api import documents
from api.casefile.rights import readable_case
from api.errors import InvalidInputError
from api.gate import Seen, Visitor, known_clip, may_excuse, may_read_cases
from api.oversight.deadlines.asking import Wish, excused, of_case, of_clip, page, states_of
from api.oversight.deadlines.overseer import overseer_of
from api.service import service_of
from oversight.clocks.excusing import MOST

router: Final = APIRouter(prefix="/api/v1", tags=["oversight"])
JSON: Final = "application/json"
PAGE: Final = 50
_MOST: Final = 200
_READS = Annotated[Visitor, Depends(may_read_cases)]


class NewExcuse(BaseModel):
    """Why something is late."""

    model_config = ConfigDict(extra="forbid", strict=True)
    case: str | None = Field(default=None, max_length=200, description="number of a case")
    clip: str | None = Field(default=None, max_length=64, description="or id of a clip")
    rule: str = Field(max_length=32, description="id of the deadline")
    kind: int = Field(ge=0, le=20, description="which of the rule's excuses, from 0")
    reason: str = Field(min_length=1, max_length=MOST)


@router.get("/oversight/deadlines")
async def list_deadlines(
    request: Request,
    visitor: _READS,
    state: Annotated[
        str | None, Query(max_length=64, description="states, with commas; missed and nearing")
    ] = None,
    cursor: str | None = None,
    limit: int = PAGE,
) -> Response:
    """Deadlines, the earliest due first. Clips are told only where they came too late."""
    if not 1 <= limit <= _MOST:
        raise InvalidInputError(f"limit is 1 to {_MOST}")
    service, overseer, states = service_of(request), overseer_of(request), states_of(state)

    def look() -> documents.Document:
        counted = overseer.look()
        rows, following = page(
            service, overseer, visitor.account, states=states, cursor=cursor, limit=limit
        )
        return {"deadlines": rows, "next": following, "counted": counted}

    return _answer(await asyncio.to_thread(look))


@router.get("/cases/{number}/deadlines")
async def case_deadlines(request: Request, number: str, visitor: _READS) -> Response:
    """What is due of a case, then of its clips in the order of recording; for whoever may read its documents."""
    service = service_of(request)
    await service.freshness.for_search()
    case = await readable_case(service, visitor, number)
    rows = await asyncio.to_thread(of_case, service, visitor, case, clips=True)
    return _answer({"deadlines": [document for _, document in rows]})


@router.get("/clips/{clip}/deadlines")
async def clip_deadlines(request: Request, seen: Annotated[Seen, Depends(known_clip)]) -> Response:
    """What is due, or was, of a clip; nothing where nobody knows when it was recorded."""
    service = service_of(request)
    rows = await asyncio.to_thread(of_clip, service, seen.clip.clip)
    return _answer({"deadlines": rows})


@router.post("/oversight/excuses", status_code=201)
async def post_excuse(
    request: Request, visitor: Annotated[Visitor, Depends(may_excuse)], body: NewExcuse
) -> Response:
    """State why something is late, or will be: a reason that the rule allows, in one's own words too."""
    wish = Wish(case=body.case, clip=body.clip, rule=body.rule, kind=body.kind, reason=body.reason)
    return _answer(await excused(service_of(request), visitor, wish), 201)


def _answer(document: documents.Document, status: int = 200) -> Response:
    return Response(documents.to_bytes(document), status_code=status, media_type=JSON)
