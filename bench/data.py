"""The recorders that are docked in a bench: random bytes, made once for a run, and made cold before each contender."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

from bench.harness import NotRunError

_PIECE: Final = 4 << 20
_SPARE: Final = 2 << 30  # bytes that stay free, whatever is measured


def need_room(folder: Path, size: int) -> None:
    """Raises NotRunError where `size` bytes do not fit with some to spare."""
    free = shutil.disk_usage(folder).free
    if free < size + _SPARE:
        raise NotRunError(
            f"needs {(size + _SPARE) / 1e9:.0f} GB free where the data is made, there are {free / 1e9:.0f}"
        )


def make_recorder(folder: Path, *, files: int, size: int) -> Path:
    """A folder of that many files of random bytes, on the medium when this returns."""
    if folder.exists():
        return folder
    folder.mkdir(parents=True)
    for number in range(files):
        fd = os.open(folder / f"clip-{number:05}.mp4", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        left = size
        while left:
            left -= os.write(fd, os.urandom(min(_PIECE, left)))
        os.fsync(fd)
        os.close(fd)
    return folder


def make_cold(folder: Path) -> None:
    """Take every file below out of the page cache. Programs and their libraries stay in it."""
    os.sync()
    for path in folder.rglob("*"):
        if path.is_file():
            fd = os.open(path, os.O_RDONLY)
            os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(fd)


def clear(folder: Path) -> None:
    """Remove what a contender wrote; the file system has settled when this returns."""
    if folder.exists():
        shutil.rmtree(folder)
    os.sync()
