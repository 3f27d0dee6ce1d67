"""How often one visitor may report what a page played.

What always holds: no more than MOST reports within WINDOW seconds for one clip of one session; what is remembered is
bounded, and forgetting only lets more through.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Final

from api.errors import TooOftenError

MOST: Final = 12
WINDOW: Final = 60.0  # seconds
_MOST_KEPT: Final = 10_000


class Pace:
    """For one event loop's thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._times: dict[tuple[str, str], deque[float]] = {}

    def check(self, *, session: str, clip: str) -> None:
        """Count one report.

        Raises:
            TooOftenError: there were too many. This one does not count.
        """
        now, key = self._clock(), (session, clip)
        if key not in self._times and len(self._times) >= _MOST_KEPT:
            self._forget(now)
        times = self._times.setdefault(key, deque(maxlen=MOST))
        if len(times) == MOST and now - times[0] < WINDOW:
            raise TooOftenError(retry_after=max(1, round(WINDOW - (now - times[0]))))
        times.append(now)

    def _forget(self, now: float) -> None:
        # Whoever is oldest goes, where all are young: memory is bounded before anything else.
        old = [key for key, times in self._times.items() if now - times[-1] >= WINDOW]
        for key in old or list(self._times)[: _MOST_KEPT // 2]:
            del self._times[key]
