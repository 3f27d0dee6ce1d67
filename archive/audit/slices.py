"""Slices of the entries file, checked in several processes, given back in order.

The processes are `worker.py`; they open nothing, but inherit the file. A small file is checked in
this process.
"""

from __future__ import annotations

import os
import pickle
import queue
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import BinaryIO, Final

from archive.audit.columns import Slice
from archive.audit.errors import AuditFailedError
from archive.audit.lines import Known, read_slice

_SLICE: Final = 4 << 20
_SMALL: Final = 8 << 20  # below, starting processes costs more than it brings
_STEP: Final = 1 << 16

Job = tuple[int, int, Known]  # offset, length, whose signatures


def cut(fd: int, start: int, stop: int) -> Iterator[tuple[int, int]]:
    """Offsets and lengths of slices that end after commit lines, the last at `stop`."""
    while start < stop:
        end = _after_commit(fd, start + _SLICE, stop) if start + _SLICE < stop else stop
        yield start, end - start
        start = end


def _after_commit(fd: int, at: int, stop: int) -> int:
    tail = b""
    while at < stop and (data := os.pread(fd, _STEP, at)):
        window = tail + data
        found = window.find(b"\n= ")
        newline = window.find(b"\n", found + 1) if found >= 0 else -1
        if newline >= 0:
            return min(at - len(tail) + newline + 1, stop)
        tail, at = (window[found:] if found >= 0 else window[-2:]), at + len(data)
    return stop


def read_slices(fd: int, start: int, stop: int, known: Known) -> Iterator[Slice]:
    """Check [start, stop) of the entries file.

    Args:
        fd: of the file, open to read.
        start: where the first line after the header begins.
        stop: where the file ended when it was looked at.
        known: whose signatures commit lines may carry.

    Raises:
        AuditFailedError: a process could not be started, or was killed.
    """
    workers = min(len(os.sched_getaffinity(0)), 8)
    if stop - start < _SMALL or workers < 2:
        for offset, length in cut(fd, start, stop):
            yield read_slice(read_exactly(fd, offset, length), offset, known)
        return
    with _Pool(fd, workers) as pool, ThreadPoolExecutor(workers) as threads:
        waiting: deque[Future[Slice]] = deque()
        for offset, length in cut(fd, start, stop):
            waiting.append(threads.submit(pool.check, (offset, length, known)))
            if len(waiting) > workers + 1:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def read_exactly(fd: int, offset: int, length: int) -> bytes:
    """So many bytes, or fewer where the file ends before."""
    pieces = []
    while length and (data := os.pread(fd, length, offset)):
        pieces.append(data)
        offset, length = offset + len(data), length - len(data)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


class _Pool:
    """Processes that check slices; one caller each at a time."""

    def __init__(self, fd: int, workers: int) -> None:
        self._idle: queue.SimpleQueue[subprocess.Popen[bytes]] = queue.SimpleQueue()
        self._all: list[subprocess.Popen[bytes]] = []
        for _ in range(workers):
            try:
                process = subprocess.Popen(
                    [sys.executable, "-P", "-m", "archive.audit.worker", str(fd)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    pass_fds=[fd],
                )
            except OSError as e:
                self.close()
                raise AuditFailedError(f"a process cannot be started: {e.strerror}") from e
            self._all.append(process)
            self._idle.put(process)

    def __enter__(self) -> _Pool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def check(self, job: Job) -> Slice:
        """Have one slice checked. Raises AuditFailedError."""
        process = self._idle.get()
        try:
            pickle.dump(job, _pipe(process.stdin))
            _pipe(process.stdin).flush()
            found = pickle.load(_pipe(process.stdout))  # noqa: S301 - our own child's answer
        except (OSError, EOFError, pickle.UnpicklingError) as e:
            raise AuditFailedError("a process that checks entries ended early") from e
        finally:
            self._idle.put(process)
        assert isinstance(found, Slice)  # noqa: S101 - nothing else is ever sent
        return found

    def close(self) -> None:
        """End them."""
        for process in self._all:
            process.kill()
            process.wait()
            _pipe(process.stdin).close()
            _pipe(process.stdout).close()


def _pipe(file: object) -> BinaryIO:
    assert file is not None  # noqa: S101 - both ends were asked for
    return file  # type: ignore[return-value]
