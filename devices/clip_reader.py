"""One clip, opened for reading. The source is never written, not even its access time.

Holds: what is read is a regular file that was on the recorder at the listed path, or nothing
is read. Does not promise that its bytes stand still: compare `restat` after the last read
with `size` and `mtime_ns`. For one thread at a time.
"""

from __future__ import annotations

import contextlib
import os
import stat
from types import TracebackType
from typing import Final, Self

from devices.clips import FoundClip
from devices.errors import ClipChangedError
from devices.paths import display
from devices.root import Root

_PREFETCH: Final = 8 << 20
_AHEAD: Final = 16 << 20  # bytes of one request; twice as much is asked for


class ClipReader:
    """An open clip; see the module. Leave its `with` block, or call `close`."""

    __slots__ = ("_asked", "_fd", "_next", "_path", "_root", "_run", "mtime_ns", "size")

    def __init__(self, root: Root, clip: FoundClip) -> None:
        """Open the clip and check that it is the file that was listed.

        Raises:
            ClipChangedError: gone, or another file, a link or no file is there now.
            ClipUnreadableError: no permission, or the medium failed.
            SourceGoneError: the root vanished.
            ValueError: the path is none that a listing gives.
        """
        self._root = root
        self._path = clip.path
        self._next = 0  # of the next byte to read
        self._run = 0  # bytes read one after another since the last `seek`
        self._asked = 0  # bytes before this one were asked for ahead
        try:
            self._fd = root.open_file(clip.path)
        except OSError as e:
            raise root.explain_open(e, clip.path) from e
        try:
            self.size, self.mtime_ns = self._check(clip)
        except BaseException:
            self.close()
            raise
        with contextlib.suppress(OSError):  # advice only
            os.posix_fadvise(self._fd, 0, 0, os.POSIX_FADV_SEQUENTIAL)

    def read_into(self, buffer: memoryview) -> int:
        """Read on from where the last read ended, with one system call.

        Returns:
            How many bytes came, perhaps fewer than fit. 0 at the end (or for an empty buffer).

        Raises:
            ClipUnreadableError: the medium failed. What came before is good.
            SourceGoneError: the root vanished.
        """
        try:
            count = os.readv(self._fd, [buffer])
        except OSError as e:
            raise self._root.explain_read(e, self._path) from e
        self._next += count
        self._run += count
        if self._run >= _PREFETCH:
            self._ask_ahead()
        return count

    def seek(self, offset: int) -> None:
        """Read on from this byte. Past the end, reads give 0 bytes."""
        os.lseek(self._fd, offset, os.SEEK_SET)
        self._next, self._run, self._asked = offset, 0, offset

    def restat(self) -> tuple[int, int]:
        """Size and modification time (ns) of the open file at this moment.

        Raises:
            ClipUnreadableError: the medium failed.
            SourceGoneError: the root vanished.
        """
        try:
            now = os.fstat(self._fd)
        except OSError as e:
            raise self._root.explain_read(e, self._path) from e
        return now.st_size, now.st_mtime_ns

    def prefetch(self, length: int = _PREFETCH) -> None:
        """Ask the kernel to begin reading from the start of the clip; returns at once."""
        with contextlib.suppress(OSError):  # advice only
            os.posix_fadvise(self._fd, 0, length, os.POSIX_FADV_WILLNEED)

    def _ask_ahead(self) -> None:
        """Keep large requests before the medium: between somebody's writes the kernel's own are too small."""
        while self._asked < min(self._next + _AHEAD, self.size):
            self._asked = max(self._asked, self._next)
            with contextlib.suppress(OSError):  # advice only
                os.posix_fadvise(self._fd, self._asked, _AHEAD, os.POSIX_FADV_WILLNEED)
            self._asked += _AHEAD

    def close(self) -> None:
        """Let go of the file. May be called again."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _check(self, clip: FoundClip) -> tuple[int, int]:
        try:
            now = os.fstat(self._fd)
        except OSError as e:
            raise self._root.explain_read(e, self._path) from e
        shown = display(self._path)[0]
        if not stat.S_ISREG(now.st_mode):
            raise ClipChangedError(path=shown, reason="it is no regular file any more")
        # Linux gives FAT and exFAT files a new inode number whenever they are loaded again
        # (iunique), so there the number alone says nothing; size and time must agree then.
        same = now.st_ino == clip.ino or (now.st_size, now.st_mtime_ns) == (
            clip.size,
            clip.mtime_ns,
        )
        if now.st_dev != clip.dev or not same:
            raise ClipChangedError(path=shown, reason="another file took its place")
        return now.st_size, now.st_mtime_ns
