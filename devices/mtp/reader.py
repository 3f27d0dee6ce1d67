"""One clip, open for reading: the next block is fetched while the last one is used.

Holds: bytes are given in order, none twice, none that the recorder did not send; what had come before an
error is given before the error is raised. Two blocks of 2 MiB at most, used again and again. For one
thread at a time; one more, the recorder's own, reads ahead.
"""

from __future__ import annotations

import mmap
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Final, Self

from devices.errors import DeviceError
from devices.mtp.fetching import ROOM, Fetched, Fetcher, NoPartsError, Parts

_KEPT: Final = 2  # blocks kept for the next clip


class Blocks:
    """Buffers in page-aligned memory, lent to readers and given back. Safe to use from several threads."""

    def __init__(self) -> None:
        self._free: deque[memoryview] = deque(maxlen=_KEPT)

    def take(self) -> memoryview:
        """A buffer of ROOM bytes."""
        try:
            return self._free.pop()
        except IndexError:
            return memoryview(mmap.mmap(-1, ROOM))

    def give(self, block: memoryview) -> None:
        """Take it back."""
        self._free.append(block)


class MtpReader:
    """An open clip; see the module. Leave its `with` block, or call `close`."""

    def __init__(
        self,
        *,
        size: int,
        mtime_ns: int,
        fetcher: Fetcher,
        whole: Callable[[], Fetcher],
        restat: Callable[[], tuple[int, int]],
        ahead: ThreadPoolExecutor,
        blocks: Blocks,
    ) -> None:
        """Read from a recorder.

        Args:
            size: bytes, as the recorder says.
            mtime_ns: its time.
            fetcher: gets bytes.
            whole: another fetcher, for a recorder that cannot give parts after all.
            restat: asks for size and time now.
            ahead: its one thread reads ahead; one for each recorder.
            blocks: where buffers come from.
        """
        self.size = size
        self.mtime_ns = mtime_ns
        self._fetcher = fetcher
        self._whole = whole
        self._restat = restat
        self._ahead = ahead
        self._blocks = blocks
        self._spare: list[memoryview] = []
        self._position = 0  # of the next byte to give
        self._block: memoryview | None = None  # holds `_data`
        self._data = memoryview(b"")
        self._error: DeviceError | None = None  # due when `_data` is used up
        self._coming: Future[Fetched] | None = None
        self._coming_block: memoryview | None = None
        self._closed = False

    def read_into(self, buffer: memoryview) -> int:
        """Fill a buffer as far as bytes are at hand; waits for some. 0 at the end.

        Raises:
            ClipUnreadableError: its card failed here, or it refuses. What came before is good.
            ClipChangedError: the clip is not there any more, or another one is.
            SourceGoneError: it was pulled.
            RecorderSilentError, ProtocolError: it does not do its part. What came before is good.
        """
        if not len(buffer):
            return 0
        if not len(self._data) and self._error is None:
            self._advance()
        if not len(self._data):
            error, self._error = self._error, None
            if error is not None:
                raise error
            return 0
        count = min(len(buffer), len(self._data))
        buffer[:count] = self._data[:count]
        self._data = self._data[count:]
        self._position += count
        return count

    def seek(self, offset: int) -> None:
        """Go on reading elsewhere. Past the end, reads give 0 bytes."""
        ahead = offset - self._position
        if 0 <= ahead <= len(self._data):
            self._data = self._data[ahead:]
            self._position = offset
            return
        self._forget()
        self._position = offset

    def restat(self) -> tuple[int, int]:
        """Size and modification time now, asked anew. Raises as `read_into`."""
        self._wait()
        return self._restat()

    def prefetch(self) -> None:
        """Begin to fetch from where reading will begin; returns at once."""
        if isinstance(self._fetcher, Parts) and not len(self._data) and not self._closed:
            self._fetch_ahead(self._position)

    def close(self) -> None:
        """Let go. Waits for what is being fetched. May be called again."""
        if self._closed:
            return
        self._closed = True
        self._forget()
        self._fetcher.close()
        for block in self._spare:
            self._blocks.give(block)
        self._spare.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _advance(self) -> None:
        """Make the next block the current one, and have the one behind it fetched."""
        if self._block is not None:
            self._spare.append(self._block)
            self._block = None
        if self._coming is None:
            self._fetch_ahead(self._position)
        coming, block = self._coming, self._coming_block
        if coming is None or block is None:
            return  # at the end
        fetched = coming.result()
        self._coming = self._coming_block = None
        self._block, self._data, self._error = block, fetched.data, fetched.error
        if len(fetched.data) and fetched.error is None:
            self._fetch_ahead(self._position + len(fetched.data))

    def _fetch_ahead(self, offset: int) -> None:
        if self._coming is not None or self._closed:
            return
        block = self._spare.pop() if self._spare else self._blocks.take()
        self._coming_block = block
        try:
            self._coming = self._ahead.submit(self._fetch, offset, block)
        except RuntimeError:  # the recorder was closed: let the session say so
            self._coming = Future()
            self._coming.set_result(self._fetch(offset, block))

    def _fetch(self, offset: int, block: memoryview) -> Fetched:
        try:
            return self._fetcher.fetch(offset, block)
        except NoPartsError:
            self._fetcher = self._whole()
            return self._fetcher.fetch(offset, block)

    def _wait(self) -> None:
        """Until nothing is being fetched."""
        if self._coming is not None:
            self._coming.exception()

    def _forget(self) -> None:
        """Drop what was fetched and not given."""
        self._wait()
        for block in (self._block, self._coming_block):
            if block is not None:
                self._spare.append(block)
        self._block = self._coming_block = self._coming = self._error = None
        self._data = memoryview(b"")
