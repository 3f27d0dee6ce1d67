"""The process that becomes ffmpeg: it gives up what a program with foreign media does not need, then starts it.

Run as a script: `confined.py PARENT MEMORY PROCESSOR FILE OUT PROGRAM ARGUMENT…`, all of the first five numbers: the
process that waits for it, bytes of address space, seconds of processor time, bytes that may be written, and the
descriptor of the file to write, or -1. Standard input is the clip. It imports little, so that it costs milliseconds.
What it leaves the program: its own file, system libraries, the clip to read and OUT to write; no network, no right, no
signal to anybody, an end with its parent. Exits 126 where a limit was refused, 127 where the program cannot be started.
"""

from __future__ import annotations

import ctypes
import os
import resource
import sys

if __name__ == "__main__":  # isolated and without site: our own folders are not on the path yet
    ROOT = __file__.rsplit("/", 4)[0]
    sys.path.insert(0, ROOT)

from devices.rights import drop_rights, lower_limit
from ingest.media import landlock
from ingest.media.syscalls import refuse_system_calls

REFUSED, NOT_STARTED = 126, 127
_OPEN_FILES = 32
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000  # unshare(2)
_PR_SET_PDEATHSIG, _SIGKILL = (
    1,
    9,
)  # prctl(2); the module `signal` takes longer to import than all else here
# ffmpeg ends with the same status where it is asked to end as where a clip is not to its liking, and whoever stops a
# service asks all its processes. So it cannot be asked: its parent ends it. SIGHUP, SIGINT, SIGQUIT, SIGTERM.
_DEAF_TO = (1, 2, 3, 15)
_SIG_BLOCK, _SIGNAL_SET = 0, 128  # sigprocmask(2), bytes of sigset_t
_LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache")
_NOTICES = ("/dev/null", "/dev/urandom", "/proc/cpuinfo", "/sys/devices/system/cpu")


def main(arguments: list[str]) -> int:
    """Confine this process and become the program; return only if that failed."""
    parent, memory, processor, file, out = map(int, arguments[:5])
    command = arguments[5:]
    try:
        confine(command[0], memory=memory, processor=processor, file=file, out=out)
    except (OSError, ValueError):
        return REFUSED
    # Last, and before the look: a parent that died in between would never be told of.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, _SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        return REFUSED
    try:
        os.execve(command[0], command, {"LC_ALL": "C.UTF-8"})  # noqa: S606 - that is what this is for
    except OSError:
        return NOT_STARTED


def confine(program: str, *, memory: int, processor: int, file: int, out: int) -> None:
    """Set every limit.

    Raises:
        OSError, ValueError: the kernel refused one that it grants everybody.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    # A container may forbid both; the filter needs no rights and stands alone then.
    if libc.unshare(_CLONE_NEWNET) != 0:
        libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)
    drop_rights()
    for limit, soft, hard in (
        (resource.RLIMIT_AS, memory, memory),
        (resource.RLIMIT_FSIZE, file, file),
        (resource.RLIMIT_CPU, processor, processor + 5),
        (resource.RLIMIT_NOFILE, _OPEN_FILES, _OPEN_FILES),
        (resource.RLIMIT_CORE, 0, 0),
    ):
        lower_limit(limit, soft, hard)
    os.nice(10)
    deaf = sum(1 << number - 1 for number in _DEAF_TO).to_bytes(_SIGNAL_SET, sys.byteorder)
    libc.sigprocmask(_SIG_BLOCK, deaf, None)
    rules: list[tuple[str | int, int]] = [(program, landlock.EXECUTE | landlock.READ)]
    # No folder is listed: its names say much about what else is here.
    rules += [(place, landlock.EXECUTE | landlock.READ) for place in _LIBRARIES]
    rules += [(place, landlock.READ) for place in _NOTICES]
    if out >= 0:  # written, then read again to put its index first
        rules.append((out, landlock.READ | landlock.WRITE | landlock.TRUNCATE))
    landlock.allow_only(rules)
    refuse_system_calls(parser=False)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
