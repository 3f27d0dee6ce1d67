"""Footage on a real socket while it is sent: it ends with the right to see it, and costs little however it is taken."""

from __future__ import annotations

import dataclasses
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from api.identity.accounts import Accounts
from api.recording import Recording
from archive.errors import NoSpaceError
from archive.events import Event
from archive.ids import new_id
from archive.ledger.entry import Entry
from archive.opening import open_archive
from archive.store.posix import path_of
from tests.api.world import VIDEO, World, make_world

pytestmark = pytest.mark.slow
MIB = 1 << 20
SIZE = 48 * MIB  # more than the sockets of one connection hold
READERS = 60


class Station:
    """A service of its own process, with one clip that takes a while to send."""

    def __init__(self, root: Path) -> None:
        self.root = root
        world = make_world(root)
        self.ids, self.users = world.ids, world.users
        with world.archive.store.writing() as writing:
            stored = writing.put([b"".join(bytes([n]) * MIB for n in range(SIZE // MIB))])[0]
            self.digest = stored.digest
            self.clip = new_id("clip")
            original = {"object": stored.digest, "size": stored.size}
            data: dict[str, Any] = {
                "docking": new_id("docking"),
                "original": original,
                "kind": "video",
            }
            data |= {"recorder": world.ids["T100"], "unit": world.ids["North"]}
            data |= {"officer": world.ids["li"], "start": None, "start_source": None}
            data |= dict.fromkeys(("offset_ms", "uncertainty_ms", "same_as", "resumed"))
            data |= {"modified": "2026-01-17T08:00:00Z"}
            data |= dict.fromkeys(("marked", "late", "quarantined"), False)
            text = {"path": "long.mp4", "start_raw": None, "belongs_to": None}
            station = world.archive.settings.station
            world.archive.record(
                [
                    Event(
                        type="clip.ingested",
                        subject=self.clip,
                        actor=station,
                        data=data,
                        text=text,
                    )
                ]
            )
        world.close()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.e2e.station", str(root)],
            cwd=Path(__file__).parents[2],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline().rstrip("/\n").rpartition(":")[2])
        self.accounts = Accounts(root / "accounts.db")

    def token(self, user: str) -> str:
        """A new sign-in of somebody."""
        return self.accounts.open_session(self.accounts.by_name(user))[0]

    def ask(self, token: str, *, ranges: str = "", keep: bool = False) -> socket.socket:
        """Ask for the long clip; whoever asks reads when they please, into a small socket."""
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        connection.settimeout(20)
        connection.connect(("127.0.0.1", self.port))
        end = "" if keep else "Connection: close\r\n"
        connection.sendall(
            (
                f"GET /api/v1/clips/{self.clip}/original HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n"
                f"{end}{ranges}Authorization: Bearer {token}\r\n\r\n"
            ).encode()
        )
        return connection

    def memory(self) -> int:
        """What the process has in memory, bytes, without files of the store."""
        status = Path(f"/proc/{self.process.pid}/status").read_text("utf-8")
        line = next(one for one in status.splitlines() if one.startswith("RssAnon"))
        return int(line.split()[1]) * 1024

    def stop(self) -> None:
        """End it."""
        self.accounts.close()
        self.process.terminate()
        assert self.process.wait(20) == 0
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Station]:
    """One for all tests."""
    made = Station(tmp_path_factory.mktemp("ends") / "root")
    yield made
    made.stop()


class SlowReader(threading.Thread):
    """Takes a little again and again, and notes when the stream ended."""

    def __init__(self, connection: socket.socket) -> None:
        super().__init__()
        self.taken, self.ended = 0, 0.0
        self._connection = connection
        self.start()

    def run(self) -> None:
        """Read until there is no more."""
        try:
            while got := self._connection.recv(16_384):
                self.taken += len(got)
                time.sleep(0.05)
        except OSError:
            pass  # it was reset: that is an end
        self.ended = time.monotonic()
        self._connection.close()


def granted(station: Station, request: str, account: str) -> None:
    """Put a grant for the long clip into the ledger."""
    until = (datetime.now(UTC) + timedelta(hours=1)).isoformat().replace("+00:00", "Z")
    with open_archive(station.root, write=True) as archive:
        policy = {"object": "0" * 64, "size": 1}
        asked: dict[str, Any] = {
            "account": account,
            "clips": [station.clip],
            "unit": station.ids["North"],
        }
        asked |= {"rule": "r", "policy": policy, "decided_by": "head", "purpose": "p"}
        archive.record(
            [
                Event(
                    type="access.requested",
                    subject=request,
                    actor=account,
                    data=asked | {"until": until},
                    text={"reason": "x"},
                ),
                Event(
                    type="access.granted",
                    subject=request,
                    actor=station.users["chief"].id,
                    data={"by": "head", "until": until, "upto": archive.reader.size()},
                ),
            ]
        )


def test_a_slow_reader_is_cut_off_within_five_seconds_of_losing_the_right(
    station: Station,
) -> None:
    request, south = new_id("request"), station.users["southchief"].id
    granted(station, request, south)
    time.sleep(0.1)
    tokens = {name: station.token(name) for name in ("wang", "southchief")}
    revoked, stays = station.token("chief"), station.token("chief")
    station.accounts.change(
        station.accounts.by_name("wang"),
        role="officer",
        unit=None,
        officer=station.ids["li"],
    )
    tokens["wang"] = station.token("wang")
    readers = {
        "session": SlowReader(station.ask(revoked)),
        "role": SlowReader(station.ask(tokens["wang"])),
        "grant": SlowReader(station.ask(tokens["southchief"])),
    }
    control = SlowReader(station.ask(stays))
    time.sleep(1.5)
    assert all(reader.taken > 100_000 for reader in (*readers.values(), control))
    begun = time.monotonic()
    station.accounts.close_session(revoked)
    wang = station.accounts.by_name("wang")
    station.accounts.change(wang, role="archivist", unit=None, officer=None)
    with open_archive(station.root, write=True) as archive:
        ended = Event(
            type="access.ended",
            subject=request,
            actor=station.users["chief"].id,
            data={"why": "revoked"},
        )
        archive.record([ended])
    for reader in readers.values():
        reader.join(10)
    seconds = {name: reader.ended - begun for name, reader in readers.items()}
    assert all(0 < after < 5 for after in seconds.values()), seconds
    assert all(reader.taken < SIZE // 3 for reader in readers.values())
    before = control.taken
    time.sleep(0.3)
    assert control.taken > before, "who may still watch goes on"
    station.accounts.close_session(stays)
    control.join(10)


def test_a_view_names_its_session_and_the_grant_that_allowed_it(station: Station) -> None:
    with open_archive(station.root, write=False) as archive:
        views = [e for e in archive.reader.entries() if e.type == "clip.viewed"]
    by_grant = [v for v in views if v.actor == station.users["southchief"].id]
    assert len(by_grant) == 1
    assert by_grant[0].data["request"].startswith("request-")
    assert all(v.data["session"].startswith("session-") for v in views)


def test_readers_who_take_nothing_cost_a_chunk_each(station: Station) -> None:
    token = station.token("chief")
    with station.ask(token, ranges="Range: bytes=0-99\r\n") as first:
        assert first.recv(65_536).startswith(b"HTTP/1.1 206 ")
    before = station.memory()
    idle = [station.ask(token) for _ in range(READERS)]
    try:
        time.sleep(2)
        grown = station.memory() - before
    finally:
        for connection in idle:
            connection.close()
    # A chunk in hand, one in the transport, and what a connection costs by itself.
    assert grown < READERS * (1_200 << 10), f"{grown / READERS / 1024:.0f} KiB a reader"


def test_a_thousand_ranges_of_one_clip_are_right_and_one_view(station: Station) -> None:
    token = station.token("chief")
    wanted = []
    for number in range(1_000):
        start = number * 45_001
        wanted.append(
            f"GET /api/v1/clips/{station.clip}/original HTTP/1.1\r\nHost: 127.0.0.1:{station.port}\r\n"
            f"Range: bytes={start}-{start}\r\nAuthorization: Bearer {token}\r\n"
            + ("Connection: close\r\n\r\n" if number == 999 else "\r\n")
        )
    got = bytearray()
    with socket.create_connection(("127.0.0.1", station.port), timeout=30) as connection:
        for at in range(0, 1_000, 50):
            connection.sendall("".join(wanted[at : at + 50]).encode())
            while got.count(b"HTTP/1.1 206 ") < at + 50:
                got += connection.recv(1 << 20)
        while more := connection.recv(1 << 20):
            got += more
    answers = bytes(got).split(b"HTTP/1.1 206 ")[1:]
    assert [a.partition(b"\r\n\r\n")[2][:1] for a in answers] == [
        bytes([number * 45_001 // MIB]) for number in range(1_000)
    ]
    with open_archive(station.root, write=False) as archive:
        views = [
            e.data["session"]
            for e in archive.reader.entries()
            if e.type == "clip.viewed" and e.subject == station.clip
        ]
    assert views.count(views[-1]) == 1


def test_what_is_cut_while_it_is_sent_ends(station: Station) -> None:
    reader = SlowReader(station.ask(station.token("chief")))
    time.sleep(0.5)
    with open_archive(station.root, write=False) as archive:
        path = path_of(archive.store.folder, station.digest)
    path.chmod(0o600)
    begun = time.monotonic()
    with path.open("r+b") as file:
        file.truncate(SIZE - 1)
    reader.join(10)
    assert 0 < reader.ended - begun < 5
    assert reader.taken < SIZE


@pytest.mark.parametrize("what", ["original", "renditions/poster"])
@pytest.mark.parametrize("ranges", [{}, {"Range": "bytes=5-9"}], ids=["whole", "range"])
def test_a_disk_full_while_a_view_is_written_lets_no_byte_out(
    world: World, what: str, ranges: dict[str, str]
) -> None:
    def full(_events: list[Event]) -> list[Entry]:
        raise NoSpaceError("the archive's disk is full")

    app = world.app
    service = app.service  # type: ignore[attr-defined]  # app.py's own class
    app.service = dataclasses.replace(service, recording=Recording(full))  # type: ignore[attr-defined]
    try:
        answer = world.client("chief").get(f"{world.clip('first')}/{what}", headers=ranges)
    finally:
        app.service.recording.close()  # type: ignore[attr-defined]
        app.service = service  # type: ignore[attr-defined]
    assert answer.json()["code"] == "A050"
    assert answer.status_code >= 500
    assert VIDEO[5:10] not in answer.content
    assert "etag" not in answer.headers
