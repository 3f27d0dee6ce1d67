"""Who listens to the live desk, and what is new for all of them: one look at the station and the ledger a moment.

What always holds: nothing is looked at while nobody listens; a listener whose session ended, or whose account is
another one now, is let go within a moment; one who does not take what comes is dropped, and holds nobody else up; a
clip becomes news when what it holds is known (it is watchable then), once. Who may know of it is asked for each
listener (stream.py).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from api.desk import StationView
from api.errors import TooOftenError
from api.gate import Visitor
from api.service import Service
from archive.catalogue.rows import ClipRow
from archive.errors import ArchiveError
from archive.ledger.entry import Entry
from archive.ledger.reader import LedgerReader

PAUSE: Final = 0.5  # seconds between two looks
BEAT: Final = 15.0  # seconds of silence, at most
MOST_EACH: Final = 4  # streams of one account
_MOST_WAITING: Final = 256  # news that a listener has not taken
_MOST_REPLAYED: Final = 20_000  # entries; who was away for longer is told to look at the whole
_EXAMINED: Final = b'"type":"clip.examined"'
_RAISED: Final = b'"type":"alarm.raised"'

_POSTER: Final = b'"type":"rendition.made"'

Kind = Literal["desk", "clip", "poster", "alarm", "missed", "beat"]


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """Something that happened; what of it a listener is told, stream.py decides."""

    kind: Kind
    index: int | None = None  # of its entry
    clip: ClipRow | None = None
    time: str = ""  # of its entry, or when the clip was ingested
    data: dict[str, Any] = field(default_factory=dict)


class Listener:
    """One stream."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor
        self._waiting: asyncio.Queue[News | None] = asyncio.Queue(_MOST_WAITING)
        self.ended = False

    def put(self, news: News) -> None:
        """Give it news; who has too many left is let go."""
        try:
            self._waiting.put_nowait(news)
        except asyncio.QueueFull:
            self.end()

    async def next(self) -> News | None:
        """The next news; None: it is over. After BEAT without any, a beat."""
        if self.ended:
            return None
        try:
            return await asyncio.wait_for(self._waiting.get(), BEAT)
        except TimeoutError:
            return None if self.ended else News(kind="beat")

    def end(self) -> None:
        """It is over, whatever waits."""
        self.ended = True
        while not self._waiting.empty():
            self._waiting.get_nowait()
        self._waiting.put_nowait(None)


class Board:
    """See the module. Used in one event loop."""

    def __init__(self, service: Service) -> None:
        self._service = service
        # One of its own, as freshness has: it goes on where its last look ended.
        self._reader = LedgerReader(service.archive.root)
        self._listeners: set[Listener] = set()
        self._view: StationView | None = None
        self._at = 0  # entries that were looked at
        self._bytes = -1
        self._loop: asyncio.AbstractEventLoop | None = None

    async def join(self, visitor: Visitor, last: int | None) -> Listener:
        """Begin to listen, with what came after entry `last`, where that is known.

        Raises:
            TooOftenError: this account has as many streams as it may.
            ArchiveError: the ledger cannot be read.
        """
        mine = sum(one.visitor.account.id == visitor.account.id for one in self._listeners)
        if mine >= MOST_EACH:
            raise TooOftenError(retry_after=5)
        listener = Listener(visitor)
        if not self._listeners:
            await self._look()  # what happened while nobody listened is no news
        self._listeners.add(listener)
        if last is not None and last + 1 < self._at:
            await self._replay(listener, last + 1, self._at)
        listener.put(News(kind="desk"))
        return listener

    def leave(self, listener: Listener) -> None:
        """Listen no longer."""
        self._listeners.discard(listener)

    def end(self) -> None:
        """Let everybody go: the process ends. Also from a signal handler or another thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._end)

    def _end(self) -> None:
        for listener in list(self._listeners):
            listener.end()

    async def keep(self) -> None:
        """Look until cancelled."""
        self._loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(PAUSE)
            if not self._listeners:
                continue
            try:
                news = self._of_the_desk() + await self._look()
            except (ArchiveError, OSError):
                continue  # the next look may read it; pages and the audit say what is wrong
            for listener in list(self._listeners):
                self._tell(listener, news)

    def _tell(self, listener: Listener, news: list[News]) -> None:
        session = self._service.accounts.session(listener.visitor.token)
        if session is None or session.account != listener.visitor.account:
            listener.end()
            return
        for one in news:
            listener.put(one)

    def _of_the_desk(self) -> list[News]:
        view = None if self._service.desk is None else self._service.desk()
        if view == self._view:
            return []
        self._view = view
        return [News(kind="desk")]

    async def _look(self) -> list[News]:
        """What the ledger grew by, as news. Raises ArchiveError, OSError."""
        length = self._reader.file.stat().st_size
        if length == self._bytes:
            return []
        begin, size = self._at, await asyncio.to_thread(self._reader.size)
        news = await self._news(begin, size) if self._listeners else []
        # Last: what could not be read is looked at again.
        self._at, self._bytes = size, length
        return news

    async def _replay(self, listener: Listener, begin: int, end: int) -> None:
        if end - begin > _MOST_REPLAYED:
            listener.put(News(kind="missed"))
            return
        for one in (await self._news(begin, end))[-_MOST_WAITING // 2 :]:
            listener.put(one)

    async def _news(self, begin: int, end: int) -> list[News]:
        entries = await asyncio.to_thread(lambda: list(self._told(begin, end)))
        if not entries:
            return []
        # Not for_search: that may have looked a moment ago, and these entries are younger.
        await self._service.freshness.for_custody()
        return await asyncio.to_thread(lambda: list(self._as_news(entries)))

    def _told(self, begin: int, end: int) -> Iterator[Entry]:
        """The few entries that are news: looked for in their bytes, most are not parsed."""
        for entry in self._reader.entries(begin, end):
            if any(mark in entry.raw for mark in (_EXAMINED, _RAISED, _POSTER)):
                yield entry

    def _as_news(self, entries: list[Entry]) -> Iterator[News]:
        catalogue = self._service.archive.catalogue
        for entry in entries:
            if entry.type == "alarm.raised":
                yield News(kind="alarm", index=entry.index, time=entry.time, data=entry.data)
                continue
            if entry.type == "rendition.made" and entry.data.get("kind") != "poster":
                continue
            row = catalogue.clip(entry.subject)
            if row is not None and entry.type == "rendition.made":
                yield News(kind="poster", index=entry.index, clip=row)
            elif row is not None and self._is_first(row, entry.index):
                ingested = self._reader.entry(row.ingested_index).time
                yield News(kind="clip", index=entry.index, clip=row, time=ingested)

    def _is_first(self, clip: ClipRow, index: int) -> bool:
        """Whether nobody looked into the clip before: a newer version that sees more brings no clip anew."""
        rows = self._service.archive.catalogue.custody(clip.clip, after=clip.ingested_index)
        return not any(row.type == "clip.examined" for row in rows if row.index < index)
