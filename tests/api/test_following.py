"""What the protocol does with a request that is like the one before it: whose it is, and when it has to wait."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from api.filesending import COUNTED, FIELDS, FILE, NEXT
from api.nextrange import Piece
from api.protocol import GuardedProtocol
from api.serving import listen

SIZE = 1_000_000
_made: list[Watched] = []


class Watched(GuardedProtocol):
    """The same; keeps whether a request came while the visitor took nothing."""

    came_paused = 0

    def connection_made(self, transport: Any) -> None:
        """As its base."""
        _made.append(self)
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """As its base."""
        self.came_paused += self.flow.write_paused
        super().data_received(data)


class Letter:
    """The next range of a file that has one letter only."""

    def __init__(self, fd: int) -> None:
        self.fd, self.asked, self.paused = fd, 0, 0

    def piece(self, first: int, last: int) -> Piece | None:
        """Bytes; notes when they are asked for while the connection is full."""
        self.asked += 1
        self.paused += _made[-1].flow.write_paused
        return Piece(self.fd, first, last - first + 1, SIZE)


class Letters:
    """Answers `/a` and `/b` with ten bytes of that letter's file, and tells of what the next range rests on."""

    def __init__(self, folder: Path) -> None:
        self.letters: dict[str, Letter] = {}
        for name in "ab":
            (folder / name).write_bytes(name.encode() * SIZE)
            self.letters[name] = Letter(os.open(folder / name, os.O_RDONLY))
        self.slow = 0.0
        self.seconds: list[float] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        del receive
        letter = self.letters[scope["path"][1:]]
        await asyncio.sleep(self.slow)
        message = {"type": FILE, "status": 206, "headers": [(b"content-length", b"10")]}
        message |= {"file": letter.fd, "offset": 0, "count": 10, FIELDS: ((b"x", b"y"),)}
        counted = lambda _, seconds: self.seconds.append(seconds)  # noqa: E731 - as short as it is
        await send(message | {NEXT: letter, COUNTED: counted})


@pytest.fixture
def letters(tmp_path: Path) -> Iterator[tuple[int, Letters]]:
    """A server in a thread, and what it answers with."""
    app, listening = Letters(tmp_path), listen("127.0.0.1", 0)
    config = uvicorn.Config(app, loop="uvloop", http=Watched, lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: server.run(sockets=[listening]))
    thread.start()
    yield listening.getsockname()[1], app
    server.should_exit = True
    thread.join()
    listening.close()
    for letter in app.letters.values():
        os.close(letter.fd)


def head(letter: str, last: int = 9) -> bytes:
    """A request."""
    return f"GET /{letter} HTTP/1.1\r\nHost: x\r\nRange: bytes=0-{last}\r\n\r\n".encode()


def read(connection: socket.socket, count: int) -> list[bytes]:
    """The bodies of so many answers of ten bytes."""
    got = b""
    while got.count(b"\r\n\r\n") < count or len(got.rpartition(b"\r\n\r\n")[2]) < 10:
        more = connection.recv(65_536)
        assert more
        got += more
    return [part[:10] for part in got.split(b"\r\n\r\n")[1:]]


def test_what_is_like_a_request_that_waits_is_not_answered_with_what_was_before_that(
    letters: tuple[int, Letters],
) -> None:
    port, app = letters
    app.slow = 0.3
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(head("a"))
        time.sleep(0.1)
        connection.sendall(head("b"))
        time.sleep(0.3)  # a is answered, b is not
        connection.sendall(head("b"))
        assert read(connection, 3) == [b"a" * 10, b"b" * 10, b"b" * 10]
        assert app.letters["a"].asked == 0
        connection.sendall(head("b"))
        assert read(connection, 1) == [b"b" * 10]
        connection.sendall(head("b"))
        assert read(connection, 1) == [b"b" * 10]
    assert app.letters["b"].asked >= 1


def test_a_like_request_is_counted_with_its_time(letters: tuple[int, Letters]) -> None:
    port, app = letters
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        for _ in range(3):
            connection.sendall(head("a"))
            assert read(connection, 1) == [b"a" * 10]
    time.sleep(0.1)  # it is counted once it left
    assert app.letters["a"].asked == len(app.seconds) == 2
    assert all(0 < one < 10 for one in app.seconds)


def test_nothing_is_sent_to_who_takes_nothing(letters: tuple[int, Letters]) -> None:
    port, app = letters
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(head("a"))
        read(connection, 1)
        for _ in range(60):
            connection.sendall(head("a", SIZE - 1))
            time.sleep(0.005)
        assert _made[-1].came_paused
        assert app.letters["a"].asked
        assert not app.letters["a"].paused


def test_a_file_that_became_shorter_ends_the_connection(letters: tuple[int, Letters]) -> None:
    port, app = letters
    with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
        connection.sendall(head("a"))
        read(connection, 1)
        os.truncate(f"/proc/self/fd/{app.letters['a'].fd}", 5)
        connection.sendall(head("a"))
        got = b""
        while more := connection.recv(65_536):
            got += more
    assert got.partition(b"\r\n\r\n")[2] == b"a" * 5
    assert len(app.seconds) == 1
