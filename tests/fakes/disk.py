"""Disks that fail: the power goes before any call, a call answers with an error, a call is noted.

All are real disks below a test's folder until they fail. None models a medium that changes bytes; tests
that need that write into the files.
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from archive.durable import Disk

NEVER = 10**9


class PowerCut(BaseException):
    """The machine stopped here. BaseException: no `except Exception` may survive it."""


class SteppedDisk(Disk):
    """A Disk that takes every call through `_step`, inner calls of composed ones too."""

    calls = 0

    def __getattribute__(self, name: str) -> Any:
        value = super().__getattribute__(name)
        if name.startswith("_") or not callable(value):
            return value
        return partial(super().__getattribute__("_step"), name, value)

    def _step(self, name: str, call: Callable[..., Any], *args: Any, **options: Any) -> Any:
        """Do one call. `name` is for those who treat calls differently."""
        del name
        self.calls += 1
        return call(*args, **options)


class NotingDisk(SteppedDisk):
    """Notes every call with the name of its file, in order."""

    def __init__(self) -> None:
        self.notes: list[tuple[str, str]] = []
        self._paths: dict[int, str] = {}

    def _step(self, name: str, call: Callable[..., Any], *args: Any, **options: Any) -> Any:
        subject = args[-1] if name in {"link", "replace"} else args[0]
        path = str(subject) if isinstance(subject, Path) else self._paths.get(subject, "")
        self.notes.append((name, path))
        result = call(*args, **options)
        if name in {"create", "open_append", "open_at"}:
            self._paths[result] = path
        return result


class FaultDisk(SteppedDisk):
    """Answers its n-th call with an error: before doing it, or after it took effect."""

    def __init__(self, fail_at: int, number: int, *, took_effect: bool) -> None:
        self.failed: str | None = None
        self._fail_at = fail_at
        self._number = number
        self._took_effect = took_effect

    def _step(self, name: str, call: Callable[..., Any], *args: Any, **options: Any) -> Any:
        self.calls += 1
        # A close that fails has closed (close(2)): leaving it open would only leak.
        if self.calls != self._fail_at or name in {"close", "path_fd"}:
            return call(*args, **options)
        self.failed = name
        if self._took_effect:
            result = call(*args, **options)
            if name in {"create", "open_append", "open_at"}:
                os.close(result)
        raise OSError(self._number, os.strerror(self._number))


class CutDisk(SteppedDisk):
    """Loses power before its n-th call, and stays dead. A write that it dies in is half done.

    With `lose`, what was not synced is lost with the power: bytes after the last sync of their file, and names
    made, replaced or removed since the last sync of their folder. Without, all of it survives. A real medium does
    something between the two.
    """

    def __init__(self, cut_at: int = NEVER, *, lose: bool = False) -> None:
        self.cut_at = cut_at
        self._lose = lose
        self._dead = False
        self._synced: dict[int, tuple[int, int]] = {}  # fd -> own descriptor, bytes on the medium
        self._names: list[tuple[str, Path, Path | None]] = []  # what to undo, oldest first
        self._noting = threading.Lock()  # a docking has several threads

    def _step(self, name: str, call: Callable[..., Any], *args: Any, **options: Any) -> Any:
        self.calls += 1
        if self._dead:
            raise PowerCut(name)
        if self.calls > self.cut_at:
            self._dead = True
            if name == "write" and len(args[1]) > 1:
                Disk.write(self, args[0], args[1][: len(args[1]) // 2])
            raise PowerCut(name)
        if not self._lose:
            return call(*args, **options)
        before = self._keep(args[-1]) if name in {"unlink", "replace"} else None
        missing = _missing(args[0]) if name == "make_dirs" else []
        result = call(*args, **options)
        with self._noting:
            self._note(name, args, result, before, missing)
        return result

    def _note(
        self, name: str, args: tuple[Any, ...], result: Any, before: Path | None, new: list[Path]
    ) -> None:
        if name in {"create", "open_append", "open_at"}:
            own = os.open(f"/proc/self/fd/{result}", os.O_RDWR | os.O_CLOEXEC)
            old = self._synced.pop(result, None)
            if old is not None:
                self._synced[-result - 1 - len(self._synced) * 100_000] = old
            self._synced[result] = (own, os.fstat(own).st_size)
        if name == "create":
            self._names.append(("made", args[0], None))
        elif name == "link":
            self._names.append(("made", args[1], None))
        elif name == "replace":
            self._names.append(("replaced", args[1], before))
        elif name == "unlink" and before is not None:
            self._names.append(("removed", args[0], before))
        elif name == "make_dirs":
            self._names += [("folder", path, None) for path in new]
        elif name == "sync":
            self._mark(args[0])
        elif name == "sync_dir":
            self._names = [n for n in self._names if n[1].parent != args[0]]
        elif name == "sync_file_system":
            self._names.clear()
            for fd in self._synced:
                self._mark(fd)

    def _mark(self, fd: int) -> None:
        own, _ = self._synced[fd]
        self._synced[fd] = (own, os.fstat(own).st_size)

    def _keep(self, path: Path) -> Path | None:
        """A second name for a file that is about to lose its own, outside the archive."""
        if not path.is_file():
            return None
        for folder in path.parents:
            if (folder / "kept").is_dir():
                kept = folder / "kept" / secrets.token_hex(8)
                os.link(path, kept)
                return kept
        return None

    def _settle(self) -> None:
        """Make the medium what it is after the cut, when the process is gone."""
        for own, length in self._synced.values():
            if self._lose and os.fstat(own).st_size > length:
                os.ftruncate(own, length)
            os.close(own)
        self._synced.clear()
        for what, path, before in reversed(self._names):
            if what == "folder":
                shutil.rmtree(path, ignore_errors=True)
            elif before is not None and path.parent.is_dir():
                path.unlink(missing_ok=True)
                os.link(before, path)
            elif what in {"made", "replaced"}:
                path.unlink(missing_ok=True)
        self._names.clear()


@contextmanager
def power_cut(cut_at: int, *, lose: bool) -> Iterator[CutDisk]:
    """A disk that dies in this block, before its n-th call; afterwards the medium is as the cut left it."""
    disk = CutDisk(cut_at, lose=lose)
    # Not always told: the thread that publishes in the background may be the one that dies, after all else was done.
    with suppress(PowerCut):
        yield disk
    assert disk.calls
    disk._settle()


def _missing(path: Path) -> list[Path]:
    return [p for p in reversed([path, *path.parents]) if not p.exists()]


ERRORS = (errno.EIO, errno.ENOSPC)
