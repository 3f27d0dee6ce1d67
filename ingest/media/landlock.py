"""Which files a program may open at all: Landlock rules, which need no rights to set (linux/landlock.h, landlock(7)).

Holds: after `allow_only` this process and every program it starts open, make and run nothing but what was listed;
files that are open already stay usable. On a kernel without Landlock nothing is refused, and the answer says so.
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct

TYPE_CHECKING = False
if TYPE_CHECKING:  # such modules cost a process that only confines itself half of its start
    from collections.abc import Iterable

EXECUTE, WRITE, READ, LIST, TRUNCATE = 1 << 0, 1 << 1, 1 << 2, 1 << 3, 1 << 14
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on every processor
_VERSION = 1  # LANDLOCK_CREATE_RULESET_VERSION
_PATH_BENEATH = 1
# all that a kernel of the first version knows; then renaming elsewhere, truncating, ioctl
_RIGHTS = ((1, (1 << 13) - 1), (2, 1 << 13), (3, 1 << 14), (5, 1 << 15))
_FOR_FILES = EXECUTE | WRITE | READ | TRUNCATE
_O_PATH = 0o10000000


def version() -> int:
    """Which Landlock this kernel has; 0 for none."""
    libc = ctypes.CDLL(None, use_errno=True)
    return max(0, int(libc.syscall(_CREATE_RULESET, None, 0, _VERSION)))


def allow_only(rules: Iterable[tuple[str | int, int]]) -> bool:
    """Refuse everything in the file system but these (path or open descriptor, rights); no_new_privs must be set.

    Paths that do not exist are left out.

    Returns:
        Whether the kernel took the rules.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    known = sum(rights for since, rights in _RIGHTS if version() >= since)
    if not known:
        return False
    handled = struct.pack("=Q", known)
    ruleset = libc.syscall(_CREATE_RULESET, handled, len(handled), 0)
    if ruleset < 0:
        return False
    for place, rights in rules:
        _add(libc, ruleset, place, rights & known)
    taken = bool(libc.syscall(_RESTRICT_SELF, ruleset, 0) == 0)
    os.close(ruleset)
    return taken


def _add(libc: ctypes.CDLL, ruleset: int, place: str | int, rights: int) -> None:
    try:
        opened = place if isinstance(place, int) else os.open(place, _O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    if not stat.S_ISDIR(os.fstat(opened).st_mode):
        rights &= _FOR_FILES
    # struct landlock_path_beneath_attr is packed: rights, then the descriptor
    libc.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, struct.pack("=Qi", rights, opened), 0)
    if not isinstance(place, int):
        os.close(opened)
