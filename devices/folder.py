"""A folder or a mounted volume as a recorder: list it, open its clips, ask if it is there.

Holds: the source is never written but by `erase`, no link in it is followed (devices/root.py), and a
listing leaves nothing out (devices/walk.py). Mounts nothing, and does not decide what a clip
means: names are read by devices/profiles.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from devices.clip_reader import ClipReader
from devices.clips import FoundClip, Listing, RefusedEntry
from devices.errors import NotErasableError
from devices.recorder import RecorderFacts
from devices.removal import remove
from devices.root import Root
from devices.walk import walk

__all__ = ["ClipReader", "FolderRecorder", "FoundClip", "Listing", "RefusedEntry"]


class FolderRecorder:
    """One folder, held open until `close`; a volume cannot be unmounted before that.

    Several threads may open clips at once.
    """

    streams: int = 2
    facts: RecorderFacts = RecorderFacts(transport="folder")

    def __init__(self, root: Path, *, sysfs: Path = Path("/sys")) -> None:
        """Take a folder, or a link to one, as a recorder.

        Args:
            root: where it lies.
            sysfs: where the kernel shows which block devices are plugged in.

        Raises:
            NotAFolderError: nothing there, no folder, or not ours to list.
        """
        self._root = Root(root, sysfs=sysfs)

    @property
    def name(self) -> str:
        """The resolved folder's own name, as text for people."""
        return self._root.name

    def list(self) -> Listing:
        """Everything below the root that is no folder, each entry once.

        Raises:
            SourceGoneError: the root vanished meanwhile.
        """
        return walk(self._root)

    def open(self, clip: FoundClip) -> ClipReader:
        """Open a clip of a listing for reading. Use it in a ``with`` statement.

        Raises:
            ClipChangedError: gone, or another file, a link or no file is there now.
            ClipUnreadableError: no permission, or the medium failed.
            SourceGoneError: the root vanished.
        """
        return ClipReader(self._root, clip)

    def read_clock(self) -> None:
        """A folder has no clock of its own."""

    def set_clock(self) -> bool:
        """There is none to set."""
        return False

    @contextmanager
    def releasing(self) -> Iterator[None]:
        """The block in which `erase` may be called.

        Raises:
            NotErasableError: its file system is read-only. Nothing was changed.
        """
        if os.statvfs(self._root.fd).f_flag & os.ST_RDONLY:
            raise NotErasableError(source=self.name, reason="its file system is read-only")
        yield

    def erase(self, clip: FoundClip) -> None:
        """Remove one file that is still the one that was listed (devices/removal.py).

        Raises:
            ClipChangedError: another size or time, gone, a link, a folder. Nothing was removed.
            NotErasableError: no right, or a read-only file system. Nothing was removed.
            SourceGoneError, ClipUnreadableError: not known whether it was removed; look again.
        """
        remove(self._root, clip)

    def is_there(self) -> bool:
        """Is the same folder still at its path, and its volume still plugged in?"""
        return self._root.is_there()

    def close(self) -> None:
        """Let go of the folder. May be called again; open readers stay open."""
        self._root.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
