"""A day that somebody typed, as the moment at which it is over."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from api.errors import InvalidInputError


def end_of(day: str | None, zone: ZoneInfo) -> datetime | None:
    """Raises InvalidInputError: it is no day."""
    if not day:
        return None
    try:
        on = date.fromisoformat(day)
    except ValueError as e:
        raise InvalidInputError(f"{day} is no day; write it like 2026-05-01") from e
    if on == date.max:
        return datetime.max.replace(tzinfo=UTC)
    return datetime.combine(on + timedelta(days=1), time(), zone)
