"""Hashing what is sent, in threads of its own: what is sent must not wait for those who wait for a disk.

What always holds: the hash sees the bytes in the order in which the pieces are given, if one is waited for before the
next is given; a thread keeps one buffer of a piece, for ever. Whoever gives a file keeps it open until then.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from api.objects import ShortObjectError

T = TypeVar("T")
CHUNK: Final = 512 * 1024
hashers: Final = ThreadPoolExecutor(
    max_workers=max(2, os.cpu_count() or 2), thread_name_prefix="hash"
)
_own = threading.local()  # a buffer of each of them


def in_thread(do: Callable[[bytes | bytearray], T], chunk: bytes | bytearray) -> asyncio.Future[T]:
    """Do it with bytes that are in memory."""
    return asyncio.get_running_loop().run_in_executor(hashers, do, chunk)


def hash_piece(hashed: hashlib._Hash, fd: int, at: int, count: int) -> asyncio.Future[None]:
    """Read and hash a piece in a thread, into that thread's own buffer; afterwards it is in memory."""

    def do() -> None:
        buffer = getattr(_own, "buffer", None)
        if buffer is None:
            buffer = _own.buffer = memoryview(bytearray(CHUNK))
        got = 0
        while got < count:
            more = os.preadv(fd, [buffer[got:count]], at + got)
            if not more:
                raise ShortObjectError("the object became shorter while it was sent")
            got += more
        hashed.update(buffer[:count])

    return asyncio.get_running_loop().run_in_executor(hashers, do)
