"""The outline of a clip's sound: the lowest and highest sample of each fraction of a second, all channels together.

Twenty points a second; where they become more than `MOST`, neighbours are joined and the rate falls, so that a long
clip costs no more memory than a short one and nobody has to be believed about its length. Needs numpy: child only.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from archive import canonical

MOST: Final = 8000  # points
RATES: Final = (20_000, 10_000, 5_000, 2_500, 1_250, 625, 125, 25, 5, 1)  # points in 1000 seconds
SILENT: Final = 0.001  # of full scale: -60 dBFS
_MICRO: Final = 1_000_000

Samples = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Waveform:
    """What is stored of a waveform."""

    json: str
    parameters: dict[str, object]


class WaveformMaker:
    """Collects the points of one clip's sound.

    Args:
        end_us: sound that claims to be later than this is not believed about its place, microseconds.
    """

    def __init__(self, *, end_us: int) -> None:
        self._end_us = end_us
        self._low: Samples = np.full(MOST, np.inf, dtype=np.float32)
        self._high: Samples = np.full(MOST, -np.inf, dtype=np.float32)
        self._level = 0  # in RATES
        self._count = 0  # of points
        self._channels = 0

    def hear(self, at_us: int, samples: Samples, rate: int) -> None:
        """Take one piece: channels by samples, between -1 and 1, `rate` samples a second."""
        if at_us < 0:  # what a player does not play: an encoder's first samples
            samples, at_us = samples[:, -at_us * rate // _MICRO :], 0
        if not samples.size or at_us > self._end_us:
            return
        self._channels = max(self._channels, samples.shape[0])
        low, high = samples.min(axis=0), samples.max(axis=0)
        first = at_us * rate // _MICRO
        while True:
            numbers, starts = self._points(first, low.size, rate)
            if numbers[-1] < MOST or self._level == len(RATES) - 1:
                break
            self._join()
        lows, highs = np.minimum.reduceat(low, starts), np.maximum.reduceat(high, starts)
        inside = numbers < MOST
        numbers, lows, highs = numbers[inside], lows[inside], highs[inside]
        if numbers.size:
            self._low[numbers] = np.fmin(self._low[numbers], lows)
            self._high[numbers] = np.fmax(self._high[numbers], highs)
            self._count = max(self._count, int(numbers[-1]) + 1)

    def finish(self) -> Waveform | None:
        """Return the waveform; None where there was no sound at all."""
        if not self._count:
            return None
        low, high = self._low[: self._count], self._high[: self._count]
        nothing = low > high  # no sound came for this point
        peak = float(np.maximum(np.abs(low), np.abs(high)).max(initial=0.0, where=~nothing))
        points = np.stack(
            [_eight_bits(np.where(nothing, 0, low)), _eight_bits(np.where(nothing, 0, high))],
            axis=1,
        )
        document = {
            "format": 1,
            "rate": RATES[self._level],
            "channels": self._channels,
            "points": points.tolist(),
            "silent": peak < SILENT,
        }
        return Waveform(
            json=canonical.encode(document).decode("ascii"),
            parameters={
                "rate": RATES[self._level],
                "points": self._count,
                "format": "application/json",
            },
        )

    def _points(
        self, first: int, count: int, rate: int
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return the numbers of the points that these samples belong to, and at which sample each begins."""
        points, samples = RATES[self._level], rate * 1000
        begin, end = first * points // samples, (first + count - 1) * points // samples
        numbers = np.arange(begin, end + 1, dtype=np.int64)
        starts = (
            -(-numbers * samples // points) - first
        )  # the first sample that is not before the point
        starts[0] = 0
        return numbers, starts

    def _join(self) -> None:
        """Go to the next lower rate."""
        factor = RATES[self._level] // RATES[self._level + 1]
        self._level += 1
        kept = MOST // factor
        self._low[:kept] = self._low.reshape(kept, factor).min(axis=1)
        self._high[:kept] = self._high.reshape(kept, factor).max(axis=1)
        self._low[kept:], self._high[kept:] = np.inf, -np.inf
        self._count = -(-self._count // factor)


def _eight_bits(values: Samples) -> npt.NDArray[np.int64]:
    sane = np.nan_to_num(values, nan=0.0, posinf=1.0, neginf=-1.0)
    return np.clip(np.rint(sane * 128), -128, 127).astype(np.int64)
