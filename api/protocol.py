"""HTTP/1.1 on one connection: what the server's own protocol class leaves open to somebody who means harm.

What always holds: a request's head has at most MOST_HEAD bytes and is whole within HEAD_SECONDS, its body within
BODY_SECONDS, else the connection ends; a request target in absolute form decides the host, whatever the Host header
says (RFC 9112, 3.2.2); what is no HTTP is answered with a problem document. Paths and bodies are edge.py's.
"""

from __future__ import annotations

import asyncio
import json
from typing import Final, Literal

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api.errors import HeadTooLargeError, MalformedRequestError
from api.problems import MEDIA_TYPE

MOST_HEAD: Final = 32 * 1024
HEAD_SECONDS: Final = 10.0
BODY_SECONDS: Final = 30.0
_SHORT: Final = 4096  # no head is longer, and few bodies are as short


class _Gathering(asyncio.Transport):
    """A transport that sends an answer's head with the body's first bytes, if these come at once.

    One system call fewer, and nobody is woken for a head alone. What is held leaves with the next write, with `close`,
    or in the event loop's next round, whichever is first.
    """

    def __init__(self, inner: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._inner, self._loop, self._held = inner, loop, b""
        self.is_closing = inner.is_closing  # type: ignore[method-assign]  # asked several times a request
        self.pause_reading = inner.pause_reading  # type: ignore[method-assign]
        self.resume_reading = inner.resume_reading  # type: ignore[method-assign]
        self.get_extra_info = inner.get_extra_info  # type: ignore[method-assign]

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send, or hold what is short."""
        if self._held:
            held, self._held = self._held, b""
            self._inner.writelines([held, data])
        elif len(data) <= _SHORT:
            self._held = bytes(data)
            self._loop.call_soon(self._release)
        else:
            self._inner.write(data)

    def close(self) -> None:
        """Send what is held, then end."""
        self._release()
        self._inner.close()

    def _release(self) -> None:
        held, self._held = self._held, b""
        if held and not self._inner.is_closing():
            self._inner.write(held)


class GuardedProtocol(HttpToolsProtocol):
    """See the module."""

    head_seconds = HEAD_SECONDS
    body_seconds = BODY_SECONDS
    _part: Literal["none", "head", "body"] = "none"
    _taken = 0  # bytes of the head so far, to the end of the last read
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(  # type: ignore[override]  # as its base
        self, transport: asyncio.Transport
    ) -> None:
        """Wait for a first request no longer than for a next one."""
        super().connection_made(_Gathering(transport, self.loop))
        self._within(self.timeout_keep_alive)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the deadline."""
        self._met()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came; a part that is not whole by now gets a deadline."""
        super().data_received(data)
        if self._part == "none" or self.transport.is_closing():
            return
        if self._part == "head":
            self._taken += len(data)
            if self._taken > MOST_HEAD:
                said = f"a request's head has at most {MOST_HEAD} bytes"
                self._end(HeadTooLargeError.status, HeadTooLargeError.code, said)
                return
        if self._deadline is None:
            self._within(self.head_seconds if self._part == "head" else self.body_seconds)

    def on_message_begin(self) -> None:
        """A request begins."""
        self._met()
        self._part, self._taken = "head", 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Its head is whole."""
        self._met()
        self._part = "body"
        if b"://" in self.url[:16]:
            self._believe_target()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """It is whole."""
        self._met()
        self._part = "none"
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP, and end."""
        self._end(MalformedRequestError.status, MalformedRequestError.code, msg)

    def _believe_target(self) -> None:
        url = httptools.parse_url(self.url)
        host = url.host or b""
        name = b"[" + host + b"]" if b":" in host else host
        authority = name if url.port is None else b"%s:%d" % (name, url.port)
        self.headers[:] = [pair for pair in self.headers if pair[0] != b"host"]
        self.headers.append((b"host", authority))

    def _within(self, seconds: float) -> None:
        self._deadline = self.loop.call_later(seconds, self._late)

    def _met(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _late(self) -> None:
        self._deadline = None
        if not self.transport.is_closing():
            self.transport.close()

    def _end(self, status: int, code: str, said: str) -> None:
        title = {400: "Bad Request", 431: "Request Header Fields Too Large"}[status]
        document = {"type": f"urn:muniment:error:{code}", "title": title, "status": status}
        body = json.dumps(document | {"detail": said, "code": code}).encode()
        head = (
            f"HTTP/1.1 {status} {title}\r\ncontent-type: {MEDIA_TYPE}\r\ncontent-length: {len(body)}\r\n"
            "cache-control: no-store\r\nx-content-type-options: nosniff\r\nconnection: close\r\n\r\n"
        )
        # Beside an answer that is being sent, bytes of another would look like a part of it.
        if self.cycle is None or self.cycle.response_complete:
            self.transport.write(head.encode() + body)
        self.transport.close()
