"""A program in the foreground that an interrupt always ends.

Holds: within ``FORCED`` seconds of an interrupt the program is gone, and it never outlives make.
A terminal sends SIGINT to everybody; ``kill -INT`` reaches make alone, and GNU make then waits for
its child without telling it. So the parent is watched: when it has stopped catching SIGINT it was
interrupted, and the program is told. Does not end what the program itself started in sessions of
its own.
"""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path
from time import monotonic

ASKED = 12.0  # seconds after an interrupt until SIGTERM
FORCED = 18.0  # seconds after an interrupt until SIGKILL
_TICK = 0.5
_WATCHED = {signal.SIGCHLD, signal.SIGINT, signal.SIGTERM, signal.SIGHUP}


def foreground(command: list[str], environment: dict[str, str]) -> int:
    """Run a program to its end.

    Returns:
        Its exit status; 128 + n when signal n ended it.
    """
    # Blocked first, so that no signal falls between the start and the watch.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _WATCHED)
    try:
        # One thread only, so running a function between fork and exec is safe.
        with subprocess.Popen(
            command,
            env=environment,
            preexec_fn=lambda: signal.pthread_sigmask(signal.SIG_SETMASK, before),  # noqa: PLW1509
        ) as child:
            status = _watch(child)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return status if status >= 0 else 128 - status


def _watch(child: subprocess.Popen[bytes]) -> int:
    """Relay signals to the child until it has ended; press harder as time goes by."""
    parent = os.getppid()
    parent_caught = _catches_interrupt(parent)
    interrupted_at: float | None = None
    parent_noticed = False
    sent: set[signal.Signals] = set()
    while (status := child.poll()) is None:
        info = signal.sigtimedwait(_WATCHED, _TICK)
        if info and info.si_signo == signal.SIGINT:
            # The child is in our process group and has had it as well.
            interrupted_at = interrupted_at or monotonic()
        elif info and info.si_signo != signal.SIGCHLD:
            child.send_signal(info.si_signo)
            interrupted_at = interrupted_at or monotonic()
        elif os.getppid() != parent and interrupted_at is None:
            child.terminate()
            interrupted_at = monotonic()
        elif parent_caught and interrupted_at is None and not _catches_interrupt(parent):
            if parent_noticed:  # one tick later and still none for us: make alone was told
                child.send_signal(signal.SIGINT)
                interrupted_at = monotonic()
            parent_noticed = True
        if interrupted_at is not None:
            _press(child, monotonic() - interrupted_at, sent)
    return status


def _press(child: subprocess.Popen[bytes], waited: float, sent: set[signal.Signals]) -> None:
    """SIGTERM, then SIGKILL, each once and in its time."""
    for number, limit in ((signal.SIGTERM, ASKED), (signal.SIGKILL, FORCED)):
        if waited >= limit and number not in sent:
            child.send_signal(number)
            sent.add(number)


def _catches_interrupt(pid: int) -> bool:
    """Whether a process has a handler for SIGINT (proc(5): SigCgt); False when it is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    caught = next((x.split()[1] for x in status.splitlines() if x.startswith("SigCgt:")), "0")
    return bool(int(caught, 16) >> (signal.SIGINT - 1) & 1)
