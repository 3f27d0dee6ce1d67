"""Moving the bytes of a docking: copiers side by side, one committer behind them, somebody who watches.

As many copiers as the recorder has streams; the next clip is opened and asked for while the one before is read.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from archive.errors import ArchiveError, NoSpaceError
from archive.opening import Archive
from archive.store.area import Area
from devices.errors import DeviceError, ProtocolError, RecorderSilentError, SourceGoneError
from devices.paths import display
from devices.recorder import Reader, Recorder
from ingest.acquire import Copier, Job, Switch
from ingest.committing import Committer, Outcome
from ingest.errors import DockingCancelledError, IngestError
from ingest.receipt import Progress

_LOOK: Final = 0.1  # seconds between two looks at progress and cancellation
_EXPECTED: Final = (ArchiveError, DeviceError, IngestError, OSError)
_TOO_MANY: Final = 8  # clips in a row that break the protocol
_SILENCE: Final = 4  # a clip at which it was silent counts as so many
_ROOM: Final = 16 << 20  # bytes of the disk that stay free for the ledger and the catalogue


class Transfer:
    """One docking's transfer. Why it ended early is in the switch."""

    def __init__(
        self,
        archive: Archive,
        source: Recorder,
        area: Area,
        committer: Committer,
        switch: Switch,
    ) -> None:
        self._archive = archive
        self._source = source
        self._area = area
        self._committer = committer
        self._switch = switch
        self._lock = threading.Lock()
        self._given_up: DeviceError | None = None  # why the recorder is not asked any more
        self._failures = 0  # weight of the clips in a row at which it did not do its part
        self._queue: Iterator[Job] = iter(())
        self._current = b""

    def run(
        self,
        jobs: list[Job],
        progress: Callable[[Progress], None] | None,
        cancelled: Callable[[], bool] | None,
    ) -> list[Outcome]:
        """Acquire and commit all jobs, or as many as can be; returns what became of each that was begun."""
        self._queue = iter(jobs)
        threads = [
            threading.Thread(target=self._copy_all, name="copier", daemon=True)
            for _ in range(min(self._source.streams, len(jobs)))
        ]
        for thread in threads:
            thread.start()
        try:
            for thread in threads:
                while thread.is_alive():
                    thread.join(_LOOK)
                    self.look(jobs, progress, cancelled)
        except BaseException as e:
            self._switch.stop(e)
            raise
        finally:
            for thread in threads:
                thread.join()
            outcomes = self._committer.finish()
        if progress is not None:
            progress(self._progress(jobs))
        stopped = self._switch.stopped
        if stopped is not None and not isinstance(stopped, _EXPECTED):
            raise stopped  # a bug of ours is no reason on a receipt
        return outcomes

    def look(
        self,
        jobs: list[Job],
        progress: Callable[[Progress], None] | None,
        cancelled: Callable[[], bool] | None,
    ) -> bool:
        """Ask whether to stop, tell how far it is; whether to go on."""
        if cancelled is not None and cancelled():
            self._switch.stop(DockingCancelledError("the docking was cancelled"))
        if progress is not None:
            progress(self._progress(jobs))
        return self._switch.stopped is None

    def _progress(self, jobs: list[Job]) -> Progress:
        total = sum(job.found.size for job in jobs)
        return Progress(
            done_clips=len(self._committer.outcomes),
            clips=len(jobs),
            done_bytes=min(self._switch.done_bytes, total),
            bytes=total,
            path=display(self._current)[0],
        )

    def _upcoming(self) -> Job | None:
        with self._lock:
            return None if self._switch.stopped else next(self._queue, None)

    def _copy_all(self) -> None:
        """One copier's work."""
        try:
            copier = Copier(
                area=self._area,
                disk=self._archive.disk,
                sm3=self._archive.settings.sm3,
                switch=self._switch,
                staged=self._committer.submit,
            )
            job = self._upcoming()
            reader = self._open(job)
            while job is not None:
                following = self._upcoming()
                next_reader = self._open(following)
                if reader is not None:
                    self._copy(copier, job, reader)
                job, reader = following, next_reader
            copier.finish()
        except BaseException as e:  # noqa: BLE001 - kept in the switch; the docking raises it
            self._switch.stop(e)

    def _copy(self, copier: Copier, job: Job, reader: Reader) -> None:
        self._current = job.found.path
        if self._switch.stopped is None and self._given_up is None and self._has_room(job):
            copier.copy(job, reader, partial(self._source.open, job.found))
            self._note(job.failed)
            return
        reader.close()
        job.failed = self._switch.stopped or self._given_up
        self._committer.submit(job)

    def _note(self, failed: BaseException | None) -> None:
        """Stop asking a recorder that is gone, or that fails at clip after clip: each costs its time-outs."""
        if isinstance(failed, SourceGoneError):
            self._given_up = failed
        elif isinstance(failed, RecorderSilentError | ProtocolError):
            self._failures += _SILENCE if isinstance(failed, RecorderSilentError) else 1
            if self._failures >= _TOO_MANY:
                self._given_up = failed
        elif failed is None:
            self._failures = 0

    def _open(self, job: Job | None) -> Reader | None:
        if job is None:
            return None
        try:
            if self._given_up is not None:
                raise self._given_up
            reader = self._source.open(job.found)
            reader.prefetch()
        except (DeviceError, OSError) as e:
            job.failed = e
            self._note(e)
            self._committer.submit(job)
            return None
        return reader

    def _has_room(self, job: Job) -> bool:
        if self._archive.free_bytes() >= job.found.size + _ROOM:
            return True
        self._switch.stop(
            NoSpaceError(
                f"the archive's disk has no room for {display(job.found.path)[0]}"
                f" ({job.found.size} bytes): free some space, then dock again;"
                " the clips before it are safe"
            )
        )
        return False
