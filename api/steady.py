"""The time of day for what ends by itself: where the clock is set back it goes on, where it is set forward it follows.

What always holds: for BRIDGED seconds after the clock was set back it reads no less than its beginning and what went by
since; whoever writes down what ended (ending.py) has done so by then, and from then on it reads what the clock does:
one that was wrongly ahead, also when the process began, ends nothing for good that nobody looked at. A process begins
no earlier than the newest entry, where the clock reads somewhat less. Not here: what was written while a clock was
wrong; nothing is corrected.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Final

import structlog

from archive.errors import ArchiveError
from archive.opening import Archive

MOST: Final = (
    31 * 86_400
)  # seconds: an entry from further ahead was written by a clock that was wrong then
BRIDGED: Final = 3600.0
SLACK: Final = 120.0  # seconds that those who keep a clock right set it back: no word about that
_log = structlog.get_logger(__name__)


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
        self._behind: float | None = None  # since when, by the clock that nobody sets
        self._one = threading.Lock()

    def __call__(self) -> float:
        """The time of day, or what it would be had nobody set it back, for BRIDGED seconds."""
        with self._one:
            wall, running = self._wall(), self._running()
            bridged = running + self._ahead
            if wall >= bridged - SLACK:
                self._behind = None
                return max(wall, bridged)
            if self._behind is None:
                self._behind = running
                _log.warning("the clock was set back", seconds=round(bridged - wall))
            if running - self._behind < BRIDGED:
                return bridged
            _log.warning("the clock is believed again", seconds=round(bridged - wall))
            self._behind, self._ahead = None, wall - running
            return wall


def steady_clock(archive: Archive) -> SteadyClock:
    """One that starts no earlier than the newest entry, where that can be read: who appends says so if not."""
    try:
        newest = archive.reader.entry(archive.reader.size() - 1).time
    except (ArchiveError, OSError, IndexError):
        return SteadyClock()
    return SteadyClock(at_least=datetime.fromisoformat(newest).timestamp())
