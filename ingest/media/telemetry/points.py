"""Positions, and the sieve they go through: what cannot be true is left out and counted by its reason.

At most `MOST` positions stay, evenly thinned. Nothing is moved, smoothed or filled in.
"""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

MOST: Final = 50_000  # positions of a track
_HELD: Final = 8 * MOST  # while they are gathered
_FASTEST: Final = 350  # m/s; what moves faster than sound is no recorder
_NEAR: Final = 500  # metres that a receiver may jump when it finds itself
_BELIEVED: Final = 3  # positions in a row at a new place: the earlier ones were wrong or lost
_METRES_A_DEGREE: Final = 111_320
_HIGHEST, _LOWEST = 100_000_000, -1_000_000  # mm


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One position. Degrees × 10⁷ (WGS 84), millimetres, milliseconds.

    Attributes:
        ms: its place in the clip; None where that is not known.
        utc_ms: milliseconds since 1970 that the receiver itself gave.
        own_ms: the device's own clock, where its samples carry one that is no time of day.
    """

    lat_e7: int
    lon_e7: int
    ms: int | None = None
    utc_ms: int | None = None
    alt_mm: int | None = None
    speed_mm_s: int | None = None
    own_ms: int | None = None


@dataclass(slots=True, kw_only=True)
class Sieve:
    """Takes positions in the order of their times and keeps those that can be true.

    Attributes:
        seen: all that came.
        dropped: how many were left out, by reason: no_fix, zero, out_of_range, jump, outside.
        kept_every: each so many'th of the good ones was kept.
    """

    seen: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    kept_every: int = 1
    _good: int = 0
    _points: list[Point] = field(default_factory=list)
    _last: Point | None = None
    _doubted: list[Point] = field(default_factory=list)

    def take_all(self, points: Iterable[Point]) -> None:
        """Take positions that have a fix."""
        for point in points:
            self.take(point)

    def take(self, point: Point) -> None:
        """Take a position that has a fix."""
        self.seen += 1
        if (reason := impossible(point)) is not None:
            self.dropped[reason] += 1
        elif self._last is None or near(self._last, point):
            self._forget_doubted()
            self._keep(point)
        else:
            if self._doubted and not near(self._doubted[-1], point):
                self._forget_doubted()
            self._doubted.append(point)
            if len(self._doubted) == _BELIEVED:
                believed, self._doubted = self._doubted, []
                for one in believed:
                    self._keep(one)

    def leave_out(self, reason: str, count: int = 1) -> None:
        """Count positions that their own source says are none."""
        self.seen += count
        self.dropped[reason] += count

    def points(self) -> list[Point]:
        """Return what was kept, at most `MOST`, evenly thinned with the first and the last in it."""
        self._forget_doubted()
        if len(self._points) <= MOST:
            return list(self._points)
        last = len(self._points) - 1
        return [self._points[index * last // (MOST - 1)] for index in range(MOST)]

    def _forget_doubted(self) -> None:
        if self._doubted:
            self.dropped["jump"] += len(self._doubted)
            self._doubted = []

    def _keep(self, point: Point) -> None:
        self._last = point
        if self._good % self.kept_every == 0:
            self._points.append(point)
            if len(self._points) > _HELD:
                self._points = self._points[::2]
                self.kept_every *= 2
        self._good += 1


def impossible(point: Point) -> str | None:
    """Say why a position cannot be one, or return None."""
    if abs(point.lat_e7) > 900_000_000 or abs(point.lon_e7) > 1_800_000_000:
        return "out_of_range"
    # 0°, 0° is in the sea off Ghana: what a receiver without a fix writes
    if abs(point.lat_e7) < 1000 and abs(point.lon_e7) < 1000:
        return "zero"
    if point.alt_mm is not None and not _LOWEST <= point.alt_mm <= _HIGHEST:
        return "out_of_range"
    return None


def near(one: Point, other: Point) -> bool:
    """Whether somebody can have been at both, in the time between them."""
    metres = distance(one, other)
    if metres <= _NEAR:
        return True
    if one.ms is not None and other.ms is not None:
        return metres <= _NEAR + _FASTEST * abs(other.ms - one.ms) / 1000
    if one.utc_ms is not None and other.utc_ms is not None:
        return metres <= _NEAR + _FASTEST * abs(other.utc_ms - one.utc_ms) / 1000
    return True  # without a time nothing can be too fast


def distance(one: Point, other: Point) -> float:
    """Metres between two positions, as if the earth were flat there: for the sieve only."""
    across = abs(other.lon_e7 - one.lon_e7)
    across = min(across, 3_600_000_000 - across)  # over the antimeridian
    shrunk = math.cos(math.radians(one.lat_e7 / 1e7))
    return math.hypot((other.lat_e7 - one.lat_e7) / 1e7, across / 1e7 * shrunk) * _METRES_A_DEGREE


def scaled(value: float, divisor: float, by: int) -> int | None:
    """Return value / divisor × by, rounded to the nearest integer; None where that is no number."""
    if isinstance(value, int) and isinstance(divisor, int):
        if divisor == 0:
            return None
        return (2 * value * by + divisor) // (2 * divisor)  # halves go up
    if divisor == 0 or not math.isfinite(value) or not math.isfinite(divisor):
        return None
    exact = value / divisor * by
    return round(exact) if math.isfinite(exact) and abs(exact) < 2**53 else None
