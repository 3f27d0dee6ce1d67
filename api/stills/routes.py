"""Still export over HTTP: by program and by form, the list of what was exported, and each of these again."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path as FilePath
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from api import documents, watching
from api.clips import JSON
from api.errors import InvalidInputError, NotFoundError
from api.finding.searching import MOST, PAGE
from api.gate import Seen, known_clip, watchable_clip
from api.identity.sessions import form_of
from api.objects import Served
from api.rendering import lang_of
from api.service import Service, service_of
from api.stills.choosing import MOST_US
from api.stills.making import LARGEST, Exported, export
from archive.catalogue.still_queries import StillRow

router: Final = APIRouter(tags=["stills"])
_SEEN = Annotated[Seen, Depends(known_clip)]
_WATCHED = Annotated[Seen, Depends(watchable_clip)]
_PNG: Final = "image/png"
_CREATED: Final = 201


class Moment(BaseModel):
    """Which frame."""

    model_config = ConfigDict(extra="forbid", strict=True)
    at_us: int = Field(ge=0, le=MOST_US, description="a moment of the clip, in microseconds")


@router.post(
    "/api/v1/clips/{clip}/stills",
    status_code=_CREATED,
    response_class=Response,
    responses={_CREATED: {"content": {_PNG: {}}, "description": "the picture"}},
)
async def post_still(request: Request, seen: _WATCHED, body: Moment) -> Response:
    """Export the frame that is shown at a moment: a PNG with caption and watermark. `still.exported` comes first."""
    made = await export(service_of(request), seen, body.at_us, lang_of(request))
    answer = await _picture(service_of(request), seen, made, shown=True)
    answer.status_code = _CREATED
    answer.headers["Location"] = f"/api/v1/clips/{seen.clip.clip}/stills/{made.index}"
    return answer


@router.get("/api/v1/clips/{clip}/stills")
async def list_stills(
    request: Request, seen: _SEEN, cursor: str | None = None, limit: int = PAGE
) -> Response:
    """The frames of a clip that were exported, oldest first."""
    if not 1 <= limit <= MOST:
        raise InvalidInputError(f"limit is 1 to {MOST}")
    after = _number(cursor) if cursor is not None else -1
    service = service_of(request)
    await service.freshness.for_custody()
    rows = service.archive.catalogue.stills(seen.clip.clip, after=after, limit=limit + 1)
    following = str(rows[limit - 1].index) if len(rows) > limit else None
    document = {"stills": [_document(row) for row in rows[:limit]], "next": following}
    return Response(documents.to_bytes(document), media_type=JSON)


@router.api_route("/api/v1/clips/{clip}/stills/{index}", methods=["GET", "HEAD"])
async def get_still(
    request: Request, seen: _WATCHED, index: Annotated[int, Path(ge=0, le=2**53)]
) -> Response:
    """A picture that was exported before, as it was. The view is a ledger event first."""
    service = service_of(request)
    await service.freshness.for_custody()
    row = service.archive.catalogue.still(seen.clip.clip, index)
    if row is None:
        raise NotFoundError("no such still of this clip")
    return await watching.show(request, seen, _served(service, seen, row), f"still-{index}")


@router.post("/clips/{clip}/stills", include_in_schema=False)
async def still_form(request: Request, seen: _WATCHED) -> Response:
    """Export by form: `at_us`, or `at` in seconds as a person types them. The picture is saved, the page stays."""
    form = await form_of(request)
    made = await export(service_of(request), seen, _typed(form), lang_of(request))
    return await _picture(service_of(request), seen, made, shown=False)


async def _picture(service: Service, seen: Seen, made: Exported, *, shown: bool) -> Response:
    data = await asyncio.to_thread(service.archive.store.read, made.digest, most=LARGEST)
    name = _name(seen, made.choice.number)
    return Response(
        data,
        media_type=_PNG,
        headers={
            "ETag": f'"{made.digest}"',
            "Cache-Control": "private, no-store",
            "Content-Disposition": f'{"inline" if shown else "attachment"}; filename="{name}"',
            "Cross-Origin-Resource-Policy": "same-origin",
        },
    )


def _served(service: Service, seen: Seen, row: StillRow) -> Served:
    store = service.archive.store
    file = store.file(row.exported)
    return Served(
        path=FilePath() if file is None else file,
        ranges=None if file is not None else partial(store.open_range, row.exported),
        digest=row.exported,
        size=row.exported_size or 0,
        name=_name(seen, row.frame),
        media_type=_PNG,
    )


def _document(row: StillRow) -> documents.Document:
    return {
        "index": row.index,
        "at_us": row.at_us,
        "frame": row.frame,
        "still": row.still,
        "exported": row.exported,
        "size": row.exported_size,
        "caption": row.caption,
        "actor": row.actor,
        "at": row.at,
        "picture": f"/api/v1/clips/{row.clip}/stills/{row.index}",
    }


def _name(seen: Seen, frame: int | None) -> str:
    return f"{seen.clip.clip}-{'still' if frame is None else f'frame-{frame}'}.png"


def _typed(form: dict[str, str]) -> int:
    """A moment out of a form.

    Raises:
        InvalidInputError: it is none.
    """
    try:
        if form.get("at_us", "").strip():
            return int(form["at_us"])
        found = round(float(form.get("at", "")) * 1_000_000)
    except (ValueError, OverflowError) as error:
        raise InvalidInputError("a moment is a number of seconds") from error
    return found


def _number(cursor: str) -> int:
    if not (cursor.isascii() and cursor.isdecimal() and len(cursor) < 16):
        raise InvalidInputError("the cursor is none of ours")
    return int(cursor)
