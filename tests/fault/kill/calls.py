"""Which file-system calls an operation makes, and a SIGKILL before or after any one of them, by strace.

Measured with strace 6.1 on Linux 6: `inject=CALL:signal=KILL:when=N` kills as the call is entered, and the kernel does
not carry it out. So it is "before". For "after" the return of the call is held up (`delay_exit`), strace says that it
has returned, and the process is killed then. strace counts `when` for each thread and each call of its own; attached to
one thread only, N is the same call in every run, as far as the operation itself does not differ.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from tests.fault.kill.forked import MAIN, Child, Ended, Tell, ThreadName

# Whatever changes a file, a name, or what is on the medium.
CHANGES: Final = (
    "openat,write,pwrite64,writev,pwritev,pwritev2,fsync,fdatasync,syncfs,sync_file_range,link,linkat,rename,renameat,"
    "renameat2,unlink,unlinkat,mkdir,mkdirat,rmdir,ftruncate,truncate,fallocate,fchmod,chmod,fchmodat,"
    "copy_file_range,sendfile,utimensat,setxattr,fsetxattr,symlink,symlinkat,ioctl"
)
SOCKETS: Final = "connect,sendto,sendmsg,recvfrom,recvmsg"
_LINE: Final = re.compile(r"(\d+) +(\w+)\((.*)")
_FILE: Final = re.compile(r'[<"](/[^>"]*)')
# Those that change something only with one of these among their arguments.
_ONLY: Final = {
    "openat": re.compile(r"O_CREAT|O_TRUNC|O_TMPFILE"),
    "ioctl": re.compile(r"FS_IOC_SETFLAGS"),
}
_PATIENCE: Final = 20.0  # seconds for strace to attach
_HELD: Final = 30_000_000  # microseconds: longer than the kill takes to come


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One call of one thread."""

    thread: ThreadName
    call: str
    nth: int  # of its calls of this name, from 1
    repeats: int = 0  # how many of the same on the same file came right before it


def need_strace() -> str:
    """Where it is; skips the test where it is not, or may not trace."""
    found = shutil.which("strace")
    if found is None:
        pytest.skip("strace is not installed (Debian package strace)")
    return found


def points_of(
    operation: Callable[[Tell], None], folder: Path, *, below: Sequence[Path], calls: str = CHANGES
) -> list[Point]:
    """Do the operation once, to its end; the calls that it made below these folders, or to sockets, in order."""
    log = folder / "calls"
    child = Child(operation, folder / "said")
    number = child.stopped()
    assert number is not None
    how = ["-f", "-y", "-s", "0", "-e", f"trace={calls}", "-o", str(log)]
    with _attached(child.pid, number, *how):
        child.go_on()
        ended = child.ended()
    assert not ended.killed, (folder / "said").read_text()
    threads = {number: MAIN} | child.threads()
    child.close()
    lines = log.read_text(errors="backslashreplace").splitlines()
    ours = [line for line in lines if child.begins not in line]
    return _counted(ours, threads, [str(path) for path in below])


def killed_at(
    point: Point, operation: Callable[[Tell], None], folder: Path, *, after: bool
) -> Ended:
    """Do the operation and kill it there. It may end before: not every run makes the same calls."""
    child = Child(operation, folder / "said", stops=point.thread)
    number = child.stopped()
    if number is not None:
        _kill_there(point, child, number, after=after)
    ended = child.ended()
    child.close()
    return ended


def _kill_there(point: Point, child: Child, number: int, *, after: bool) -> None:
    what = f"delay_exit={_HELD}" if after else "signal=KILL"
    inject = f"inject={point.call}:{what}:when={point.nth}"
    how = ["-s", "0", "-e", f"trace={point.call}", "-e", inject]
    with _attached(child.pid, number, *how, "-o", "/dev/stdout") as tracer:
        child.go_on()
        assert tracer.stdout is not None
        for line in tracer.stdout:
            if b"(DELAYED)" in line:
                child.kill()
                tracer.kill()  # it would hold on to the dead until the delay is over
                break


def _attached(process: int, number: int, *how: str) -> subprocess.Popen[bytes]:
    """Run strace; returns when it holds the thread."""
    command = [need_strace(), "-qqq", "-p", str(number), "-e", "signal=none", *how]
    tracer = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    status = Path(f"/proc/{process}/task/{number}/status")
    deadline = time.monotonic() + _PATIENCE
    while b"\nTracerPid:\t0\n" in status.read_bytes():
        if tracer.poll() is not None:
            os.kill(process, signal.SIGKILL)
            pytest.skip("strace may not trace a process here")
        assert time.monotonic() < deadline, "strace does not attach"
        time.sleep(0.001)
    return tracer


def _counted(lines: list[str], threads: dict[int, ThreadName], below: list[str]) -> list[Point]:
    counts: Counter[tuple[int, str]] = Counter()
    rows: dict[int, tuple[tuple[str, str], int]] = {}  # thread -> its last call, and how often
    points = []
    for line in lines:
        match = _LINE.match(line)
        # A thread says that it begins before it is known.
        if match is None or int(match[1]) not in threads:
            continue
        number, call, rest = int(match[1]), match[2], match[3]
        counts[number, call] += 1
        if call in _ONLY and not _ONLY[call].search(rest):
            continue
        if call in SOCKETS.split(",") or any(path in rest for path in below):
            file = _FILE.search(rest)
            same = (call, file[1] if file else "")
            before, times = rows.get(number, (same, -1))
            times = times + 1 if before == same else 0
            rows[number] = (same, times)
            nth = counts[number, call]
            points.append(Point(thread=threads[number], call=call, nth=nth, repeats=times))
    return points
