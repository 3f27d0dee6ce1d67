"""Recorders that misbehave: real folders whose reads go wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from devices.clip_reader import ClipReader
from devices.clips import FoundClip
from devices.errors import SourceGoneError
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
                file.write(b"more")

        return WatchedReader(self._root, clip, grow)
