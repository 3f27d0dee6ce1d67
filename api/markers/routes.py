"""Markers and notes over HTTP, and by the watch page's forms."""

from __future__ import annotations

import asyncio
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api import documents
from api.errors import InvalidInputError
from api.gate import Seen, known_clip, watchable_clip
from api.identity.sessions import form_of
from api.markers.marking import MOST_REASON, MOST_TEXT, place_of, put, take_away
from api.service import service_of
from archive.catalogue.watching_queries import MarkerRow

router: Final = APIRouter(tags=["markers"])
_JSON: Final = "application/json"
_SEE_OTHER: Final = 303
_MOST_US: Final = 48 * 3_600_000_000


class NewMarker(BaseModel):
    """What to say, and when in the clip; without a time it is a note about all of it."""

    model_config = ConfigDict(extra="forbid", strict=True)
    text: str = Field(min_length=1, max_length=MOST_TEXT)
    from_us: int | None = Field(
        default=None, ge=0, le=_MOST_US, description="microseconds of the clip"
    )
    to_us: int | None = Field(default=None, ge=0, le=_MOST_US, description="end of a stretch")


class Removal(BaseModel):
    """Why it is taken away; may be left out."""

    model_config = ConfigDict(extra="forbid", strict=True)
    reason: str = Field(default="", max_length=MOST_REASON)


@router.get("/api/v1/clips/{clip}/markers")
async def list_markers(request: Request, seen: Annotated[Seen, Depends(known_clip)]) -> Response:
    """Markers and notes of a clip, at most 500: notes about all of it first, then in the film's order."""
    rows = await asyncio.to_thread(service_of(request).archive.catalogue.markers, seen.clip.clip)
    document = {"clip": seen.clip.clip, "markers": [marker_document(row, seen) for row in rows]}
    return Response(documents.to_bytes(document), media_type=_JSON)


@router.post("/api/v1/clips/{clip}/markers", status_code=201)
async def post_marker(
    request: Request, seen: Annotated[Seen, Depends(watchable_clip)], body: NewMarker
) -> Response:
    """Put a marker or a note; whoever may watch the clip may. The text is kept as an object."""
    row = await put(
        service_of(request), seen, text=body.text, from_us=body.from_us, to_us=body.to_us
    )
    data = documents.to_bytes(marker_document(row, seen))
    return Response(data, status_code=201, media_type=_JSON)


@router.delete("/api/v1/clips/{clip}/markers/{marker}", status_code=204)
async def delete_marker(
    request: Request,
    marker: str,
    seen: Annotated[Seen, Depends(known_clip)],
    body: Removal | None = None,
) -> Response:
    """Take one's own away; it stays in the clip's history."""
    await take_away(service_of(request), seen, marker, "" if body is None else body.reason)
    return Response(status_code=204)


@router.post("/clips/{clip}/markers", include_in_schema=False)
async def marker_form(
    request: Request, seen: Annotated[Seen, Depends(watchable_clip)]
) -> RedirectResponse:
    """Put one, or take one's own away, by form."""
    service, form = service_of(request), await form_of(request)
    match form.get("do"):
        case "set":
            place = place_of(form.get("at", ""))
            await put(service, seen, text=form.get("text", ""), from_us=place)
        case "remove":
            await take_away(service, seen, form.get("marker", ""), form.get("reason", ""))
        case _:
            raise InvalidInputError("set or remove?")
    return RedirectResponse(f"/clips/{seen.clip.clip}#markers", _SEE_OTHER)


def marker_document(row: MarkerRow, seen: Seen) -> documents.Document:
    """The API's form of a marker or a note."""
    return {
        "marker": row.id,
        "kind": row.kind,
        "from_us": row.from_us,
        "to_us": row.to_us,
        "text": row.text,
        "account": row.actor,
        "name": row.actor_name,
        "own": row.actor == seen.visitor.account.id,
        "set_at": row.set_at,
        "index": row.index,
    }
