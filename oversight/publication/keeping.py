"""What a running service does for the public: ends what expired, writes what is public, pushes what is due.

What always holds: doing it twice does nothing twice. A platform that is away keeps nothing else from being done.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from archive.opening import Archive
from oversight.publication import site, steps
from oversight.publication.errors import PlatformError
from oversight.publication.push import Standing, push, standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What was done."""

    expired: int
    written: int  # items that the feed got
    pushed: Standing | None  # None: nothing is pushed anywhere, or nothing is due
    failed: str | None  # what the platform's failure was


def keep(archive: Archive, now: datetime) -> Kept:
    """Do it once. Raises PublicFolderError, ArchiveError: as `site.write`."""
    day = now.astimezone(archive.settings.zone).date()
    expired = 0
    if archive.catalogue.expiring(day.isoformat(), limit=1):
        expired = steps.expire(archive, day, actor=archive.settings.station)
    written = site.write(archive)
    platform, pushed, failed = archive.settings.public.platform, None, None
    if platform is not None:
        try:
            if standing(archive, platform).is_due(now):
                pushed = push(archive, platform)
        except PlatformError as e:
            failed = str(e)
    return Kept(expired=expired, written=written, pushed=pushed, failed=failed)
