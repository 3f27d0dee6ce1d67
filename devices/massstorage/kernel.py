"""mount(2) and umount2(2): a volume read-only, for a moment writable, and away again.

The system call and not mount(8): the flags are exactly these, an error is a number and not a sentence, and nothing is
written beside it (/run/mount/utab). Always nosuid, nodev, noexec and noatime.

    vfat    utf8=1 (names are UTF-8, whatever the kernel's default), usefree (what is free is taken from the volume and
            not counted over the whole table), time_offset (its times are the recorder's own), only we may look
    exfat   iocharset=utf8, time_offset (for times that name no zone themselves), only we may look
    ext4    noload: the journal is not played back, which would write

Needs CAP_SYS_ADMIN in the namespace that the device belongs to.
"""

from __future__ import annotations

import ctypes
import errno
import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from devices.errors import MountError, NoAccessError
from devices.massstorage.superblocks import FileSystem

# linux/mount.h
_RDONLY, _NOSUID, _NODEV, _NOEXEC, _REMOUNT, _NOATIME = 1, 2, 4, 8, 32, 1024
_ALWAYS: Final = _NOSUID | _NODEV | _NOEXEC | _NOATIME
_DETACH, _NOFOLLOW = 2, 8  # umount2(2)
_SYS_ADMIN: Final = 21  # capability.h

_LIBC: Final = ctypes.CDLL(None, use_errno=True)
_LIBC.mount.argtypes = (
    ctypes.c_char_p,
    ctypes.c_char_p,
    ctypes.c_char_p,
    ctypes.c_ulong,
    ctypes.c_char_p,
)
_LIBC.umount2.argtypes = (ctypes.c_char_p, ctypes.c_int)

_MASKS: Final = "fmask=0177,dmask=0077"
_REASONS: Final = {
    errno.EBUSY: "something else has it mounted or open: a desktop that opens every disk?",
    errno.EINVAL: "its file system is damaged, or this kernel does not know it well enough",
    errno.ENODEV: "this kernel has no driver for {kind} (modprobe {kind})",
    errno.EIO: "its first blocks cannot be read",
    errno.EUCLEAN: "its file system is damaged",
    errno.EBADMSG: "its file system is damaged",  # a checksum of ext4's
}


def may_mount() -> bool:
    """Have we the right to mount?"""
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        if name == "CapEff":
            return bool(int(value, 16) >> _SYS_ADMIN & 1)
    return False


def mount_read_only(device: Path, at: Path, system: FileSystem, *, zone: ZoneInfo) -> None:
    """Mount a volume so that nothing of it can be written.

    Raises:
        MountError: the kernel will not. Nothing is mounted.
        NoAccessError: we have no right to mount.
    """
    code = _mount(device, at, system.kind, _ALWAYS | _RDONLY, _options(system, zone))
    if code in {errno.EPERM, errno.EACCES}:
        reason = "mounting needs root or the capability CAP_SYS_ADMIN"
        raise NoAccessError(source=str(device), reason=reason)
    if code:
        reason = _REASONS.get(code, os.strerror(code)).format(kind=system.kind)
        raise MountError(source=str(device), reason=reason)


def remount(at: Path, *, writable: bool) -> None:
    """Make a mounted volume writable, or read-only after everything is on the medium.

    Raises:
        OSError: it could not be; it is as it was.
    """
    code = _mount(None, at, None, _REMOUNT | _ALWAYS | (0 if writable else _RDONLY), None)
    if code:
        raise OSError(code, os.strerror(code), str(at))


def unmount(at: Path | bytes) -> None:
    """Take a mount away; at once from the tree of folders, and for good when nobody has anything open there."""
    path = os.fsencode(at)
    if _LIBC.umount2(path, _NOFOLLOW) != 0:
        # Still open somewhere, or its device is gone; what is not mounted at all needs no more either.
        _LIBC.umount2(path, _NOFOLLOW | _DETACH)


def standard_offset(zone: ZoneInfo) -> int:
    """Minutes east of UTC in a zone's winter.

    FAT keeps local time without saying which. A whole mount has one offset, and the same file must have the same time
    at every docking: in a zone with summer time, a file of the summer is an hour off.
    """
    now = datetime.now(zone)
    offset = (now.utcoffset() or timedelta()) - (now.dst() or timedelta())
    return int(offset.total_seconds() // 60)


def _options(system: FileSystem, zone: ZoneInfo) -> str:
    if system.kind == "ext4":
        return "noload"
    times = f"time_offset={standard_offset(zone)}"
    if system.kind == "exfat":
        return f"iocharset=utf8,{times},{_MASKS}"
    return f"utf8=1,usefree,{times},{_MASKS}"


def _mount(device: Path | None, at: Path, kind: str | None, flags: int, options: str | None) -> int:
    """0, or the error's number."""
    done = _LIBC.mount(
        os.fsencode(device) if device else None,
        os.fsencode(at),
        kind.encode() if kind else None,
        flags,
        options.encode() if options else None,
    )
    return 0 if done == 0 else ctypes.get_errno()
