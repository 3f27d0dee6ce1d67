"""A wire between flow runners and the Prefect server: it counts their questions, and something happens at one of them.

Holds: bytes pass unchanged; health checks and the stream of events are passed and not counted. A question is counted
when its first bytes come, over whichever connection.
"""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Literal

When = Literal["before", "after"]  # the server takes the question
_QUESTION: Final = re.compile(rb"^(GET|POST|PATCH|PUT|DELETE) /api(/\S*)")
_UNCOUNTED: Final = (b"/health", b"/events/in")


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What happens at the question of this number, the first being 0."""

    at: int
    when: When
    do: Callable[[], None]


class Wire:
    """Listens on a free port of loopback, until `close`."""

    def __init__(self, target: int) -> None:
        self.cut = False  # nobody is at the other end
        self.questions: list[str] = []
        self._target = target
        self._deed: Deed | None = None
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def expect(self, deed: Deed | None) -> None:
        """Count from nothing, for this."""
        with self._lock:
            self.questions, self._deed, self.cut = [], deed, False

    def cut_all(self) -> None:
        """The cable is pulled: what is open ends, what comes is refused."""
        with self._lock:
            self.cut, (sockets, self._open) = True, (self._open, set())
        for one in sockets:
            _shut(one)

    def close(self) -> None:
        """Cut everything, listen no more."""
        _shut(self._listener)
        self.cut_all()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                if self.cut:
                    raise ConnectionRefusedError
                server = socket.create_connection(("127.0.0.1", self._target), timeout=5)
            except OSError:
                _shut(client)
                continue
            server.settimeout(None)
            with self._lock:
                self._open |= {client, server}
            lost = threading.Event()
            for way in ((client, server, self._asked), (server, client, self._answered)):
                threading.Thread(target=_pass, args=(*way, lost), daemon=True).start()

    def _asked(self, data: bytes, lost: threading.Event) -> None:
        found = _QUESTION.match(data)
        if found is None or found[2].startswith(_UNCOUNTED):
            return
        with self._lock:
            number = len(self.questions)
            self.questions.append(f"{found[1].decode()} {found[2].decode()}")
            deed = self._deed
        if deed is None or deed.at != number:
            return
        if deed.when == "before":
            deed.do()
        else:
            lost.set()

    def _answered(self, _data: bytes, lost: threading.Event) -> None:
        if lost.is_set() and self._deed is not None:
            lost.clear()
            self._deed.do()
            raise ConnectionResetError


def _pass(
    source: socket.socket,
    sink: socket.socket,
    look: Callable[[bytes, threading.Event], None],
    lost: threading.Event,
) -> None:
    with suppress(OSError):
        while data := source.recv(1 << 16):
            look(data, lost)
            sink.sendall(data)
    _shut(source)
    _shut(sink)


def _shut(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
