"""An answer that is a piece of a file, on a real connection: the bytes, their order, and who takes them slowly."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import uvicorn
import uvloop
from starlette.types import Receive, Scope, Send

from api.filesending import FIELDS, FILE
from api.pagecache import in_memory
from api.protocol import GuardedProtocol
from api.serving import listen
from api.transport import Gathering

BYTES = bytes(i * 7 % 251 for i in range(3_000_000))


class Pieces:
    """Answers `/OFFSET-COUNT` with that piece of a file."""

    def __init__(self, path: Path) -> None:
        self.fd, self.header = os.open(path, os.O_RDONLY), b"plain"
        self.fields: tuple[tuple[bytes, bytes], ...] = ()
        self.fell_short: list[BaseException] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        del receive
        assert FILE in scope["extensions"]
        offset, count = map(int, scope["path"][1:].split("-"))
        headers = [(b"content-length", str(count).encode()), (b"x-piece", self.header)]
        message = {"type": FILE, "status": 206, "headers": headers, "file": self.fd}
        try:
            await send(message | {FIELDS: self.fields, "offset": offset, "count": count})
        except (EOFError, ValueError) as e:
            self.fell_short.append(e)
            raise


@pytest.fixture(params=["asyncio", "uvloop"])
def served(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[int, Pieces]]:
    """A server in a thread, and what it answers with."""
    (tmp_path / "file").write_bytes(BYTES)
    app, listening = Pieces(tmp_path / "file"), listen("127.0.0.1", 0)
    config = uvicorn.Config(
        app,
        loop=request.param,
        http=GuardedProtocol,
        lifespan="off",
        log_config=None,
        timeout_keep_alive=1,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: server.run(sockets=[listening]))
    thread.start()
    yield listening.getsockname()[1], app
    server.should_exit = True
    thread.join()
    listening.close()
    os.close(app.fd)


def get(piece: str, more: str = "") -> bytes:
    """A request."""
    return f"GET /{piece} HTTP/1.1\r\nHost: x\r\n{more}\r\n".encode()


def everything(connection: socket.socket, pause: float = 0.0) -> bytes:
    """What comes until the server closes."""
    got = bytearray()
    while more := connection.recv(100_000):
        got += more
        time.sleep(pause)
    return bytes(got)


def answers(got: bytes) -> list[bytes]:
    """The bodies of several answers, one after another."""
    bodies = []
    while got:
        head, _, rest = got.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 206 Partial Content\r\n")
        length = int(head.partition(b"content-length: ")[2].split(b"\r\n")[0])
        bodies.append(rest[:length])
        got = rest[length:]
    return bodies


def test_pieces_come_whole_and_in_the_order_they_were_asked_for(served: tuple[int, Pieces]) -> None:
    # Asked for at once and taken slowly: the socket fills, and what is left waits behind what was sent before.
    asked = [(0, 10), (5, 2_900_000), (7, 3), (100, 1_000_000), (2_999_999, 1)]
    wanted = [get(f"{start}-{count}") for start, count in asked[:-1]]
    wanted.append(get("2999999-1", "Connection: close\r\n"))
    with socket.create_connection(("127.0.0.1", served[0]), timeout=20) as connection:
        connection.sendall(b"".join(wanted))
        got = everything(connection, pause=0.001)
    assert b"connection: close" in got
    assert answers(got) == [BYTES[start : start + count] for start, count in asked]


@pytest.mark.parametrize("make_loop", [asyncio.new_event_loop, uvloop.new_event_loop])
@pytest.mark.parametrize("before", [b"held", b"a" * 5_000, b"more than a socket takes" * 100_000])
def test_a_piece_does_not_overtake_what_was_written_before_it(
    tmp_path: Path, make_loop: Callable[[], asyncio.AbstractEventLoop], before: bytes
) -> None:
    (tmp_path / "file").write_bytes(BYTES)

    async def work(fd: int) -> bytes:
        loop = asyncio.get_running_loop()
        near, far = socket.socketpair()
        transport, _ = await loop.create_connection(asyncio.Protocol, sock=near)
        gathering = Gathering(transport, loop)
        gathering.write(before)
        # The socket has room again before the event loop knows of it.
        taken = far.recv(len(before) // 2) if len(before) > 100_000 else b""
        gathering.send_file(b"head", fd, 1, 1000)
        gathering.let_go()
        gathering.close()
        with far:
            return taken + await asyncio.to_thread(everything, far)

    fd = os.open(tmp_path / "file", os.O_RDONLY)
    with asyncio.Runner(loop_factory=make_loop) as runner:
        assert runner.run(work(fd)) == before + b"head" + BYTES[1:1001]
    os.close(fd)


def test_a_file_that_became_shorter_ends_the_connection(served: tuple[int, Pieces]) -> None:
    with socket.create_connection(("127.0.0.1", served[0]), timeout=20) as connection:
        connection.sendall(get(f"{len(BYTES) - 10}-20"))
        body = everything(connection).partition(b"\r\n\r\n")[2]
    assert len(body) <= 10
    assert isinstance(served[1].fell_short[0], EOFError)


@pytest.mark.parametrize("kept", [False, True])
@pytest.mark.parametrize("value", [b"a\r\nx: y", b"a\nx: y", b"a\rb", b"a\0b"])
def test_a_header_with_a_line_break_is_never_sent(
    served: tuple[int, Pieces], value: bytes, *, kept: bool
) -> None:
    pieces = served[1]
    if kept:  # one of those whose text is made once for all answers
        pieces.fields = ((b"x-piece", value),)
    else:
        pieces.header = value
    with socket.create_connection(("127.0.0.1", served[0]), timeout=20) as connection:
        connection.sendall(get("0-10"))
        got = everything(connection)
    assert b"x-piece" not in got
    assert isinstance(pieces.fell_short[0], ValueError)


def test_who_asks_again_in_time_is_kept_and_who_does_not_is_let_go(
    served: tuple[int, Pieces],
) -> None:
    with socket.create_connection(("127.0.0.1", served[0]), timeout=20) as connection:
        for _ in range(3):
            connection.sendall(get("0-10"))
            assert b"206" in connection.recv(1000)
            time.sleep(0.6)
        begun = time.monotonic()
        assert connection.recv(1000) == b""
        assert time.monotonic() - begun < 3


def test_what_is_not_in_memory_is_not_said_to_be(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(BYTES)
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_RANDOM)  # no reading ahead
        if not in_memory(fd, 0, 1):  # a file system in memory drops nothing
            os.pread(fd, 1, 1_000_000)
            assert not in_memory(fd, 990_000, 200_000), "only a page in the middle is"
            assert not in_memory(fd, 990_000, 10_001), "only the last page is"
        os.pread(fd, 1, len(BYTES) - 1)
        assert not in_memory(fd, len(BYTES) - 1, 2), "past the end there is nothing"
    finally:
        os.close(fd)
    assert not in_memory(fd, 0, 1), "of no file nothing is known"
