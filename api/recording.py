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
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from api.errors import NotReadyError
from archive.events import Event
from archive.ledger.entry import Entry

VIEW_WINDOW: Final = 10 * 60  # seconds: the ranges of one playback are one event
_MOST_VIEWS: Final = (
    100_000  # kept in memory; beyond it old windows are forgotten, which only records more
)


_Outcome = tuple["asyncio.Future[Entry]", Entry | None, BaseException | None]


@dataclass(frozen=True, slots=True)
class _Waiting:
    event: Event
    loop: asyncio.AbstractEventLoop
    done: asyncio.Future[Entry]


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
        return await self._put(event)

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

    def is_recorded(self, *, session: str, clip: str, what: str) -> bool:
        """Whether this session's view of the same is durable already, and young."""
        begun = self._views.get((session, clip, what))
        if begun is None or self._clock() - begun[0] >= VIEW_WINDOW:
            return False
        done = begun[1]
        return done.done() and not done.cancelled() and done.exception() is None

    def close(self) -> None:
        """Append what waits, then end the thread."""
        with self._wake:
            self._closed = True
            self._wake.notify()
        self._thread.join()

    def _put(self, event: Event) -> asyncio.Future[Entry]:
        loop = asyncio.get_running_loop()
        waiting = _Waiting(event, loop, loop.create_future())
        with self._wake:
            if self._closed:
                raise NotReadyError("the service is stopping")
            self._waiting.append(waiting)
            if len(self._waiting) == 1:  # else it was woken, and has not looked yet
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
            _answer([(w, (w.done, None, e)) for w in round_])
            return
        pairs = zip(round_, entries, strict=True)
        _answer([(w, (w.done, entry, None)) for w, entry in pairs])

    def _forget(self, now: float) -> None:
        if len(self._views) < _MOST_VIEWS:
            return
        self._views = {k: v for k, v in self._views.items() if now - v[0] < VIEW_WINDOW}
        if len(self._views) >= _MOST_VIEWS:
            self._views.clear()


def _answer(answers: list[tuple[_Waiting, _Outcome]]) -> None:
    """Give everybody of a round their answer, with one call into each event loop: nearly always there is one."""
    loops = {waiting.loop for waiting, _ in answers}
    for loop in loops:
        mine = [outcome for waiting, outcome in answers if waiting.loop is loop]
        with suppress(RuntimeError):  # closed: whoever waited there is gone
            loop.call_soon_threadsafe(_settle, mine)


def _settle(outcomes: list[_Outcome]) -> None:
    for done, entry, error in outcomes:
        if done.done():
            continue  # the visitor went away; what they did is recorded all the same
        if error is not None:
            done.set_exception(error)
        elif entry is not None:
            done.set_result(entry)
