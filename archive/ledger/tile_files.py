"""Tiles on their way into the public log: written beside it, synced together, then renamed into place.

Holds: no tile has its name before its bytes are on the medium. What a cut leaves is a few files `tile.new*`, which
the next publication replaces. The folders are the caller's to sync.
"""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Final, Self

from archive.durable import Disk
from archive.ledger.tiles import TileName

_AT_ONCE: Final = 16  # files open, and threads that wait for the medium
_FEW: Final = 4  # up to so many are synced in turn


class TileFiles:
    """Takes tiles; all have their names when the block has ended without an error."""

    def __init__(self, folder: Path, disk: Disk) -> None:
        self.written: set[Path] = set()  # folders with new names in them
        self.met: set[Path] = set()  # folders of what was there as it should be
        self._folder = folder
        self._disk = disk
        self._waiting: list[tuple[int, Path, Path]] = []  # descriptor, name beside, name

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self._finish()
        finally:
            self._close()

    def put(self, name: TileName, data: bytes, *, there: bool = False) -> None:
        """Write a tile; with `there`, only where it is not there as it should be. Raises OSError."""
        path = self._folder / name.path()
        if there and _holds(path, data):
            self.met.add(path.parent)
            return
        if len(self._waiting) == _AT_ONCE:
            self._finish()
        self._disk.make_dirs(path.parent)
        number = len(self._waiting)
        beside = self._folder / (f"tile.new.{number}" if number else "tile.new")
        self._disk.unlink(beside)
        fd = self._disk.create(beside)
        self._waiting.append((fd, beside, path))
        self._disk.write(fd, data)
        self.written.add(path.parent)

    def _finish(self) -> None:
        self._sync([fd for fd, _, _ in self._waiting])
        done = self._waiting
        self._close()
        for _, beside, path in done:
            self._disk.replace(beside, path)

    def _close(self) -> None:
        waiting, self._waiting = self._waiting, []
        for fd, _, _ in waiting:
            self._disk.close(fd)

    def _sync(self, fds: list[int]) -> None:
        """A journal commits for all who wait at once: sixteen together take as long as two in turn."""
        if len(fds) <= _FEW:
            for fd in fds:
                self._disk.sync(fd)
            return
        # Most commands append a few entries and never come here: they do not load it.
        from concurrent.futures import ThreadPoolExecutor

        try:
            with ThreadPoolExecutor(len(fds)) as threads:
                list(threads.map(self._disk.sync, fds))
        except RuntimeError as e:
            # Some were synced, and whether that failed was told to nobody: none may have its name.
            raise OSError(errno.EAGAIN, "no thread can be started") from e


def _holds(path: Path, data: bytes) -> bool:
    try:
        return path.read_bytes() == data
    except OSError:
        return False
