"""Times of clips. The raw value is never replaced; what cannot be a date is said to be none.

A recorder's clock speaks in the names of its files and in their modification times, which its Recorder gives as UTC
by the zone that such clocks run in (`time.zone`): MTP's dates without a zone, FAT's local times. Both are corrected by
the same offset.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

# From when a clip was made to when it has to be stored; None: no rule says.
Due = Callable[[datetime], datetime | None]
_NS: Final = 1_000_000_000


def modified_text(mtime_ns: int) -> str:
    """A modification time to the nanosecond, RFC 3339 UTC; `@<ns>` where no calendar has it."""
    seconds, ns = divmod(mtime_ns, _NS)
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return f"@{mtime_ns}"
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{ns:09}Z".rjust(30, "0")


def utc_text(moment: datetime) -> str:
    """An aware time, RFC 3339 UTC; with microseconds only where there are any."""
    utc = moment.astimezone(UTC)
    text = utc.isoformat(timespec="microseconds" if utc.microsecond else "seconds")
    return text.replace("+00:00", "Z")


def start_of(
    named: datetime | None, mtime_ns: int, zone: ZoneInfo, *, offset_ms: int | None = None
) -> tuple[datetime, str] | tuple[None, None]:
    """When a clip began and who says so: its name (the recorder's local time), else its modification time.

    `offset_ms` is what the recorder's clock lacks to the true time; None where it was not measured.
    """
    correction = timedelta(milliseconds=offset_ms or 0)
    try:
        if named is not None:
            return named.replace(tzinfo=zone).astimezone(UTC) + correction, "name"
        return datetime.fromtimestamp(mtime_ns // 1000 / 1e6, UTC) + correction, "modified"
    except (OverflowError, ValueError, OSError):
        return None, None


def is_late(start: datetime | None, now: datetime, due: Due | None) -> bool:
    """Whether a clip that was made at `start` is stored later than the rules allow; whoever composes knows them."""
    until = None if start is None or due is None else due(start)
    return until is not None and now >= until
