"""The live desk: a page for the station's own screen, the part of it that renews itself, and the same as JSON.

What always holds: no footage, no clip's name on the desk; without script the page loads itself anew. Looking at the
desk is no search and no view, so it is not in the ledger; the list of what arrived is a search (live/arrivals.py).
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from api import documents
from api.desk import AT_WORK, PortView, StationView, document
from api.entrance import pages_of
from api.gate import Visitor, may_see_desk
from api.live.arrivals import newest
from api.messages import name_of
from api.rendering import lang_of
from api.service import service_of

router: Final = APIRouter(tags=["station"])
_READ: Final = ["GET", "HEAD"]
_GOOD: Final = frozenset({"done"})
_BAD: Final = frozenset({"failed", "refused"})
_COUNTED: Final = 10_000  # clips that wait: more are not counted each second
_OFFSET_TOLD: Final = 1_000  # ms: GA/T 947.2 asks for a clock right to the second


@router.get("/api/v1/station")
async def station(request: Request, visitor: Annotated[Visitor, Depends(may_see_desk)]) -> Response:
    """What every port of the station does now. `running` is false where this process is no station."""
    del visitor
    view = _view(request)
    shown = {"running": view is not None} | document(view or StationView(watching=False))
    return Response(
        documents.to_bytes(shown),
        media_type="application/json",
        headers={"Cache-Control": "private, no-store"},
    )


@router.api_route("/station", methods=_READ, include_in_schema=False)
async def station_page(
    request: Request, visitor: Annotated[Visitor, Depends(may_see_desk)]
) -> Response:
    """The live desk."""
    screen = request.query_params.get("screen") == "1"
    arrived = None if screen else await newest(service_of(request), visitor)
    return pages_of(request).render(
        request,
        "station.html",
        account=visitor.account,
        here="station",
        values=await _values(request) | {"screen": screen, "arrived": arrived},
    )


@router.api_route("/station/desk", methods=_READ, include_in_schema=False)
async def station_desk(
    request: Request, visitor: Annotated[Visitor, Depends(may_see_desk)]
) -> Response:
    """The part of the page that is renewed each second."""
    return pages_of(request).render(
        request, "_desk.html", account=visitor.account, values=await _values(request)
    )


def _view(request: Request) -> StationView | None:
    desk = service_of(request).desk
    return None if desk is None else desk()


async def _values(request: Request) -> dict[str, Any]:
    view = _view(request)
    lang = lang_of(request)
    catalogue = service_of(request).archive.catalogue
    waiting = {} if view is None else await asyncio.to_thread(catalogue.waiting_now, most=_COUNTED)
    witnesses = None if view is None else view.witnesses
    tiles = [] if view is None else [_tile(port, lang) for port in view.ports]
    return {
        "station": view,
        "tiles": tiles,
        "alarms": [alarm.of(lang) for alarm in witnesses.alarms] if witnesses else [],
        "unwitnessed": [
            f"{one.name}: {one.reason.of(lang)}"
            for one in (witnesses.witnesses if witnesses else ())
            if one.reason is not None
        ],
        "why": view.reason.of(lang) if view is not None and view.reason is not None else None,
        "waiting": [
            (name_of(lang, "rendition", kind), f"{count}+" if count >= _COUNTED else str(count))
            for kind, count in waiting.items()
        ],
        "now": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def _tile(port: PortView, lang: Any) -> dict[str, Any]:
    """One port as the template needs it: words, a mood for its colour, a share for its bar."""
    mood = (
        "good"
        if port.state in _GOOD and port.reason is None  # which a docking with a "but" has
        else "bad"
        if port.state in _BAD
        else "work"
        if port.state in AT_WORK
        else "wait"
    )
    offset = port.clock_offset_ms
    return {
        "port": port,
        "mood": mood,
        "moving": port.state in {"copying", "receipt", "verifying"},
        "percent": 100 * port.bytes_done // port.bytes if port.bytes else 0,
        "reason": None if port.reason is None else port.reason.of(lang),
        "code": None if port.reason is None else port.reason.code,
        "warnings": [warning.of(lang) for warning in port.warnings],
        "left": None if port.seconds_left is None else clock_of(port.seconds_left),
        "offset": None if offset is None else f"{abs(offset) / 1000:.1f}",
        "offset_large": offset is not None and abs(offset) > _OFFSET_TOLD,
    }


def clock_of(seconds: float) -> str:
    """A length for who waits: 0:42, 12:05, 1:02:03."""
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"
