"""Where things lie on a line of time: the case page's axis and the find page's density. Pure geometry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from archive.catalogue.rows import ClipRow

LEFT: Final = 120.0
RIGHT: Final = 990.0
_LANE: Final = 26
_BINS: Final = 60
_DENSITY_HEIGHT: Final = 36
_STEPS: Final = tuple(
    timedelta(seconds=s)
    for s in (
        1,
        5,
        10,
        30,
        60,
        300,
        600,
        1800,
        3600,
        7200,
        21600,
        43200,
        86400,
        7 * 86400,
        30 * 86400,
        365 * 86400,
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A clip on its lane."""

    clip: str
    x: float
    width: float
    marked: bool
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """A recorder's clips."""

    name: str
    y: int
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A moment with its words."""

    x: float
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The case's own time."""

    x: float
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """A whole picture, 1000 wide."""

    left: float
    height: int
    lanes: tuple[Lane, ...]
    ticks: tuple[Tick, ...]
    window: Window | None


def axis(
    clips: Sequence[ClipRow], zone: ZoneInfo, window: tuple[str | None, str | None]
) -> Axis | None:
    """Lay clips out, one lane a recorder; None when no start is known."""
    spans = [(c, *_span(c)) for c in clips if c.start is not None]
    if not spans:
        return None
    first, last = min(s for _, s, _ in spans), max(e for _, _, e in spans)
    margin = max((last - first) * 0.02, timedelta(seconds=1))
    first, last = first - margin, last + margin
    scale = (RIGHT - LEFT) / (last - first).total_seconds()

    def x(moment: datetime) -> float:
        return round(LEFT + (min(max(moment, first), last) - first).total_seconds() * scale, 2)

    names = sorted({c.recorder or "" for c, _, _ in spans})
    lanes = tuple(
        Lane(
            name=_clipped(name),
            y=18 + i * _LANE,
            bars=tuple(
                Bar(
                    clip=c.clip,
                    x=x(start),
                    width=max(3.0, round(x(end) - x(start), 2)),
                    marked=c.marked,
                    words=f"{start.astimezone(zone):%Y-%m-%d %H:%M:%S} {c.path or ''}",
                )
                for c, start, end in spans
                if (c.recorder or "") == name
            ),
        )
        for i, name in enumerate(names)
    )
    since, until = (None if w is None else datetime.fromisoformat(w) for w in window)
    shown = None
    if since is not None and until is not None and since < last and until > first:
        shown = Window(x=x(since), width=round(x(until) - x(since), 2))
    height = 18 + len(names) * _LANE + 20
    ticks = tuple(Tick(x=x(t), words=w) for t, w in _ticks(first, last, zone))
    return Axis(left=LEFT, height=height, lanes=lanes, ticks=ticks, window=shown)


def density(clips: Sequence[ClipRow]) -> list[float]:
    """How many clips begin in each sixtieth of the time shown, as heights; empty where that says nothing."""
    starts = sorted(datetime.fromisoformat(c.start) for c in clips if c.start is not None)
    if len(starts) < 3 or starts[0] == starts[-1]:
        return []
    bins = [0] * _BINS
    whole = (starts[-1] - starts[0]).total_seconds()
    for start in starts:
        bins[min(_BINS - 1, int((start - starts[0]).total_seconds() / whole * _BINS))] += 1
    return [round(n / max(bins) * _DENSITY_HEIGHT, 1) for n in bins]


def _span(clip: ClipRow) -> tuple[datetime, datetime]:
    start = datetime.fromisoformat(clip.start or "")
    return start, start + timedelta(seconds=clip.duration or 0)


def _ticks(first: datetime, last: datetime, zone: ZoneInfo) -> list[tuple[datetime, str]]:
    whole = last - first
    step = next((s for s in _STEPS if whole / s <= 7), _STEPS[-1])
    form = (
        "%Y-%m-%d"
        if step >= timedelta(days=1)
        else "%H:%M"
        if step >= timedelta(minutes=1)
        else "%H:%M:%S"
    )
    local = first.astimezone(zone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    at = midnight + ((local - midnight) // step + 1) * step
    found: list[tuple[datetime, str]] = []
    while at < last and len(found) < 10:
        day = at.strftime("%m-%d ") if form != "%Y-%m-%d" and not found else ""
        found.append((at, day + at.strftime(form)))
        at += step
    return found


def _clipped(name: str) -> str:
    return name if len(name) <= 20 else f"{name[:12]}…{name[-7:]}"
