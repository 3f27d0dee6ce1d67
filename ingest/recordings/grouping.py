"""Which clips are one recording. A pure function: the same groups for the same clips, in whatever order they came.

What always holds: a group is of one recorder, one series of names and one kind of media; each clip is in at most one
group; within a group the segments are in the order in which they were recorded.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from ingest.recordings.gaps import Gap, measured
from ingest.recordings.parts import Media, Part

MOST_SEGMENTS: Final = 300  # of one recording: its entry has to fit
_TAILS: Final = 8  # recordings of a series that may go on at once: lenses, channels
_CHAPTER_US: Final = 3_600_000_000  # no maker's chapter is longer; a number that comes again later is another recording
_MOST_MISSING: Final = 20
_DOUBT_US: Final = 3_000_000  # more than any two clocks' steps together
_FEW_US: Final = 1_000_000
_FAT_STEP_US: Final = 2_000_000  # FAT keeps times of writing in steps of two seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A clip in its recording."""

    part: Part
    gap: Gap | None = None  # since the one before
    missing: int = 0  # segments before it that the names count


@dataclass(slots=True, kw_only=True)
class _Chain:
    """A recording that may go on."""

    segments: list[Segment] = field(default_factory=list)

    @property
    def last(self) -> Part:
        return self.segments[-1].part


def groups(parts: Iterable[Part]) -> list[tuple[Segment, ...]]:
    """The recordings among these clips; a clip of its own is none."""
    series: dict[tuple[str, str, str], list[Part]] = defaultdict(list)
    for part in parts:
        series[part.recorder, *part.series].append(part)
    found: list[tuple[Segment, ...]] = []
    for _, those in sorted(series.items()):
        found += [tuple(c.segments) for c in _chains(those) if len(c.segments) > 1]
    return found


def _chains(parts: Sequence[Part]) -> list[_Chain]:
    chains: list[_Chain] = []
    going: list[_Chain] = []
    for part in sorted(parts, key=_order):
        best = _best(going, part)
        if best is None:
            first = _Chain(segments=[Segment(part=part, missing=_missing_first(part))])
            chains.append(first)
            going = [*going[-_TAILS + 1 :], first]
        else:
            chain, segment = best
            chain.segments.append(segment)
            going = [c for c in going if c is not chain]
            if len(chain.segments) < MOST_SEGMENTS:
                going.append(chain)
    return chains


def _order(part: Part) -> tuple[int, int, int, str, str]:
    name = part.name
    # Chapters first by their number: their clocks may all show the recording's start.
    return name.chapter or 0, part.order_us, name.sequence or 0, part.path, part.clip


def _best(going: Sequence[_Chain], part: Part) -> tuple[_Chain, Segment] | None:
    """The recording that a clip continues: of several the one whose counter fits, then the closest."""
    best: tuple[tuple[int, int], _Chain, Segment] | None = None
    for chain in going:
        segment = continues(chain.last, part)
        if segment is None:
            continue
        distance = abs(segment.gap.us) if segment.gap else _CHAPTER_US
        rank = _lane(chain.last, part), distance
        if best is None or rank < best[0]:
            best = rank, chain, segment
    return None if best is None else (best[1], best[2])


def _lane(before: Part, after: Part) -> int:
    """Digits at a name's end are a lens's number (they stay) or a counter (it goes up by one)."""
    first, then = before.name.sequence, after.name.sequence
    if first == then:
        return 0
    return 1 if first is not None and then == first + 1 else 2


def continues(before: Part, after: Part) -> Segment | None:
    """Whether a clip goes on where another ended; the segment that it then is."""
    if _far(before, after) or not _same(before.media, after):
        return None
    gap = measured(before, after, _tolerance(before))
    if before.name.chapter is not None and after.name.chapter is not None:
        return _next_chapter(before, after, gap)
    return _next_in_time(before, after, gap) if _was_split(before) else None


def _far(before: Part, after: Part) -> bool:
    """Whether the clocks alone rule it out: most pairs, and cheaply."""
    if before.length_us is None:
        return True
    if before.clock_us is None or after.clock_us is None or before.name.chapter is not None:
        return False
    if before.clock_by != after.clock_by or before.clock_us == after.clock_us:
        return False
    apart = after.clock_us - before.clock_us - before.length_us
    counted = _counted(before, after)
    room = before.length_us + _tolerance(before)
    missing = 0 if counted is None else min(max(0, counted - 1), _MOST_MISSING)
    # A more exact source may be this far from the clock, and the gap that it tells from none.
    return abs(apart - missing * room) > 2 * _tolerance(before) + _DOUBT_US + missing * room


def _next_in_time(before: Part, after: Part, gap: Gap | None) -> Segment | None:
    step = _counted(before, after)
    if gap is None:
        return Segment(part=after) if step == 1 and _counts_segments(before, after) else None
    tolerance = _tolerance(before)
    if abs(gap.us) <= tolerance:
        return Segment(part=after, gap=gap)
    missing = 0 if step is None else step - 1
    # Between two segments there is room for those that the names count and that are not here.
    room = missing * (before.length_us or 0)
    if 0 < missing <= _MOST_MISSING and abs(gap.us - room) <= tolerance * (missing + 1):
        return Segment(part=after, gap=gap, missing=missing)
    return None


def _next_chapter(before: Part, after: Part, gap: Gap | None) -> Segment | None:
    missing = (after.name.chapter or 0) - (before.name.chapter or 0) - 1
    room = (missing + 1) * _CHAPTER_US
    if gap is None:
        near = abs(after.order_us - before.order_us) <= room + _CHAPTER_US
    else:
        near = -_tolerance(before) <= gap.us <= room
    return Segment(part=after, gap=gap, missing=missing) if near and missing >= 0 else None


def _tolerance(part: Part) -> int:
    return part.rules.tolerance_ms * 1000


def _missing_first(part: Part) -> int:
    # A chapter 1 may be the first, or follow a file without chapter: it does not say.
    return max(0, (part.name.chapter or 0) - 1)


def _counts_segments(before: Part, after: Part) -> bool:
    """Whether both names tell when their recording began, and not two lenses that began at once.

    Then the second was written to for its own length after the first.
    """
    if before.clock_us is None or before.clock_us != after.clock_us:
        return False
    if before.written_us is None or after.written_us is None or after.length_us is None:
        return False
    later = after.written_us - before.written_us
    return abs(later - after.length_us) <= _tolerance(before) + _FAT_STEP_US


def _counted(before: Part, after: Part) -> int | None:
    first, then = before.name.sequence, after.name.sequence
    return None if first is None or then is None else then - first


def _was_split(part: Part) -> bool:
    """Whether the recorder, and nobody's finger, ended a file; True where its maker's lengths are not known."""
    lengths = part.rules.lengths_s
    if not lengths or part.length_us is None:
        return True
    return any(abs(part.length_us - s * 1_000_000) <= _tolerance(part) for s in lengths)


def _same(first: Media, after: Part) -> bool:
    then = after.media
    if first.kind != then.kind:
        return False
    if after.damaged and then.video is None and then.audio is None:
        return True  # the end that a dead battery left: its name and time have to do
    return (
        _alike(first.container, then.container)
        and first.video == then.video
        and _alike_sound(first, after)
        and _alike(first.width, then.width)
        and _alike(first.height, then.height)
        and _alike_rates(first, then)
    )


def _alike_sound(first: Media, after: Part) -> bool:
    if first.audio == after.media.audio or first.audio is None:
        return True  # what was recorded before the button was pressed has no sound yet
    # The few frames that are left for a last file may have none either.
    return after.media.audio is None and (after.length_us or _FEW_US) < _FEW_US


def _alike(first: object, then: object) -> bool:
    return first is None or then is None or first == then


def _alike_rates(first: Media, then: Media) -> bool:
    if first.rate is None or then.rate is None:
        return True
    return abs(first.rate - then.rate) * 100 <= first.rate
