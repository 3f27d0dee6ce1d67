"""The clocks of this process: oversight.db brought to the ledger's end, in the background and before somebody asks.

What always holds: one thread counts at a time; whoever asks meanwhile waits a moment and is then told what was counted
last, and that it is being counted. Where the file cannot be written, this process counts for itself.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, Literal, cast

import structlog

from archive.errors import ArchiveError
from oversight.clocks.errors import ClocksUnreadableError
from oversight.clocks.keeping import refresh
from oversight.clocks.kept import Kept
from oversight.clocks.kept_rows import Mark
from oversight.clocks.model import State
from oversight.clocks.standing import now_of
from oversight.errors import OversightError

if TYPE_CHECKING:
    from starlette.requests import Request

    from archive.opening import Archive

EVERY: Final = 30.0  # seconds
_FIRST: Final = 5.0
_PATIENCE: Final = 2.0
_KNOWN: Final = 30_000_000  # microseconds that figures are told again
Counted = Literal["now", "counting", "failed"]
_log = structlog.get_logger(__name__)


class _EndingError(Exception):
    """The process ends."""


class Overseer:
    """See the module. Threads share it."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self.kept = Kept(archive.root)
        self._one = threading.Lock()
        self._ending = threading.Event()
        self._figures: tuple[Mark | None, int, Mapping[tuple[str, State], int]] | None = None

    def end(self) -> None:
        """Stop counting soon."""
        self._ending.set()

    async def keep(self) -> None:
        """Count until cancelled."""
        await asyncio.sleep(_FIRST)
        while True:
            await asyncio.to_thread(self.look)
            await asyncio.sleep(EVERY)

    def look(self) -> Counted:
        """Bring the clocks to the ledger's end. Raises nothing: the log has it."""
        if not self._one.acquire(timeout=_PATIENCE):
            return "counting"
        try:
            self._count()
        except _EndingError:
            return "counting"
        except (ArchiveError, OversightError, OSError) as error:
            if isinstance(error, ClocksUnreadableError) and error.busy:
                return "counting"  # another process does
            _log.error("deadlines could not be counted", why=str(error))
            return "failed"
        finally:
            self._one.release()
        return "now"

    def figures(self) -> Mapping[tuple[str, State], int]:
        """How many of each rule are in each state, as they were counted last; none where that cannot be said."""
        try:
            now, mark = now_of(self._archive), self.kept.mark()
        except (ArchiveError, OversightError, OSError):
            return {}
        known = self._figures
        if known is None or known[0] != mark or not 0 <= now - known[1] < _KNOWN:
            known = self._figures = mark, now, self.kept.counts(now)
        return known[2]

    def _count(self) -> None:
        try:
            done = refresh(self._archive, self.kept, keep=self._keep)
        except ClocksUnreadableError as error:
            if error.busy:
                raise
            _log.warning(
                "oversight.db cannot be written; this process counts alone", why=str(error)
            )
            self.kept = Kept(None)
            done = refresh(self._archive, self.kept, keep=self._keep)
        if done.scratch:
            _log.info("deadlines were counted from scratch", clocks=done.clocks)

    def _keep(self) -> None:
        if self._ending.is_set():
            raise _EndingError


def overseer_of(request: Request) -> Overseer:
    """The application's."""
    return cast(Overseer, request.app.state.overseer)
