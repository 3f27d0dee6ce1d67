"""Long runs of zeros in what passes by: where a power cut left blocks that were never written.

Looks at every `_STRIDE`-th byte, and closer where two in a row are zero, so that it costs next to nothing beside the
reading. Finds every run of `SHORTEST` bytes or more in what it was shown, in whatever order that came; knows nothing
about which of them matter.
"""

from typing import BinaryIO, Final

SHORTEST: Final = 4096  # bytes; the smallest block that file systems leave unwritten
_STRIDE: Final = (
    1024  # a run of SHORTEST, cut in two by a read, still has two such bytes in one part
)
_STEPS: Final = (1 << 16, 1 << 12, 1 << 8)
_ZEROS: Final = bytes(_STEPS[0])


class ZeroRuns:
    """Collects runs of zeros."""

    def __init__(self) -> None:
        self._found: list[tuple[int, int]] = []

    def see(self, position: int, data: bytes) -> None:
        """Look at bytes that lie at `position` in the file."""
        if not data:
            return
        if data[0] == 0:
            self._note(position, 0, _zeros_from(data, 0))
        probes = data[::_STRIDE]
        at = probes.find(b"\0\0")
        while at >= 0:
            here = at * _STRIDE
            start = here - _zeros_before(data, here)
            end = _zeros_from(data, here)
            self._note(position, start, end)
            at = probes.find(b"\0\0", max(at + 1, -(-end // _STRIDE)))
        if data[-1] == 0:
            self._note(position, len(data) - _zeros_before(data, len(data)), len(data))

    def runs(self) -> list[tuple[int, int]]:
        """Return first and last-plus-one byte of each run, ascending."""
        merged: list[tuple[int, int]] = []
        for start, end in sorted(self._found):
            if merged and start <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((start, end))
        self._found = merged
        return [run for run in merged if run[1] - run[0] >= SHORTEST]

    def _note(self, position: int, start: int, end: int) -> None:
        run = (position + start, position + end)
        if self._found and self._found[-1][0] <= run[0] <= self._found[-1][1]:
            self._found[-1] = (self._found[-1][0], max(run[1], self._found[-1][1]))
        else:
            self._found.append(run)


class Watched:
    """An open clip as its demuxer reads it, with an eye on zeros."""

    def __init__(self, file: BinaryIO, zeros: ZeroRuns) -> None:
        self._file = file
        self._zeros = zeros
        self._at = file.seek(0)

    def read(self, size: int) -> bytes:
        """Read up to so many bytes."""
        data = self._file.read(size)
        self._zeros.see(self._at, data)
        self._at += len(data)
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to a place."""
        self._at = self._file.seek(offset, whence)
        return self._at

    def tell(self) -> int:
        """Say where the next byte comes from."""
        return self._at


def _zeros_from(data: bytes, start: int) -> int:
    """Return where the zeros that begin at `start` end."""
    end = start
    for step in _STEPS:  # comparing is fast, stripping is not
        while data[end : end + step] == _ZEROS[:step]:
            end += step
    piece = data[end : end + _STEPS[-1]]
    return end + len(piece) - len(piece.lstrip(b"\0"))


def _zeros_before(data: bytes, end: int) -> int:
    """Return how many zeros lie right before `end`, of the last `SHORTEST` bytes."""
    piece = data[max(0, end - SHORTEST) : end]
    return len(piece) - len(piece.rstrip(b"\0"))
