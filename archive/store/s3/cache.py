"""Copies of objects on the local disk, for programs that need a file: ROOT/cache/objects.

Holds: a copy is only handed out after its bytes hashed to its name, and stays while somebody uses it (`flock`). All of
it may be deleted at any time; beyond `most` bytes what was used longest ago goes.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from archive.errors import FixityError
from archive.store.s3.client import S3
from archive.store.s3.reading import S3File
from archive.store.s3.versions import Version
from archive.store.writing import full_is_said

MOST: Final = 8 << 30  # bytes, beside what is in use
_PIECE: Final = 1 << 20


class Cache:
    """The copies of one archive. Threads and processes may share it."""

    def __init__(self, folder: Path, *, most: int = MOST) -> None:
        self._folder = folder
        self._most = most

    @contextmanager
    def copy(self, s3: S3, digest: str, version: Version) -> Iterator[Path]:
        """A file with these bytes, for as long as the block runs.

        Raises:
            FixityError: the bytes that the S3 store gave are others.
            NoSpaceError, OSError: the local disk.
            MissingObjectError, S3Error: it cannot be read.
        """
        path = self._folder / digest
        with full_is_said():
            fd = self._held(path, digest)
            if fd is None:
                self._make_room(version.size)
                fd = self._fetched(s3, path, digest, version)
        try:
            yield path
        finally:
            os.close(fd)

    def drop(self, digest: str) -> None:
        """Remove a copy, for good; who uses it reads to its end. Raises OSError."""
        (self._folder / digest).unlink(missing_ok=True)

    def _held(self, path: Path, digest: str) -> int | None:
        """A copy that is here and right, locked; else None."""
        try:
            fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except FileNotFoundError:
            return None
        fcntl.flock(fd, fcntl.LOCK_SH)
        with os.fdopen(os.dup(fd), "rb") as file:
            good = hashlib.file_digest(file, "sha256").hexdigest() == digest
        if good and path.exists():
            with suppress(OSError):
                os.utime(fd)
            return fd
        os.close(fd)
        return None

    def _fetched(self, s3: S3, path: Path, digest: str, version: Version) -> int:
        self._folder.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f"{digest}.{secrets.token_hex(8)}")
        fd = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_SH)
            _copy(s3, digest, version, fd)
            beside.replace(path)
        except BaseException:
            os.close(fd)
            with suppress(OSError):
                beside.unlink()
            raise
        return fd

    def _make_room(self, size: int) -> None:
        """Remove what was used longest ago. What somebody uses stays."""
        files = []
        with suppress(FileNotFoundError):
            for path in self._folder.iterdir():
                with suppress(FileNotFoundError):
                    status = path.stat()
                    files.append((status.st_mtime_ns, status.st_size, path))
        total = size + sum(each[1] for each in files)
        for _, length, path in sorted(files):
            if total <= self._most:
                return
            if _remove_unused(path):
                total -= length


def _copy(s3: S3, digest: str, version: Version, fd: int) -> None:
    hasher, buffer = hashlib.sha256(), memoryview(bytearray(_PIECE))
    with S3File(s3, digest, version, stop=version.size) as file:
        while count := file.readinto(buffer):
            data = buffer[:count]
            hasher.update(data)
            while data:
                data = data[os.write(fd, data) :]
    if hasher.hexdigest() != digest:
        raise FixityError(digest=digest, actual=hasher.hexdigest())


def _remove_unused(path: Path) -> bool:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink()
    except OSError:
        return False  # somebody uses it, or removed it
    finally:
        os.close(fd)
    return True
