"""Areas of `incoming/`: each has one writer at a time, who holds `flock` on the folder (docs/formats/store.md).

The kernel lets go when the holder dies, so a killed writer blocks nobody, and what it left is found
by whoever comes next.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import secrets
import time
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

from archive.durable import Disk
from archive.errors import ArchiveBusyError
from archive.store import immutable

_PAUSE: Final = 0.02  # seconds between two tries for an area


def recorder_area(recorder: str) -> str:
    """The area of a recorder's dockings."""
    return "r-" + hashlib.sha256(recorder.encode()).hexdigest()[:24]


def new_area() -> str:
    """An area for anything else, random."""
    return "w-" + secrets.token_hex(16)


def hold_new_area(incoming: Path, disk: Disk) -> Area:
    """A random area, held.

    Whoever looks for what killed writers left may hold it between its making and our lock. It goes then,
    and another name does as well.

    Raises:
        OSError: the medium failed.
    """
    while True:
        with suppress(ArchiveBusyError):
            return Area(incoming, new_area(), disk)


class Area:
    """A folder of `incoming/`, held until `close`.

    Args:
        incoming: the folder of all areas.
        name: of this one.
        disk: for its calls.
        patience: seconds to wait for somebody else who holds it.

    Raises:
        ArchiveBusyError: somebody else holds it, and does not let go.
        OSError: the medium failed.
    """

    def __init__(self, incoming: Path, name: str, disk: Disk, *, patience: float = 0) -> None:
        self.path = incoming / name
        self._disk = disk
        deadline = time.monotonic() + patience
        while True:
            disk.make_dirs_synced(self.path)
            try:
                # A link in its place would lead the writer out of the store.
                self._fd = os.open(
                    self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW
                )
            except FileNotFoundError:
                continue
            try:
                fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as e:
                os.close(self._fd)
                if e.errno != errno.EWOULDBLOCK:
                    raise
                if time.monotonic() < deadline:
                    time.sleep(_PAUSE)
                    continue
                raise ArchiveBusyError(
                    "another docking of this recorder is running: wait for its receipt, or cancel it"
                ) from e
            if self._still_there():
                return
            os.close(self._fd)  # removed between opening and locking: make it again

    def _still_there(self) -> bool:
        try:
            there = self.path.stat()
        except FileNotFoundError:
            return False
        mine = os.fstat(self._fd)
        return (there.st_dev, there.st_ino) == (mine.st_dev, mine.st_ino)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def names(self) -> list[Path]:
        """Everything in it but our own notes, sorted."""
        return sorted(p for p in self.path.iterdir() if p.suffix != immutable.NOTE)

    def remove(self, path: Path) -> None:
        """Take a name out of the area; its object becomes immutable, if the settings say so."""
        self._disk.unlink(path)
        if self._disk.sealer is not None:
            immutable.settle(path, self._disk)

    def settle(self) -> None:
        """Do for a killed writer's objects what it had not done yet. Raises OSError."""
        if self._disk.sealer is not None:
            immutable.settle_all(self.path, self._disk)

    def close(self) -> None:
        """Let go; the folder goes when it is empty."""
        if self._fd < 0:
            return
        try:
            with suppress(OSError):  # not empty: what is in it is for the next one
                self._disk.remove_dir(self.path)
        finally:
            os.close(self._fd)
            self._fd = -1
