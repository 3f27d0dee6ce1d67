"""Small objects that are put for the entries that name them: staged in an area of their own, then kept by the store."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from archive.durable import Disk, is_full
from archive.errors import NoSpaceError
from archive.store.area import Area, hold_new_area
from archive.store.staged import Staged, Stored


class Keeper(Protocol):
    """What writing needs of a store."""

    @property
    def incoming(self) -> Path:
        """The folder of all areas."""

    @property
    def disk(self) -> Disk:
        """For calls about areas."""

    def completed(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """An entry's data, with what the store has to say beside each `object`."""

    def keep(self, folder: Path, staged: list[Staged]) -> list[Stored]:
        """Make objects of small files in an area, each synced already. Durable when it returns."""


@contextmanager
def full_is_said() -> Iterator[None]:
    """A full disk has an error of its own. Raises NoSpaceError."""
    try:
        yield
    except OSError as e:
        if is_full(e):
            raise NoSpaceError("the disk is full: free some space, then try again") from e
        raise


@contextmanager
def writing_in(store: Keeper) -> Iterator[Writing]:
    """Put, append, and the names in `incoming/` go.

    When the block raises they stay, for whoever opens the archive next.

    Raises:
        NoSpaceError: the disk is full. Nothing was put.
        OSError: the medium failed.
    """
    with full_is_said():
        area = hold_new_area(store.incoming, store.disk)
    try:
        yield Writing(store, area)
        for name in area.names():
            area.remove(name)
    finally:
        area.close()


class Writing:
    """Objects being put in one area."""

    def __init__(self, store: Keeper, area: Area) -> None:
        self.folder = area.path
        self._store, self._disk = store, store.disk
        self.completed = store.completed
        self._count = 0

    def new_path(self) -> Path:
        """A free name in the area, for a program that writes a file itself; then `adopt` it."""
        self._count += 1
        return self.folder / f"{self._count:08}"

    def put(self, pieces: Iterable[bytes]) -> list[Stored]:
        """Keep each piece as an object. Durable when it returns.

        Raises:
            NoSpaceError: the disk is full. What is in the area goes at the next opening.
            FixityError, ArchiveError, OSError: as `Store.commit`.
        """
        with full_is_said():
            return self._commit([self._stage(piece) for piece in pieces])

    def _stage(self, piece: bytes) -> Staged:
        path = self.new_path()
        fd = self._disk.create(path)
        try:
            self._disk.write(fd, piece)
            self._disk.chmod(fd, 0o444)
            self._disk.sync(fd, mode=True)
        finally:
            self._disk.close(fd)
        return Staged(path=path, digest=hashlib.sha256(piece).hexdigest(), size=len(piece))

    def adopt(self, path: Path) -> Stored:
        """Make an object of a file that another program wrote in the area."""
        with os.fdopen(os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW), "rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            size = os.fstat(file.fileno()).st_size
            self._disk.chmod(file.fileno(), 0o444)
            self._disk.sync(file.fileno(), mode=True)
        return self._commit([Staged(path=path, digest=digest, size=size)])[0]

    def _commit(self, staged: list[Staged]) -> list[Stored]:
        return self._store.keep(self.folder, staged) if staged else []
