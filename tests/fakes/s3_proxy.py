"""A TCP proxy before an S3 server, that does to connections what networks and busy servers do.

Holds: bytes pass unchanged but for what a test asked for. One thread for each direction of each connection.
"""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import Final

_BUSY: Final = (
    b"HTTP/1.1 503 Slow Down\r\nContent-Type: application/xml\r\nContent-Length: 66\r\nConnection: close\r\n\r\n"
    b"<Error><Code>SlowDown</Code><Message>later, please</Message></Error>"[:66]
)
_DATE: Final = re.compile(rb"(?mi)^Date: ([^\r\n]+)")


class S3Proxy:
    """Listens on a port of loopback, a free one by default, until `close`."""

    def __init__(self, port: int, *, listen: int = 0) -> None:
        self.busy = 0  # connections that are told "slow down"
        self.cut_requests: list[int] = []  # bytes after which a connection is cut, once each
        self.cut_answers: list[int] = []  # the same, of what comes back
        self.lose_answer_to: list[
            bytes
        ] = []  # a request that holds this gets through, its answer does not
        self.flip: list[
            bytes
        ] = []  # the first bytes like these lose a bit on their way to the server
        self.skew = timedelta()  # of the time that the server says
        self.cuts = 0  # how many connections were cut for one of these
        self._target = port
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", listen))
        self.listens = int(self._listener.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.listens}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Cut everything, listen no more."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut_all()

    def cut_all(self) -> None:
        """Connections that were kept open go, so that what is set now is met by the next request."""
        with self._lock:
            sockets, self._open = self._open, set()
        for one in sockets:
            _shut(one)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self._take_busy():
                client.settimeout(1)
                with suppress(OSError):
                    client.recv(1 << 16)
                    client.sendall(_BUSY)
                _shut(client)
                continue
            self._serve(client)

    def _take_busy(self) -> bool:
        with self._lock:
            if self.busy <= 0:
                return False
            self.busy -= 1
            return True

    def _serve(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection(("127.0.0.1", self._target), timeout=5)
        except OSError:
            _shut(client)
            return
        server.settimeout(None)
        with self._lock:
            self._open |= {client, server}
        lost = threading.Event()
        request = _Way(self, self.cut_requests, lambda data: self._on_request(data, lost))
        answer = _Way(self, self.cut_answers, lambda data: self._on_answer(data, lost))
        for way, source, sink in ((request, client, server), (answer, server, client)):
            threading.Thread(target=way.run, args=(source, sink), daemon=True).start()

    def _on_request(self, data: bytes, lost: threading.Event) -> bytes:
        with self._lock:
            for wanted in self.lose_answer_to:
                if wanted in data:
                    self.lose_answer_to.remove(wanted)
                    lost.set()
            for wanted in self.flip:
                at = data.find(wanted)
                if at >= 0:
                    self.flip.remove(wanted)
                    data = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        return data

    def _on_answer(self, data: bytes, lost: threading.Event) -> bytes | None:
        # "100 Continue" only says that the body may come.
        if lost.is_set() and not data.startswith(b"HTTP/1.1 100"):
            return None
        return _DATE.sub(self._later, data, count=1) if self.skew else data

    def _later(self, found: re.Match[bytes]) -> bytes:
        told = parsedate_to_datetime(found[1].decode()).astimezone(UTC) + self.skew
        return (
            b"Date: "
            + format_datetime(datetime.fromtimestamp(told.timestamp(), UTC), usegmt=True).encode()
        )


class _Way:
    """One direction of one connection."""

    def __init__(
        self, proxy: S3Proxy, cuts: list[int], change: Callable[[bytes], bytes | None]
    ) -> None:
        self._proxy, self._cuts, self._change = proxy, cuts, change
        self._passed = 0

    def run(self, source: socket.socket, sink: socket.socket) -> None:
        """Pass bytes on until one side ends or is cut."""
        with suppress(OSError):
            while data := source.recv(1 << 16):
                changed = self._change(data)
                if changed is None or self._is_cut(len(changed)):
                    self._proxy.cuts += 1
                    break
                sink.sendall(changed)
        _shut(source)
        _shut(sink)

    def _is_cut(self, count: int) -> bool:
        self._passed += count
        if self._cuts and self._passed > self._cuts[0]:
            self._cuts.pop(0)
            return True
        return False


def _shut(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
