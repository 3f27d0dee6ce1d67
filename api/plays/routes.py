"""What was played, reported by a page; and who has seen a clip, for those who watch over watching."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from api import documents
from api.errors import InvalidInputError
from api.gate import Seen, overseen_clip, watchable_clip
from api.plays.playing import MOST_PLAYED_MS, record_play
from api.plays.seen import PAGE, view_document, views_page
from api.plays.spans import LONGEST_MS, MOST
from api.service import service_of

router: Final = APIRouter(prefix="/api/v1/clips", tags=["views"])
_JSON: Final = "application/json"
_MOST_PAGE: Final = 500
_Moment = Annotated[int, Field(ge=0, le=LONGEST_MS)]


class Played(BaseModel):
    """What a page played of a clip since its last report."""

    model_config = ConfigDict(extra="forbid", strict=True)
    what: str = Field(min_length=1, max_length=64, description="original, or a rendition's kind")
    spans: list[Annotated[list[_Moment], Field(min_length=2, max_length=2)]] = Field(
        min_length=1,
        max_length=MOST,
        description="[from, to] in milliseconds of the clip, in order, not overlapping",
    )
    played_ms: int = Field(ge=0, le=MOST_PLAYED_MS, description="the time that it took")


@router.post("/{clip}/plays", status_code=201)
async def post_plays(
    request: Request, seen: Annotated[Seen, Depends(watchable_clip)], body: Played
) -> Response:
    """Report what was played; it becomes a ledger event. P080: more than 12 reports a minute."""
    found = await record_play(
        service_of(request), seen, what=body.what, spans=body.spans, played_ms=body.played_ms
    )
    document = {"clip": seen.clip.clip, "spans": [list(span) for span in found]}
    return Response(documents.to_bytes(document), status_code=201, media_type=_JSON)


@router.get("/{clip}/views")
async def get_views(
    request: Request,
    seen: Annotated[Seen, Depends(overseen_clip)],
    cursor: str | None = None,
    limit: int = PAGE,
) -> Response:
    """Who saw what of a clip, newest first: supervisors of its unit, archivists and oversight."""
    if not 1 <= limit <= _MOST_PAGE:
        raise InvalidInputError(f"limit is 1 to {_MOST_PAGE}")
    service = service_of(request)
    rows, following = await views_page(service, seen.clip.clip, cursor=cursor, limit=limit)
    document = {
        "clip": seen.clip.clip,
        "views": [view_document(row) for row in rows],
        "next": following,
    }
    return Response(documents.to_bytes(document), media_type=_JSON)
