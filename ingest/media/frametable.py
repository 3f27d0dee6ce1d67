"""Which frame is shown when, from a clip's media facts. Pure, whole numbers only; opens no clip.

Times of a clip are counted as players do: from its first picture or sound, in microseconds. A frame is shown from its
own time until the next one's, whatever lies between: a rate that varies is no special case.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

_FILM: Final = frozenset({"video", "audio"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One frame.

    Attributes:
        number: from 0, in the order of showing.
        ticks: its time, in the stream's own time base.
        at_us: the same on the clip's own axis.
        length_us: how long it is shown.
    """

    number: int
    ticks: int
    at_us: int
    length_us: int


class FrameTable:
    """The times of every frame of a clip.

    Args:
        stream: which of the clip's streams.
        base: seconds a tick.
        first: ticks of the first frame.
        runs: how many frames, ticks of each; in the order of showing.
        zero_us: where the clip's own axis begins in the stream's time.
    """

    def __init__(
        self, *, stream: int, base: Fraction, first: int, runs: list[tuple[int, int]], zero_us: int
    ) -> None:
        self.stream, self.base, self.zero_us = stream, base, zero_us
        self._runs = runs
        self._numbers, self._ticks = [0], [first]
        for count, each in runs:
            self._numbers.append(self._numbers[-1] + count)
            self._ticks.append(self._ticks[-1] + count * each)

    @property
    def count(self) -> int:
        """How many frames."""
        return self._numbers[-1]

    def frame(self, number: int) -> Shown:
        """A frame by its number.

        Raises:
            IndexError: there is none.
        """
        if not 0 <= number < self.count:
            raise IndexError(number)
        run = bisect_right(self._numbers, number) - 1
        each = self._runs[run][1]
        ticks = self._ticks[run] + (number - self._numbers[run]) * each
        at_us = self._microseconds(ticks)
        return Shown(
            number=number,
            ticks=ticks,
            at_us=at_us,
            length_us=self._microseconds(ticks + each) - at_us,
        )

    def shown_at(self, at_us: int) -> Shown:
        """The frame that is shown at a moment: the last that began; the first before that, the last after the end."""
        # A frame's own time was rounded to a microsecond; half of one forgives that.
        moment = Fraction(2 * (at_us + self.zero_us) + 1, 2_000_000)
        ticks = (
            moment.numerator * self.base.denominator // (moment.denominator * self.base.numerator)
        )
        run = max(0, min(bisect_right(self._ticks, ticks), len(self._runs)) - 1)
        count, each = self._runs[run]
        into = min(max(0, (ticks - self._ticks[run]) // each), count - 1) if each > 0 else count - 1
        return self.frame(self._numbers[run] + into)

    def _microseconds(self, ticks: int) -> int:
        number = ticks * self.base.numerator * 2_000_000 + self.base.denominator
        return number // (2 * self.base.denominator) - self.zero_us


def table_of(facts: Mapping[str, Any]) -> FrameTable | None:
    """The table of a clip's media facts; None where they list no times (docs/formats/media.md, `frames`)."""
    frames = facts.get("frames")
    if not isinstance(frames, Mapping):
        return None
    match frames:
        case {
            "stream": int(stream),
            "time_base": str(base),
            "first": int(first),
            "runs": list(listed),
        }:
            runs = [_run(one) for one in listed]
        case _:
            return None
    over, _, under = base.partition("/")
    if (
        not runs
        or None in runs
        or not (over.isdecimal() and under.isdecimal() and int(over) and int(under))
    ):
        return None
    return FrameTable(
        stream=stream,
        base=Fraction(int(over), int(under)),
        first=first,
        runs=[run for run in runs if run is not None],
        zero_us=zero_of(facts),
    )


def zero_of(facts: Mapping[str, Any]) -> int:
    """Where a clip's own axis begins: its first picture or sound, in microseconds of its streams' time."""
    listed = facts.get("streams")
    starts = [
        stream["start_us"]
        for stream in (listed if isinstance(listed, list) else [])
        if isinstance(stream, Mapping)
        and stream.get("type") in _FILM
        and not stream.get("cover")
        and type(stream.get("start_us")) is int
    ]
    return min(starts, default=0)


def _run(value: object) -> tuple[int, int] | None:
    match value:
        case [int(count), int(each)] if count > 0 and each >= 0:
            return count, each
    return None
