"""MTP date-times: `20240229T131415`, perhaps `.s`, perhaps `Z` or `+hhmm` (MTP 1.1, 3.2.5).

Whatever is no date is None: recorders send spaces, zeros and yesterday's 30th of February. Where a
date names no zone, it is read in the zone that recorders' clocks run in; an hour that happens twice
is the first of the two.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo

_DATE = re.compile(
    r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(?:\.(\d{1,6}))?(Z|[+-]\d{4})?", re.ASCII
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceDate:
    """A date-time as a recorder said it."""

    when: datetime  # aware, UTC
    digit_us: int  # what its last digit is worth, in microseconds
    suffix: str  # "Z", "+hhmm" or "" as it was written
    decimals: int  # digits behind the point


def parse_date(text: str, zone: tzinfo) -> DeviceDate | None:
    """Read a date-time; None where it is none."""
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, suffix = match.groups()
    fraction = fraction or ""
    try:
        local = datetime(
            int(year),
            int(month),
            int(day),
            int(hour),
            int(minute),
            int(second),
            int(fraction.ljust(6, "0")),
            tzinfo=_zone(suffix, zone),
        )
        when = local.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return DeviceDate(
        when=when,
        digit_us=10 ** (6 - len(fraction)),
        suffix=suffix or "",
        decimals=len(fraction),
    )


def _zone(suffix: str | None, zone: tzinfo) -> tzinfo:
    """Raises ValueError where an offset is no offset."""
    if suffix is None:
        return zone
    if suffix == "Z":
        return UTC
    hours, minutes = int(suffix[1:3]), int(suffix[3:])
    if minutes > 59:
        raise ValueError(suffix)
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if suffix[0] == "-" else offset)


def format_date(when: datetime, zone: tzinfo, *, suffix: str = "", decimals: int = 0) -> str:
    """Write a moment as a recorder writes it: with the suffix and the digits that it uses itself."""
    local = when.astimezone(_zone(suffix or None, zone))
    fraction = f".{local.microsecond:06d}"[: decimals + 1] if decimals else ""
    return f"{local:%Y%m%dT%H%M%S}{fraction}{suffix}".rjust(15, "0")


def nanoseconds(when: datetime) -> int:
    """A moment in nanoseconds since 1970, exactly."""
    since = when - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400_000_000 + since.seconds * 1_000_000 + since.microseconds) * 1000
