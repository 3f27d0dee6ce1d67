"""What is sent whole while a thread hashes it: the thread never reads a file that was let go of."""

from __future__ import annotations

import asyncio
import hashlib
import os
import threading
from pathlib import Path

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
