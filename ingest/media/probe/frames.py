"""Exact times of showing, from the packets of one stream: runs, keys, digest, variable rate. Whole numbers only.

Times are ticks of the stream's own time base. Where a format gives no times of showing (AVI with frames out of order),
the times of decoding stand for them: there are as many, as far apart.
"""

import hashlib
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ingest.media.probe.walk import NEVER, Column

Ticks = NDArray[np.int64]

MAX_RUNS: Final = 20_000  # more are not listed; the digest says the same
MAX_KEYS: Final = 100_000
_MOST: Final = (
    1 << 52
)  # ticks or microseconds: beyond, sums are no numbers that every JSON reader has
# Variable: so many of all intervals are off the usual one by more than a tick. One tick is what rounding to the time
# base makes of a steady rate (Matroska's milliseconds: 33, 33, 34).
_UNSTEADY: Final = 100  # one in so many
_TICK: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """When the packets of a stream are shown.

    Attributes:
        shown: ascending ticks of what is shown.
        keys: for each of them, whether it is a key frame.
        starts: ticks of the packets in the file's order, `NEVER` where unknown; hidden ones included.
        last: ticks that the last one is shown.
        base: seconds a tick.
    """

    shown: Ticks
    keys: NDArray[np.int8]
    starts: Ticks
    last: int
    base: Fraction

    @property
    def start_us(self) -> int | None:
        """First time of showing."""
        return microseconds(int(self.shown[0]), self.base) if len(self.shown) else None

    @property
    def end_us(self) -> int | None:
        """End of the last one."""
        if not len(self.shown):
            return None
        return microseconds(int(self.shown[-1]) + self.last, self.base)


def microseconds(ticks: int, base: Fraction) -> int:
    """Return ticks as the nearest whole number of microseconds."""
    number = ticks * base.numerator * 2_000_000 + base.denominator
    return number // (2 * base.denominator)


def times(column: Column, base: Fraction) -> Times:
    """Put the packets of a stream in the order of showing."""
    starts = _numbers(column.pts)
    if (starts == NEVER).any():
        decoded = _numbers(column.dts)
        if (decoded != NEVER).sum() > (starts != NEVER).sum():
            starts = decoded
    most = min(_MOST, _MOST * base.denominator // (base.numerator * 1_000_000))
    seen = (starts > -most) & (starts < most) & (np.frombuffer(column.hidden, np.int8) == 0)
    order = np.argsort(starts[seen], kind="stable")
    shown = starts[seen][order]
    durations = _numbers(column.durations)[seen][order]
    return Times(
        shown=shown,
        keys=np.frombuffer(column.keys, np.int8)[seen][order],
        starts=starts,
        last=_last(shown, durations, most),
        base=base,
    )


def frame_facts(stream: int, shown: Times) -> dict[str, Any] | None:
    """Return the member `frames` of the facts; None where nothing is shown."""
    if not len(shown.shown):
        return None
    keys = np.flatnonzero(shown.keys)
    return {
        "stream": stream,
        "time_base": f"{shown.base.numerator}/{shown.base.denominator}",
        "first": int(shown.shown[0]),
        "runs": _runs(shown),
        "count": len(shown.shown),
        "keys": None if len(keys) > MAX_KEYS else keys.tolist(),
        "digest": hashlib.sha256(shown.shown.astype(">i8").tobytes()).hexdigest(),
    }


def rhythm(shown: Times) -> dict[str, Any]:
    """Return `variable_rate`, `shortest_us` and `longest_us` of a video stream."""
    gaps = np.diff(shown.shown)
    if not len(gaps):
        return {"variable_rate": False, "shortest_us": None, "longest_us": None}
    usual = int(np.median(gaps))
    off = int((np.abs(gaps - usual) > _TICK).sum())
    return {
        "variable_rate": off * _UNSTEADY > len(gaps),
        "shortest_us": microseconds(int(gaps.min()), shown.base),
        "longest_us": microseconds(int(gaps.max()), shown.base),
    }


def _runs(shown: Times) -> list[list[int]] | None:
    lengths = np.append(np.diff(shown.shown), shown.last)
    changes = np.flatnonzero(np.diff(lengths)) + 1
    if len(changes) >= MAX_RUNS:
        return None
    bounds = [0, *changes.tolist(), len(lengths)]
    return [[b - a, int(lengths[a])] for a, b in pairwise(bounds)]


def _last(shown: Ticks, durations: Ticks, most: int) -> int:
    """How long the last one is shown: as its packet says, else as long as the others."""
    if not len(shown):
        return 0
    told = int(durations[-1])
    if 0 < told < most:
        return told
    gaps = np.diff(shown)
    return int(np.median(gaps)) if len(gaps) else 0


def _numbers(column: Any) -> Ticks:
    return np.frombuffer(column, np.int64)
