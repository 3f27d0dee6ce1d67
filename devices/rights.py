"""Rights that a child process gives up: capabilities, so that a station that may mount cards does not lend that out.

Holds: what was dropped does not come back, also not in programs that the process starts. It lies in this folder because
a maker's library has to be kept small as well, and whoever parses foreign bytes may import it.
"""

from __future__ import annotations

import ctypes
import os
import resource
import struct

TYPE_CHECKING = False
if TYPE_CHECKING:  # the module costs a process that only confines itself half of its start
    from typing import Final

# linux/capability.h: what root's look at other people's files needs. The packaged station has none of these.
FILES: Final = frozenset({1, 2, 3})  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER
_VERSION_3: Final = 0x20080522
_PR_SET_NO_NEW_PRIVS: Final = 38  # prctl(2)
_SETS: Final = struct.Struct("=6I")  # effective, permitted, inheritable; then their upper halves


def drop_rights(*, keep: frozenset[int] = frozenset()) -> None:
    """Give up every capability that is not kept, for good. Call while single-threaded: it is the thread's.

    Raises:
        OSError: the kernel refused. What is left is not known: end.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    # Without this, a program that root starts would have them all again (capabilities(7)).
    _checked(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl(PR_SET_NO_NEW_PRIVS)")
    header = struct.pack("=Ii", _VERSION_3, 0)
    had = ctypes.create_string_buffer(_SETS.size)
    _checked(libc.capget(header, had), "capget")
    _, permitted, _, _, permitted_high, _ = _SETS.unpack(had.raw)
    low = permitted & sum(1 << number for number in keep if number < 32)
    high = permitted_high & sum(1 << number - 32 for number in keep if number >= 32)
    # What is not inheritable is not ambient either: the kernel takes it from there by itself.
    _checked(libc.capset(header, _SETS.pack(low, low, 0, high, high, 0)), "capset")


def lower_limit(which: int, soft: int, hard: int) -> None:
    """Set a limit of setrlimit(2), or keep what whoever started this process allows, where that is less.

    Raises:
        OSError, ValueError: the kernel refused.
    """
    most = resource.getrlimit(which)[1]
    if most != resource.RLIM_INFINITY:  # nobody without CAP_SYS_RESOURCE may raise it
        soft = min(soft, most)
        hard = most if hard == resource.RLIM_INFINITY else min(hard, most)
    resource.setrlimit(which, (soft, hard))


def _checked(result: int, call: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{call}: {os.strerror(number)}")
