"""Attributes that keep everybody from changing an object until root takes them away (`store.immutable`).

Holds: an object gets its attribute only when its name in `incoming/` is gone, because what is immutable can lose no
name and gain none. Who is killed between the two leaves a note (`<name>.keep`, the digest in it) in the area, and the
next to open the area does what it says. Takes no attribute away but from its own trial. Who sets them is in `sealing/`.
"""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path
from typing import Final

from archive.attributes import APPEND_ONLY, IMMUTABLE, attributes, set_attributes
from archive.durable import Disk, is_full
from archive.errors import MediumRefusedError, NoSpaceError

NOTE: Final = ".keep"

_DIGEST: Final = re.compile(rb"[0-9a-f]{64}")


def check(folder: Path) -> None:
    """Try both attributes on a file without a name, so that a kill leaves nothing behind.

    Raises:
        MediumRefusedError: this file system has no such attributes, or we may not set them.
        NoSpaceError: not even room for an empty file.
    """
    try:
        fd = os.open(folder, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            before = attributes(fd)
            for wanted in (IMMUTABLE, APPEND_ONLY):
                set_attributes(fd, before | wanted)
                taken = attributes(fd) & wanted
                set_attributes(fd, before)
                if not taken:
                    raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))
        finally:
            os.close(fd)
    except OSError as e:
        if is_full(e):
            raise NoSpaceError(f"the disk of {folder} is full: free some space") from e
        if e.errno in {errno.EPERM, errno.EACCES}:
            why = "this user may not set them: it needs root, or the capability CAP_LINUX_IMMUTABLE"
        else:
            why = f"this file system does not take them ({e.strerror}): ext4, xfs and btrfs do"
        raise MediumRefusedError(
            f"store.immutable is on, and {folder} cannot have immutable files: {why}."
            " Or set it to false in muniment.toml"
        ) from e


def note(path: Path, digest: str, disk: Disk, *, lasting: bool) -> None:
    """Write down that a staged file becomes an object, before it does. Raises OSError.

    Args:
        path: its name in an area.
        digest: the object's.
        disk: for the calls.
        lasting: the note is on the medium when this returns; else when the file system is synced next.
    """
    beside = _note_of(path)
    disk.unlink(beside)
    fd = disk.create(beside)
    try:
        disk.write(fd, digest.encode())
        if lasting:
            disk.sync(fd)
    finally:
        disk.close(fd)


def settle(path: Path, disk: Disk) -> None:
    """A name in an area is gone: its object becomes immutable, if there is one. Raises OSError."""
    beside = _note_of(path)
    try:
        text = beside.read_bytes()
    except FileNotFoundError:
        return
    if (
        disk.sealer is not None
        and _DIGEST.fullmatch(text)
        and not disk.sealer.object(text.decode())
    ):
        return  # the sealer is away: the note waits for it
    disk.unlink(beside)


def settle_all(area: Path, disk: Disk) -> None:
    """Do what the notes of a killed writer say. Raises OSError."""
    for beside in sorted(area.glob(f"*{NOTE}")):
        name = beside.with_name(beside.name.removesuffix(NOTE))
        if not name.exists():
            settle(name, disk)


def _note_of(path: Path) -> Path:
    return path.with_name(path.name + NOTE)
