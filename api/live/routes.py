"""The live desk as it happens, over HTTP: events, and the newest clips as a list."""

from __future__ import annotations

from typing import Annotated, Any, Final, cast

from fastapi import APIRouter, Depends, Header
from starlette.requests import Request
from starlette.responses import Response

from api import documents
from api.entrance import pages_of
from api.gate import Visitor, may_see_desk
from api.live.arrivals import listened, newest
from api.live.board import Board
from api.live.stream import EventStream
from api.service import service_of

router: Final = APIRouter(tags=["station"])
_READ: Final = ["GET", "HEAD"]
_LONGEST: Final = 15  # digits of an index
_EVENTS: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "events: desk, arrival, late, poster, alarm, missed, beat",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}
_LISTENER = Annotated[Visitor, Depends(may_see_desk)]


def board_of(request: Request) -> Board:
    """The application's board."""
    return cast(Board, request.app.state.board)


@router.get("/api/v1/station/events", responses=_EVENTS)
async def station_events(
    request: Request,
    visitor: _LISTENER,
    last_event_id: Annotated[str | None, Header(alias="Last-Event-ID", max_length=64)] = None,
) -> Response:
    """Server-sent events: `desk` (look again), `arrival`, `late`, `poster` (of a clip), `alarm`, `missed`, `beat`.

    `Last-Event-ID` brings what happened since. An account has at most four streams; one ends with its session. For who
    is told more than a number it is a search, once in ten minutes.
    """
    service, board = service_of(request), board_of(request)
    await listened(service, visitor)
    listener = await board.join(visitor, _index(last_event_id))
    return EventStream(service, board, listener)


@router.get("/api/v1/station/arrivals")
async def station_arrivals(request: Request, visitor: _LISTENER) -> Response:
    """The newest clips in the visitor's reach; `clips` is null for who sees no facts. A search, once in ten minutes."""
    found = await newest(service_of(request), visitor)
    shown = None if found is None else [_without(one) for one in found]
    return Response(documents.to_bytes({"clips": shown}), media_type="application/json")


@router.api_route("/station/arrivals", methods=_READ, include_in_schema=False)
async def arrivals_part(request: Request, visitor: _LISTENER) -> Response:
    """The part of the desk's page that is renewed when something arrives."""
    values = {"arrived": await newest(service_of(request), visitor)}
    return pages_of(request).render(
        request, "_arrivals.html", account=visitor.account, values=values
    )


def _without(document: documents.Document) -> documents.Document:
    return {name: value for name, value in document.items() if name not in {"footage", "poster"}}


def _index(text: str | None) -> int | None:
    known = text is not None and text.isascii() and text.isdecimal() and len(text) <= _LONGEST
    return int(text) if known and text is not None else None
