"""SHA-256 of much, at the speed of SHA-256: what comes next is asked of the medium before this piece is hashed.

The kernel reads ahead by itself when it is told to; a thread of our own measured slower wherever the file was in
memory or the machine was busy. Where there is no such call (macOS, Windows), the system's own reading ahead is left.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from hashlib import sha256
from io import FileIO

PIECE = 512 << 10  # fits the processor's cache, so that the hash reads what was just copied
_AHEAD = 32 << 20

ReadInto = Callable[[memoryview], int]  # fills from the start; 0 at the end


class ReadingAhead:
    """Asks for the next bytes of a file that is read in order."""

    def __init__(self, file: FileIO) -> None:
        self._file = file
        self._asked = 0

    def at(self, position: int) -> None:
        """So far has it been read."""
        if position + _AHEAD // 2 < self._asked or not hasattr(os, "posix_fadvise"):
            return
        start = max(position, self._asked)
        self._asked = position + _AHEAD
        os.posix_fadvise(self._file.fileno(), start, self._asked - start, os.POSIX_FADV_WILLNEED)


def stream_digest(readinto: ReadInto, size: int, tell: Callable[[int], object]) -> tuple[str, int]:
    """Hex SHA-256 and length of everything that `readinto` gives. `tell` hears of each piece's length.

    Raises:
        OSError, VerifierError: what reading raised.
    """
    hasher, total = sha256(), 0
    view = memoryview(
        bytearray(min(PIECE, size + 1))
    )  # one more: whether a small file ends where it says
    while True:
        count = readinto(view)
        if not count:
            return hasher.hexdigest(), total
        hasher.update(view[:count])
        total += count
        tell(count)
