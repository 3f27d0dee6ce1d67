"""What media facts say of a clip's own time: where its pictures begin and end, and what counts its frames.

Total: any bytes give `Times`, at worst one that says nothing. Exact where the facts are: ticks are fractions until the
last step, so that no rounding adds up over the frames of an hour.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from archive.catalogue.times import known_us

_TIMECODE: Final = re.compile(r"(\d\d):(\d\d):(\d\d)([:;.])(\d\d\d?)", re.ASCII)
_MOST_RUNS: Final = 1_000_000
_DROPPED: Final = {
    30: 2,
    60: 4,
}  # SMPTE ST 12-1, 5.2.2: labels left out each minute but every tenth


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """A clip's own time. Microseconds; None where the facts do not tell."""

    first_us: int | None = None  # of the leading track, on the container's own axis
    length_us: int | None = None  # of the leading track, last frame included
    sound_us: int | None = None  # first sound minus first picture
    rate: Fraction | None = None  # frames a second, where it is constant
    label: int | None = None  # the timecode of the first frame, as a number of frames
    gps_us: int | None = None  # the first moment by satellite
    created_us: int | None = None  # by the container's clock


def times_of(raw: bytes) -> Times:
    """Read a facts document."""
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError):
        return Times()
    return _read(document) if isinstance(document, dict) else Times()


def _read(document: dict[str, Any]) -> Times:
    stream = _leading(document)
    first, length = _exact(document, stream)
    rate = None if stream.get("variable_rate") is True else _rate(document, stream)
    clocks = _dicts(document.get("clocks"))
    return Times(
        first_us=first if first is not None else _number(stream.get("start_us")),
        length_us=_length(length, document, stream),
        sound_us=_number(document.get("av_offset_us")),
        rate=rate,
        label=_label(_raw(clocks, "timecode"), rate),
        gps_us=_utc(clocks, "gps"),
        created_us=_utc(clocks, "container"),
    )


def _leading(document: dict[str, Any]) -> dict[str, Any]:
    """The stream whose time counts: the first picture, else the first sound."""
    streams = _dicts(document.get("streams"))
    for kind in ("video", "audio"):
        for stream in streams:
            if stream.get("type") == kind:
                return stream
    return {}


def _exact(document: dict[str, Any], stream: dict[str, Any]) -> tuple[int | None, int | None]:
    """First moment and length by the frames themselves, where the facts list them."""
    frames = document.get("frames")
    if not isinstance(frames, dict) or frames.get("stream") != stream.get("index"):
        return None, None
    base, first = _fraction(frames.get("time_base")), _number(frames.get("first"))
    if base is None or first is None:
        return None, None
    begin = round(first * base * 1_000_000)
    ticks = _sum_of(frames.get("runs"), _number(frames.get("count")))
    return begin, None if ticks is None else round(ticks * base * 1_000_000)


def _rate(document: dict[str, Any], stream: dict[str, Any]) -> Fraction | None:
    """Frames a second: what the stream claims, unless most of its frames say otherwise."""
    told, frames = _fraction(stream.get("rate")), document.get("frames")
    if not isinstance(frames, dict) or frames.get("stream") != stream.get("index"):
        return told
    base, runs = _fraction(frames.get("time_base")), frames.get("runs")
    counts = _sum_of(runs, _number(frames.get("count"))) is not None
    if base is None or not counts or not isinstance(runs, list):
        return told
    _, each = max(runs)  # the longest run
    if each <= 0:
        return told
    # A guess from a few frames may be twice their rate; rounding to milliseconds makes 3 in 100.
    counted = 1 / (each * base)
    return told if told is not None and abs(told - counted) * 25 <= counted else counted


def _sum_of(runs: object, count: int | None) -> int | None:
    """Ticks from the first frame to the end of the last; the last lasts as long as the one before it."""
    if not isinstance(runs, list) or not runs or len(runs) > _MOST_RUNS or count is None:
        return None
    ticks = counted = each = 0
    for run in runs:
        if not isinstance(run, list) or len(run) != 2:
            return None
        many, each_or_none = _number(run[0]), _number(run[1])
        if many is None or each_or_none is None or many < 1:
            return None
        each = each_or_none
        counted, ticks = counted + many, ticks + many * each
    return ticks if counted == count else ticks + each if counted == count - 1 else None


def _length(exact: int | None, document: dict[str, Any], stream: dict[str, Any]) -> int | None:
    for value in (
        exact,
        _number(stream.get("duration_us")),
        _number(document.get("measured_us")),
        _number(document.get("duration_us")),
    ):
        if value is not None and value > 0:
            return value
    return None


def _label(raw: str | None, rate: Fraction | None) -> int | None:
    """A timecode as the number of its frame."""
    found = _TIMECODE.fullmatch(raw or "")
    if found is None or rate is None or not 1 <= rate <= 240:
        return None
    hours, minutes, seconds, frames = (int(found[n]) for n in (1, 2, 3, 5))
    nominal = round(rate)
    total = minutes + 60 * hours
    number = (total * 60 + seconds) * nominal + frames
    if found[4] != ":":
        number -= _DROPPED.get(nominal, 0) * (total - total // 10)
    return number


def _raw(clocks: list[dict[str, Any]], source: str) -> str | None:
    for clock in clocks:
        if clock.get("source") == source and isinstance(clock.get("raw"), str):
            return str(clock["raw"])
    return None


def _utc(clocks: list[dict[str, Any]], source: str) -> int | None:
    for clock in clocks:
        if clock.get("source") == source and isinstance(clock.get("utc"), str):
            return known_us(clock["utc"])
    return None


def _fraction(text: object) -> Fraction | None:
    if not isinstance(text, str) or len(text) > 40 or not re.fullmatch(r"\d+/\d+", text, re.ASCII):
        return None
    over, under = (int(part) for part in text.split("/"))
    return Fraction(over, under) if over and under else None


def _number(value: object) -> int | None:
    return value if type(value) is int else None


def _dicts(value: object) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
