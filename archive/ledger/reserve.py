"""A few MiB that are kept back, so that a full disk does not stop the ledger from saying so."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from archive.durable import Disk, is_full

_MOST: Final = 8 << 20
_LEAST: Final = 1 << 16
_SHARE: Final = 64  # at most this part of what is free


class Reserve:
    """The file `ledger/reserve`; zeros, allocated."""

    def __init__(self, path: Path, disk: Disk) -> None:
        self._path = path
        self._disk = disk

    def keep(self) -> None:
        """Set it aside, if there is room for it."""
        if self._length() >= _LEAST:
            return
        self._disk.unlink(self._path)  # begun by somebody who was killed
        free = os.statvfs(self._path.parent)
        size = min(_MOST, free.f_bavail * free.f_frsize // _SHARE)
        if size < _LEAST:
            return
        fd = self._disk.create(self._path)
        try:
            os.posix_fallocate(fd, 0, size)
        except OSError as e:
            self._disk.unlink(self._path)
            if not is_full(e):
                raise
        finally:
            self._disk.close(fd)

    def release(self) -> bool:
        """Give it back to the file system. False when it was given back before."""
        there = self._length() >= _LEAST
        self._disk.unlink(self._path)
        return there

    def _length(self) -> int:
        try:
            return self._path.lstat().st_size
        except FileNotFoundError:
            return 0
