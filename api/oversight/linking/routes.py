"""Proposed links and imports over HTTP."""

from __future__ import annotations

import asyncio
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from api.casework import MOST_NUMBER
from api.documents import Document, to_bytes
from api.errors import InvalidInputError
from api.gate import Visitor, may_bring_in, may_link, may_read_cases
from api.oversight.linking import asking, documents
from api.service import service_of
from oversight.linking.deciding import MOST_REASON
from oversight.linking.importing import Sent

router: Final = APIRouter(prefix="/api/v1", tags=["linking"])
JSON: Final = "application/json"
PAGE: Final = 50
_MOST: Final = 200
_READS = Annotated[Visitor, Depends(may_read_cases)]
_LINKS = Annotated[Visitor, Depends(may_link)]
_BRINGS = Annotated[Visitor, Depends(may_bring_in)]


class ProposedPair(BaseModel):
    """A clip and a case that were proposed for each other."""

    model_config = ConfigDict(extra="forbid", strict=True)
    clip: str = Field(min_length=1, max_length=64)
    case: str = Field(min_length=1, max_length=MOST_NUMBER, description="number")


class Decision(BaseModel):
    """A person's word on proposals."""

    model_config = ConfigDict(extra="forbid", strict=True)
    decision: Literal["confirm", "decline"]
    pairs: list[ProposedPair] = Field(min_length=1, max_length=asking.MOST_DECIDED)
    reason: str | None = Field(default=None, max_length=MOST_REASON)


@router.get("/proposals")
async def get_proposals(
    request: Request,
    visitor: _READS,
    *,
    case: Annotated[str | None, Query(max_length=MOST_NUMBER, description="number")] = None,
    rule: Annotated[str | None, Query(max_length=32)] = None,
    least: Annotated[int, Query(ge=0, le=1000, description="score, per mille")] = 0,
    conflicts: Annotated[
        bool, Query(description="only those that something stands against")
    ] = False,
    cursor: str | None = None,
    limit: int = PAGE,
) -> Response:
    """Links that wait for a person's word, in the order in which they were proposed."""
    if not 1 <= limit <= _MOST:
        raise InvalidInputError(f"limit is 1 to {_MOST}")
    service = service_of(request)
    await service.freshness.for_search()
    asked = asking.Asked(case=case, rule=rule, least=least, conflicts=conflicts)
    found, following = await asyncio.to_thread(
        asking.proposals, service, visitor, asked, cursor=cursor, limit=limit
    )
    return _answer({"proposals": [documents.proposal(one) for one in found], "next": following})


@router.post("/proposals/decisions")
async def post_decisions(request: Request, visitor: _LINKS, body: Decision) -> Response:
    """Confirm or decline proposals, up to a hundred at once; what is refused of one stops no other."""
    pairs = [(pair.clip, pair.case) for pair in body.pairs]
    yes = body.decision == "confirm"
    found = await asking.decide(service_of(request), visitor, pairs, yes=yes, reason=body.reason)
    return _answer({"decisions": [documents.decided(one) for one in found]})


@router.get("/dispatch")
async def get_imports(request: Request, visitor: _BRINGS) -> Response:
    """What was brought in, newest first."""
    del visitor
    service = service_of(request)
    await service.freshness.for_search()
    rows = await asyncio.to_thread(service.archive.catalogue.imports)
    return _answer({"imports": [documents.import_row(row) for row in rows]})


@router.post("/dispatch", status_code=201)
async def post_import(
    request: Request,
    visitor: _BRINGS,
    *,
    kind: Literal["dispatch", "case"] = "dispatch",
    name: Annotated[str | None, Query(max_length=255, description="of the file")] = None,
    encoding: Annotated[Literal["utf-8", "gb18030", "utf-16"] | None, Query()] = None,
    skip_bad: bool = False,
) -> Response:
    """Bring dispatch or case data in: the body is the file, CSV or JSON (docs/formats/linking.md)."""
    sent = Sent(
        data=await request.body(), kind=kind, name=name, encoding=encoding, skip_bad=skip_bad
    )
    done, made = await asking.receive(service_of(request), visitor, sent)
    return _answer(documents.imported(done, made), 201)


def _answer(document: Document, status: int = 200) -> Response:
    return Response(to_bytes(document), status_code=status, media_type=JSON)
