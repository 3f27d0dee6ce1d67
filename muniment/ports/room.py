"""Is there room for one more docking? And for how many days, at the pace of the last month?

What always holds: what a docking was promised is kept for it until it is written, so eight dockings that begin at once
do not all count on the same free bytes. A promise is no reservation of the file system: others may fill the disk, and
the docking then stops with what it has (ingest/transfer.py).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from archive.errors import NoSpaceError
from archive.opening import Archive

KEPT_FREE: Final = 64 << 20  # bytes for the ledger, the catalogue and renditions
_WINDOW: Final = timedelta(days=30)
_FIRST_ROWS: Final = 500
_DAY: Final = 86_400.0


class NoRoomError(NoSpaceError):
    """A recorder holds more than the archive's disk has room for. Nothing was read of its clips."""

    def __init__(self, *, need: int, free: int) -> None:
        super().__init__(
            f"the recorder holds {need} bytes that are new, the archive's disk has room for {max(0, free)}:"
            " free some space; the docking then starts by itself"
        )
        self.need = need
        self.free = free


class Room:
    """What is free on the archive's disk, and what of it is promised."""

    def __init__(self, free_bytes: Callable[[], int]) -> None:
        self._free_bytes = free_bytes
        self._lock = threading.Lock()
        self._promised: dict[str, int] = {}  # port -> bytes still to be written

    def promise(self, port: str, need: int) -> None:
        """Keep so many bytes for a port.

        Raises:
            NoRoomError: there are not so many. Nothing is kept.
        """
        with self._lock:
            self._promised.pop(port, None)
            free = self._free_bytes() - sum(self._promised.values()) - KEPT_FREE
            if need > max(0, free):
                raise NoRoomError(need=need, free=free)
            self._promised[port] = need

    def fits(self, port: str, need: int) -> bool:
        """Whether `promise` would be kept now."""
        with self._lock:
            others = sum(n for name, n in self._promised.items() if name != port)
            return need <= self._free_bytes() - others - KEPT_FREE

    def written(self, port: str, left: int) -> None:
        """So many bytes are still to come."""
        with self._lock:
            if port in self._promised:
                self._promised[port] = left

    def settle(self, port: str) -> None:
        """Nothing more comes from there."""
        with self._lock:
            self._promised.pop(port, None)


class Docked(Protocol):
    """What counts of a docking."""

    @property
    def started_at(self) -> str:
        """RFC 3339 UTC."""

    @property
    def bytes(self) -> int | None:
        """That it brought; None while it runs."""


def bytes_per_day(newest: Callable[[int], Sequence[Docked]], now: datetime) -> float | None:
    """Mean bytes a day over the last 30 days, or since the first docking where that is later; None: nothing came.

    Args:
        newest: so many dockings, the newest first. Raises ArchiveError.
        now: the end of the 30 days.
    """
    since, limit = now - _WINDOW, _FIRST_ROWS
    while True:
        rows = newest(limit)
        times = [datetime.fromisoformat(row.started_at) for row in rows]
        if len(rows) < limit or times[-1] < since:
            break
        limit *= 4
    recent = [(t, row.bytes or 0) for t, row in zip(times, rows, strict=True) if t > since]
    total = sum(size for _, size in recent)
    if not total:
        return None
    # An archive that is younger than the window is measured by its own age, and never by less than a day.
    begun = since if len(recent) < len(rows) else recent[-1][0]
    return total / max(1.0, (now - begun).total_seconds() / _DAY)


def days_left(archive: Archive) -> float | None:
    """For how many days the free bytes last; None: nothing came in the last 30 days. Raises ArchiveError, OSError."""
    pace = bytes_per_day(archive.catalogue.dockings, datetime.now(UTC))
    return None if pace is None else max(0, archive.free_bytes() - KEPT_FREE) / pace
