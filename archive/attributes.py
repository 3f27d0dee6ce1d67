"""The attributes of a file that chattr(1) sets, as Linux keeps them. Decides nothing about who gets which."""

from __future__ import annotations

import fcntl
import struct
import sys
from typing import Final

IMMUTABLE: Final = 0x10  # linux/fs.h, FS_IMMUTABLE_FL
APPEND_ONLY: Final = 0x20  # FS_APPEND_FL

_LONG: Final = struct.calcsize("l")
# linux/fs.h: _IOR('f', 1, long) and _IOW('f', 2, long), as x86 and ARM number them.
# What is moved is an int all the same.
_GET: Final = 2 << 30 | _LONG << 16 | ord("f") << 8 | 1
_SET: Final = 1 << 30 | _LONG << 16 | ord("f") << 8 | 2


def attributes(fd: int) -> int:
    """The attributes of an open file. Raises OSError."""
    buffer = bytearray(_LONG)
    fcntl.ioctl(fd, _GET, buffer)
    return int.from_bytes(buffer[:4], sys.byteorder)


def set_attributes(fd: int, wanted: int) -> None:
    """Give an open file exactly these. Raises OSError: no right to, or its file system has none."""
    fcntl.ioctl(fd, _SET, wanted.to_bytes(4, sys.byteorder) + bytes(_LONG - 4))
