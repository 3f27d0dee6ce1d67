"""What a line of text says about the time, and which readings agree. Pure: no picture comes here.

A recorder's clock is a wall clock without a zone. Here it is seconds of a calendar, and is compared with others of the
same kind only: with itself, and with the time in the clip's name.
"""

import calendar
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass

_SECOND = 1_000_000
_TOLERATED_US = 2 * _SECOND  # between the clock in the picture and the clip's own start
# Year first, as GA/T 947 and all recorders that we know write it. A reader loses a separator now and then, so one may
# be missing; a badge number of six digits may follow without a gap.
_CLOCK = re.compile(
    r"(?<!\d)(20\d\d)([-/.]?)(\d\d)([-/.]?)(\d\d)[ -]{0,3}(\d\d)([-:.]?)(\d\d)([-:.]?)(\d\d)"
    r"(?=\D|$|\d{6}(?!\d))"
)
_SEPARATORS = 3  # of four that have to be there
_PIECE = re.compile(r"\d[-/]\d\d|\d:\d|\d{4}")
_BADGE = re.compile(r"(?<!\d)(\d{6})(?!\d)")
_START = re.compile(r"(?<!\d)(20\d{2})\D?(\d\d)\D?(\d\d)\D{0,3}(\d\d)\D?(\d\d)\D?(\d\d)(?!\d)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A clock that was read in one picture.

    Attributes:
        at_us: the picture's time in the clip.
        seconds: what the clock shows, as seconds of the calendar since 1970.
        badge: six digits on the same line, if there were any.
    """

    at_us: int
    seconds: int
    badge: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningClock:
    """A clock that advances with the clip.

    Attributes:
        text: as it was first read, with a badge number where all readings have the same.
        at_us: the time in the clip of the picture in which it was first read.
        earliest_us: the clip's begin by this clock is not before, in microseconds of the calendar.
        latest_us: nor after.
    """

    text: str
    at_us: int
    earliest_us: int
    latest_us: int


def parse(text: str, *, at_us: int) -> Reading | None:
    """Return the clock in a line of text, or None."""
    text = text.replace("：", ":").replace("O", "0").replace("o", "0")
    for match in _CLOCK.finditer(text):
        year, first, month, second, day, hour, third, minute, fourth, end = match.groups()
        if sum(map(bool, (first, second, third, fourth))) < _SEPARATORS:
            continue
        seconds = _seconds((year, month, day, hour, minute, end))
        if seconds is not None:
            badge = _BADGE.search(text[: match.start()] + " " + text[match.end() :])
            return Reading(at_us=at_us, seconds=seconds, badge=badge[1] if badge else None)
    return None


def may_be_part(text: str) -> bool:
    """Whether the line looks like a piece of a clock whose rest was not seen."""
    return _PIECE.search(text) is not None


def agreed(readings: Sequence[Reading]) -> RunningClock | None:
    """Return the clock that the most readings agree on, at least two at least a second apart; else None."""
    best: list[Reading] = []
    for reading in readings:
        together = [other for other in readings if _agree(reading, other)]
        if len(together) > len(best):
            best = together
    if not best or best[-1].at_us - best[0].at_us < _SECOND:
        return None
    badges = {reading.badge for reading in best}
    badge = badges.pop() if len(badges) == 1 else None
    shown = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(best[0].seconds))
    return RunningClock(
        text=f"{shown} {badge}" if badge else shown,
        at_us=best[0].at_us,
        # a clock shows a second from its first to its last microsecond
        earliest_us=min(max(r.seconds * _SECOND - r.at_us for r in best), _latest(best)),
        latest_us=_latest(best),
    )


def differs(clock: RunningClock, start: str) -> bool:
    """Whether the clock contradicts the clip's own start, as its name says it, by more than two seconds.

    A start that is not year, month, day, hour, minute and second contradicts nothing.
    """
    match = _START.search(start)
    named = _seconds(match.groups()) if match else None
    if named is None:
        return False
    begins, ends = named * _SECOND, (named + 1) * _SECOND
    return clock.earliest_us > ends + _TOLERATED_US or clock.latest_us < begins - _TOLERATED_US


def _latest(readings: Sequence[Reading]) -> int:
    return min((reading.seconds + 1) * _SECOND - reading.at_us for reading in readings)


def _agree(one: Reading, other: Reading) -> bool:
    """Whether the clock ran as long as the clip did between the two; it shows whole seconds."""
    ran = (other.seconds - one.seconds) * _SECOND
    return abs(ran - (other.at_us - one.at_us)) <= _SECOND


def _seconds(parts: Sequence[str]) -> int | None:
    year, month, day, hour, minute, second = map(int, parts)
    if not 1 <= month <= 12 or not 1 <= day <= calendar.monthrange(year, month)[1]:
        return None
    if hour > 23 or minute > 59 or second > 59:
        return None
    return calendar.timegm((year, month, day, hour, minute, second))
