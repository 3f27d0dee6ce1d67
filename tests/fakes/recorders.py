"""Recorders that misbehave: real folders whose reads go wrong."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path

from devices.clip_reader import ClipReader
from devices.clips import FoundClip, Listing
from devices.errors import ClipUnreadableError, RecorderSilentError, SourceGoneError
from devices.folder import FolderRecorder
from devices.root import Root


class WatchedReader(ClipReader):
    """A clip; `before` is called before each read."""

    __slots__ = ("_before",)

    def __init__(self, root: Root, clip: FoundClip, before: Callable[[], None]) -> None:
        super().__init__(root, clip)
        self._before = before

    def read_into(self, buffer: memoryview) -> int:
        self._before()
        return super().read_into(buffer)


class PulledRecorder(FolderRecorder):
    """Is pulled out after so many reads."""

    def __init__(self, folder: Path, *, reads: int) -> None:
        super().__init__(folder)
        self._left = reads

    def open(self, clip: FoundClip) -> ClipReader:
        return WatchedReader(self._root, clip, self._pull)

    def _pull(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise SourceGoneError(source=self.name)


class GrowingRecorder(FolderRecorder):
    """Goes on recording: whenever a clip is read, its file has grown."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._folder = folder

    def open(self, clip: FoundClip) -> ClipReader:
        def grow() -> None:
            with (self._folder / clip.path.decode()).open("ab") as file:
                file.write(b"more" * 25_000)

        return WatchedReader(self._root, clip, grow)


class TwistedReader(ClipReader):
    """A clip; `twist` makes of the bytes that were read (their offset, the buffer, how many) what is given."""

    __slots__ = ("_at", "_twist")

    def __init__(
        self, root: Root, clip: FoundClip, twist: Callable[[int, memoryview, int], int]
    ) -> None:
        super().__init__(root, clip)
        self._at, self._twist = 0, twist

    def read_into(self, buffer: memoryview) -> int:
        n = self._twist(self._at, buffer, super().read_into(buffer))
        self._at += n
        super().seek(self._at)
        return n

    def seek(self, offset: int) -> None:
        super().seek(offset)
        self._at = offset


class LooseRecorder(FolderRecorder):
    """Its plug is loose: after every so many bytes it is gone until it is docked again."""

    def __init__(self, folder: Path, *, every: int) -> None:
        super().__init__(folder)
        self.sent = 0
        self._every = every

    def open(self, clip: FoundClip) -> ClipReader:
        return TwistedReader(self._root, clip, self._send)

    def _send(self, _at: int, _buffer: memoryview, n: int) -> int:
        n = min(n, self._every - self.sent)
        if not n and self.sent == self._every:
            raise SourceGoneError(source=self.name)
        self.sent += n
        return n


class ScratchedRecorder(FolderRecorder):
    """One clip has a block that cannot be read."""

    def __init__(self, folder: Path, *, path: bytes, at: int) -> None:
        super().__init__(folder)
        self._path, self._at = path, at

    def open(self, clip: FoundClip) -> ClipReader:
        if clip.path != self._path:
            return super().open(clip)
        return TwistedReader(self._root, clip, self._read)

    def _read(self, at: int, _buffer: memoryview, n: int) -> int:
        n = min(n, self._at - at)
        if n <= 0:
            raise ClipUnreadableError(path=self._path.decode(), reason="Input/output error")
        return n


class PittedRecorder(FolderRecorder):
    """Blocks of 4 KiB of some clips cannot be read, at least for a while; notes which clips were asked for.

    Args:
        folder: its files.
        bad: offsets of bad blocks, by clip.
        fails: so many reads fail; then the card is well again.
        lasts: so many reads of the clips that have bad blocks; then the recorder is gone.
    """

    def __init__(
        self,
        folder: Path,
        bad: Mapping[bytes, Collection[int]],
        *,
        fails: int = 10**9,
        lasts: int = 10**9,
    ) -> None:
        super().__init__(folder)
        self.asked: list[bytes] = []
        self.failed = 0
        self._bad = bad
        self._fails, self._lasts = fails, lasts

    def open(self, clip: FoundClip) -> ClipReader:
        bad = self._bad.get(clip.path, ())

        def read(at: int, _buffer: memoryview, n: int) -> int:
            self.asked.append(clip.path)
            self._lasts -= bool(bad)
            if self._lasts < 0:
                raise SourceGoneError(source=self.name)
            if self.failed < self._fails:
                good = next((b for b in range(at & -4096, at + n, 4096) if b in bad), at + n)
                if n and good <= at:
                    self.failed += 1
                    raise ClipUnreadableError(path=clip.path.decode(), reason="Input/output error")
                n = good - at
            return n

        return TwistedReader(self._root, clip, read)


class FickleRecorder(FolderRecorder):
    """Gives other bytes each time a clip is opened."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.opened = 0

    def open(self, clip: FoundClip) -> ClipReader:
        self.opened += 1
        mask = self.opened

        def read(_at: int, buffer: memoryview, n: int) -> int:
            buffer[:n] = bytes(byte ^ mask for byte in buffer[:n])
            return n

        return TwistedReader(self._root, clip, read)


class LyingReader(ClipReader):
    """Says another size than there are bytes, at all times."""

    __slots__ = ("_more",)

    def __init__(self, root: Root, clip: FoundClip, more: int) -> None:
        super().__init__(root, clip)
        self._more = more
        self.size += more

    def restat(self) -> tuple[int, int]:
        size, mtime_ns = super().restat()
        return size + self._more, mtime_ns


class LyingRecorder(FolderRecorder):
    """Says another size of one clip than it gives; counts how often it is opened."""

    def __init__(self, folder: Path, *, path: bytes, more: int) -> None:
        super().__init__(folder)
        self.opened = 0
        self._path, self._more = path, more

    def list(self) -> Listing:
        listing = super().list()
        clips = [
            replace(c, size=c.size + self._more) if c.path == self._path else c
            for c in listing.clips
        ]
        return Listing(clips=clips, refused=listing.refused)

    def open(self, clip: FoundClip) -> ClipReader:
        if clip.path != self._path:
            return super().open(clip)
        self.opened += 1
        return LyingReader(self._root, clip, self._more)


class MuteRecorder(FolderRecorder):
    """Answers for a while, then only after its time-out; counts how often that was waited for."""

    def __init__(self, folder: Path, *, clips: int) -> None:
        super().__init__(folder)
        self.waited = 0
        self._left = clips

    def open(self, clip: FoundClip) -> ClipReader:
        self._left -= 1
        if self._left >= 0:
            return super().open(clip)
        self.waited += 1
        raise RecorderSilentError(source=self.name, doing="opening a clip")


class EndingReader(ClipReader):
    """A clip whose recorder is pulled after its last byte, before it is asked whether it stood still."""

    __slots__ = ()

    def restat(self) -> tuple[int, int]:
        raise SourceGoneError(source="recorder")


class EndingRecorder(FolderRecorder):
    """Is pulled after the last byte of a clip."""

    def open(self, clip: FoundClip) -> ClipReader:
        return EndingReader(self._root, clip)
