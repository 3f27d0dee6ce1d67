"""The ledger's own life: audits, timestamps and keys. What vouches for everything, and names no clip and no person.

What always holds: only these types, whoever asks; the newest MOST of each kind, so that it does not grow with the
archive.
"""

from __future__ import annotations

import asyncio
from typing import Final

from api.service import Service
from archive.catalogue.rows import CustodyRow
from archive.opening import Archive

MOST: Final = 100
_TYPES: Final = ("audit.run", "checkpoint.timestamped")  # of the station's


async def rows(service: Service) -> list[CustodyRow]:
    """Oldest first. Raises ArchiveError."""
    await service.freshness.for_custody()
    return await asyncio.to_thread(_rows, service.archive)


def _rows(archive: Archive) -> list[CustodyRow]:
    station = archive.settings.station
    found = list(archive.catalogue.key_events())
    for type_ in _TYPES:
        found += archive.catalogue.newest(station, type_, limit=MOST)
    return sorted(found, key=lambda row: row.index)
