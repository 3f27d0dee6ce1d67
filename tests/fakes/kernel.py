"""A kernel that lacks something, for one process: its system call is refused as an older kernel refuses it."""

from __future__ import annotations

from typing import Final

# Lines of Python. A filter of one rule: landlock_create_ruleset, 444 on every processor, gives ENOSYS.
WITHOUT_LANDLOCK: Final = """
import ctypes, errno, struct
rules = (0x20, 0, 0, 0), (0x15, 0, 1, 444), (6, 0, 0, 0x50000 | errno.ENOSYS), (6, 0, 0, 0x7FFF0000)
code = b"".join(struct.pack("=HBBI", *rule) for rule in rules)
class Filter(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_char_p))
libc = ctypes.CDLL(None)
assert libc.prctl(38, 1, 0, 0, 0) == 0
assert libc.prctl(22, 2, ctypes.byref(Filter(length=4, code=code)), 0, 0) == 0
from ingest.media import landlock
assert landlock.version() == 0
"""
