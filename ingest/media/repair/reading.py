"""Bytes of an open file by position, without moving anybody's place in it.

Keeps the last piece that was read, so that walking through a file costs one read for each piece of
it. Reads past the end are short. Never writes.
"""

import os
from collections.abc import Iterator
from typing import BinaryIO

PIECE = 1 << 20


class Source:
    """An open file."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file  # kept open as long as it is read
        self._descriptor = file.fileno()
        self.size = os.fstat(self._descriptor).st_size
        self._at, self._piece = 0, b""

    def read(self, at: int, count: int) -> bytes:
        """Return `count` bytes from `at` on, or as many as there are."""
        inside = at - self._at
        if inside < 0 or inside + count > len(self._piece):
            if count > PIECE:
                return self._fetch(at, count)
            self._at, self._piece, inside = at, self._fetch(at, 2 * PIECE), 0
        return self._piece[inside : inside + count]

    def pieces(self, start: int, end: int, overlap: int = 0) -> Iterator[tuple[int, bytes]]:
        """Yield what lies in a range, piece by piece, each `overlap` longer than the step."""
        for at in range(start, end, PIECE):
            yield at, self.read(at, min(PIECE + overlap, end - at))

    def zeros_end(self, at: int, end: int) -> int:
        """Return where the run of zeros that begins at `at` ends."""
        while at < end:
            piece = self.read(at, min(PIECE, end - at))
            if piece.count(0) != len(piece) or not piece:
                return at + len(piece) - len(piece.lstrip(b"\0"))
            at += len(piece)
        return end

    def zero_runs(self, start: int, end: int, least: int) -> list[tuple[int, int]]:
        """Return the runs of at least `least` zeros in a range, in order."""
        runs, wanted = list[tuple[int, int]](), bytes(least)
        at = start
        while at < end:
            found = self.read(at, min(PIECE + least - 1, end - at)).find(wanted)
            if found < 0:
                at += PIECE
                continue
            begun, at = at + found, self.zeros_end(at + found, end)
            runs.append((begun, at))
        return runs

    def _fetch(self, at: int, count: int) -> bytes:
        received = bytearray()
        while len(received) < count:
            data = os.pread(self._descriptor, count - len(received), at + len(received))
            if not data:
                break
            received += data
        return bytes(received)
