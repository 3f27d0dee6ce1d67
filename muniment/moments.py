"""A moment as people read it: local to the archive, to the second, with its zone. JSON has RFC 3339 in UTC instead.

Holds: no text for people has a fraction of a second or a bare ISO time; where no zone is known it says UTC.
"""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from pathlib import Path

from archive import settings
from archive.errors import ArchiveError


def zone_of(root: Path) -> tzinfo:
    """The archive's zone; UTC where its settings cannot be read: whoever opens the archive says so."""
    try:
        return settings.load(root).zone
    except (ArchiveError, OSError):
        return UTC


def moment_text(moment: str | datetime, zone: tzinfo = UTC) -> str:
    """`2026-11-22 16:27:42 +08:00`. Raises ValueError: text that is no RFC 3339 time."""
    known = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    local = known.astimezone(zone)
    offset = local.strftime("%z")
    shown = "UTC" if zone is UTC else f"{offset[:3]}:{offset[3:5]}"
    return f"{local:%Y-%m-%d %H:%M:%S} {shown}"
