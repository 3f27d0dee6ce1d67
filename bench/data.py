"""The recorders that are docked in a bench: random bytes, made once for a run, and made cold before each contender."""

from __future__ import annotations

import math
import os
import random
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from bench.harness import NotRunError

_PIECE: Final = 4 << 20
_SPARE: Final = 2 << 30  # bytes that stay free, whatever is measured
# Bytes of a photo, of a sound recording and of a film, from and to.
_DRAWN: Final = {"jpg": (1.5e6, 6e6), "m4a": (1e6, 15e6), "mp4": (10e6, 300e6)}


def need_room(folder: Path, size: int) -> None:
    """Raises NotRunError where `size` bytes do not fit with some to spare."""
    free = shutil.disk_usage(folder).free
    if free < size + _SPARE:
        raise NotRunError(
            f"needs {(size + _SPARE) / 1e9:.0f} GB free where the data is made, there are {free / 1e9:.0f}"
        )


def room(folder: Path) -> int:
    """Bytes that may be used where the data is made."""
    return max(0, shutil.disk_usage(folder).free - _SPARE)


def make_recorder(folder: Path, *, files: int, size: int) -> Path:
    """A folder of that many files of random bytes, on the medium when this returns."""
    return make_files(folder, {f"clip-{number:05}.mp4": size for number in range(files)})


def make_files(folder: Path, sizes: Mapping[str, int]) -> Path:
    """A folder of files of these names and sizes: no two pieces of them have the same bytes."""
    if folder.exists():
        return folder
    for name, size in sizes.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        left = size
        while left:
            left -= os.write(fd, os.urandom(min(_PIECE, left)))
        os.fsync(fd)
        os.close(fd)
    return folder


def shift(total: int, *, clips: int = 200) -> dict[str, int]:
    """What a shift brings: of ten clips six are photos, one is sound, three are films that take the rest.

    The same total gives the same sizes; films differ by a factor of thirty.
    """
    chance = random.Random(7)  # noqa: S311 - sizes of made-up clips
    kinds = [chance.choices(("jpg", "m4a", "mp4"), (6, 1, 3))[0] for _ in range(clips)]
    drawn = [math.exp(chance.uniform(*map(math.log, _DRAWN[kind]))) for kind in kinds]
    small = sum(size for kind, size in zip(kinds, drawn, strict=True) if kind != "mp4")
    films = sum(drawn) - small
    shrunk = min(1.0, total / 4 / small)  # of a tiny total the photos are a quarter
    grown = (total - small * shrunk) / films
    return {
        f"DCIM/{100 + number // 50}MEDIA/{number:05}.{kind}": int(
            size * (grown if kind == "mp4" else shrunk)
        )
        for number, (kind, size) in enumerate(zip(kinds, drawn, strict=True))
    }


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
