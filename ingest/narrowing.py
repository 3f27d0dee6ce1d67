"""Reading a clip around the places of its medium that fail, which are narrowed to blocks of 4 KiB.

Holds: what is handed to `write` was read; every byte that was not is in a range of `unread`. It ends: after so many
reads that failed, fewer where nothing behind the first answers (a recorder that gives whole clips only sends all that
lies before at each), so much time spent in them, so many bytes jumped over, and at the first error that is not of the
medium. Knows neither archive nor docking.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from devices.errors import ClipUnreadableError, DeviceError
from devices.recorder import Reader

BLOCK: Final = 4096
FAILURES: Final = 900  # reads of one clip; no clip has more ranges than reads that failed, and one
UNANSWERED: Final = 32  # reads that failed before one behind the first of them did not
SECONDS: Final = 120.0  # of one clip, in reads that failed: a failing card takes its time for each
LOST: Final = 512 << 20  # bytes of one clip that are jumped over before the rest is given up
_MOST: Final = 1 << 20  # bytes in one read; also of the buffer
_FARTHEST: Final = 64 << 20  # bytes of one jump

Range = tuple[int, int]  # first byte, and the one behind the last


class Around:
    """One clip; `read` it once.

    Args:
        reader: open, of a clip that has `size` bytes.
        size: of the clip.
        write: told of the bytes that were read and where they belong.
        go_on: asked before each read.
        seconds: that may be spent in reads that fail.
    """

    def __init__(
        self,
        reader: Reader,
        size: int,
        *,
        write: Callable[[memoryview, int], None],
        go_on: Callable[[], bool],
        seconds: float = SECONDS,
    ) -> None:
        self.unread: list[Range] = []
        self.failures = 0
        self.seconds = 0.0  # spent in reads that failed
        self.ended: DeviceError | OSError | None = None  # the recorder, and not the medium, failed
        self.end = 0  # of the last byte that was read; of the clip, where it was tried to its end
        self._reader = reader
        self._size = size
        self._write = write
        self._go_on = go_on
        self._most_seconds = seconds
        self._buffer = memoryview(bytearray(_MOST))
        self._failed: list[Range] = []
        self._untried: list[Range] = []
        self._answered = False  # something was read behind a place that failed
        self._short = False  # the clip gave no more bytes before its end

    def read(self, start: int) -> None:
        """Read from `start` on what can be read. Raises only what `write` and `go_on` raise."""
        self.end = start
        given_up = self._forward(start)
        self._narrow()
        rest = [] if given_up >= self._size else [(given_up, self._size)]
        self.unread = joined([*self._failed, *self._untried, *rest])
        if not rest:
            self.end = self._size

    @property
    def came(self) -> int:
        """Bytes of the clip that are not unread, also those before the start."""
        return self._size - sum(end - first for first, end in self.unread)

    # Forward first: the clip's end matters more than the last block at the edge of a bad place.

    def _forward(self, at: int) -> int:
        """Read to the end, jumping farther and farther where nothing can be read. Returns where it was given up."""
        jump = lost = 0
        last = max(0, self._size - 1) // BLOCK * BLOCK
        while at < self._size:
            reached = self._run(at, self._size)
            if reached > at:
                jump = 0
            if reached >= self._size or not self._may_go_on():
                return reached
            edge = self._fail(reached)
            over = min(jump, max(0, last - edge))
            lost += edge - reached + over
            if lost > LOST:
                return edge
            if over:
                self._untried.append((edge, edge + over))
            at = edge + over
            jump = min(jump * 2, _FARTHEST) if jump else BLOCK
        return at

    def _narrow(self) -> None:
        """Halve what was jumped over, the longest first, until each block was tried."""
        while self._untried and self._may_go_on():
            first, end = max(self._untried, key=lambda r: r[1] - r[0])
            self._untried.remove((first, end))
            middle = max(first, (first + end) // 2 // BLOCK * BLOCK)
            reached = self._run(middle, end)
            if middle > first:
                self._untried.append((first, middle))
            if reached >= end:
                continue
            if not self._may_go_on():
                self._untried.append((reached, end))
                return
            edge = min(end, self._fail(reached))
            if edge < end:
                self._untried.append((edge, end))

    def _fail(self, at: int) -> int:
        """The block at `at` cannot be read. Returns where it ends."""
        edge = min(self._size, (at // BLOCK + 1) * BLOCK)
        self._failed.append((at, edge))
        return edge

    def _run(self, at: int, end: int) -> int:
        """Read until the end or a block that fails, in growing steps. Returns how far it came."""
        length = BLOCK
        while at < end and self._may_go_on():
            wanted = min(length - at % BLOCK, end - at)
            came = self._piece(at, wanted)
            if came is None:
                if length == BLOCK:
                    return at
                length = BLOCK  # of a long stretch only one block may be bad
            elif came == 0:
                self._short = True
                return at
            else:
                at += came
                length = min(length * 2, _MOST)
        return at

    def _piece(self, at: int, length: int) -> int | None:
        """One read. None: it failed."""
        began = time.monotonic()
        try:
            self._reader.seek(at)
            came = self._reader.read_into(self._buffer[:length])
        except ClipUnreadableError:
            self.failures += 1
            self.seconds += time.monotonic() - began
            return None
        except (DeviceError, OSError) as e:
            self.ended = e
            return None
        if came:
            self._write(self._buffer[:came], at)
            self.end = max(self.end, at + came)
            self._answered = self.failures > 0
        return came

    def _may_go_on(self) -> bool:
        return (
            self.ended is None
            and not self._short
            and self.failures < (FAILURES if self._answered else UNANSWERED)
            and self.seconds < self._most_seconds
            and self._go_on()
        )


def joined(ranges: list[Range]) -> list[Range]:
    """In order, those that touch made one."""
    result: list[Range] = []
    for first, end in sorted(ranges):
        if result and first <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((first, end))
    return result
