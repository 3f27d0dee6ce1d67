"""Pieces of a file as messages of ours beside ASGI's, for which the server sends without copying.

What always holds: they are announced in the scope's extensions, so an application under another server never sends
them; on the wire it is the same answer that `http.response.start` and `http.response.body` make. The bytes have to be
in memory (pagecache.py, or read just now): the event loop sends them itself.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from time import perf_counter
from typing import TYPE_CHECKING, Final

from starlette.types import Message
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from api.transport import Gathering

if TYPE_CHECKING:
    from api.nextrange import NextRange

_Fields = Collection[tuple[bytes, bytes]]
# With `status` and `headers` as http.response.start, `file` (a descriptor), `offset` and `count`; and a tuple
# FIELDS where some headers are those of every answer about the file: their text is made once.
FILE: Final = "muniment.response.file"
FIELDS: Final = "fields"
# With FILE: what the next range of the same rests on, or None; and who is told the status and the seconds of each.
NEXT: Final = "next"
COUNTED: Final = "counted"
# In the place of a `http.response.body` that is not the last: `file`, `offset` and `count`.
PIECE: Final = "muniment.response.piece"
# In the scope's extensions, `abort`: ends the connection at once, with what it holds of an answer.
ABORT: Final = "muniment.connection.abort"
_PARTIAL: Final = HTTPStatus.PARTIAL_CONTENT.value
_STATUS: Final = {
    s.value: f"HTTP/1.1 {s.value} {s.phrase}\r\n".encode()
    for s in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT)
}


@dataclass(frozen=True, slots=True)
class Following:
    """What answers the next range of a file as this one was answered."""

    range: NextRange
    fields: tuple[tuple[bytes, bytes], ...]  # of every answer about the file
    counted: Callable[[int, float], None]

    def send(
        self, first: int, last: int, transport: Gathering, headers: list[tuple[bytes, bytes]]
    ) -> bool:
        """Send a whole answer; False where nothing was sent, and the request has to go the whole way.

        Raises:
            EOFError, OSError: as `Gathering.send_file`. The connection has to end.
        """
        begun = perf_counter()
        piece = self.range.piece(first, last)
        if piece is None:
            return False
        file, offset, count, size = piece
        own = b"content-range: bytes %d-%d/%d\r\ncontent-length: %d\r\n\r\n" % (
            *(offset, offset + count - 1, size),
            count,
        )
        head = _STATUS[_PARTIAL] + _kept_lines(self.fields) + _lines(headers) + own
        try:
            transport.send_file(head, file, offset, count)
        finally:
            self.counted(_PARTIAL, perf_counter() - begun)
        return True


class FileSending:
    """`send` of one request that understands FILE and PIECE too."""

    __slots__ = ("_cycle", "_send", "_then", "_transport")

    def __init__(
        self,
        cycle: RequestResponseCycle,
        transport: Gathering,
        then: Callable[[Following], None],
    ) -> None:
        """`then`: told, once a FILE was sent, what answers the next range of it."""
        self._cycle, self._send, self._transport = cycle, cycle.send, transport
        self._then = then

    async def send(self, message: Message) -> None:
        """As the cycle's.

        Raises:
            EOFError: the file became shorter. The connection has to end.
            OSError: the file cannot be read. As above.
        """
        if message["type"] not in {FILE, PIECE}:
            await self._send(message)  # type: ignore[arg-type]  # the same messages under two names
            return
        cycle = self._cycle
        if cycle.flow.write_paused and not cycle.disconnected:
            await cycle.flow.drain()
        if cycle.disconnected:
            return
        if message["type"] == PIECE:
            self._send_piece(message)
            return
        cycle.response_started = True
        count = message["count"]
        self._transport.send_file(self._head(message), message["file"], message["offset"], count)
        cycle.response_complete = True
        cycle.message_event.set()
        if not cycle.keep_alive:
            self._transport.close()
        elif message["status"] == _PARTIAL and message.get(NEXT) is not None:
            self._then(Following(message[NEXT], message[FIELDS], message[COUNTED]))
        cycle.on_response()

    def _send_piece(self, message: Message) -> None:
        count = message["count"]
        if count > self._cycle.expected_content_length:
            raise RuntimeError("more bytes than were announced")
        self._cycle.expected_content_length -= count
        self._transport.send_file(b"", message["file"], message["offset"], count)

    def _head(self, message: Message) -> bytes:
        cycle = self._cycle
        own = [*cycle.default_headers, *message["headers"]]
        if not cycle.keep_alive:
            own.append((b"connection", b"close"))
        return (
            _STATUS[message["status"]]
            + _kept_lines(message.get(FIELDS, ()))
            + _lines(own)
            + b"\r\n"
        )


def _lines(fields: _Fields) -> bytes:
    """The fields as they are on the wire. Raises ValueError: one of them has a line break."""
    text = b"".join([b"%b: %b\r\n" % pair for pair in fields])
    # A line break inside a value would begin a header, or a body, of somebody else's making (RFC 9110, 5.5).
    if text.count(b"\n") > len(fields) or text.count(b"\r") > len(fields) or b"\0" in text:
        raise ValueError("a header has a line break")
    return text


_kept_lines: Final = lru_cache(maxsize=256)(_lines)
