"""One operation in a child of this process, whose threads can be told apart and stopped as they begin.

The parent has imported everything, so that a run costs a fork. A thread is named by what it is called and by how many
of that name began before it: the same thread in every run, whatever number the kernel gives it. Not here: the kill.
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import signal
import sys
import threading
import traceback
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any, Final, NoReturn

Tell = Callable[[Mapping[str, Any]], None]
_BUG: Final = 70
# prctl(2), PR_SET_PTRACER: where Yama lets parents trace only.
_SET_TRACER, _ANYBODY = 0x59616D61, ctypes.c_ulong(-1)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class ThreadName:
    """A thread of the operation."""

    called: str  # digits as #
    nth: int = 0


MAIN: Final = ThreadName(called="MainThread")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What became of an operation."""

    killed: bool
    told: list[dict[str, Any]]  # what it said while it could


class Child:
    """A forked process that does an operation; the thread named `stops` waits as it begins.

    Args:
        operation: gets a function that tells the parent something, at once.
        stops: which thread.
        says: where its standard output and error go.
    """

    def __init__(
        self, operation: Callable[[Tell], None], says: Path, *, stops: ThreadName = MAIN
    ) -> None:
        self.stops = stops
        told, tells = os.pipe()
        begun, begins = os.pipe()
        waits, go = os.pipe()
        for thing in (sys.stdout, sys.stderr):
            thing.flush()
        self.pid = os.fork()
        if not self.pid:
            for fd in (told, begun, go):
                os.close(fd)
            watch = _Beginnings(stops, begins, waits)
            _be_the_child(lambda: operation(partial(_tell, tells)), says, watch)
        for fd in (tells, begins, waits):
            os.close(fd)
        self._told, self._begun, self._go = told, begun, go
        self.begins = f"pipe:[{os.fstat(begun).st_ino}]"  # where threads say that they begin
        self._began = b""

    def stopped(self) -> int | None:
        """The number of the thread that waits; None: the operation ended without such a thread."""
        for name, number in self._beginnings():
            if name == self.stops:
                return number
        return None

    def threads(self) -> dict[int, ThreadName]:
        """All that began after the one that waited; asked when the process has ended."""
        return {number: name for name, number in self._beginnings()}

    def go_on(self) -> None:
        """Let the thread go."""
        os.write(self._go, b"\n")

    def kill(self) -> None:
        """SIGKILL."""
        os.kill(self.pid, signal.SIGKILL)

    def ended(self) -> Ended:
        """Wait for its end.

        Raises:
            AssertionError: it ended neither well nor by SIGKILL.
        """
        os.close(self._go)
        with os.fdopen(self._told, "rb") as told:
            lines = told.read().splitlines(keepends=True)
        _, status = os.waitpid(self.pid, 0)
        code = os.waitstatus_to_exitcode(status)
        assert code in {0, -signal.SIGKILL}, f"it ended with {code}"
        whole = [json.loads(line) for line in lines if line.endswith(b"\n")]
        return Ended(killed=code != 0, told=whole)

    def close(self) -> None:
        """Let go of the pipe that `threads` reads."""
        os.close(self._begun)

    def _beginnings(self) -> list[tuple[ThreadName, int]]:
        """What began since the last question: up to the thread that waits, or the end."""
        found = []
        while piece := os.read(self._begun, 1 << 16):
            lines = (self._began + piece).split(b"\n")
            self._began = lines.pop()
            for line in lines:
                number, nth, called = line.decode().split(" ", 2)
                found.append((ThreadName(called=called, nth=int(nth)), int(number)))
            if any(name == self.stops for name, _ in found):
                break
        return found


def _be_the_child(operation: Callable[[], None], says: Path, watch: _Beginnings) -> NoReturn:
    status = _BUG
    try:
        out = os.open(says, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC)
        for standard in (1, 2):
            os.dup2(out, standard)
        sys.stdout, sys.stderr = (os.fdopen(fd, "w") for fd in (1, 2))
        ctypes.CDLL(None).prctl(_SET_TRACER, _ANYBODY, 0, 0, 0)
        watch.watch()
        operation()
        status = 0
    except BaseException:  # noqa: BLE001 - nothing of the parent's may run here
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def _tell(tells: int, document: Mapping[str, Any]) -> None:
    os.write(tells, json.dumps(document, default=str).encode() + b"\n")


class _Beginnings:
    """Says which threads begin, and holds the wanted one."""

    def __init__(self, stops: ThreadName, begins: int, waits: int) -> None:
        self._stops, self._begins, self._waits = stops, begins, waits
        self._lock = threading.Lock()
        self._count: Counter[str] = Counter()

    def watch(self) -> None:
        """From here on; this thread is the first."""
        self._say("MainThread")
        threading.setprofile(self._first_call)

    def _first_call(self, _frame: FrameType, _event: str, _value: object) -> None:
        sys.setprofile(None)
        self._say(re.sub(r"\d+", "#", threading.current_thread().name))

    def _say(self, called: str) -> None:
        with self._lock:
            name = ThreadName(called=called, nth=self._count[called])
            self._count[called] += 1
            number = threading.get_native_id()
            os.write(self._begins, f"{number} {name.nth} {name.called}\n".encode())
        if name == self._stops:
            os.read(self._waits, 1)
