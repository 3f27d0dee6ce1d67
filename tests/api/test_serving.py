"""The real server in a process of its own: ranges on a socket, visitors who leave, signals."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from archive.opening import open_archive
from tests.api.world import VIDEO, make_world

ROOT = Path(__file__).parents[2]


class Server:
    """A running service and a token for it."""

    def __init__(self, root: Path) -> None:
        world = make_world(root)
        self.path = world.clip("first")
        self.token, _ = world.accounts.open_session(world.accounts.by_name("chief"))
        world.close()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.e2e.station", str(root)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline().rstrip("/\n").rpartition(":")[2])

    def ask(self, request: str) -> bytes:
        """Send a request as it stands; the answer until the server closes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            connection.sendall(
                (
                    f"{request}Host: 127.0.0.1:{self.port}\r\nConnection: close\r\n"
                    f"Authorization: Bearer {self.token}\r\n\r\n"
                ).encode()
            )
            return b"".join(iter(lambda: connection.recv(65536), b""))

    def held(self) -> int:
        """How many connections and objects it has open. A thread's own database files stay, and do not count."""
        found = []
        for name in Path(f"/proc/{self.process.pid}/fd").iterdir():
            with suppress(FileNotFoundError):  # closed while it was looked at
                found.append(str(name.readlink()))
        return sum("/store/" in target or target.startswith("socket:") for target in found)

    def stop(self, number: int) -> tuple[int, float]:
        """Send a signal; exit status and seconds."""
        begun = time.monotonic()
        self.process.send_signal(number)
        return self.process.wait(20), time.monotonic() - begun


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A running service."""
    made = Server(tmp_path / "root")
    yield made
    if made.process.poll() is None:
        made.process.kill()
        made.process.wait()
    assert made.process.stdout is not None
    made.process.stdout.close()


@pytest.mark.slow
def test_a_range_over_a_real_socket(server: Server) -> None:
    head, _, body = server.ask(
        f"GET {server.path}/original HTTP/1.1\r\nRange: bytes=10-99\r\n"
    ).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 206 ")
    assert body == (VIDEO + b"first")[10:100]
    assert b"\r\nserver:" not in head.lower()
    empty = server.ask(f"HEAD {server.path}/original HTTP/1.1\r\n").partition(b"\r\n\r\n")[2]
    assert empty == b""


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_five_seconds_with_everything_recorded(
    server: Server, tmp_path: Path, number: int
) -> None:
    server.ask("GET /api/v1/clips?officer=012345 HTTP/1.1\r\n")
    # Somebody holds a connection open and says nothing.
    idle = socket.create_connection(("127.0.0.1", server.port))
    status, seconds = server.stop(number)
    idle.close()
    assert status == 0
    assert seconds < 5
    with open_archive(tmp_path / "root", write=False) as archive:
        note = archive.reader.checkpoint()
        assert int(note.splitlines()[1]) == archive.reader.size()
        assert [e.type for e in archive.reader.entries()][-1] == "search.made"


@pytest.mark.slow
def test_many_who_leave_in_mid_clip_cost_no_descriptor(server: Server) -> None:
    for _ in range(3):  # whatever is opened once is open now
        server.ask(f"GET {server.path}/original HTTP/1.1\r\n")
    before = server.held()
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            connection.sendall(
                (
                    f"GET {server.path}/original HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
                    f"Authorization: Bearer {server.token}\r\n\r\n"
                ).encode()
            )
            connection.recv(100)
    deadline = time.monotonic() + 10
    while server.held() > before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert server.held() <= before


@pytest.mark.slow
@pytest.mark.parametrize(
    ("address", "event"),
    [
        ("{clip}/original", "clip.viewed"),
        ("{clip}/renditions/poster", "clip.viewed"),
        ("{clip}/proof", "clip.viewed"),
        ("/api/v1/clips", "search.made"),
        ("/ledger/tile/entries/000", "access.refused"),
        ("/api/v1/cases/none", "access.refused"),
    ],
)
def test_whoever_has_the_first_byte_is_in_the_ledger_though_the_power_goes(
    server: Server, tmp_path: Path, address: str, event: str
) -> None:
    address = address.format(clip=server.path)
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        head = f"GET {address} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
        connection.sendall(f"{head}Authorization: Bearer {server.token}\r\n\r\n".encode())
        assert connection.recv(1) == b"H"
        server.process.kill()
    server.process.wait()
    with open_archive(tmp_path / "root", write=False) as archive:
        assert [e.type for e in archive.reader.entries()][-1] == event
