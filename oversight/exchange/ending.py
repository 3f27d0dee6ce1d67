"""An end for a question to a peer, however it goes about its answer: dripped, announced for ever, or never begun.

What always holds: once the time is over, the line is cut from outside, so whoever waits on it goes on with an error.
Says nothing of how long is right.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from types import TracebackType
from typing import Any, Final, Self

_CONNECTED: Final = "connection.connect_tcp.complete"


class Line(AbstractContextManager["Line"]):
    """The line to one peer: `heard` goes into the request's extension `trace`. Over TLS too, from its handshake on."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: socket.socket | None = None
        self._over = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        self._hold(None)

    @property
    def is_over(self) -> bool:
        """Whether the time of the last question ended before it did."""
        return self._over

    def heard(self, event: str, told: dict[str, Any]) -> None:
        """What the client says of its connection."""
        if event == _CONNECTED:
            # A descriptor of its own: the client's socket is another object once TLS began.
            self._hold(told["return_value"].get_extra_info("socket").dup())

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Cut the line where the block takes longer."""
        self._over = False
        timer = threading.Timer(seconds, self._cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _hold(self, line: socket.socket | None) -> None:
        with self._lock:
            if self._held is not None:
                self._held.close()
            self._held = line
            if self._over:
                self._end()

    def _cut(self) -> None:
        with self._lock:
            self._over = True
            self._end()

    def _end(self) -> None:
        if self._held is not None:
            with suppress(OSError):  # it ended by itself
                self._held.shutdown(socket.SHUT_RDWR)
