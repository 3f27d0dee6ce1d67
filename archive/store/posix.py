"""Append-only, content-addressed files under ROOT/store (docs/formats/store.md has the four invariants).

Nothing here overwrites or removes a file under `sha256/`. The commit is `link`: it fails where the name is taken.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Final

from archive.durable import Disk, is_full, path_fd
from archive.errors import FixityError, MissingObjectError, NoSpaceError
from archive.store import immutable
from archive.store.area import Area, hold_new_area

_READ: Final = 4 << 20
_OWN: Final = threading.local()


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """A whole file in an area, its digest known, waiting for its commit."""

    path: Path
    digest: str  # lower-case hex SHA-256
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """An object that is on the medium under its name."""

    digest: str
    size: int
    created: bool  # False when the same bytes were already there


class PosixStore:
    """Objects on a local file system."""

    def __init__(self, folder: Path, *, disk: Disk | None = None) -> None:
        self.folder = folder
        self.incoming = folder / "incoming"
        self.disk = disk or Disk()

    def path(self, digest: str) -> Path:
        """Where an object lies, whether or not it is there yet."""
        return self.folder / "sha256" / digest[:2] / digest[2:4] / digest

    def open(self, digest: str) -> FileIO:
        """An object's bytes. Raises MissingObjectError, FixityError, OSError."""
        return _open(self.path(digest), digest)

    def read(self, digest: str, *, most: int = 64 << 20) -> bytes:
        """A small object, whole and checked.

        Raises:
            MissingObjectError: it is not there.
            FixityError: the bytes have changed.
        """
        with self.open(digest) as file:
            data = file.read(most)
        actual = hashlib.sha256(data).hexdigest()
        if actual != digest:
            raise FixityError(digest=digest, actual=actual)
        return data

    def check(self, digest: str) -> int:
        """Fixity check: read an object again from the medium; returns its size.

        Raises:
            FixityError: the bytes have changed.
            MissingObjectError: no such object.
            OSError: it cannot be read.
        """
        actual, size = read_back(self.path(digest), digest)
        if actual != digest:
            raise FixityError(digest=digest, actual=actual)
        return size

    def file_system(self) -> int:
        """A descriptor for `commit`; open it before the first write, so that no write-back error is missed."""
        return path_fd(self.folder)

    def commit(self, staged: Sequence[Staged], file_system: int) -> list[Stored]:
        """Make objects of staged files: many for two syncs. Durable when it returns.

        The names in the area stay: remove them when an entry names the objects.

        Raises:
            FixityError: a name is taken by other bytes: the archive is damaged. The staged file is kept.
            NoSpaceError, OSError: the medium is full, or failed. Staged files are kept, some may be linked already.
        """
        if not staged:
            return []
        with full_is_said():
            self.disk.sync_file_system(file_system)
            stored = [self.link(item) for item in staged]
            self.disk.sync_file_system(file_system)
        return stored

    def link(self, item: Staged, *, syncs_all: bool = True) -> Stored:
        """Give a staged file its name as an object; synced by the caller. Raises FixityError, OSError.

        Args:
            item: what was staged.
            syncs_all: the caller syncs the whole file system, and not folders only.
        """
        final = self.path(item.digest)
        if self.disk.sealer is not None:
            immutable.note(item.path, item.digest, self.disk, lasting=not syncs_all)
        self.disk.make_dirs(final.parent)
        try:
            self.disk.link(item.path, final)
        except FileExistsError:
            if self.check(item.digest) != item.size:
                raise FixityError(digest=item.digest, actual="another size") from None
            return Stored(digest=item.digest, size=item.size, created=False)
        return Stored(digest=item.digest, size=item.size, created=True)

    @contextmanager
    def writing(self) -> Iterator[Writing]:
        """For small objects and the entries that name them: put, append, and the names in `incoming/` go.

        When the block raises they stay, for whoever opens the archive next.

        Raises:
            NoSpaceError: the disk is full. Nothing was put.
            OSError: the medium failed.
        """
        try:
            area = hold_new_area(self.incoming, self.disk)
        except OSError as e:
            if is_full(e):
                raise NoSpaceError("the disk is full: free some space, then try again") from e
            raise
        try:
            writing = Writing(self, area)
            yield writing
            for name in area.names():
                area.remove(name)
        finally:
            area.close()


class Writing:
    """Objects being put in one area."""

    def __init__(self, store: PosixStore, area: Area) -> None:
        self._store = store
        self.folder = area.path
        self._count = 0

    def new_path(self) -> Path:
        """A free name in the area, for a program that writes a file itself; then `adopt` it."""
        self._count += 1
        return self.folder / f"{self._count:08}"

    def put(self, pieces: Iterable[bytes]) -> list[Stored]:
        """Keep each piece as an object. Durable when it returns.

        Raises:
            NoSpaceError: the disk is full. What is in the area goes at the next opening.
            FixityError, OSError: as `PosixStore.commit`.
        """
        try:
            return self._commit([self._stage(piece) for piece in pieces])
        except OSError as e:
            if is_full(e):
                raise NoSpaceError("the disk is full: free some space, then try again") from e
            raise

    def _stage(self, piece: bytes) -> Staged:
        path = self.new_path()
        fd = self._store.disk.create(path)
        try:
            self._store.disk.write(fd, piece)
            self._store.disk.chmod(fd, 0o444)
            self._store.disk.sync(fd)
        finally:
            self._store.disk.close(fd)
        return Staged(path=path, digest=hashlib.sha256(piece).hexdigest(), size=len(piece))

    def adopt(self, path: Path) -> Stored:
        """Make an object of a file that another program wrote in the area."""
        with os.fdopen(os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW), "rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            size = os.fstat(file.fileno()).st_size
            self._store.disk.chmod(file.fileno(), 0o444)
            self._store.disk.sync(file.fileno())
        return self._commit([Staged(path=path, digest=digest, size=size)])[0]

    def _commit(self, staged: list[Staged]) -> list[Stored]:
        """Small objects are synced one by one: `syncfs` would wait for everybody's clips."""
        if not staged:
            return []
        self._store.disk.sync_dir(self.folder)
        folders: set[Path] = set()
        stored = []
        for item in staged:
            # All three levels, made now or by somebody who has not synced them yet.
            folders |= set(self._store.path(item.digest).parents[:3])
            stored.append(self._store.link(item, syncs_all=False))
        for folder in sorted(folders):
            self._store.disk.sync_dir(folder)
        return stored


def _open(path: Path, digest: str) -> FileIO:
    """Open an object to read. A link to right bytes is no object: what it leads to is not ours to keep."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError as e:
        raise MissingObjectError(f"object {digest} is missing: run `muniment audit`") from e
    except OSError as e:
        if e.errno == errno.ELOOP:
            raise FixityError(digest=digest, actual="nothing: a link is in its place") from e
        raise
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise FixityError(digest=digest, actual="nothing: something else is in its place")
    return FileIO(fd)


def _buffer() -> memoryview:
    """This thread's own, used again: to clear 4 MiB for each small object costs more than to read it."""
    buffer: memoryview | None = getattr(_OWN, "buffer", None)
    if buffer is None:
        buffer = _OWN.buffer = memoryview(bytearray(_READ))
    return buffer


@contextmanager
def full_is_said() -> Iterator[None]:
    """A full disk has an error of its own. Raises NoSpaceError."""
    try:
        yield
    except OSError as e:
        if is_full(e):
            raise NoSpaceError("the disk is full: free some space, then try again") from e
        raise


def read_back(
    path: Path, digest: str, *, told: Callable[[int], None] | None = None
) -> tuple[str, int]:
    """SHA-256 and size of an object's bytes, from the medium and not from memory.

    `told` hears of each piece that was read; what it raises ends the reading.

    Raises:
        MissingObjectError: there is no such file.
        FixityError: there is a link, a folder or a device in its place.
        OSError: it cannot be read.
    """
    buffer = _buffer()
    hasher, size = hashlib.sha256(), 0
    with _open(path, digest) as file:
        # Clean pages only: every object is synced before it has a name.
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_SEQUENTIAL)
        while n := file.readinto(buffer):
            hasher.update(buffer[:n])
            size += n
            if told is not None:
                told(n)
    return hasher.hexdigest(), size
