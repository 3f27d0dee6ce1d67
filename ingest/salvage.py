"""Salvage: of a clip that its medium cannot give whole, what can be read becomes an object, and the rest is named.

Begins when every other clip of the docking is an object with its entry: a failing card is asked for its good clips
first. Makes no clip: nobody has the exact bytes of the original. The part stays for the next docking, which tries
again.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from archive.errors import ArchiveError
from archive.events import Event
from archive.opening import Archive
from archive.store.area import Area
from archive.store.part import part_name, resumable
from archive.store.staged import Staged
from archive.store.writing import full_is_said
from devices.errors import ClipUnreadableError, DeviceError, SourceGoneError
from devices.recorder import Reader, Recorder
from ingest.acquire import Job, Switch
from ingest.committing import Context, Outcome, path_text
from ingest.narrowing import SECONDS, Around
from ingest.receipt import Salvaged
from ingest.times import modified_text, start_of

_ALL_SECONDS: Final = 600.0  # of one docking, in reads that failed
_ROOM: Final = 16 << 20  # bytes of the disk that stay free for the ledger and the catalogue
_PIECE: Final = 4 << 20
_LOOK: Final = 0.1  # seconds between two looks whether to stop


class Salvage:
    """One docking's.

    Args:
        archive: open to write.
        source: the recorder.
        area: of the recorder, held.
        context: of the docking.
        switch: of the docking; stopped here only where the archive fails.
        look: asked now and then whether to go on.
    """

    def __init__(
        self,
        archive: Archive,
        source: Recorder,
        *,
        area: Area,
        context: Context,
        switch: Switch,
        look: Callable[[], bool],
    ) -> None:
        self._archive = archive
        self._source = source
        self._area = area
        self._context = context
        self._switch = switch
        self._look = look
        self._looked = 0.0
        self._seconds = _ALL_SECONDS
        self._count = 0
        self._over = False  # the recorder does not answer any more

    def run(self, outcomes: list[Outcome]) -> list[Job]:
        """Salvage what failed in the middle; each job says what was kept of it.

        Returns:
            Those whose every byte came this time: they can be acquired as they should.
        """
        whole: list[Job] = []
        for job in [o.job for o in outcomes if _failed_in_the_middle(o)]:
            if self._over or self._seconds <= 0 or not self._goes_on():
                break
            try:
                job.salvaged = self._salvage(job)
            except (ArchiveError, OSError) as e:
                self._switch.stop(e)
                break
            if job.salvaged is not None and not job.salvaged.unread:
                job.part = job.failed = (
                    None  # to be acquired once more, from the part that is there
                )
                whole.append(job)
        return whole

    def _salvage(self, job: Job) -> Salvaged | None:
        """One clip. None: nothing is kept that was not kept before.

        Raises:
            ArchiveError, OSError: the archive failed.
        """
        if self._archive.free_bytes() < job.size + _ROOM or not self._source.is_there():
            return None
        try:
            reader = self._source.open(job.found)
        except (DeviceError, OSError):
            return None
        self._count += 1
        path = self._area.path / f"s-{self._count:06}"
        # Opened before the first write, so that no error of write-back is missed.
        file_system = self._archive.store.file_system()
        try:
            with full_is_said():
                found = self._copied(job, reader, path)
                return self._keep(job, found, path, file_system) if found else None
        finally:
            reader.close()
            self._archive.disk.close(file_system)

    def _copied(self, job: Job, reader: Reader, path: Path) -> Around | None:
        """Make the copy. None: it is no use, and is not there.

        Raises:
            OSError: the archive's disk failed. The copy is not there, where that can be had.
        """
        if (reader.size, reader.mtime_ns) != (job.size, job.mtime_ns):
            return None
        disk = self._archive.disk
        disk.unlink(path)
        fd = disk.create(path)
        try:
            around = self._copy(job, reader, fd)
            useful = around.came > 0 and self._stood_still(job, reader) and self._goes_on()
            if useful and os.fstat(fd).st_size < around.end:
                disk.write_at(fd, memoryview(b"\0"), around.end - 1)
            disk.chmod(fd, 0o444)
        except OSError:
            with suppress(OSError):
                disk.unlink(path)
            raise
        finally:
            disk.close(fd)
        if not useful:
            disk.unlink(path)
            return None
        return around

    def _keep(self, job: Job, around: Around, path: Path, file_system: int) -> Salvaged:
        """Make an object of the copy, and the entry that names it; only then its interim name goes."""
        unread = tuple((first, end - first) for first, end in around.unread)
        digest, *sm3 = self._digests(path)
        salvaged = Salvaged(sha256=digest, size=around.end, unread=unread, read=around.came)
        staged = Staged(path=path, digest=digest, size=around.end)
        self._archive.store.commit([staged], file_system)
        self._archive.record([self._event(job, salvaged, sm3)])
        self._area.remove(path)
        return salvaged

    def _copy(self, job: Job, reader: Reader, fd: int) -> Around:
        """Write what is here and what can be read; what cannot stays a hole, which reads as zeros."""
        disk = self._archive.disk
        kept = self._copy_part(job, fd)
        around = Around(
            reader,
            job.size,
            write=lambda data, at: disk.write_at(fd, data, at),
            go_on=self._goes_on,
            seconds=min(SECONDS, self._seconds),
        )
        around.read(kept)
        self._seconds -= around.seconds
        self._over = around.ended is not None
        return around

    def _copy_part(self, job: Job, fd: int) -> int:
        """Copy the bytes before the bad place, checked, from the part. Returns how many there are."""
        if job.part is None:  # nobody compared what an earlier docking left with this recorder
            return 0
        part = self._area.path / part_name(job.found.path, job.size, job.mtime_ns)
        keep = resumable(part, job.size, [hashlib.sha256()])
        if keep is None:
            return 0
        at = 0
        hasher = hashlib.sha256()
        with part.open("rb", buffering=0) as file:
            while at < keep.length and (data := file.read(min(_PIECE, keep.length - at))):
                self._archive.disk.write_at(fd, memoryview(data), at)
                hasher.update(data)
                at += len(data)
        return at if hasher.hexdigest() == keep.digest else 0

    def _stood_still(self, job: Job, reader: Reader) -> bool:
        """Whether the clip is still what it was; a recorder that cannot say any more is believed."""
        try:
            return reader.restat() == (job.size, job.mtime_ns)
        except SourceGoneError:
            self._over = True
        except (DeviceError, OSError):
            pass
        return True

    def _digests(self, path: Path) -> list[str]:
        names = ["sha256", "sm3"] if self._archive.settings.sm3 else ["sha256"]
        hashers = [hashlib.new(name) for name in names]
        with path.open("rb", buffering=0) as file:
            while data := file.read(_PIECE):
                for hasher in hashers:
                    hasher.update(data)
        return [hasher.hexdigest() for hasher in hashers]

    def _event(self, job: Job, salvaged: Salvaged, sm3: list[str]) -> Event:
        context = self._context
        offset_ms = context.clock.offset_ms if context.clock else None
        start, _ = start_of(job.facts.start, job.mtime_ns, context.zone, offset_ms=offset_ms)
        owner = context.owners.of(start, job.facts.badge)
        named: dict[str, Any] = {"object": salvaged.sha256, "size": salvaged.size}
        if sm3:
            named["sm3"] = sm3[0]
        return Event(
            type="clip.salvaged",
            subject=context.docking,
            actor=context.actor,
            data={
                "recorder": context.recorder,
                "officer": owner.officer,
                "unit": owner.unit,
                "salvaged": named,
                "of": job.size,
                "read": salvaged.read,
                "unread": [list(r) for r in salvaged.unread],
                "modified": modified_text(job.mtime_ns),
            },
            text={**path_text(job.found.path), "reason": str(job.failed)},
        )

    def _goes_on(self) -> bool:
        now = time.monotonic()
        if now - self._looked >= _LOOK:
            self._looked = now
            return self._look()
        return self._switch.stopped is None


def _failed_in_the_middle(outcome: Outcome) -> bool:
    """Whether its medium failed after it was opened; what is compared only (`--reread`) is held already."""
    job = outcome.job
    failed = isinstance(outcome.error, ClipUnreadableError)
    return failed and bool(job.size) and job.held is None
