"""The live desk's events: who is told what, what comes after a break, and when a stream ends."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from api.access import reach
from api.desk import StationView
from api.errors import TooOftenError
from api.gate import Visitor
from api.live import board as boards
from api.live.board import Board, Listener, News
from api.live.stream import EventStream, late_hours, messages
from archive.events import Event
from archive.ids import new_id
from tests.api.world import _EXAMINED, World, _clip


def visitor(world: World, name: str) -> Visitor:
    token, session = world.accounts.open_session(world.accounts.by_name(name))
    account = session.account
    return Visitor(account=account, session=session, token=token, reach=reach(account), address="")


def run(work: Callable[[], Awaitable[None]]) -> None:
    """In a loop of its own: the board belongs to one."""
    asyncio.run(asyncio.wait_for(_awaited(work), 20))


async def _awaited(work: Callable[[], Awaitable[None]]) -> None:
    await work()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boards, "PAUSE", 0.02)


def arrive(world: World, name: str, *, unit: str = "North", officer: str = "li") -> str:
    """A clip that comes in."""
    _clip(world, name, officer=officer, unit=unit, recorder="T100", hour=11)
    return world.ids[name]


async def told(world: World, listener: Listener, kind: str) -> list[dict[str, Any]]:
    """The next messages that hold one of a kind."""
    while True:
        news = await listener.next()
        assert news is not None, "it ended"
        found = messages(world.app.state.board._service, listener.visitor, news)
        if any(f"event: {kind}\n" in text for text in found):
            return [json.loads(text.partition("data: ")[2]) for text in found]


def test_a_clip_is_told_of_when_it_is_watchable_and_only_to_whom_it_concerns(world: World) -> None:
    async def work() -> None:
        board = Board(world.app.state.board._service)
        keeping = asyncio.create_task(board.keep())
        north = await board.join(visitor(world, "chief"), None)
        south = await board.join(visitor(world, "southchief"), None)
        root = await board.join(visitor(world, "root"), None)
        clip = arrive(world, "came")
        [found] = await told(world, north, "arrival")
        assert (found["clip"], found["officer"], found["late_hours"]) == (clip, "012346", None)
        assert await told(world, root, "arrival") == [{"count": 1}], (
            "an administrator gets a number"
        )
        other = arrive(world, "went", unit="South", officer="zhao")
        assert [c["clip"] for c in await told(world, south, "arrival")] == [other]
        keeping.cancel()

    run(work)


def test_a_clip_that_is_looked_into_again_does_not_arrive_again(world: World) -> None:
    async def work() -> None:
        board = Board(world.app.state.board._service)
        keeping = asyncio.create_task(board.keep())
        listener = await board.join(visitor(world, "archivist"), None)
        station = world.archive.settings.station
        again = Event(
            type="clip.examined", subject=world.ids["first"], actor=station, data=_EXAMINED
        )
        world.archive.record([again])
        fresh = arrive(world, "fresh-one")
        assert [c["clip"] for c in await told(world, listener, "arrival")] == [fresh]
        keeping.cancel()

    run(work)


def test_a_poster_that_is_made_is_told_to_who_may_see_it(world: World) -> None:
    row = world.archive.catalogue.clip(world.ids["first"])
    news = News(kind="poster", index=5, clip=row)
    service = world.app.state.board._service
    told = {
        user: bool(messages(service, visitor(world, user), news))
        for user in ("chief", "archivist", "southchief", "root")
    }
    assert told == {"chief": True, "archivist": False, "southchief": False, "root": False}


def test_who_comes_back_is_told_what_happened_meanwhile(world: World) -> None:
    async def work() -> None:
        board = Board(world.app.state.board._service)
        last = world.archive.ledger.size - 1
        clips = [arrive(world, f"meanwhile-{n}") for n in range(2)]
        listener = await board.join(visitor(world, "chief"), last)
        found = [(await told(world, listener, "arrival"))[0]["clip"] for _ in clips]
        assert found == clips
        kinds = [(await listener.next() or News(kind="beat")).kind for _ in range(2)]
        assert kinds == ["poster", "desk"], "the last clip's poster, then what the desk shows now"

    run(work)


def test_a_stream_ends_with_its_session_and_with_its_role(world: World) -> None:
    async def work() -> None:
        board = Board(world.app.state.board._service)
        keeping = asyncio.create_task(board.keep())
        mine = visitor(world, "chief")
        listener = await board.join(mine, None)
        world.accounts.close_session(mine.token)
        while await listener.next() is not None:
            pass
        other = visitor(world, "archivist")
        changed = replace(other, account=replace(other.account, role="officer"))
        listener = await board.join(changed, None)
        while await listener.next() is not None:
            pass
        keeping.cancel()

    run(work)


def test_an_account_has_few_streams(world: World) -> None:
    async def work() -> None:
        board = Board(world.app.state.board._service)
        mine = visitor(world, "chief")
        listeners = [await board.join(mine, None) for _ in range(boards.MOST_EACH)]
        with pytest.raises(TooOftenError):
            await board.join(mine, None)
        await board.join(visitor(world, "archivist"), None)
        board.leave(listeners[0])
        await board.join(mine, None)

    run(work)


def test_who_does_not_read_is_dropped_and_nobody_waits_for_them(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work() -> None:
        service = world.app.state.board._service
        board = Board(service)
        listener = await board.join(visitor(world, "chief"), None)
        for _ in range(1_000):
            listener.put(News(kind="desk"))
        assert listener.ended
        assert await listener.next() is None
        monkeypatch.setattr("api.live.stream.SLOW", 0.05)
        stuck = await board.join(visitor(world, "chief"), None)
        sent: list[str] = []

        async def send(message: Any) -> None:
            sent.append(message["type"])
            if message["type"] == "http.response.body":
                await asyncio.sleep(60)

        async def receive() -> Any:
            await asyncio.sleep(60)

        await EventStream(service, board, stuck)({"type": "http"}, receive, send)
        assert sent == ["http.response.start", "http.response.body"]
        assert stuck not in board._listeners

    run(work)


def test_what_the_desk_shows_is_told_when_it_changes(world: World) -> None:
    async def work() -> None:
        views = [StationView(watching=True)]
        service = replace(world.app.state.board._service, desk=lambda: views[-1])
        board = Board(service)
        keeping = asyncio.create_task(board.keep())
        listener = await board.join(visitor(world, "root"), None)
        kinds = [(await listener.next() or News(kind="beat")).kind for _ in range(2)]
        assert kinds == ["desk", "desk"], "when it begins, and the first view"
        views.append(StationView(watching=False))
        assert (await listener.next() or News(kind="beat")).kind == "desk"
        threading.Thread(target=board.end).start()
        assert await listener.next() is None, "the process ends"
        keeping.cancel()

    run(work)


@pytest.mark.parametrize(
    ("user", "hears"), [("archivist", True), ("root", True), ("chief", True), ("southchief", False)]
)
def test_an_alarm_is_told_by_its_code_to_who_has_to_look(
    world: World, user: str, hears: bool
) -> None:
    data = {
        "code": "many_views",
        "account": world.users["chief"].id,
        "count": 9,
        "clip": new_id("clip"),
    }
    news = News(kind="alarm", index=7, time="2026-01-17T08:00:00Z", data=data)
    found = messages(world.app.state.board._service, visitor(world, user), news)
    assert bool(found) is hears
    for text in found:
        assert text.startswith("id: 7\nevent: alarm\n")
        assert "clip-" not in text
        assert json.loads(text.partition("data: ")[2])["code"] == "many_views"


def test_a_late_clip_is_told_of_as_late_with_its_hours(world: World) -> None:
    row = world.archive.catalogue.clip(world.ids["first"])
    assert row is not None
    news = News(kind="clip", index=1, clip=row._replace(late=True), time="2026-01-18T14:30:00Z")
    found = messages(world.app.state.board._service, visitor(world, "chief"), news)
    assert [text.split("\n")[1] for text in found] == ["event: arrival", "event: late"]
    assert json.loads(found[1].partition("data: ")[2])["late_hours"] == 30.5
    assert late_hours(None, "2026-01-18T14:30:00Z") is None


@pytest.mark.parametrize(
    ("user", "status"), [("chief", 200), ("root", 200), ("wang", 403), ("reviewer", 403)]
)
def test_the_list_of_arrivals_is_for_who_sees_the_desk(
    world: World, user: str, status: int
) -> None:
    client = world.client(user)
    assert client.get("/station/arrivals").status_code == status
    answer = client.get("/api/v1/station/arrivals")
    assert answer.status_code == status
    if user == "root":
        assert answer.json() == {"clips": None}


def test_the_list_is_of_ones_own_clips_and_one_search(world: World) -> None:
    before = len(world.entries("search.made"))
    client = world.browser("southchief")
    for _ in range(3):
        page = client.get("/station/arrivals").text
        assert world.ids["south"] in page
        assert world.ids["first"] not in page
    assert len(world.entries("search.made")) == before + 1
    newest = world.client("archivist").get("/api/v1/station/arrivals").json()["clips"]
    indexes = [world.archive.catalogue.clip(one["clip"]) for one in newest]
    order = [row.ingested_index for row in indexes if row is not None]
    assert order == sorted(order, reverse=True)
