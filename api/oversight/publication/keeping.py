"""The keeper of what is public, in the service: ends what expired, brings the folder to the ledger's end, pushes.

What always holds: it takes nobody's time who waits for an answer; what fails is logged and tried again.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Final

import structlog

from archive.errors import ArchiveError
from archive.opening import Archive
from oversight.errors import OversightError
from oversight.publication.keeping import keep as keep_once

_EVERY: Final = 30.0  # seconds
_log = structlog.get_logger(__name__)


async def keep(archive: Archive) -> None:
    """Go on until it is cancelled."""
    failed = ""
    while True:
        await asyncio.sleep(_EVERY)
        try:
            done = await asyncio.to_thread(keep_once, archive, datetime.now(UTC))
            said = done.failed or ""
        except (ArchiveError, OversightError, OSError) as error:
            said = str(error)
        if said and said != failed:
            _log.error("public_not_kept", detail=said)
        failed = said
