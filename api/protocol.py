"""HTTP/1.1 on one connection: what the server's own protocol class leaves open to somebody who means harm.

What always holds: one address, but this machine's own, has at most MOST_EACH connections; a request's head has at most
MOST_HEAD bytes and is whole within HEAD_SECONDS, its body within BODY_SECONDS, else the connection ends; a request
target in absolute form decides the host, whatever the Host header says (RFC 9112, 3.2.2); what is no HTTP is answered
with a problem document. A range that is asked for just as the one before it is answered as that was, without what
would come out the same (samehead.py, nextrange.py). Paths and bodies are edge.py's.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
from collections import Counter
from typing import Final, Literal

import httptools
import structlog
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api.errors import HeadTooLargeError, MalformedRequestError
from api.filesending import ABORT, FILE, PIECE, FileSending, Following
from api.problems import MEDIA_TYPE
from api.samehead import SameHead, same_head
from api.transport import Gathering

MOST_HEAD: Final = 32 * 1024
HEAD_SECONDS: Final = 10.0
BODY_SECONDS: Final = 30.0
# Half of what the service takes in all: nobody alone keeps everybody out. A proxy on this machine has no such limit.
MOST_EACH: Final = 240
_log = structlog.get_logger(__name__)
_connections: Final[Counter[str]] = Counter()


class GuardedProtocol(HttpToolsProtocol):
    """See the module."""

    head_seconds = HEAD_SECONDS
    body_seconds = BODY_SECONDS
    _part: Literal["none", "head", "body"] = "none"
    _taken = 0  # bytes of the head so far, to the end of the last read
    _deadline: asyncio.TimerHandle | None = None
    _idle: asyncio.TimerHandle | None = None
    _idle_since: float | None = None  # the event loop's time
    _peer: str | None = None  # as it is counted
    _alone = b""  # what the request that is being answered came as, if in one piece with nothing beside it
    _following: tuple[SameHead, Following] | None = None

    def connection_made(  # type: ignore[override]  # as its base
        self, transport: asyncio.Transport
    ) -> None:
        """Wait for a first request no longer than for a next one."""
        self._gathering = Gathering(transport, self.loop)
        super().connection_made(self._gathering)
        self._within(self.timeout_keep_alive)
        self._peer = _counted(transport)
        if self._peer is not None:
            _connections[self._peer] += 1
            if _connections[self._peer] > MOST_EACH:
                transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the deadline, and the socket."""
        self._met()
        self._gathering.let_go()
        self._following, self._alone = None, b""  # a token and a visitor are in these
        peer, self._peer = self._peer, None
        if peer is not None:
            _connections[peer] -= 1
            if _connections[peer] <= 0:
                del _connections[peer]
        if self._idle is not None:
            self._idle.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came; a part that is not whole by now gets a deadline."""
        following, self._following = self._following, None
        if following is not None and self._answered_as_before(data, *following):
            self._following = following
            return
        # Of an answer that comes while this is all that was asked, the next may be another range.
        alone = self._part == "none" and (self.cycle is None or self.cycle.response_complete)
        self._alone = data if alone else b""
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
        self._part, self._taken, self._idle_since = "head", 0, None
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Its head is whole."""
        self._met()
        self._part = "body"
        if b"://" in self.url[:16]:
            self._believe_target()
        super().on_headers_complete()
        # Its task has not begun: it is handed this `send`.
        self.scope["extensions"] = {FILE: {}, PIECE: {}, ABORT: {"abort": self._gathering.abort}}
        sending = FileSending(self.cycle, self._gathering, self._follow)
        self.cycle.send = sending.send  # type: ignore[method-assign,assignment]  # FILE and PIECE are none of theirs

    def on_message_complete(self) -> None:
        """It is whole."""
        self._met()
        self._part = "none"
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Wait for a next request: one timer a connection, where the base makes one for every answer."""
        if self.pipeline or self.transport.is_closing():
            super().on_response_complete()
            return
        self.server_state.total_requests += 1
        self.flow.resume_reading()
        self._idle_since = self.loop.time()
        if self._idle is None:
            self._idle = self.loop.call_later(self.timeout_keep_alive, self._look_idle)

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP, and end."""
        self._end(MalformedRequestError.status, MalformedRequestError.code, msg)

    def _follow(self, following: Following) -> None:
        head = same_head(self._alone)
        if head is not None:
            self._following = head, following

    def _answered_as_before(self, data: bytes, head: SameHead, following: Following) -> bool:
        """Answer another range of what was just answered; False: nothing was done with it."""
        numbers = head.numbers(data)
        if numbers is None or not self._would_begin():
            return False
        try:
            if not following.send(*numbers, self._gathering, self.server_state.default_headers):
                return False
        except (EOFError, OSError) as error:  # a part may have left: no other answer may follow it
            _log.error("a file cannot be read while it is sent", why=str(error))
            self.transport.close()
            return True
        self.on_response_complete()
        return True

    def _would_begin(self) -> bool:
        """Whether a request would be answered, and at once. Nothing else is being read or answered here."""
        most = self.limit_concurrency
        crowded = most is not None and max(len(self.connections), len(self.tasks)) >= most
        return not self.flow.write_paused and not crowded

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

    def _look_idle(self) -> None:
        self._idle = None
        if self._idle_since is None or self.transport.is_closing():
            return  # the next answer makes another one
        left = self._idle_since + self.timeout_keep_alive - self.loop.time()
        if left <= 0:
            self.transport.close()
        else:
            self._idle = self.loop.call_later(left, self._look_idle)

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


def _counted(transport: asyncio.Transport) -> str | None:
    """The address whose connections are counted together, of IPv6 the network; None: this machine itself."""
    peer = transport.get_extra_info("peername")
    try:
        address = ipaddress.ip_address(peer[0].partition("%")[0])
    except (TypeError, IndexError, ValueError):
        return None  # no network
    address = getattr(address, "ipv4_mapped", None) or address
    if address.is_loopback:
        return None
    bits = 64 if address.version == 6 else 32
    return str(ipaddress.ip_network((address, bits), strict=False))
