"""Whether bytes of a file are in memory, asked without waiting for a disk.

What always holds: True means that reading them now waits for no disk, unless the kernel drops them in between; where
it cannot be known (an older kernel, a file system that does not say) the answer is False. Nothing is read ahead.
"""

from __future__ import annotations

import ctypes
import mmap
import os
from typing import Final

# cachestat(2), Linux 6.5; new system calls have one number on every architecture. The C library has no name for it.
_CACHESTAT: Final = 451
_Range = ctypes.c_uint64 * 2  # offset, length
_Counts = ctypes.c_uint64 * 5  # pages: in memory, dirty, being written, evicted, recently evicted
# Keeps the interpreter's lock: it only looks at an index, and to take the lock again costs more than the call.
_syscall = ctypes.PyDLL(None).syscall
_syscall.restype = ctypes.c_long
_syscall.argtypes = [ctypes.c_long, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint]


def in_memory(fd: int, start: int, length: int) -> bool:
    """Whether these bytes, at least one, can be sent without waiting."""
    stop = start + length
    asked, counts = _Range(start, length), _Counts()
    if _syscall(_CACHESTAT, fd, ctypes.byref(asked), ctypes.byref(counts), 0):
        return False
    if counts[0] < (stop - 1) // mmap.PAGESIZE - start // mmap.PAGESIZE + 1:
        return False
    # Pages that a disk is still filling are counted too, and these are the last ones.
    try:
        return os.preadv(fd, [bytearray(1)], stop - 1, os.RWF_NOWAIT) == 1
    except OSError:
        return False
