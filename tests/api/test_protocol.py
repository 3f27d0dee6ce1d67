"""One connection, as bytes: heads without end, requests that never come, targets that name another host."""

from __future__ import annotations

import asyncio
import errno
import json
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from api import protocol
from api.edge import Edge
from api.protocol import MOST_HEAD, GuardedProtocol
from api.serving import listen


class Hasty(GuardedProtocol):
    """The same, with less patience."""

    head_seconds = 0.3
    body_seconds = 0.3


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Read the body, answer its length; under /slow the body comes a second after the head."""
    length, more = 0, True
    while more:
        message = await receive()
        length, more = length + len(message.get("body", b"")), message.get("more_body", False)
    body = f"{scope['path']} {length}".encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await asyncio.sleep(1 if scope["path"] == "/slow" else 0)
    await send({"type": "http.response.body", "body": body})


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A server in a thread."""
    listening = listen("127.0.0.1", 0)
    app = Edge(echo, names=frozenset(), secure=False, observe=lambda *_: None)
    config = uvicorn.Config(app, http=Hasty, ws="none", lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: server.run(sockets=[listening]))
    thread.start()
    yield listening.getsockname()[1]
    server.should_exit = True
    thread.join()
    listening.close()


def ask(port: int, *pieces: bytes, pause: float = 0.0) -> bytes:
    """Send pieces with pauses; everything that comes until the server closes."""
    got = b""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        try:
            for piece in pieces:
                connection.sendall(piece)
                time.sleep(pause)
            while more := connection.recv(65536):
                got += more
        except (BrokenPipeError, ConnectionResetError):
            pass
    return got


def test_an_address_that_cannot_be_used_is_named() -> None:
    with pytest.raises(OSError, match=r"192\.0\.2\.1:8000") as raised:
        listen("192.0.2.1", 8000)  # RFC 5737: no machine's
    assert raised.value.errno == errno.EADDRNOTAVAIL


def test_a_head_without_end_is_refused_at_its_limit(port: int) -> None:
    line = b"X-More: " + b"a" * 8000 + b"\r\n"
    pieces = [b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n", *[line] * (2 + MOST_HEAD // len(line))]
    got = ask(port, *pieces, pause=0.02)
    assert got.startswith(b"HTTP/1.1 431 ")
    assert json.loads(got.partition(b"\r\n\r\n")[2])["code"] == "P027"


@pytest.mark.parametrize(
    "pieces",
    [
        [b"GET / HT"],
        [b"GET / HTTP/1.1\r\n"] + [b"X: y\r\n"] * 30,
        [b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 60\r\n\r\n"] + [b"x"] * 30,
        [b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", b"GET / HT"],
    ],
)
def test_who_sends_too_slowly_is_let_go(port: int, pieces: list[bytes]) -> None:
    begun = time.monotonic()
    ask(port, *pieces, pause=0.05)
    assert time.monotonic() - begun < 4


def test_a_request_in_pieces_is_answered_when_it_is_quick(port: int) -> None:
    got = ask(
        port,
        b"POST /a HTTP/1.1\r\nHost: 127.0.",
        b"0.1\r\nConnection: close\r\nContent-Length: 4\r\n\r\nab",
        b"cd",
        pause=0.05,
    )
    assert got.endswith(b"/a 4")


def test_a_second_request_on_the_connection_has_its_own_time(port: int) -> None:
    one = b"GET /1 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    last = b"GET /2 HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    assert ask(port, one, last, pause=0.6).endswith(b"/2 0")


@pytest.mark.parametrize(
    ("target", "status"),
    [
        (b"http://127.0.0.1/x", b"200"),
        (b"http://evil.example/x", b"400"),
        (b"http://evil.example:80/x", b"400"),
        (b"http://127.0.0.1@evil.example/x", b"400"),
        (b"x", b"400"),
        (b"/\xe9", b"400"),
    ],
)
def test_the_target_says_which_host_is_meant(port: int, target: bytes, status: bytes) -> None:
    got = ask(port, b"GET " + target + b" HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
    assert got.split(b" ")[1] == status
    if status == b"400":
        assert b"application/problem+json" in got


@pytest.mark.parametrize(
    "head",
    [
        b"POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n",
        b"GET / HTTP/1.1\r\nX : y\r\n",
        b"GET / HTTP/1.1\r\nHost: other\r\n",
    ],
)
def test_a_request_that_two_servers_would_read_differently_is_refused(
    port: int, head: bytes
) -> None:
    got = ask(port, head + b"Host: 127.0.0.1\r\nConnection: close\r\n\r\n0\r\n\r\n")
    assert got.startswith(b"HTTP/1.1 400 ")


def test_a_head_does_not_wait_for_a_body_that_is_late(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(b"GET /slow HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        begun = time.monotonic()
        head = connection.recv(65536)
        assert time.monotonic() - begun < 0.8
        assert head.endswith(b"\r\n\r\n")
        assert b"".join(iter(lambda: connection.recv(65536), b"")) == b"/slow 0"


def ended(connection: socket.socket, request: bytes) -> bool:
    """Whether a connection was ended before it was answered."""
    try:
        connection.sendall(request)
        return connection.recv(1000) == b""
    except ConnectionError:
        return True


def test_one_address_has_so_many_connections_and_no_more(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "MOST_EACH", 2)
    monkeypatch.setattr(protocol, "_counted", lambda _: "192.0.2.7/32")
    request = b"GET /x HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    kept = []
    for _ in range(2):
        connection = socket.create_connection(("127.0.0.1", port), timeout=5)
        connection.sendall(request)
        assert connection.recv(1000).startswith(b"HTTP/1.1 200")
        kept.append(connection)
    with socket.create_connection(("127.0.0.1", port), timeout=5) as refused:
        assert ended(refused, request)
    kept.pop().close()
    deadline = time.monotonic() + 5
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as again:
                again.sendall(request)
                assert again.recv(1000).startswith(b"HTTP/1.1 200")
            break
        except (ConnectionError, AssertionError):
            assert time.monotonic() < deadline
    kept.pop().close()


@pytest.mark.parametrize(
    ("peer", "counted"),
    [
        (("127.0.0.1", 1), None),
        (("::1", 1, 0, 0), None),
        (("::ffff:127.0.0.1", 1, 0, 0), None),
        ("", None),
        (None, None),
        (("192.0.2.7", 1), "192.0.2.7/32"),
        (("2001:db8::1:2", 1, 0, 0), "2001:db8::/64"),
        (("fe80::1%eth0", 1, 0, 2), "fe80::/64"),
    ],
)
def test_connections_are_counted_by_address_but_this_machines(
    peer: object, counted: str | None
) -> None:
    class Transport(asyncio.Transport):
        def get_extra_info(self, name: str, default: object = None) -> object:
            return peer if name == "peername" else default

    assert protocol._counted(Transport()) == counted
