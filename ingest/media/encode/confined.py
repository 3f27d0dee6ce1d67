"""The process that becomes ffmpeg: it gives up what a program with foreign media does not need, then starts it.

Run as a script, with the standard library and three small modules of ours from outside this package, so that it costs
milliseconds. Its one argument is JSON: `parent` (process number), `command` (absolute), `memory`, `processor`
(seconds), `file` (bytes that may be written), `out` (descriptor of the file to write, or null). Standard input is the
clip. What it leaves ffmpeg: its own program file, system libraries, the clip to read and `out` to write; no network, no
right, no signal to anybody, an end with its parent. Exits 126 where a limit was refused, 127 where ffmpeg cannot be
started.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import sys
from pathlib import Path

if __name__ == "__main__":  # isolated and without site: our own folders are not on the path yet
    sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from devices.rights import drop_rights
from ingest.media import landlock
from ingest.media.syscalls import refuse_system_calls

REFUSED, NOT_STARTED = 126, 127
_OPEN_FILES = 32
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000  # unshare(2)
_PR_SET_PDEATHSIG = 1  # prctl(2)
_LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache")
_NOTICES = ("/dev/null", "/dev/urandom", "/proc/cpuinfo", "/sys/devices/system/cpu")


def main(asked: str) -> int:
    """Confine this process and become ffmpeg; return only if that failed."""
    request = json.loads(asked)
    command: list[str] = request["command"]
    try:
        confine(request, program=command[0])
    except (OSError, ValueError):
        return REFUSED
    # Last, and before the look: a parent that died in between would never be told of.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != request["parent"]:
        return REFUSED
    try:
        os.execve(command[0], command, {"LC_ALL": "C.UTF-8"})  # noqa: S606 - that is what this is for
    except OSError:
        return NOT_STARTED


def confine(request: dict[str, int | None], *, program: str) -> None:
    """Set every limit.

    Raises:
        OSError, ValueError: the kernel refused one that it grants everybody.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    # A container may forbid both; the filter needs no rights and stands alone then.
    if libc.unshare(_CLONE_NEWNET) != 0:
        libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)
    drop_rights()
    processor = request["processor"] or 0
    for limit, soft, hard in (
        (resource.RLIMIT_AS, request["memory"], request["memory"]),
        (resource.RLIMIT_FSIZE, request["file"], request["file"]),
        (resource.RLIMIT_CPU, processor, processor + 5),
        (resource.RLIMIT_NOFILE, _OPEN_FILES, _OPEN_FILES),
        (resource.RLIMIT_CORE, 0, 0),
    ):
        resource.setrlimit(limit, (soft or 0, hard or 0))
    os.nice(10)
    rules: list[tuple[str | int, int]] = [(program, landlock.EXECUTE | landlock.READ)]
    # Listing only where libraries are looked for: a folder's names say much about what else is here.
    rules += [(place, landlock.EXECUTE | landlock.READ) for place in _LIBRARIES]
    rules += [(place, landlock.READ | landlock.LIST) for place in _NOTICES]
    out = request["out"]
    if out is not None:  # written, then read again to put its index first
        rules.append((out, landlock.READ | landlock.WRITE | landlock.TRUNCATE))
    landlock.allow_only(rules)
    refuse_system_calls(programs=False)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
