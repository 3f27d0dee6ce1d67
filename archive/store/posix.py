"""Append-only, content-addressed files under ROOT/store (docs/formats/store.md has the four invariants).

Nothing here overwrites a file under `sha256/`; only `remove` takes one away. The commit is `link`: it fails where the
name is taken.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from functools import cached_property
from io import FileIO, RawIOBase
from pathlib import Path
from typing import Any, Final

from archive.durable import Disk, naming, path_fd
from archive.errors import FixityError, MediumRefusedError, MissingObjectError
from archive.store import immutable, removing
from archive.store.staged import Staged, Stored
from archive.store.writing import Writing, full_is_said, writing_in

_READ: Final = 4 << 20
_OWN: Final = threading.local()


__all__ = ["PosixStore", "Staged", "Stored", "Writing", "full_is_said", "path_of", "read_back"]


def path_of(folder: Path, digest: str) -> Path:
    """Where an object lies below ROOT/store, whether or not it is there."""
    return folder / "sha256" / digest[:2] / digest[2:4] / digest


class PosixStore:
    """Objects on a local file system."""

    def __init__(self, folder: Path, *, disk: Disk | None = None) -> None:
        self.folder = folder
        self.incoming = folder / "incoming"
        self.disk = disk or Disk()

    def path(self, digest: str) -> Path:
        """Where an object lies, whether or not it is there yet."""
        return path_of(self.folder, digest)

    def file(self, digest: str) -> Path | None:
        """The same."""
        return self.path(digest)

    def open_range(self, digest: str, start: int, stop: int) -> RawIOBase:  # noqa: ARG002
        """An object's bytes from `start` on. Raises as `open`."""
        file = self.open(digest)
        file.seek(start)
        return file

    def open(self, digest: str) -> FileIO:
        """An object's bytes. Raises MissingObjectError, FixityError, OSError."""
        return _open(self.path(digest), digest)

    def size(self, digest: str) -> int:
        """An object's length, not its hash. Raises as `open`."""
        with self.open(digest) as file:
            return os.fstat(file.fileno()).st_size

    @contextmanager
    def local(self, digest: str) -> Iterator[Path]:
        """The object's own file. Raises as `open`."""
        self.open(digest).close()
        yield self.path(digest)

    def ready(self) -> None:
        """What an object needs of the disk, everything here needs: `check_medium` has tried it."""

    def read(self, digest: str, *, most: int = 64 << 20) -> bytes:
        """A small object, whole and checked.

        Raises:
            MissingObjectError: it is not there.
            FixityError: the bytes have changed.
        """
        with naming(self.path(digest)), self.open(digest) as file:
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

    def read_back(
        self, digest: str, *, told: Callable[[int], None] | None = None
    ) -> tuple[str, int]:
        """See the function. Raises MissingObjectError, FixityError, OSError."""
        return read_back(self.path(digest), digest, told=told)

    def file_system(self) -> int:
        """A descriptor for `commit`; open it before the first write, so that no write-back error is missed."""
        return path_fd(self.folder)

    def commit(self, staged: Sequence[Staged], file_system: int) -> list[Stored]:
        """Make objects of staged files: many for two syncs where the file system has them. Durable when it returns.

        The names in the area stay: remove them when an entry names the objects.

        Raises:
            FixityError: a name is taken by other bytes: the archive is damaged. The staged file is kept.
            NoSpaceError, OSError: the medium is full, or failed. Staged files are kept, some may be linked already.
        """
        if not staged:
            return []
        with full_is_said():
            if not self.disk.syncs_whole(file_system):
                return self._commit_each(staged)
            self.disk.sync_file_system(file_system)
            stored = [self.link(item) for item in staged]
            self.disk.sync_file_system(file_system)
        return stored

    def _commit_each(self, staged: Sequence[Staged]) -> list[Stored]:
        """The same, file by file and folder by folder."""
        for item in staged:
            fd = os.open(item.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
            try:
                self.disk.sync(fd, mode=True)
            finally:
                os.close(fd)
        return self.keep(staged[0].path.parent, list(staged))

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
            try:
                size = self.check(item.digest)
            except MissingObjectError:  # a disposal took it away meanwhile: these are its bytes now
                self.disk.link(item.path, final)
                return Stored(digest=item.digest, size=item.size, created=True)
            if size != item.size:
                raise FixityError(digest=item.digest, actual="another size") from None
            return Stored(digest=item.digest, size=item.size, created=False)
        return Stored(digest=item.digest, size=item.size, created=True)

    def writing(self) -> AbstractContextManager[Writing]:
        """For small objects and the entries that name them. Raises as `writing_in`."""
        return writing_in(self)

    def keep(self, folder: Path, staged: list[Staged]) -> list[Stored]:
        """Small objects are synced one by one: `syncfs` would wait for everybody's clips."""
        self.disk.sync_dir(folder)
        folders: set[Path] = set()
        stored = []
        for item in staged:
            # All three levels, made now or by somebody who has not synced them yet.
            folders |= set(self.path(item.digest).parents[:3])
            stored.append(self.link(item, syncs_all=False))
        for each in sorted(folders):
            self.disk.sync_dir(each)
        return stored

    # What a killed writer left

    def committed(self, name: Path) -> Staged | None:
        """The object that a name in an area is linked to; None: it never was committed. Raises OSError."""
        if name.is_symlink() or not name.is_file() or name.stat().st_nlink < 2:
            return None
        with name.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        final = self.path(digest)
        if not final.is_file() or not final.samefile(name):
            return None
        return Staged(path=name, digest=digest, size=name.stat().st_size)

    # Lawful disposal

    def obstacle(self, digest: str) -> removing.Obstacle | None:
        """Why an object cannot be removed here; None: it can, or is not there. Raises OSError."""
        why = removing.obstacle(self.path(digest))
        if why == "immutable" and self._may_lift:
            return removing.obstacle(self.path(digest), lifts=True)
        return why

    @cached_property
    def _may_lift(self) -> bool:
        """Whether attributes are ours to take away: the settings ask for them, and this process has the right."""
        if self.disk.sealer is None:
            return False
        try:
            immutable.check(self.incoming)
        except MediumRefusedError:
            return False
        return True

    def is_fixed(self, digest: str) -> bool:
        """Whether an attribute has to be taken from an object before it goes. Raises OSError."""
        return removing.is_fixed(self.path(digest))

    def locked_until(self, digest: str) -> datetime | None:  # noqa: ARG002 - of the protocol
        """A file has no lock that ends."""
        return None

    def remove(self, digests: Sequence[str], *, needed: removing.Needed) -> set[str]:
        """Remove objects for good; those that went back. Raises as `removing.remove`."""
        paths = [self.path(digest) for digest in digests]
        lifts = paths if paths and self._may_lift else []
        with removing.lifted(lifts, self.disk):
            return removing.remove(self.folder, self.disk, paths, path_of=self.path, needed=needed)

    def sync_names(self, staged: Sequence[Staged]) -> None:
        """The links may not be on the medium yet: the writer died before its sync. Raises OSError."""
        for item in staged:
            for folder in self.path(item.digest).parents[:3]:
                self.disk.sync_dir(folder)

    def completed(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """As it is: a path says nothing that the digest does not."""
        return dict(data)


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
