"""What ends by its time is written down as ended, once a minute, so that no clock that is set back brings it back.

What always holds: what could not be written down is told in the log and tried again a minute later; this process knows
of it meanwhile. What each of them is: identity/kept_ends.py.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import structlog

from api.errors import ApiError
from archive.errors import ArchiveError

if TYPE_CHECKING:
    from api.service import Service

EVERY: Final = 60.0  # seconds
_log = structlog.get_logger(__name__)


async def keep(service: Service) -> None:
    """Do it until cancelled."""
    while True:
        await asyncio.to_thread(look, service)
        await asyncio.sleep(EVERY)


def look(service: Service) -> None:
    """Write down what is over now. Raises nothing: the log has it."""
    accounts = service.accounts
    try:
        accounts.end_by_time()
        service.grants.look([account.id for account in accounts.all()])
    except (ApiError, ArchiveError, OSError) as error:
        _log.error("what ended could not be written down", why=str(error))
