"""Which file system a volume holds, by its first blocks. Bytes in, values out; reads nothing itself.

Holds for any bytes: a file system that we mount, or `UnknownFileSystemError` with a name for people; no error else.
Says nothing about whether the file system is whole: that is for the kernel that mounts it.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final, Literal

HEAD: Final = 4096  # bytes that `identify` wants to see
_LABEL_ENTRIES: Final = (
    64 * 1024
)  # bytes of an exFAT root directory in which its label is looked for

Kind = Literal["vfat", "exfat", "ext4"]

_FOREIGN: Final = (  # offset, magic, name; what recorders' and officers' cards have been seen to hold
    (3, b"NTFS    ", "NTFS"),
    (3, b"-FVE-FS-", "BitLocker, which is encrypted"),
    (0, b"LUKS\xba\xbe", "LUKS, which is encrypted"),
    (0, b"XFSB", "XFS"),
    (32, b"NXSB", "APFS"),
    (1024, b"H+", "HFS+"),
    (1024, b"HX", "HFS+"),
    (1024, b"\x10\x20\xf5\xf2", "F2FS"),
    (0, b"hsqs", "SquashFS"),
)


class UnknownFileSystemError(Exception):
    """No file system that is mounted here. For this folder only: outside it is a MountError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSystem:
    """What a volume holds."""

    kind: Kind  # as the kernel names it
    label: str | None = None
    unclean: bool = False  # ext4 with a journal that was not played back: its last changes are not in its tables
    label_at: int | None = None  # exFAT: where its root directory begins, bytes from the start


def identify(head: bytes) -> FileSystem:
    """Recognise a file system by a volume's first bytes.

    Raises:
        UnknownFileSystemError: another one, or none.
    """
    for offset, magic, name in _FOREIGN:
        if head[offset : offset + len(magic)] == magic:
            raise UnknownFileSystemError(f"it holds {name}, not FAT32, exFAT or ext4")
    found = _exfat(head) or _fat(head) or _ext(head)
    if found is not None:
        return found
    if not any(head):
        raise UnknownFileSystemError("it is empty: only zeros where a file system begins")
    raise UnknownFileSystemError(
        "it holds no file system that is known, so not FAT32, exFAT or ext4"
    )


def exfat_label(root: bytes) -> str | None:
    """The label in the beginning of an exFAT root directory (exFAT specification 1.00, 7.3)."""
    for at in range(0, min(len(root), _LABEL_ENTRIES) - 31, 32):
        kind, count = root[at], root[at + 1]
        if kind == 0:  # 6.2.1: end of the directory
            return None
        if kind == 0x83 and 0 < count <= 11:
            return root[at + 2 : at + 2 + 2 * count].decode("utf-16-le", errors="replace")
    return None


def _exfat(head: bytes) -> FileSystem | None:
    """ExFAT specification 1.00, 3.1."""
    if head[3:11] != b"EXFAT   " or head[510:512] != b"\x55\xaa":
        return None
    heap, root = struct.unpack_from("<I", head, 88)[0], struct.unpack_from("<I", head, 96)[0]
    sector, cluster = head[108], head[109]
    if not 9 <= sector <= 12 or cluster > 25 - sector or root < 2:
        return None
    return FileSystem(kind="exfat", label_at=(heap << sector) + ((root - 2) << (sector + cluster)))


def _fat(head: bytes) -> FileSystem | None:
    """Microsoft FAT specification, 3.1 to 3.3: a jump, a possible geometry, and the signature."""
    if len(head) < 512 or head[510:512] != b"\x55\xaa" or head[0] not in {0xEB, 0xE9}:
        return None
    sector, cluster, reserved, fats = struct.unpack_from("<HBHB", head, 11)
    if sector not in {512, 1024, 2048, 4096} or cluster == 0 or cluster & (cluster - 1):
        return None
    if reserved == 0 or fats not in {1, 2}:
        return None
    short_fat = struct.unpack_from("<H", head, 22)[0]
    raw = head[43:54] if short_fat else head[71:82]  # FAT12 and FAT16 keep it earlier than FAT32
    return FileSystem(kind="vfat", label=_oem(raw))


def _ext(head: bytes) -> FileSystem | None:
    """Linux Documentation/filesystems/ext4/super.rst: 1024 bytes from the start."""
    if head[1080:1082] != b"\x53\xef":
        return None
    incompatible = struct.unpack_from("<I", head, 1120)[0] if len(head) >= 1144 else 0
    label = head[1144:1160].split(b"\0")[0].decode(errors="replace")
    return FileSystem(kind="ext4", label=label or None, unclean=bool(incompatible & 0x4))


def _oem(raw: bytes) -> str | None:
    """A FAT label is in the maker's code page, and cards come from China: GBK holds ASCII too."""
    text = raw.rstrip(b" \0").decode("gbk", errors="replace")
    return None if text in {"", "NO NAME"} else text
