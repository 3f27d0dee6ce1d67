"""Recorders as lanes of one clock: which clip of each lies where. Pure values; decides no rights.

What always holds: a lane's clips lie where its corrected clock puts them and nowhere else; what a visitor moves by hand
is kept beside that and said. A lane that may not be seen, or not be known of, keeps its place and says no more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

State = Literal["open", "closed", "hidden", "untimed", "cannot", "withheld"]
MOST: Final = 9
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_WIDE: Final = 1000.0  # units of a line of time
_LEAST: Final = 2.0  # of them, for the shortest clip
_TOUCH_MS: Final = 1000  # clips of one recorder that overlap by no more are one after the other


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A clip on its lane.

    Attributes:
        begin_ms: by the corrected clock, since 1970.
        source: where its film or sound is; None where it does not play here.
        facts: where the times of its frames are, where those are the source's.
        withheld: a finding on the original is open; what plays was derived from it before.
    """

    clip: str
    begin_ms: int
    length_ms: int
    tag: str = "video"
    source: str | None = None
    facts: str | None = None
    rate: str = "25"
    withheld: bool = False

    @property
    def end_ms(self) -> int:
        """Where it ends."""
        return self.begin_ms + self.length_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """A recorder.

    Attributes:
        asked: the clip that was named, or the first one.
        state: "open": it plays; "closed": facts only; "hidden": not to be known of, or not there; "untimed": no start
            is known; "cannot": nothing of it plays here; "withheld": as that, because a finding on an original is open.
        uncertainty_ms: of its clock; None: never checked.
        unit: who collected it, and so may grant it.
        moved_ms: by the visitor, later than its clock says.
    """

    number: int
    asked: str
    state: State
    recorder: str | None = None
    officer: str | None = None
    unit: str | None = None
    uncertainty_ms: int | None = None
    parts: tuple[Part, ...] = ()
    watermark: str = ""
    moved_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A clip on the drawn line of time."""

    x: float
    width: float
    part: Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From the first picture of all lanes to the last."""

    begin_ms: int
    end_ms: int

    def bars(self, lane: Lane) -> list[Bar]:
        """A lane's clips as pieces of a line of 1000 units."""
        whole = max(1, self.end_ms - self.begin_ms)
        return [
            Bar(
                x=round((part.begin_ms - self.begin_ms) * _WIDE / whole, 2),
                width=max(_LEAST, round(part.length_ms * _WIDE / whole, 2)),
                part=part,
            )
            for part in lane.parts
        ]


def span_of(lanes: Sequence[Lane]) -> Span:
    """What all lanes cover, what was moved taken in."""
    edges = [
        (part.begin_ms + lane.moved_ms, part.end_ms + lane.moved_ms)
        for lane in lanes
        for part in lane.parts
    ]
    if not edges:
        return Span(begin_ms=0, end_ms=0)
    return Span(begin_ms=min(b for b, _ in edges), end_ms=max(e for _, e in edges))


def begin_of(lanes: Sequence[Lane], wished_ms: int | None) -> int:
    """Where to begin: as wished, else where the most recorders have a picture for the first time."""
    span = span_of(lanes)
    if wished_ms is not None:
        return min(max(wished_ms, span.begin_ms), span.end_ms)
    edges = [(p.begin_ms + ln.moved_ms, p.end_ms + ln.moved_ms) for ln in lanes for p in ln.parts]
    starts = sorted({begin for begin, _ in edges})
    return max(starts, key=lambda t: (sum(b <= t < e for b, e in edges), -t), default=0)


def milliseconds(moment: datetime) -> int:
    """A moment as lanes count."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def follows(parts: Sequence[Part], part: Part) -> bool:
    """Whether a clip may lie on a lane with these: no two of one lane at the same time."""
    return all(
        part.begin_ms >= one.end_ms - _TOUCH_MS or part.end_ms <= one.begin_ms + _TOUCH_MS
        for one in parts
    )
