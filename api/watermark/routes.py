"""The picture of a visitor's watermark over one clip."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from api.gate import Seen, known_clip
from api.service import service_of
from api.watermark.words import lines, picture, stamped

router: Final = APIRouter(include_in_schema=False)


@router.api_route("/clips/{clip}/watermark.svg", methods=["GET", "HEAD"])
async def watermark(request: Request, seen: Annotated[Seen, Depends(known_clip)]) -> Response:
    """Who is signed in, when, and why. It shows nothing of the clip."""
    service = service_of(request)
    said = stamped(lines(service, seen), datetime.now(UTC), service.zone)
    return Response(
        picture(said), media_type="image/svg+xml", headers={"Cache-Control": "private, no-store"}
    )
