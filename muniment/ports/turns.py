"""A fair share of the archive's disk: recorders write in turn, whoever has more to write.

What always holds: of one recorder at most one write stands in the line, so a recorder with two copiers, or with larger
clips, gets no more of the disk than another that writes too; who came first is served first. What is small (journals,
entries, text) never waits here. No write is done other than by `Disk`.

Bytes in flight are bounded below: four buffers of 2 MiB for each copier (ingest/acquire.py).
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from archive.durable import Disk

AT_ONCE: Final = 4  # writes; one alone leaves a fast disk idle
BULK: Final = 64 << 10  # bytes from which a write takes its turn


class Turns:
    """A line: at most so many are served at once, in the order in which they came."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._free = at_once
        self._lock = threading.Lock()
        self._line: deque[threading.Lock] = deque()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for one's turn, and have it for the block."""
        with self._lock:
            mine = None
            if self._free:
                self._free -= 1
            else:
                mine = threading.Lock()
                mine.acquire()
                self._line.append(mine)
        if mine is not None:
            mine.acquire()  # until whoever ends lets us go; the place is handed over, not freed
        try:
            yield
        finally:
            with self._lock:
                if self._line:
                    self._line.popleft().release()
                else:
                    self._free += 1

    @property
    def waiting(self) -> int:
        """How many stand in the line."""
        return len(self._line)


class SharedDisk(Disk):
    """The disk as one recorder sees it."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._mine = threading.Lock()

    def write_at(self, fd: int, data: memoryview, offset: int) -> None:
        """As `Disk.write_at`; a large write waits for its turn."""
        if len(data) < BULK:
            super().write_at(fd, data, offset)
            return
        with self._mine, self._turns.turn():
            super().write_at(fd, data, offset)
