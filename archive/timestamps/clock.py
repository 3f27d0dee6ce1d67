"""What this machine's clock reads, and whether the kernel believes that it is kept in step (adjtimex(2)).

Not here: to decide what an unsynchronised clock means. The kernel's word is taken: a time daemon tells it.
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

_STA_UNSYNC: Final = 0x0040
_TIME_ERROR: Final = 5
_MOST_ERROR: Final = 1_000_000  # microseconds: beyond a second it is not in step for us
_LIBC: Final = ctypes.CDLL(None, use_errno=True)


class _Timex(ctypes.Structure):
    """struct timex (sys/timex.h), up to what is read here; the kernel writes all of it."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 512),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a clock says."""

    milliseconds: int  # since the epoch, UTC
    synchronised: bool


Clock = Callable[[], Reading]


def host_clock() -> Reading:
    """This machine's clock."""
    timex = _Timex()
    state = _LIBC.adjtimex(ctypes.byref(timex))
    good = (
        state not in {-1, _TIME_ERROR}
        and not timex.status & _STA_UNSYNC
        and timex.maxerror <= _MOST_ERROR
    )
    return Reading(milliseconds=time.time_ns() // 1_000_000, synchronised=good)
