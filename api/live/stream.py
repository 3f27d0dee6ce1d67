"""The live desk as server-sent events (WHATWG HTML, 9.2): what one listener is told, and how it is sent.

What always holds: a clip is told of only to who may know of it at that moment; who sees no facts gets a count; an
alarm is told by its code, without clip or name. Who does not read is let go after SLOW seconds.
"""

from __future__ import annotations

import asyncio
import json
from datetime import datetime
from typing import Any, Final

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.access import Right, may
from api.documents import found_clip
from api.gate import Visitor, seen_now
from api.live.board import Board, Listener, News
from api.service import Service

SLOW: Final = 10.0  # seconds in which a listener takes one message
_HOUR: Final = 3600.0
_ALARMS: Final = frozenset({"archivist", "administrator"})  # all of them; a supervisor their unit's
_HEADERS: Final = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "private, no-store",
    "X-Accel-Buffering": "no",  # nginx would keep them back
}


class EventStream(Response):
    """An answer that goes on until the visitor leaves or may no longer listen."""

    def __init__(self, service: Service, board: Board, listener: Listener) -> None:
        super().__init__(headers=_HEADERS)
        del self.headers["content-length"]
        self._service, self._board, self._listener = service, board, listener

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send what comes."""
        del scope
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        gone = asyncio.ensure_future(_left(receive, self._listener))
        try:
            await send(start)
            await self._put(send, "retry: 3000\n\n")
            while (news := await self._listener.next()) is not None:
                for text in messages(self._service, self._listener.visitor, news):
                    await self._put(send, text)
            await send({"type": "http.response.body", "body": b""})
        except TimeoutError:
            return  # half an answer: the server ends the connection
        finally:
            gone.cancel()
            self._board.leave(self._listener)

    async def _put(self, send: Send, text: str) -> None:
        message = {"type": "http.response.body", "body": text.encode(), "more_body": True}
        await asyncio.wait_for(send(message), SLOW)


async def _left(receive: Receive, listener: Listener) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    listener.end()


def messages(service: Service, visitor: Visitor, news: News) -> list[str]:
    """What this visitor is told of it, as it is sent."""
    if news.kind == "clip":
        return _of_clip(service, visitor, news)
    if news.kind == "poster":
        return _of_poster(service, visitor, news)
    if news.kind == "alarm":
        told = {"code": news.data.get("code"), "time": news.time}
        return [_message("alarm", told, news.index)] if _hears(service, visitor, news) else []
    return [_message(news.kind, {}, None)]


def _of_clip(service: Service, visitor: Visitor, news: News) -> list[str]:
    if not may(visitor.account, Right.SEARCH):
        return [_message("arrival", {"count": 1}, news.index)]
    assert news.clip is not None  # noqa: S101 - of its kind
    seen = seen_now(service, visitor, news.clip)
    if seen is None:
        return []
    hours = late_hours(news.clip.start, news.time) if news.clip.late else None
    told = found_clip(news.clip) | {"ingested": news.time, "late_hours": hours}
    found = [_message("arrival", told, news.index)]
    return found + ([_message("late", told, news.index)] if news.clip.late else [])


def _of_poster(service: Service, visitor: Visitor, news: News) -> list[str]:
    if news.clip is None or not may(visitor.account, Right.SEARCH):
        return []
    seen = seen_now(service, visitor, news.clip)
    shown = seen is not None and seen.footage
    return [_message("poster", {"clip": news.clip.clip}, news.index)] if shown else []


def late_hours(start: str | None, ingested: str) -> float | None:
    """Hours from its beginning, as corrected, to its ingestion; None where the beginning is not known."""
    if start is None:
        return None
    passed = datetime.fromisoformat(ingested) - datetime.fromisoformat(start)
    return round(passed.total_seconds() / _HOUR, 1)


def _hears(service: Service, visitor: Visitor, news: News) -> bool:
    account = visitor.account
    if account.role in _ALARMS:
        return True
    about = news.data.get("account")
    row = service.archive.catalogue.account(about) if isinstance(about, str) else None
    return account.role == "supervisor" and row is not None and row.unit_id == account.unit


def _message(kind: str, data: dict[str, Any], index: int | None) -> str:
    # JSON has no line break of its own, so a name cannot begin another field.
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"))
    head = "" if index is None else f"id: {index}\n"
    return f"{head}event: {kind}\ndata: {text}\n\n"
