"""What the archive's disk must be able to do. Tried, not believed (docs/formats/store.md)."""

from __future__ import annotations

import errno
import fcntl
import secrets
from pathlib import Path
from typing import Final

from archive.durable import Disk, is_full
from archive.errors import MediumRefusedError, NoSpaceError, ReadOnlyArchiveError

READ_ONLY: Final = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})


def check_medium(folder: Path, disk: Disk) -> None:
    """Try fsync, link, a link onto a taken name, and flock in a folder.

    Raises:
        MediumRefusedError: one of them does not work; every promise stands on it.
        ReadOnlyArchiveError: nothing can be written here.
        NoSpaceError: not even a few bytes.
    """
    name = folder / f"medium-{secrets.token_hex(8)}"
    second = name.with_suffix(".link")
    step = "creating a file"
    try:
        fd = disk.create(name)
        try:
            step = "writing a file"
            disk.write(fd, b"muniment")
            step = "fsync"
            disk.sync(fd)
        finally:
            disk.close(fd)
        step = "a second name for a file (hard link)"
        disk.link(name, second)
        _refuses_taken_name(disk, name, second)
        step = "fsync of a folder"
        disk.sync_dir(folder)
        step = "flock"
        with name.open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as e:
        if is_full(e):
            raise NoSpaceError(
                f"the disk of {folder} is full: free some space, then try again"
            ) from e
        if step == "creating a file" and e.errno in READ_ONLY:
            raise ReadOnlyArchiveError(f"{folder} cannot be written: {e.strerror}") from e
        raise MediumRefusedError(
            f"the disk of {folder} cannot hold an archive: {step} does not work ({e.strerror})."
            " Use a local disk with ext4, xfs or btrfs"
        ) from e
    finally:
        for left in (second, name):
            _forget(disk, left)


def _refuses_taken_name(disk: Disk, name: Path, taken: Path) -> None:
    try:
        disk.link(name, taken)
    except FileExistsError:
        return
    raise MediumRefusedError(
        "this disk lets a link replace a file that is there: nothing could stop objects from being overwritten"
    )


def _forget(disk: Disk, path: Path) -> None:
    try:
        disk.unlink(path)
    except OSError as e:
        if e.errno not in READ_ONLY:
            raise
