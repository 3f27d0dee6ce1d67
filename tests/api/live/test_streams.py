"""The live desk's events on a real socket: they come, they end with the session, and they hold nobody up."""

from __future__ import annotations

import json
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from api.identity.accounts import Accounts
from archive.opening import open_archive
from tests.api.test_serving import Server
from tests.api.world import World, _clip

pytestmark = pytest.mark.slow
EVENTS = "GET /api/v1/station/events HTTP/1.1\r\n"


class Stream:
    """One open stream."""

    def __init__(self, server: Server, extra: str = "") -> None:
        self._socket = socket.create_connection(("127.0.0.1", server.port), timeout=20)
        self._socket.sendall(
            (
                f"{EVENTS}Host: 127.0.0.1:{server.port}\r\nConnection: close\r\n{extra}"
                f"Authorization: Bearer {server.token}\r\n\r\n"
            ).encode()
        )
        self.file = self._socket.makefile("r", encoding="utf-8", newline="")
        self.status = int(self.file.readline().split()[1])

    def until(self, kind: str) -> tuple[int | None, dict[str, Any]]:
        """The next event of a kind: its id and data."""
        last = None
        while line := self.file.readline():
            if line.startswith("id: "):
                last = int(line[4:])
            if line == f"event: {kind}\n":
                found: dict[str, Any] = json.loads(self.file.readline().partition("data: ")[2])
                return last, found
        raise AssertionError("it ended")

    def ends(self) -> float:
        """Seconds until it ends."""
        begun = time.monotonic()
        self.file.read()
        return time.monotonic() - begun

    def hang_up(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.file.close()
        self._socket.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path / "root")
    yield made
    if made.process.poll() is None:
        made.stop(signal.SIGTERM)
    assert made.process.stdout is not None
    made.process.stdout.close()


@pytest.fixture
def streams(server: Server) -> Iterator[Callable[..., Stream]]:
    """Opens streams, and closes them."""
    opened: list[Stream] = []

    def open_one(extra: str = "") -> Stream:
        opened.append(Stream(server, extra))
        return opened[-1]

    yield open_one
    for stream in opened:
        stream.close()


@pytest.fixture
def outside(tmp_path: Path, server: Server) -> Iterator[World]:
    """The same archive, in a process that is not the server's."""
    del server  # made first
    with open_archive(tmp_path / "root", write=True) as archive:
        archive.catalogue.catch_up()
        officer = archive.catalogue.officer_by_badge("012346")
        unit = archive.catalogue.unit_by_name("North")
        recorder = archive.catalogue.recorder_by_serial("T100")
        assert officer is not None
        assert unit is not None
        assert recorder is not None
        world = World.__new__(World)
        world.archive = archive
        world.ids = {"li": officer.id, "North": unit.id, "T100": recorder.id}
        yield world


def arrive(world: World, name: str) -> str:
    _clip(world, name, officer="li", unit="North", recorder="T100", hour=12, late=True)
    return world.ids[name]


def test_clips_of_another_process_arrive_and_who_comes_back_misses_none(
    streams: Callable[..., Stream], outside: World
) -> None:
    stream = streams()
    stream.until("desk")
    first = arrive(outside, "one")
    last, found = stream.until("arrival")
    assert found["clip"] == first
    assert stream.until("late")[1]["clip"] == first
    stream.hang_up()
    second = arrive(outside, "two")
    again = streams(f"Last-Event-ID: {last}\r\n")
    assert again.until("arrival")[1]["clip"] == second


def test_a_stream_ends_within_five_seconds_of_its_session(
    tmp_path: Path, server: Server, streams: Callable[..., Stream]
) -> None:
    stream = streams()
    stream.until("desk")
    accounts = Accounts(tmp_path / "root" / "accounts.db")
    accounts.close_session(server.token)
    accounts.close()
    assert stream.ends() < 5
    assert streams().status == 401


def test_a_fifth_stream_is_refused_and_an_interrupt_ends_them_all(
    server: Server, streams: Callable[..., Stream]
) -> None:
    for _ in range(4):
        streams().until("desk")
    assert streams().status == 429
    status, seconds = server.stop(signal.SIGTERM)
    assert status == 0
    assert seconds < 3, "nobody waits for those who only listen"
