"""Since when there is no outside time: what every surface says where only our own authority answered, or none.

Reads the catalogue only, as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from archive.timestamps import names

if TYPE_CHECKING:
    from archive.opening import Archive

_MISSED: Final = 2  # rounds: one that failed may be chance


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What time this archive's checkpoints have."""

    outside: bool  # an outside authority stamps, as it should
    since: str | None  # where not: its last token, RFC 3339 UTC; None: there never was one
    configured: bool  # an outside authority is in the settings
    newest: str | None  # newest token of anybody, RFC 3339 UTC
    own: bool  # that one is of the agency's own authority
    synchronised: bool | None  # that one: whether the host's clock was in step; None: not ours


def outlook(archive: Archive, now: datetime) -> Outlook:
    """The catalogue's word. Raises ArchiveError."""
    settings = archive.settings.timestamps
    rows = archive.catalogue.newest_timestamps()
    newest = max(rows.values(), key=lambda row: row.index, default=None)
    last = archive.catalogue.newest_outside_timestamp()
    return Outlook(
        outside=last is not None and _is_fresh(archive, last.size, last.time, now),
        since=None if last is None else last.time,
        configured=bool(settings.authorities),
        newest=None if newest is None else newest.time,
        own=newest is not None and newest.authority == names.EMBEDDED,
        synchronised=None if newest is None else newest.synchronised,
    )


def _is_fresh(archive: Archive, size: int, time: str, now: datetime) -> bool:
    """Whether it is recent, or nothing but tokens came since."""
    pause = _MISSED * timedelta(minutes=archive.settings.timestamps.every_minutes)
    if datetime.fromisoformat(time) + pause > now:
        return True
    return all(row.size <= size for row in archive.catalogue.newest_timestamps().values())
