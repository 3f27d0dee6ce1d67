"""Packages under way and ready: made one after the other, beside the event loop, in a thread that gives way.

What always holds: what lies below ROOT/work is disposable; a folder there belongs to one process, and whoever starts
next clears what a dead one left; a package is gone after a day, when it is cancelled, and with its process; a job is
its owner's alone. The package itself and its entry are archive/package's.
"""

from __future__ import annotations

import fcntl
import os
import queue
import secrets
import shutil
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import file_digest
from pathlib import Path
from typing import Final, Literal

import structlog

from api.errors import ServiceFaultError
from api.packaging.errors import PackageUnderWayError
from archive.errors import ArchiveBusyError, ArchiveError
from archive.package.build import Built

KEPT: Final = 24 * 3600.0  # seconds
MOST_READY: Final = 3  # of one account: a fourth takes the oldest's place
_TRIES: Final = 3  # somebody looks at a clip while it is packed: made again
_NICE: Final = 10
_PATIENCE: Final = 3.0  # seconds that an end waits for what is under way
_log = structlog.get_logger(__name__)

State = Literal["queued", "making", "ready", "failed", "cancelled"]
UNDER_WAY: Final[frozenset[State]] = frozenset({"queued", "making"})
Progress = Callable[[int, int, str], None]
Make = Callable[[str, Path, Progress, str], Built]


class CancelledJobError(Exception):
    """Its owner does not want it any more; never leaves this module."""


@dataclass(slots=True, kw_only=True)
class Job:
    """One package."""

    id: str
    account: str
    subject: str  # id of a case or clip
    title: str  # its number or path, for people
    made: float  # wall clock
    state: State = "queued"
    done: int = 0
    total: int = 0
    built: Built | None = None
    path: Path | None = None
    sha256: str | None = None
    size: int | None = None
    code: str | None = None  # why it failed
    detail: str | None = None
    stop: threading.Event = field(default_factory=threading.Event)

    @property
    def expires(self) -> float:
        """When it will be gone, wall clock."""
        return self.made + KEPT


class Packages:
    """See the module. `make(subject, out, progress, actor)` makes one package."""

    def __init__(self, folder: Path, make: Make, *, clock: Callable[[], float] = time.time) -> None:
        self._folder, self._make, self._clock = folder, make, clock
        self._jobs: dict[str, Job] = {}
        self._lock = threading.Lock()
        self._waiting: queue.Queue[Job | None] = queue.Queue()
        self._thread: threading.Thread | None = None
        self._own: Path | None = None
        self._hold = -1

    def ask(self, *, account: str, subject: str, title: str) -> Job:
        """Begin a package.

        Raises:
            PackageUnderWayError: this account has one under way.
            OSError: ROOT/work cannot be written.
        """
        with self._lock:
            self._forget()
            mine = [job for job in self._jobs.values() if job.account == account]
            if any(job.state in UNDER_WAY for job in mine):
                raise PackageUnderWayError("one package at a time: wait for it, or cancel it")
            ready = sorted((j for j in mine if j.state == "ready"), key=lambda job: job.made)
            for job in ready[: max(0, len(ready) - MOST_READY + 1)]:
                self._remove(job)
            self._start()
            id_ = secrets.token_hex(16)
            job = Job(id=id_, account=account, subject=subject, title=title, made=self._clock())
            self._jobs[id_] = job
        self._waiting.put(job)
        return job

    def of(self, account: str, id_: str) -> Job | None:
        """A job of this account."""
        with self._lock:
            self._forget()
            job = self._jobs.get(id_)
            return job if job is not None and job.account == account else None

    def all_of(self, account: str) -> list[Job]:
        """An account's jobs, newest first."""
        with self._lock:
            self._forget()
            return [job for job in self._jobs.values() if job.account == account][::-1]

    def cancel(self, job: Job) -> None:
        """Stop it, or throw it away where it is not under way any more."""
        with self._lock:
            job.stop.set()
            if job.state == "queued":
                job.state = "cancelled"
            elif job.state != "making":
                self._remove(job)

    def close(self) -> None:
        """Stop what is under way, and leave nothing behind."""
        with self._lock:
            for job in self._jobs.values():
                job.stop.set()
            thread, self._thread = self._thread, None
        if thread is not None:
            self._waiting.put(None)
            thread.join(_PATIENCE)
        if self._own is not None:
            shutil.rmtree(self._own, ignore_errors=True)
            os.close(self._hold)
            self._own = None

    def _start(self) -> None:
        if self._thread is not None:
            return
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for left in self._folder.iterdir():
            _clear(left)
        self._own = self._folder / secrets.token_hex(8)
        self._own.mkdir(mode=0o700)
        self._hold = os.open(self._own / "held", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._hold, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self._thread = threading.Thread(target=self._work, name="packages", daemon=True)
        self._thread.start()

    def _forget(self) -> None:
        for job in list(self._jobs.values()):
            if job.state not in UNDER_WAY and job.expires <= self._clock():
                self._remove(job)

    def _remove(self, job: Job) -> None:
        if job.path is not None:
            with suppress(OSError):
                job.path.unlink()
        self._jobs.pop(job.id, None)

    def _work(self) -> None:
        # Of this thread alone, on Linux: docking and watching go first.
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
        while (job := self._waiting.get()) is not None:
            if job.stop.is_set():
                job.state = "cancelled"
                continue
            job.state = "making"
            try:
                self._run(job)
            except CancelledJobError:
                job.state = "cancelled"
            except (ArchiveError, OSError) as error:
                job.code = error.code if isinstance(error, ArchiveError) else "C050"
                job.detail, job.state = str(error), "failed"
                _log.warning("package failed", code=job.code, detail=job.detail)
            except Exception:  # noqa: BLE001 - the thread's edge: the next package is made all the same
                job.code, job.state = ServiceFaultError.code, "failed"
                _log.exception("package failed")

    def _run(self, job: Job) -> None:
        assert self._own is not None  # noqa: S101 - made before the thread
        out = self._own / f"{job.id}.zip"

        def told(done: int, total: int, _: str) -> None:
            if job.stop.is_set():
                raise CancelledJobError
            job.done, job.total = done, total

        built = self._tried(job, out, told)
        with out.open("rb") as file:
            digest = file_digest(file, "sha256").hexdigest()
        with self._lock:
            if job.stop.is_set():
                out.unlink()
                raise CancelledJobError
            job.sha256, job.size, job.path = digest, out.stat().st_size, out
            job.built, job.state = built, "ready"

    def _tried(self, job: Job, out: Path, told: Progress) -> Built:
        for tried in range(_TRIES):
            try:
                return self._make(job.subject, out, told, job.account)
            except ArchiveBusyError:
                if tried == _TRIES - 1:
                    raise
        raise AssertionError("unreachable")


def _clear(left: Path) -> None:
    """Remove what a process that is no more left; what is held stays."""
    try:
        fd = os.open(left / "held", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        shutil.rmtree(left, ignore_errors=True)
        return
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(left, ignore_errors=True)
    except BlockingIOError:
        pass  # another process of this archive, at work
    finally:
        os.close(fd)
