"""Sets the attributes of what lies below a ROOT: objects immutable, shard folders and entries append-only.

Takes a digest or nothing, never a path: each component is opened in its folder without following a link, so nothing
outside `store/sha256` and `ledger/entries` can be reached. There is no code here that takes an attribute away.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum, unique
from pathlib import Path
from typing import Final

from archive.attributes import APPEND_ONLY, IMMUTABLE, attributes, set_attributes

Set = Callable[[int, int], None]

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@unique
class Sealed(StrEnum):
    """What became of a request."""

    SEALED = "sealed"
    WAITS = "waits"  # it still has its name in incoming/: what is immutable could not lose that
    MISSING = "missing"  # there is no such object


class Flags:
    """The attributes below one ROOT."""

    def __init__(self, root: Path, *, set_to: Set = set_attributes) -> None:
        self._root = root
        self._set = set_to
        self._done: set[str] = set()  # shard folders that have theirs

    def seal_object(self, digest: str) -> Sealed:
        """An object becomes immutable, its folders append-only.

        Raises:
            ValueError: no digest.
            OSError: no right to, the file system has no attributes, or something else is in its place.
        """
        if not _DIGEST.fullmatch(digest):
            raise ValueError("not a digest")
        try:
            with self._folders(digest) as folder:
                return self._seal_file(folder, digest)
        except FileNotFoundError:
            return Sealed.MISSING

    def _seal_file(self, folder: int, name: str) -> Sealed:
        fd = os.open(name, _FILE, dir_fd=folder)
        try:
            status = os.fstat(fd)
            if not stat.S_ISREG(status.st_mode):
                raise OSError(errno.EINVAL, "no plain file is in its place")
            if status.st_nlink != 1:
                return Sealed.WAITS
            self._add(fd, IMMUTABLE)
            return Sealed.SEALED
        finally:
            os.close(fd)

    @contextmanager
    def _folders(self, digest: str) -> Iterator[int]:
        """The object's folder, its own attributes set and those of the folders above."""
        names = ("store", "sha256", digest[:2], digest[2:4])
        fd = os.open(self._root, _FOLDER)
        try:
            for depth, name in enumerate(names):
                below = os.open(name, _FOLDER, dir_fd=fd)
                os.close(fd)
                fd = below
                way = "/".join(names[: depth + 1])
                if depth > 0 and way not in self._done:
                    self._add(fd, APPEND_ONLY)
                    self._done.add(way)
            yield fd
        finally:
            os.close(fd)

    def seal_entries(self) -> None:
        """The ledger's entries can be appended to, not cut, not written over, not renamed. Raises OSError."""
        fd = os.open(self._root, _FOLDER)
        try:
            for name in ("ledger", "entries"):
                below = os.open(name, _FOLDER, dir_fd=fd)
                os.close(fd)
                fd = below
            for name in sorted(os.listdir(fd)):  # noqa: PTH208 (pathlib knows no descriptor)
                file = os.open(name, _FILE, dir_fd=fd)
                try:
                    if stat.S_ISREG(os.fstat(file).st_mode):
                        self._add(file, APPEND_ONLY)
                finally:
                    os.close(file)
            self._add(fd, APPEND_ONLY)
        finally:
            os.close(fd)

    def _add(self, fd: int, wanted: int) -> None:
        now = attributes(fd)
        if now & wanted != wanted:
            self._set(fd, now | wanted)


def unsealed(root: Path) -> Iterator[str]:
    """Digests of objects that are not immutable, as they lie in the store. Raises OSError."""
    top = root / "store" / "sha256"
    for first in sorted(top.iterdir()) if top.is_dir() else ():
        for second in sorted(first.iterdir()) if first.is_dir() else ():
            for path in sorted(second.iterdir()) if second.is_dir() else ():
                if _DIGEST.fullmatch(path.name) and not _is_immutable(path):
                    yield path.name


def _is_immutable(path: Path) -> bool:
    try:
        fd = os.open(path, _FILE)
    except OSError as e:
        if e.errno in {errno.ELOOP, errno.ENOENT}:
            return False
        raise
    try:
        return bool(attributes(fd) & IMMUTABLE)
    except OSError:
        return False  # a device or a pipe in an object's place has none
    finally:
        os.close(fd)
