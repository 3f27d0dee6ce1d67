"""Keeps the catalogue level with the ledger while the service runs.

What always holds: what this process appended that a search could show (a link, a case) is projected before its
request is
answered; what other processes appended is seen within CHECK_SECONDS. Events that no search shows (searches, views)
do not
make a search wait: they are projected in the background, and before any custody history is shown.
"""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Final

from archive.errors import ArchiveError
from archive.ledger.entry import VERSION, Entry
from archive.ledger.reader import LedgerReader
from archive.opening import Archive

CHECK_SECONDS: Final = 0.05
BACKGROUND_SECONDS: Final = 2.0
# How an entry of a type that no search shows ends: canonical JSON has `type` and `v` last, and inside a string the
# quotes would be escaped. To parse each one would cost a search more than to find the clips.
_UNSEEN: Final = tuple(
    f'"type":"{name}","v":{VERSION}}}'.encode()
    for name in (
        *("search.made", "clip.viewed", "clip.played", "access.refused"),
        *("session.opened", "session.moved", "session.ended", "token.made", "token.revoked"),
    )
)


class Freshness:
    """See the module."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        # One of its own: it goes on where the last look ended. The archive's, whose end others move, might have to
        # begin anew.
        self._reader = LedgerReader(archive.root)
        self._one = (
            threading.Lock()
        )  # one catch-up of this process at a time; others would only wait for it
        self._checked = -1.0  # monotonic time of the last look at the ledger
        self._bytes = -1  # length of the entries file then
        self._seen = 0  # entries that are projected, or that no search shows
        self.version = 0  # another one: what was read of the catalogue before may be old
        self._running: asyncio.Task[None] | None = None

    async def for_search(self) -> None:
        """Return when a search would find everything that is findable.

        Raises:
            CatalogueBehindError, CatalogueDamagedError: it cannot be brought level.
        """
        if self.is_level():
            return
        length = self._reader.file.stat().st_size
        # One look for all requests that wait at this moment.
        if self._running is None or self._running.done():
            self._running = asyncio.ensure_future(asyncio.to_thread(self._look, length))
        await asyncio.shield(self._running)

    def is_level(self) -> bool:
        """Whether `for_search` would return without waiting. Raises OSError: the ledger cannot be looked at."""
        now = time.monotonic()
        if now - self._checked >= CHECK_SECONDS:
            if self._reader.file.stat().st_size != self._bytes:
                return False
            self._checked = now
        return True

    async def for_custody(self) -> None:
        """Return when every entry is projected."""
        await asyncio.to_thread(self._catch_up)

    def changed(self) -> None:
        """Something findable was appended by this process: the next search looks at once."""
        self._checked, self._bytes = -1.0, -1

    async def keep(self) -> None:
        """Project in the background until cancelled."""
        while True:
            await asyncio.sleep(BACKGROUND_SECONDS)
            if self._reader.file.stat().st_size != self._bytes or self._behind():
                await asyncio.to_thread(self._try_catch_up)

    def _behind(self) -> bool:
        return self._archive.catalogue.size() < self._seen

    def _look(self, length: int) -> None:
        with self._one:
            self._look_at_new()
            self._bytes, self._checked = length, time.monotonic()

    def _catch_up(self) -> None:
        with self._one:
            length = self._reader.file.stat().st_size
            self._look_at_new()
            self._archive.catalogue.catch_up()
            self._bytes = length

    def _look_at_new(self) -> None:
        # What is new in the ledger decides, not what this projects: another process may have projected it before.
        end, findable = self._seen, not self._seen
        for entry in () if findable else self._reader.entries(self._seen):
            # Only as far as was read: more may have been appended meanwhile.
            end, findable = entry.index + 1, findable or _findable(entry)
        if findable:
            self._archive.catalogue.catch_up()
            self._seen = self._archive.catalogue.size()
            # Last: whoever reads under the new version reads what is projected now.
            self.version += 1
        else:
            self._seen = end

    def _try_catch_up(self) -> None:
        try:
            self._catch_up()
        except ArchiveError:
            return  # the next request that needs it says so


def _findable(entry: Entry) -> bool:
    return not entry.raw.endswith(_UNSEEN)
