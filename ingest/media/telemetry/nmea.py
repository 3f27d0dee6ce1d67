"""NMEA 0183 logs: RMC and GGA sentences of one moment become one position. Other sentences are stepped over.

Only sentences whose checksum holds are read. RMC gives the date; a moment that has a GGA only gets its date from the
RMC before it, the first ones from the first RMC. Any bytes give positions or `TelemetryError`.
"""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import reduce
from itertools import pairwise
from operator import xor
from typing import Final

from ingest.media.telemetry.errors import TelemetryError
from ingest.media.telemetry.points import Point
from ingest.media.telemetry.texts import number

MOST_MOMENTS: Final = 400_000
# Up to 82 characters by the standard; some loggers write their own time before the "$".
_SENTENCE = re.compile(
    rb"\$([A-Z]{2}(?:RMC|GGA|GSV|GSA|VTG|GLL|ZDA|TXT)[ -#%-)+-~]{0,200})\*([0-9A-Fa-f]{2})"
)
_TIME = re.compile(r"([01]\d|2[0-3])([0-5]\d)([0-5]\d|60)(?:\.(\d{1,9}))?")
_DAY: Final = 86_400_000
_KNOT: Final = 514_444  # mm/s × 1000
_MIDNIGHT: Final = _DAY // 2  # a time of day that falls back by more is the next day


@dataclass(frozen=True, slots=True, kw_only=True)
class _Moment:
    """One moment: what the sentences of it say together."""

    of_day: int  # ms
    day: int | None = None  # since 1970
    place: tuple[int, int] | None = None
    fixed: bool = False
    alt_mm: int | None = None
    speed_mm_s: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """Positions in their order, moments without a fix, and sentences whose checksum failed."""

    points: list[Point]
    no_fix: int
    wrong: int


def read_nmea(data: bytes, *, near_ms: int | None = None) -> Log:
    """Read a log.

    Args:
        data: its bytes.
        near_ms: when the clip began, milliseconds since 1970: gives the date where no RMC does.

    Raises:
        TelemetryError: there is no sentence whose checksum holds, or more than any recorder writes.
    """
    moments: list[_Moment] = []
    wrong = good = 0
    for found in _SENTENCE.finditer(data):
        if reduce(xor, found[1], 0) != int(found[2], 16):
            wrong += 1
            continue
        good += 1
        _merge(moments, found[1].decode("ascii").split(","))
    if good == 0:
        raise TelemetryError("no NMEA sentence whose checksum holds")
    dated = _dated(moments, near_ms)
    points = [point for moment in dated if (point := _point(moment)) is not None]
    return Log(points=points, no_fix=len(dated) - len(points), wrong=wrong)


def _merge(moments: list[_Moment], fields: list[str]) -> None:
    said = {"RMC": _rmc, "GGA": _gga}.get(fields[0][2:], _nothing)(fields)
    if said is None:
        return
    if not moments or moments[-1].of_day != said.of_day:
        if len(moments) >= MOST_MOMENTS:
            raise TelemetryError("more sentences than any recorder writes")
        moments.append(said)
        return
    first = moments[-1]
    moments[-1] = replace(
        first,
        day=first.day if first.day is not None else said.day,
        place=first.place or said.place,
        # a receiver that says in one sentence that it knows nothing knows nothing
        fixed=first.fixed and said.fixed,
        alt_mm=first.alt_mm if first.alt_mm is not None else said.alt_mm,
        speed_mm_s=first.speed_mm_s if first.speed_mm_s is not None else said.speed_mm_s,
    )


def _nothing(fields: list[str]) -> _Moment | None:  # noqa: ARG001 - GSV and the rest: no position in them
    return None


def _rmc(fields: list[str]) -> _Moment | None:
    of_day = _of_day(fields[1]) if len(fields) >= 10 else None
    if of_day is None:
        return None
    knots = number(fields[7], 1000)
    return _Moment(
        of_day=of_day,
        day=_day(fields[9]),
        place=_place(fields[3:7]),
        fixed=fields[2] == "A",
        speed_mm_s=None if knots is None else (knots * _KNOT + 500_000) // 1_000_000,
    )


def _gga(fields: list[str]) -> _Moment | None:
    of_day = _of_day(fields[1]) if len(fields) >= 11 else None
    if of_day is None:
        return None
    return _Moment(
        of_day=of_day,
        place=_place(fields[2:6]),
        fixed=fields[6] not in {"", "0"},
        alt_mm=number(fields[9], 1000) if fields[10] == "M" else None,
    )


def _of_day(text: str) -> int | None:
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    seconds = (int(found[1]) * 60 + int(found[2])) * 60 + int(found[3])
    return seconds * 1000 + int((found[4] or "0")[:3].ljust(3, "0"))


def _day(text: str) -> int | None:
    if not (text.isascii() and text.isdigit() and len(text) == 6):
        return None
    year = int(text[4:])
    try:
        day = datetime(
            year + (1900 if year >= 80 else 2000), int(text[2:4]), int(text[:2]), tzinfo=UTC
        )
    except ValueError:
        return None
    return (day - datetime(1970, 1, 1, tzinfo=UTC)).days


def _place(fields: list[str]) -> tuple[int, int] | None:
    """Read ddmm.mmmm,N,dddmm.mmmm,E."""
    lat, lon = _angle(fields[0], 2), _angle(fields[2], 3)
    if lat is None or lon is None or fields[1] not in {"N", "S"} or fields[3] not in {"E", "W"}:
        return None
    return (lat if fields[1] == "N" else -lat), (lon if fields[3] == "E" else -lon)


def _angle(text: str, degrees: int) -> int | None:
    minutes = number(text[degrees:], 10**7)
    whole = text[:degrees]
    if minutes is None or not whole.isdigit() or not 0 <= minutes < 60 * 10**7:
        return None
    return int(whole) * 10**7 + (2 * minutes + 60) // 120


def _dated(moments: list[_Moment], near_ms: int | None) -> list[_Moment]:
    day = next(
        (m.day - _turned(moments[: i + 1]) for i, m in enumerate(moments) if m.day is not None),
        None,
    )
    if day is None and near_ms is not None and moments:
        # the day on which the first moment is nearest to the clip's beginning
        day = round((near_ms - moments[0].of_day) / _DAY)
    dated: list[_Moment] = []
    before: int | None = None
    for moment in moments:
        if moment.day is not None:
            day = moment.day
        elif day is not None and before is not None and before - moment.of_day > _MIDNIGHT:
            day += 1
        before = moment.of_day
        dated.append(replace(moment, day=day))
    return dated


def _turned(moments: list[_Moment]) -> int:
    """Return how often midnight passes in moments that have no date."""
    pairs = pairwise(moments)
    return sum(1 for one, next_ in pairs if one.of_day - next_.of_day > _MIDNIGHT)


def _point(moment: _Moment) -> Point | None:
    if moment.place is None or not moment.fixed:
        return None
    utc = None
    if moment.day is not None:
        midnight = timedelta(days=moment.day) // timedelta(milliseconds=1)
        utc = midnight + moment.of_day
    return Point(
        lat_e7=moment.place[0],
        lon_e7=moment.place[1],
        utc_ms=utc,
        alt_mm=moment.alt_mm,
        speed_mm_s=moment.speed_mm_s,
    )
