"""What visitors did, into the ledger before they get their answer.

What always holds: `record` returns only when the entry is durable; events that wait at the same time share one
append (and
one text object), so a hundred searches cost one fdatasync. One thread of its own does the waiting, never the event
loop.
When an append fails, everybody in that round is told so and gets no answer with content: nothing is seen unrecorded.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Final

from api.errors import NotReadyError
from archive.events import Event
from archive.ledger.entry import Entry

VIEW_WINDOW: Final = 10 * 60  # seconds: the ranges of one playback are one event
_MOST_VIEWS: Final = (
    100_000  # kept in memory; beyond it old windows are forgotten, which only records more
)


@dataclass(slots=True)
class _Waiting:
    event: Event
    done: Future[Entry] = field(default_factory=Future)


class Recording:
    """The events of one process. `close` waits for what was begun."""

    def __init__(
        self,
        append: Callable[[list[Event]], list[Entry]],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._append_all, self._clock = append, clock
        self._waiting: list[_Waiting] = []
        self._wake = threading.Condition()
        self._closed = False
        self._views: dict[tuple[str, str, str], tuple[float, asyncio.Task[Entry]]] = {}
        self._thread = threading.Thread(target=self._work, name="recording", daemon=True)
        self._thread.start()

    async def record(self, event: Event) -> Entry:
        """Append an event; durable on return.

        Raises:
            ArchiveError: it could not be appended. Show nothing.
        """
        return await asyncio.wrap_future(self._put(event))

    async def view(self, event: Event, *, session: str, clip: str, what: str) -> None:
        """Record a view, unless this session's view of the same is recorded already and young.

        Raises:
            ArchiveError: it could not be appended. Show nothing.
        """
        key, now = (session, clip, what), self._clock()
        begun = self._views.get(key)
        if begun is None or now - begun[0] >= VIEW_WINDOW:
            self._forget(now)
            begun = now, asyncio.ensure_future(self.record(event))
            self._views[key] = begun
        try:
            # Shielded: one visitor's disconnect does not undo what others wait for.
            await asyncio.shield(begun[1])
        except BaseException:
            if begun[1].done():
                self._views.pop(key, None)
            raise

    def close(self) -> None:
        """Append what waits, then end the thread."""
        with self._wake:
            self._closed = True
            self._wake.notify()
        self._thread.join()

    def _put(self, event: Event) -> Future[Entry]:
        waiting = _Waiting(event)
        # A visitor who goes away cancels only the waiting; the round still answers this future.
        waiting.done.set_running_or_notify_cancel()
        with self._wake:
            if self._closed:
                raise NotReadyError("the service is stopping")
            self._waiting.append(waiting)
            self._wake.notify()
        return waiting.done

    def _work(self) -> None:
        while True:
            with self._wake:
                while not self._waiting and not self._closed:
                    self._wake.wait()
                round_, self._waiting = self._waiting, []
                if not round_:
                    return
            self._append(round_)

    def _append(self, round_: list[_Waiting]) -> None:
        try:
            entries = self._append_all([w.event for w in round_])
        except BaseException as e:  # noqa: BLE001 - the thread's edge: whoever waits gets it, none is lost
            for waiting in round_:
                waiting.done.set_exception(e)
            return
        for waiting, entry in zip(round_, entries, strict=True):
            waiting.done.set_result(entry)

    def _forget(self, now: float) -> None:
        if len(self._views) < _MOST_VIEWS:
            return
        self._views = {k: v for k, v in self._views.items() if now - v[0] < VIEW_WINDOW}
        if len(self._views) >= _MOST_VIEWS:
            self._views.clear()
