"""Commands on a disk that fails as it is told: the page that shim.c reads, and the warm program behind it.

Holds: only files below `root` are touched; what was lost by a failed sync is gone for good after `power_goes`.
Needs the Debian packages gcc and libc6-dev.
"""

from __future__ import annotations

import ctypes
import errno
import json
import mmap
import os
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

HERE: Final = Path(__file__).parent
PROJECT: Final = HERE.parents[2]
FOREVER: Final = 1 << 30
PATIENCE: Final = 120.0
FAIL, AFTER, HALF, TORN, LOST = range(1, 6)
WAYS: Final = {FAIL: "failed", AFTER: "took effect", HALF: "half", TORN: "torn", LOST: "lost"}
_EXTENTS: Final = 8192


class _Extent(ctypes.Structure):
    _fields_ = (
        ("dev", ctypes.c_ulong),
        ("ino", ctypes.c_ulong),
        ("start", ctypes.c_long),
        ("end", ctypes.c_long),
        ("lost", ctypes.c_int),
    )


class _Page(ctypes.Structure):
    """As in shim.c."""

    _fields_ = (
        *((name, ctypes.c_int) for name in ("whole", "lock", "armed", "mode", "nth", "times")),
        *((name, ctypes.c_int) for name in ("error", "count", "fired", "tracing")),
        *((name, ctypes.c_int) for name in ("extents", "overflow")),
        ("kind", ctypes.c_char * 16),
        ("pattern", ctypes.c_char * 512),
        ("root", ctypes.c_char * 512),
        ("fired_call", ctypes.c_char * 32),
        ("fired_path", ctypes.c_char * 512),
        ("trace", ctypes.c_char * 512),
        ("extent", _Extent * _EXTENTS),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Which calls fail, and how."""

    kind: str  # of call; "change": any that is not only read
    pattern: str = "*"  # of the path below the root, as fnmatch(3)
    nth: int = 1
    way: int = FAIL
    error: int = errno.EIO
    times: int = 1

    def __str__(self) -> str:
        name = errno.errorcode[self.error]
        more = " from then on" if self.times > 1 else ""
        return f"{self.kind} {self.nth} of {self.pattern}: {name}, {WAYS[self.way]}{more}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What came of a command."""

    status: int
    document: dict[str, Any]
    said: str  # on stderr
    fired: int  # calls that failed
    call: str
    path: str  # of the first of them

    @property
    def clips(self) -> list[dict[str, Any]]:
        """The rows of a receipt."""
        clips = self.document.get("clips", [])
        return clips if isinstance(clips, list) else []


class Machine:
    """A warm program on a disk that can be made to fail. Use it as a context.

    Args:
        shim: the compiled library.
        folder: for the page, outside of what fails.
        root: below which files fail.
    """

    def __init__(self, shim: Path, folder: Path, root: Path) -> None:
        self.root = root
        self._folder = folder
        page = folder / "page"
        page.write_bytes(bytes(ctypes.sizeof(_Page)))
        fd = os.open(page, os.O_RDWR)
        try:
            self._memory = mmap.mmap(fd, ctypes.sizeof(_Page))
        finally:
            os.close(fd)
        self._page = _Page.from_buffer(self._memory)
        self._page.root = str(root).encode()
        environment = {k: v for k, v in os.environ.items() if not k.startswith("MUNIMENT_")}
        environment |= {"LD_PRELOAD": str(shim), "FAULT_PAGE": str(page), "TMPDIR": str(root)}
        self._errors = (folder / "warm.log").open("wb")
        self._process = subprocess.Popen(
            [sys.executable, str(HERE / "warm.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            cwd=PROJECT,
            env=environment | {"PYTHONPATH": str(PROJECT)},
        )

    def __enter__(self) -> Self:
        answer = self._answer()
        assert answer == "ready", (answer, (self._folder / "warm.log").read_text())
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()
        self._errors.close()

    def run(self, *argv: str, fault: Fault | None = None, said: str = "") -> Ran:
        """One command, in which a fault may happen; `said` is on its stdin."""
        stdin, out, err = (self._folder / name for name in ("in", "out", "err"))
        stdin.write_text(said)
        words = ["--json", "--lang", "en", *argv]
        line = {"argv": words, "in": str(stdin), "out": str(out), "err": str(err)}
        line["cwd"] = str(self._folder)
        with self._armed(fault):
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps(line).encode() + b"\n")
            self._process.stdin.flush()
            status = int(self._answer())
        text, noted = out.read_text(), err.read_text(errors="replace")
        page = self._page
        assert not page.overflow
        return Ran(
            status=status,
            document=json.loads(text) if status >= 0 else {},
            said=noted,
            fired=page.fired if fault else 0,
            call=page.fired_call.decode(),
            path=page.fired_path.decode(),
        )

    @contextmanager
    def traced(self) -> Iterator[list[tuple[str, str]]]:
        """The calls of what runs in this block: kind and path."""
        trace = self._folder / "trace"
        trace.unlink(missing_ok=True)
        calls: list[tuple[str, str]] = []
        self._page.trace, self._page.tracing = str(trace).encode(), 1
        try:
            yield calls
        finally:
            self._page.tracing = 0
        if trace.exists():
            for line in trace.read_text(errors="surrogateescape").splitlines():
                kind, _, path = line.partition("\t")
                calls.append((kind, path))

    def fresh(self, *, whole: bool = True) -> None:
        """Everything there is now is on the medium. With `whole` that passes for a disk which syncfs reaches."""
        self._page.extents, self._page.whole = 0, whole

    def power_goes(self) -> int:
        """What was lost reads as zeros from here on; how many bytes. The rest is on the medium then."""
        lost: dict[int, list[_Extent]] = {}
        for n in range(self._page.extents):
            extent = self._page.extent[n]
            if extent.lost:
                lost.setdefault(extent.ino, []).append(extent)
        count = 0
        for path in self.root.rglob("*") if lost else ():
            found = path.lstat()
            if path.is_symlink() or not path.is_file():
                continue
            for extent in lost.pop(found.st_ino, ()):
                count += _zero(path, extent.start, min(extent.end, found.st_size))
        self._page.extents = 0
        return count

    def lost(self) -> int:
        """Stretches of files that are in memory only, though a sync would say that all is well."""
        return sum(bool(self._page.extent[n].lost) for n in range(self._page.extents))

    @contextmanager
    def _armed(self, fault: Fault | None) -> Iterator[None]:
        page = self._page
        page.count = page.fired = 0
        page.fired_call = page.fired_path = b""
        if fault is not None:
            page.kind, page.pattern = fault.kind.encode(), fault.pattern.encode()
            page.mode, page.nth, page.times = fault.way, fault.nth, fault.times
            page.error, page.armed = fault.error, 1
        try:
            yield
        finally:
            page.armed = 0

    def _answer(self) -> str:
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], PATIENCE)
        if not ready:
            self._process.kill()
            raise AssertionError("a command hangs")
        return self._process.stdout.readline().decode().strip()


def compile_shim(folder: Path) -> Path:
    """Compile shim.c. Needs gcc and libc6-dev."""
    library = folder / "shim.so"
    options = ["-shared", "-fPIC", "-O2", "-w"]
    subprocess.run(["gcc", *options, str(HERE / "shim.c"), "-o", str(library), "-ldl"], check=True)
    return library


def _zero(path: Path, start: int, end: int) -> int:
    if start >= end:
        return 0
    fd = os.open(path, os.O_WRONLY)
    try:
        os.pwrite(fd, bytes(end - start), start)
    finally:
        os.close(fd)
    return end - start
