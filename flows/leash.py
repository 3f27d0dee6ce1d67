"""A child process that does not outlive its parent, however the parent ends."""

from __future__ import annotations

import ctypes
import os
import signal
from typing import Final

_PR_SET_PDEATHSIG: Final = 1  # prctl(2)


def die_with(parent: int) -> None:
    """Ask the kernel for SIGKILL when the parent ends. Called by the child itself, first of all.

    The signal comes when the *thread* that started the child ends (prctl(2), PR_SET_PDEATHSIG): start children from
    a thread that lives as long as they may. What is killed loses nothing: the ledger says what was done.

    Raises:
        SystemExit: the parent has gone already.
        OSError: the kernel refused.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != parent:
        raise SystemExit(0)
