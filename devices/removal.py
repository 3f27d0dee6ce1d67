"""Removing one listed file from a folder: the one place in a folder recorder that writes to it.

Holds: what is removed is one name of a regular file that has the listed size and time (and number, where the file
system keeps numbers), in a folder reached through no link. Never a folder, a link, or more than one name.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Final

from devices.clips import FoundClip
from devices.errors import ClipChangedError, NotErasableError
from devices.paths import display
from devices.root import Root

# unlink(2): the name is still there after these.
_REFUSED: Final = frozenset({errno.EROFS, errno.EACCES, errno.EPERM, errno.EBUSY})
# Linux gives files of these another inode number whenever they are loaded again (iunique).
_NUMBERS_MADE_UP: Final = frozenset({"vfat", "msdos", "exfat", "fuseblk"})
_MOUNTS: Final = Path("/proc/self/mountinfo")


def remove(root: Root, clip: FoundClip) -> None:
    """Remove a file that is still the one that was listed, and have its folder synced.

    Raises:
        ClipChangedError: another file, a link, a folder or nothing is there now. Nothing was removed.
        NotErasableError: no right to, or a read-only file system. Nothing was removed.
        SourceGoneError, ClipUnreadableError: not known whether it was removed; look again.
        ValueError: the path is none that a listing gives.
    """
    try:
        with root.folder_of(clip.path) as (folder, name):
            _compare(clip, os.stat(name, dir_fd=folder, follow_symlinks=False))
            _unlink(root, clip, name, folder)
            os.fsync(folder)
    except OSError as e:
        raise root.explain_open(e, clip.path) from e


def _compare(clip: FoundClip, now: os.stat_result) -> None:
    shown = display(clip.path)[0]
    if not stat.S_ISREG(now.st_mode):
        raise ClipChangedError(path=shown, reason="it is no regular file any more")
    same = (now.st_dev, now.st_size, now.st_mtime_ns) == (clip.dev, clip.size, clip.mtime_ns)
    if not same or (now.st_ino != clip.ino and _keeps_numbers(now.st_dev)):
        raise ClipChangedError(path=shown, reason="it changed since it was listed")


def _unlink(root: Root, clip: FoundClip, name: bytes, folder: int) -> None:
    try:
        os.unlink(name, dir_fd=folder)
    except OSError as e:
        if e.errno in _REFUSED and root.is_there():
            reason = f"{display(clip.path)[0]}: {e.strerror or e}"
            raise NotErasableError(source=root.name, reason=reason) from e
        raise


def _keeps_numbers(dev: int) -> bool:
    """Whether a file's inode number on this device is the same whenever it is asked for."""
    device = f"{os.major(dev)}:{os.minor(dev)}"
    for line in _MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines():
        fields, _, kind = line.partition(" - ")  # proc_pid_mountinfo(5)
        if fields.split(" ", 3)[2] == device:
            return kind.split(" ", 1)[0] not in _NUMBERS_MADE_UP
    return True
