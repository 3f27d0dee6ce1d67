"""What the rest of the archive needs of a store, wherever it keeps objects.

Whatever the store, files are staged in `incoming/` on the local disk first, and an object is durable before an entry
names it (docs/formats/store.md). Nobody outside archive/store asks where an object lies.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from io import RawIOBase
from pathlib import Path
from typing import Any, Protocol

from archive.durable import Disk
from archive.store.removing import Needed, Obstacle
from archive.store.staged import Staged, Stored
from archive.store.writing import Writing


class Store(Protocol):
    """Objects, by digest. Threads may share it."""

    @property
    def folder(self) -> Path:
        """ROOT/store, on the local disk."""

    @property
    def incoming(self) -> Path:
        """The folder of all areas, on the local disk."""

    @property
    def disk(self) -> Disk:
        """For calls about areas."""

    def ready(self) -> None:
        """Look whether objects can be kept, before something is to be written. Raises ArchiveError."""

    def open(self, digest: str) -> RawIOBase:
        """An object's bytes, for one thread. Raises MissingObjectError, FixityError, ArchiveError, OSError."""

    def open_range(self, digest: str, start: int, stop: int) -> RawIOBase:
        """The bytes from `start` on, to be read in order, up to `stop` at most. Raises as `open`."""

    def file(self, digest: str) -> Path | None:
        """The file of an object, whether or not it is there yet; None where objects are no files of this machine."""

    def size(self, digest: str) -> int:
        """An object's length, not its hash. Raises as `open`."""

    def read(self, digest: str, *, most: int = 64 << 20) -> bytes:
        """A small object, whole and checked. Raises as `open`."""

    def check(self, digest: str) -> int:
        """Fixity check: read an object again from where it is kept; its size. Raises as `open`."""

    def read_back(
        self, digest: str, *, told: Callable[[int], None] | None = None
    ) -> tuple[str, int]:
        """SHA-256 and size of what is kept under this name, from where it is kept. Raises as `open`.

        `told` hears of each piece that was read; what it raises ends the reading.
        """

    def local(self, digest: str) -> AbstractContextManager[Path]:
        """A file with an object's bytes, only to read, there for as long as the block runs. Raises as `open`."""

    def file_system(self) -> int:
        """A descriptor for `commit`; open it before the first write, so that no write-back error is missed."""

    def commit(self, staged: Sequence[Staged], file_system: int) -> list[Stored]:
        """Make objects of staged files. Durable when it returns.

        The names in the area stay: remove them when an entry names the objects.

        Raises:
            FixityError: a name is taken by other bytes: the archive is damaged. The staged file is kept.
            ArchiveError, OSError: not all are kept. Staged files are kept; the same again is right.
        """

    def keep(self, folder: Path, staged: list[Staged]) -> list[Stored]:
        """Make objects of small files in an area, each synced already. Durable when it returns. Raises as `commit`."""

    def writing(self) -> AbstractContextManager[Writing]:
        """For small objects and the entries that name them: put, append, and the names in `incoming/` go."""

    def committed(self, name: Path) -> Staged | None:
        """The object that a name in an area, which the caller holds, has become; None: it never was committed."""

    def obstacle(self, digest: str) -> Obstacle | None:
        """Why an object cannot be removed; None: it can, or is not there. Raises ArchiveError, OSError."""

    def locked_until(self, digest: str) -> datetime | None:
        """When the lock ends that is an object's obstacle; None: none, or nobody knows. Raises as `obstacle`."""

    def is_fixed(self, digest: str) -> bool:
        """Whether an attribute has to be taken from an object before it goes, as `remove` does. Raises OSError."""

    def remove(self, digests: Sequence[str], *, needed: Needed) -> set[str]:
        """Remove objects for good, for lawful disposal only; answers with those that somebody needs.

        `needed` says which of some digests entries name now; it is asked when nobody can come to name them unseen.

        Raises:
            ArchiveError, OSError: not all are gone; the same again ends it.
        """

    def sync_names(self, staged: Sequence[Staged]) -> None:
        """Make lasting what a killed writer committed. Raises OSError."""

    def completed(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """An entry's data, with what the store has to say beside each `object`."""
