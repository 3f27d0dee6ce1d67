"""The time of day for what ends by itself: where the clock is set back it goes on, where it is set forward it follows.

What always holds: in one process it reads no less than its beginning and what went by since. Between two processes only
the ledger remembers: a clock that reads somewhat less than the newest entry starts where that entry was. Not here: what
was written while a clock was wrong; nothing is corrected.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import Final

from archive.errors import ArchiveError
from archive.opening import Archive

MOST: Final = (
    31 * 86_400
)  # seconds: an entry from further ahead was written by a clock that was wrong then


def _running() -> float:
    """Seconds, also those asleep; nobody sets it (clock_gettime(2), CLOCK_BOOTTIME)."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class SteadyClock:
    """Unix time, as `time.time`. Threads may share it.

    Args:
        at_least: it starts there, where the time of day reads less by not more than MOST.
        wall: the time of day.
        running: a clock that nobody sets.
    """

    def __init__(
        self,
        *,
        at_least: float = 0.0,
        wall: Callable[[], float] = time.time,
        running: Callable[[], float] = _running,
    ) -> None:
        now = wall()
        self._wall, self._running = wall, running
        self._ahead = (at_least if now < at_least <= now + MOST else now) - running()

    def __call__(self) -> float:
        """The time of day, or what it would be had nobody set it back."""
        return max(self._wall(), self._running() + self._ahead)


def steady_clock(archive: Archive) -> SteadyClock:
    """One that starts no earlier than the newest entry, where that can be read: who appends says so if not."""
    try:
        newest = archive.reader.entry(archive.reader.size() - 1).time
    except (ArchiveError, OSError, IndexError):
        return SteadyClock()
    return SteadyClock(at_least=datetime.fromisoformat(newest).timestamp())
