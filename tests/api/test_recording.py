"""Events of many visitors at once: one append a round, and nobody is lost."""

from __future__ import annotations

import asyncio
import threading

import pytest

from api.errors import NotReadyError
from api.recording import VIEW_WINDOW, Recording
from archive.errors import LedgerFailedError
from archive.events import Event
from archive.ledger.entry import Entry


class Rounds:
    """A ledger that keeps what each append held, and can be made to wait or fail."""

    def __init__(self) -> None:
        self.rounds: list[list[Event]] = []
        self.go = threading.Event()
        self.fail = False

    def __call__(self, events: list[Event]) -> list[Entry]:
        """Append."""
        self.go.wait(5)
        if self.fail:
            raise LedgerFailedError("no")
        self.rounds.append(events)
        return [Entry(index=i, raw=b"{}") for i, _ in enumerate(events)]


def event(number: int) -> Event:
    """An event to tell apart."""
    return Event(type="search.made", subject=f"account-{number}", actor="account-1")


def test_events_that_wait_together_share_one_append() -> None:
    ledger = Rounds()
    recording = Recording(ledger)

    async def many() -> None:
        tasks = [asyncio.create_task(recording.record(event(i))) for i in range(100)]
        await asyncio.sleep(0.05)
        ledger.go.set()
        await asyncio.gather(*tasks)

    asyncio.run(many())
    recording.close()
    assert sum(map(len, ledger.rounds)) == 100
    assert len(ledger.rounds) <= 2


def test_everybody_in_a_failed_round_is_told() -> None:
    ledger = Rounds()
    ledger.fail = True
    ledger.go.set()
    recording = Recording(ledger)

    async def many() -> list[object]:
        waiting = (recording.record(event(i)) for i in range(5))
        return list(await asyncio.gather(*waiting, return_exceptions=True))

    said = asyncio.run(many())
    assert [type(s) for s in said] == [LedgerFailedError] * 5
    ledger.fail = False
    asyncio.run(recording.record(event(6)))
    recording.close()


def test_a_visitor_who_leaves_stops_nobody_else() -> None:
    ledger = Rounds()
    recording = Recording(ledger)

    async def leave() -> None:
        leaving = asyncio.create_task(recording.record(event(1)))
        staying = asyncio.create_task(recording.record(event(2)))
        await asyncio.sleep(0.05)
        leaving.cancel()
        ledger.go.set()
        await staying

    asyncio.run(leave())
    recording.close()
    assert sum(map(len, ledger.rounds)) == 2


def test_two_ranges_at_once_are_one_view() -> None:
    ledger = Rounds()
    ledger.go.set()
    recording = Recording(ledger)

    async def look() -> None:
        views = (
            recording.view(event(1), session="s", clip="c", what="original") for _ in range(10)
        )
        await asyncio.gather(*views)

    asyncio.run(look())
    recording.close()
    assert sum(map(len, ledger.rounds)) == 1


def test_a_view_counts_as_recorded_only_while_it_is_durable_and_young() -> None:
    ledger, now = Rounds(), [0.0]
    recording = Recording(ledger, clock=lambda: now[0])

    def recorded(session: str) -> bool:
        return recording.is_recorded(session=session, clip="c", what="original")

    async def look() -> None:
        assert not recorded("s")
        view = asyncio.create_task(recording.view(event(1), session="s", clip="c", what="original"))
        await asyncio.sleep(0.05)
        assert not recorded("s"), "begun is not durable"
        ledger.go.set()
        await view
        assert recorded("s")
        assert not recorded("another")
        now[0] = VIEW_WINDOW
        assert not recorded("s")

    asyncio.run(look())
    recording.close()


def test_a_view_that_could_not_be_recorded_does_not_count() -> None:
    ledger = Rounds()
    ledger.fail = True
    recording = Recording(ledger)

    async def look() -> None:
        view = asyncio.create_task(recording.view(event(1), session="s", clip="c", what="original"))
        seen = []

        def look_when_told() -> None:
            seen.append(recording.is_recorded(session="s", clip="c", what="original"))

        await asyncio.sleep(0.05)
        # As another visitor who comes between the failure and the first one's answer.
        ((_, task),) = recording._views.values()
        task.add_done_callback(lambda _: look_when_told())
        ledger.go.set()
        with pytest.raises(LedgerFailedError):
            await view
        assert seen == [False]

    asyncio.run(look())
    recording.close()


def test_after_closing_nothing_is_taken() -> None:
    recording = Recording(Rounds())
    recording.close()
    with pytest.raises(NotReadyError):
        asyncio.run(recording.record(event(1)))
