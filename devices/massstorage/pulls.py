"""Whether a recorder was pulled, asked at the moment at which something on it could not be read.

The first sign of a pull is the same as that of a card that fails (EIO): the kernel says that a block cannot be read
some moments before /sys says that the disk is gone. So who finds something unreadable waits a little, and then knows.
"""

from __future__ import annotations

import errno
import time
from collections.abc import Callable
from typing import Final

# Emulated machines take a tenth of a second; a hub reports a pull within a quarter (USB 2.0, 11.12.3).
_SECONDS: Final = 1.5
_STEP: Final = 0.02
_RIGHTS: Final = frozenset({errno.EACCES, errno.EPERM})  # not the cable's fault


def was_pulled(is_there: Callable[[], bool], cause: BaseException | None) -> bool:
    """Is it gone, or gone in a moment?

    Args:
        is_there: says whether it is still plugged in.
        cause: the error that makes us ask; one that is no system call's says nothing of the cable.
    """
    if not isinstance(cause, OSError) or cause.errno in _RIGHTS:
        return not is_there()
    until = time.monotonic() + _SECONDS
    while is_there():
        if time.monotonic() >= until:
            return False
        time.sleep(_STEP)
    return True
