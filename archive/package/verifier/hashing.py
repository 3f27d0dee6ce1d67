"""SHA-256 of much, at the speed of SHA-256: the next piece is read while this one is hashed.

hashlib lets other threads run while it hashes, so one thread beside the hashing one is enough.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from queue import Queue
from threading import Event, Thread
from typing import Any

PIECE = 4 << 20
_BUFFERS = 3

ReadInto = Callable[[memoryview], int]  # fills from the start; 0 at the end


class _Ahead:
    """Reads pieces in a thread of its own; an error of reading comes out where the piece would have."""

    def __init__(self, readinto: ReadInto) -> None:
        self._readinto = readinto
        self._free: Queue[bytearray] = Queue()
        self._full: Queue[tuple[bytearray, int, BaseException | None]] = Queue()
        self._stopped = Event()
        for _ in range(_BUFFERS):
            self._free.put(bytearray(PIECE))
        Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while not self._stopped.is_set():
            buffer = self._free.get()
            count, error = 0, None
            try:
                count = 0 if self._stopped.is_set() else self._readinto(memoryview(buffer))
            except BaseException as e:  # noqa: BLE001 - told to the thread that hashes
                error = e
            self._full.put((buffer, count, error))
            if not count:
                return

    def take(self) -> tuple[bytearray, int]:
        """The next piece. Raises what reading raised."""
        buffer, count, error = self._full.get()
        if error is not None:
            raise error
        return buffer, count

    def give_back(self, buffer: bytearray) -> None:
        """A buffer that may be filled again."""
        self._free.put(buffer)

    def stop(self) -> None:
        """Nothing more is wanted; the thread ends with the piece it is at."""
        self._stopped.set()
        self._free.put(bytearray(0))


def stream_digest(readinto: ReadInto, size: int, tell: Callable[[int], Any]) -> tuple[str, int]:
    """Hex SHA-256 and length of everything that `readinto` gives. `tell` hears of each piece's length.

    Raises:
        OSError, VerifierError: what reading raised.
    """
    hasher, total = sha256(), 0
    if size <= PIECE:  # a thread would cost more than it saves
        buffer = bytearray(max(size, 1) + 1)
        while True:
            count = readinto(memoryview(buffer))
            if not count:
                return hasher.hexdigest(), total
            hasher.update(memoryview(buffer)[:count])
            total += count
            tell(count)
    ahead = _Ahead(readinto)
    try:
        while True:
            piece, count = ahead.take()
            if not count:
                return hasher.hexdigest(), total
            hasher.update(memoryview(piece)[:count])
            total += count
            ahead.give_back(piece)
            tell(count)
    finally:
        ahead.stop()
