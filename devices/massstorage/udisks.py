"""Mounting through udisks2, the desktop's service, for a person who is not root. Through its program `udisksctl`.

Holds: every call ends within `_SECONDS`. What was mounted is found in the kernel's table and not in the program's
words. Its own options for the file system apply: FAT's times are read with the machine's zone.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Final

from devices.errors import MountError, NoAccessError
from devices.massstorage.mountinfo import mounts

_SECONDS: Final = 60.0
_OPTIONS: Final = "ro,noexec,nosuid,nodev,noatime"
_KINDS: Final = frozenset({"vfat", "exfat", "ext4", "ext3", "ext2"})


def mount_read_only(device: Path, number: str, *, kind: str | None) -> Path:
    """Have a volume mounted.

    Args:
        device: its node.
        number: the device's number, "8:17".
        kind: its file system, where we may look at it ourselves.

    Returns:
        Where it is.

    Raises:
        NoAccessError: there is no udisks2 here, or it will not let us.
        MountError: what is mounted is no file system we read, or is not read-only. Nothing stays mounted.
    """
    options = f"{_OPTIONS},noload" if kind == "ext4" else _OPTIONS
    said = _ask("mount", device, "-o", options)
    found = next((mount for mount in mounts() if mount.number == number), None)
    if found is None:
        raise NoAccessError(source=str(device), reason=f"udisks2 did not mount it: {said}")
    if found.kind not in _KINDS or not found.read_only:
        unmount(device)
        why = f"it holds {found.kind}" if found.kind not in _KINDS else "udisks2 made it writable"
        raise MountError(source=str(device), reason=why)
    return Path(found.at.decode(errors="surrogateescape"))


def unmount(device: Path) -> None:
    """Have it taken away, by force if need be."""
    _ask("unmount", device, "--force")


def _ask(verb: str, device: Path, *more: str) -> str:
    program = shutil.which("udisksctl")
    if program is None:
        reason = "mounting needs root, or udisks2 (the Debian package of that name)"
        raise NoAccessError(source=str(device), reason=reason)
    command = [program, verb, "--no-user-interaction", "--block-device", str(device), *more]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return "it did not answer in time"
    return done.stderr.decode(errors="backslashreplace").strip()[:500] or "it did not say why"
