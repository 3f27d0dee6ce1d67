"""Times as the catalogue compares them: whole microseconds since 1970, UTC. Pure functions.

Text that cannot be read as a time is unknown (None) when it comes from an entry, an error when somebody typed it.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from archive.catalogue.errors import TimeTextError

# Where no start time is known: sorts after every known one. The largest 64-bit integer.
UNKNOWN_START: Final = 2**63 - 1
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
# RFC 3339, 5.6: any number of digits of a second.
_INSTANT: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d)(?::(\d\d)(?:\.(\d+))?)?([Zz]|[+-]\d\d:\d\d)?", re.ASCII
)


def microseconds(moment: datetime) -> int:
    """Microseconds since 1970 of an aware time."""
    return (moment - _EPOCH) // _MICROSECOND


def moment_text(value: int) -> str:
    """RFC 3339 UTC of microseconds since 1970; the fraction only where there is one."""
    return (_EPOCH + timedelta(microseconds=value)).isoformat().replace("+00:00", "Z")


def known_us(text: str | None) -> int | None:
    """Microseconds of an RFC 3339 text that an entry holds; None when it is no time."""
    if text is None:
        return None
    try:
        moment = _read(text, None)
    except ValueError:
        return None
    return None if moment is None else microseconds(moment)


def lower_bound(text: str, zone: ZoneInfo) -> datetime:
    """First moment that `--from TEXT` takes in.

    Args:
        text: RFC 3339, or a local date, or a local date and time.
        zone: whose clock a time without offset means.

    Raises:
        TimeTextError: not a time.
    """
    return _typed(text, zone)[0]


def upper_bound(text: str, zone: ZoneInfo) -> datetime:
    """First moment after what `--to TEXT` takes in: a moment and a day are taken in whole.

    Raises:
        TimeTextError: not a time.
    """
    return _typed(text, zone)[1]


def _typed(text: str, zone: ZoneInfo) -> tuple[datetime, datetime]:
    text = text.strip()
    try:
        if re.fullmatch(r"\d{4}-?\d\d-?\d\d", text, re.ASCII):
            day = date.fromisoformat(text)
            midnights = (datetime.combine(d, time(), zone) for d in (day, day + timedelta(days=1)))
            start, end = (m.astimezone(UTC) for m in midnights)
            return start, end
        moment = _read(text, zone)
    except (ValueError, OverflowError) as e:
        raise TimeTextError(f"{text!r} is no time: 2026-01-17 or 2026-01-17T08:00:00+08:00") from e
    if moment is None:
        raise TimeTextError(f"{text!r} is no time: 2026-01-17 or 2026-01-17T08:00:00+08:00")
    return moment, moment + _MICROSECOND


def _read(text: str, zone: ZoneInfo | None) -> datetime | None:
    found = _INSTANT.fullmatch(text)
    if found is None:
        return None
    day, minute, second, fraction, offset = found.groups()
    if offset is None and zone is None:
        return None
    # RFC 3339, 5.7: a leap second is 60; no clock here counts it, the second before is the nearest.
    second = {None: "00", "60": "59"}.get(second, second)
    plain = f"{day}T{minute}:{second}.{(fraction or '0')[:6]:0<6}"
    if offset is None:
        local = datetime.fromisoformat(plain).replace(tzinfo=zone)
    else:
        local = datetime.fromisoformat(plain + ("+00:00" if offset in "Zz" else offset))
    try:
        return local.astimezone(UTC)
    except OverflowError as e:
        raise ValueError(text) from e


def container_start(created_us: int, offset_ms: int | None) -> tuple[str, int]:
    """A clip's corrected start by its container: device time + measured offset (architecture, Time)."""
    corrected = created_us + (offset_ms or 0) * 1000
    return moment_text(corrected), corrected
