"""A day that somebody typed, as the moment at which it is over."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from api.errors import InvalidInputError


def end_of(day: str | None, zone: ZoneInfo) -> datetime | None:
    """Raises InvalidInputError: it is no day."""
    if not day:
        return None
    try:
        return datetime.combine(date.fromisoformat(day) + timedelta(days=1), time(), zone)
    except (ValueError, OverflowError) as e:
        raise InvalidInputError(f"{day} is no day; write it like 2026-05-01") from e
