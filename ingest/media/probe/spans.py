"""From bytes to time: when, in a clip, what lies in a range of bytes is shown."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingest.media.facts import Fault
from ingest.media.probe.frames import Times, microseconds
from ingest.media.probe.walk import NEVER, Column


class Timeline:
    """The packets of the stream that people see, or hear.

    Args:
        column: its packets.
        shown: their times.
        zero_us: the stream's time at which the clip begins.
    """

    def __init__(self, column: Column, shown: Times, zero_us: int) -> None:
        places = np.frombuffer(column.positions, np.int64)
        known = (places >= 0) & (shown.starts != NEVER)
        order = np.argsort(places[known], kind="stable")
        self._starts: NDArray[np.int64] = places[known][order]
        self._ends = self._starts + np.frombuffer(column.sizes, np.int64)[known][order]
        self._ticks: NDArray[np.int64] = shown.starts[known][order]
        self._shown, self._zero = shown, zero_us
        gaps = np.diff(shown.shown)
        self._usual = int(np.median(gaps)) if len(gaps) else shown.last

    def placed(self, fault: Fault) -> Fault:
        """Return the fault with its span of time, where its bytes are known and the time is not."""
        if fault.start is None or fault.from_us is not None or not len(self._ticks):
            return fault
        end = fault.end if fault.end is not None else fault.start + 1
        first = int(np.searchsorted(self._starts, fault.start, side="left"))
        if first and self._ends[first - 1] > fault.start:
            first -= 1
        last = int(np.searchsorted(self._starts, end, side="left"))
        if first < last:
            inside = self._ticks[first:last]
            return self._span(fault, int(inside.min()), int(inside.max()) + self._usual)
        # between two packets: from the end of the one to the beginning of the other
        before = self._ticks[first - 1] + self._usual if first else self._ticks[0]
        after = self._ticks[first] if first < len(self._ticks) else before
        return self._span(fault, int(before), max(int(before), int(after)))

    def _span(self, fault: Fault, first: int, last: int) -> Fault:
        base = self._shown.base
        return replace(
            fault,
            from_us=max(0, microseconds(first, base) - self._zero),
            to_us=max(0, microseconds(last, base) - self._zero),
        )


def summary(times: list[Times]) -> dict[str, Any]:
    """Return first and last time of several streams together, in microseconds; None where nothing is shown."""
    starts = [t.start_us for t in times if t.start_us is not None]
    ends = [t.end_us for t in times if t.end_us is not None]
    return {"start": min(starts, default=None), "end": max(ends, default=None)}
