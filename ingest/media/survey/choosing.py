"""Which pictures of a clip make its strip. Pure: media facts in, a plan out; believes no number without a bound.

Key frames, because they decode alone, spread over the time of the clip. Where a clip has hardly any and decoding the
rest is cheap, pictures between them as well.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

TILES: Final = 100  # at most, whatever is asked for
FEW: Final = 8  # key frames
SECOND: Final = 1_000_000
CLOSEST: Final = 400_000  # microseconds from tile to tile, on average at least
DECODED: Final = (
    1_500_000_000  # pixels that are decoded of one clip: 5 s of one processor, 20 s of odd ones
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What to decode.

    Attributes:
        tiles: how many pictures at most.
        keys: which of the key frames, counted from 0 in the order of the file; None: as `every_us` says.
        every_us: pictures at least so far apart, in microseconds.
        between: whether pictures between key frames are wanted.
    """

    tiles: int
    keys: frozenset[int] | None
    every_us: int
    between: bool


def choose(facts: Mapping[str, object], *, tiles: int = TILES) -> Choice:
    """Return the plan for a clip with these media facts, format 2; every member may be missing or wrong."""
    span_us = span_of(facts)
    tiles = max(1, min(tiles, TILES))
    wanted = min(tiles, max(FEW, -(-span_us // CLOSEST)))
    every_us = max(CLOSEST, span_us // tiles)
    frames = facts.get("frames")
    keys = _numbers(frames.get("keys")) if isinstance(frames, Mapping) else None
    if keys is None or not isinstance(frames, Mapping):
        return Choice(tiles=tiles, keys=None, every_us=every_us, between=False)
    pixels, count = _pixels(facts, frames), frames.get("count")
    few = len(keys) < FEW and span_us > FEW * SECOND
    cheap = isinstance(count, int) and pixels is not None and pixels * count <= DECODED
    if not keys or (few and cheap):
        every_us = max(every_us, min(SECOND, span_us // FEW))
        return Choice(tiles=tiles, keys=None, every_us=every_us, between=True)
    wanted = min(wanted, max(1, DECODED // (pixels or 1)))
    chosen = frozenset(_spread(_times(frames, keys), wanted))
    return Choice(tiles=tiles, keys=chosen, every_us=every_us, between=False)


def span_of(facts: Mapping[str, object]) -> int:
    """Return the length of the clip in microseconds: as measured, else as said, else 0."""
    for member in ("measured_us", "duration_us", "declared_us"):
        value = facts.get(member)
        if isinstance(value, int) and value > 0:
            return value
    return 0


def _numbers(value: object) -> list[int] | None:
    if not isinstance(value, list) or not all(
        isinstance(each, int) and each >= 0 for each in value
    ):
        return None
    return sorted(value)


def _pixels(facts: Mapping[str, object], frames: Mapping[str, object]) -> int | None:
    """Return how many pixels one picture has, where the facts say it."""
    streams = facts.get("streams")
    for stream in streams if isinstance(streams, list) else []:
        if isinstance(stream, Mapping) and stream.get("index") == frames.get("stream"):
            width, height = stream.get("width"), stream.get("height")
            if isinstance(width, int) and isinstance(height, int) and width > 0 < height:
                return width * height
    return None


def _times(frames: Mapping[str, object], keys: Sequence[int]) -> list[int]:
    """Return when each key frame is shown, in ticks from the first picture; by number where no times are known."""
    runs = frames.get("runs")
    if not isinstance(runs, list):
        return list(keys)
    times, waiting = list[int](), list(reversed(keys))
    number = ticks = 0
    for count, each in _runs(runs):
        while waiting and waiting[-1] < number + count:
            times.append(ticks + (waiting.pop() - number) * each)
        number, ticks = number + count, ticks + count * each
    times.extend(ticks for _ in waiting)
    return times


def _runs(runs: Sequence[object]) -> Iterator[tuple[int, int]]:
    for run in runs:
        if isinstance(run, list) and len(run) == 2 and all(isinstance(part, int) for part in run):
            yield max(0, run[0]), max(0, run[1])


def _spread(times: Sequence[int], wanted: int) -> Iterator[int]:
    """Yield the places of `wanted` times that are spread best over all of them; some may come twice."""
    if len(times) <= wanted:
        yield from range(len(times))
        return
    step = Fraction(times[-1] - times[0], max(1, wanted - 1))
    for index in range(wanted):
        yield min(len(times) - 1, bisect_left(times, times[0] + int(index * step)))
