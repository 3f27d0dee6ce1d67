"""What is sent whole while a thread hashes it: the thread never reads a file that was let go of."""

from __future__ import annotations

import asyncio
import hashlib
import os
import threading
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.types import Message

from api import hashing
from api.filesending import ABORT, FILE, PIECE
from api.hashing import CHUNK
from api.media import ObjectResponse
from api.objects import OpenObject, Served

BYTES = bytes(4 * CHUNK)


async def let_go_while_hashing(path: Path) -> tuple[bool, bool]:
    """End an answer while every hashing thread is busy; whether its file was open then, and whether it is later."""
    shown = OpenObject(
        Served(path=path, digest=hashlib.sha256(BYTES).hexdigest(), size=len(BYTES), name="clip")
    )
    gone, busy = asyncio.Event(), threading.Event()

    async def receive() -> Message:
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        del message

    async def damaged() -> None:
        raise AssertionError("it is not")

    extensions = {FILE: {}, PIECE: {}, ABORT: {"abort": gone.set}}
    scope = {"type": "http", "method": "GET", "headers": [], "extensions": extensions}
    response = ObjectResponse(Request(scope), shown, allowed=lambda: False, damaged=damaged)
    for _ in range(os.cpu_count() or 2):
        hashing.hashers.submit(busy.wait)
    try:
        answering = asyncio.ensure_future(response(scope, receive, send))
        await asyncio.wait({answering}, timeout=0.3)
        before = is_open(shown.fd)
    finally:
        busy.set()
    await answering
    return before, is_open(shown.fd)


async def sent_from_a_disk_that_changes(path: Path) -> tuple[bytes, bool]:
    """What leaves where memory loses each piece once it is hashed, and whether damage is told."""
    digest, left, told = hashlib.sha256(BYTES).hexdigest(), bytearray(), asyncio.Event()
    shown = OpenObject(Served(path=path, digest=digest, size=len(BYTES), name="clip"))

    async def receive() -> Message:
        await told.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.body":
            left.extend(message["body"])

    async def damaged() -> None:
        told.set()

    extensions = {FILE: {}, PIECE: {}, ABORT: {"abort": told.set}}
    scope = {"type": "http", "method": "GET", "headers": [], "extensions": extensions}
    await ObjectResponse(Request(scope), shown, allowed=lambda: True, damaged=damaged)(
        scope, receive, send
    )
    return bytes(left), told.is_set()


def is_open(fd: int) -> bool:
    """Whether a descriptor is one."""
    try:
        os.fstat(fd)
    except OSError:
        return False
    return True


def test_a_file_stays_open_until_the_thread_that_hashes_it_is_done(tmp_path: Path) -> None:
    path = tmp_path / "object"
    path.write_bytes(BYTES)
    assert asyncio.run(let_go_while_hashing(path)) == (True, False)


@pytest.mark.parametrize("changes", [False, True])
def test_what_memory_lost_is_compared_with_what_was_hashed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: bool
) -> None:
    path = tmp_path / "object"
    path.write_bytes(BYTES)

    def lost(fd: int, start: int, length: int) -> bool:
        del fd, length
        if changes and start == 2 * CHUNK:
            with path.open("r+b") as file:
                file.seek(start + 5)
                file.write(b"!")
        return False

    monkeypatch.setattr("api.media.in_memory", lost)
    left, told = asyncio.run(sent_from_a_disk_that_changes(path))
    assert told is changes
    assert left == (BYTES[: 2 * CHUNK] if changes else BYTES)
