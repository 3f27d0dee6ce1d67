"""Acquiring: one read of the recorder, hashed while it is written.

A copier reads and hashes in its own thread; a writer thread beside it writes. Between them go page-aligned
buffers that are used again and again, so memory does not depend on the size of a clip. This module makes whole, closed
files in the recorder's area; naming them and the ledger are `ingest/committing.py`.
"""

from __future__ import annotations

import hashlib
import mmap
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Final

from archive.durable import Disk
from archive.store.area import Area
from archive.store.part import CHUNK, Mark, Part, Stretch, part_name, resumable, with_stretch
from archive.store.writing import full_is_said
from devices.clips import FoundClip
from devices.errors import ClipChangedError, ClipUnreadableError, DeviceError
from devices.paths import display
from devices.profiles import ClipFacts
from devices.recorder import Reader
from ingest.receipt import Salvaged

BUFFER: Final = 2 << 20  # bytes; a multiple of CHUNK's divisor and of the page size
BUFFERS: Final = 4  # for each copier
SAMPLE: Final = 256 << 10  # bytes read again from the recorder before going on with a part
_TRIES: Final = 3


@dataclass(slots=True, kw_only=True, eq=False)
class Job:
    """One clip on its way into the store."""

    found: FoundClip
    facts: ClipFacts
    held: str | None = None  # the clip we hold that is to be compared (`--reread`)
    held_digest: str = ""  # of that clip's bytes
    digest: str = ""
    sm3: str | None = None
    size: int = 0
    mtime_ns: int = 0
    resumed: int = 0  # bytes that came from earlier dockings
    resumed_from: tuple[Stretch, ...] = ()
    part: Part | None = None
    failed: BaseException | None = None  # what ended the transfer; set by the copier
    salvaged: Salvaged | None = None  # what could be read around what cannot (ingest/salvage.py)
    broken: BaseException | None = None  # the archive's disk failed; set by the writer


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """What a copier hands to its writer: bytes, or the end of a clip."""

    job: Job
    buffer: memoryview | None = None
    length: int = 0
    mark: Mark | None = None  # note this in the journal after the bytes
    end: bool = False


@dataclass(slots=True)
class Switch:
    """Shared by all threads of a docking: which it is, why to stop, and how far it is."""

    docking: str = ""
    stopped: BaseException | None = None
    done_bytes: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def stop(self, why: BaseException) -> None:
        """The first reason counts."""
        with self.lock:
            if self.stopped is None:
                self.stopped = why

    def count(self, size: int) -> None:
        """So many bytes more are read."""
        with self.lock:
            self.done_bytes += size


class Copier:
    """Reads clips, one after another, and hashes them; its writer thread writes.

    `staged` is called from the writer thread with each job that ended, well or not.
    """

    def __init__(
        self,
        *,
        area: Area,
        disk: Disk,
        sm3: bool,
        switch: Switch,
        staged: Callable[[Job], None],
    ) -> None:
        self._area = area
        self._disk = disk
        self._algorithms = ["sha256", "sm3"] if sm3 else ["sha256"]
        self._switch = switch
        self._staged = staged
        self._free: SimpleQueue[memoryview] = SimpleQueue()
        for _ in range(BUFFERS):
            self._free.put(memoryview(mmap.mmap(-1, BUFFER)))
        self._full: SimpleQueue[Piece | threading.Event | None] = SimpleQueue()
        self._writer = threading.Thread(target=self._write, name="writer", daemon=True)
        self._writer.start()

    def copy(self, job: Job, reader: Reader, reopen: Callable[[], Reader]) -> None:
        """Acquire one clip; its end is told to `staged`. Never raises for the recorder's or the disk's sake.

        A clip that changes while it is read is tried again from the start (`reopen`), three times in all.
        """
        try:
            for left in reversed(range(_TRIES)):
                try:
                    self._transfer(job, reader)
                    break
                except ClipChangedError:
                    if not left or self._switch.stopped:
                        raise
                    reader.close()
                    reader = reopen()
        except (DeviceError, OSError) as e:
            job.failed = e
        finally:
            reader.close()
        self._full.put(Piece(job=job, end=True))

    def finish(self) -> None:
        """Wait until everything handed over is written."""
        self._full.put(None)
        self._writer.join()

    # Reading and hashing

    def _transfer(self, job: Job, reader: Reader) -> None:
        job.size, job.mtime_ns = reader.size, reader.mtime_ns
        hashers = [hashlib.new(name) for name in self._algorithms]
        offset = self._begin(job, reader, hashers)
        while True:
            buffer = self._free.get()
            length, error = fill(reader, buffer)
            before, offset = offset, offset + length
            if length:
                # Written while it is hashed: nobody but this thread takes the buffer up again. A mark needs the
                # digest first, and goes with its buffer.
                marked = before // CHUNK != offset // CHUNK and offset < job.size
                if not marked:
                    self._full.put(Piece(job=job, buffer=buffer, length=length))
                for hasher in hashers:
                    hasher.update(buffer[:length])
                if marked:
                    mark = self._mark(job, offset, hashers)
                    self._full.put(Piece(job=job, buffer=buffer, length=length, mark=mark))
                self._switch.count(length)
            else:
                self._free.put(buffer)
            if error is not None:
                self._suspend(job, offset, hashers)
                raise error
            if not length or offset > job.size:
                break
            if self._switch.stopped or job.broken:
                self._suspend(job, offset, hashers)
                job.failed = self._switch.stopped
                return
        self._check_end(job, reader, offset, hashers)
        job.digest = hashers[0].hexdigest()
        job.sm3 = hashers[1].hexdigest() if len(hashers) > 1 else None

    def _check_end(
        self, job: Job, reader: Reader, offset: int, hashers: list[hashlib._Hash]
    ) -> None:
        """Whether what came is the whole clip.

        Raises:
            ClipChangedError: it is not what it was when it was opened.
            ClipUnreadableError: it still is, but ends early. What came is noted.
            DeviceError: the recorder does not say. What came is noted.
        """
        path = display(job.found.path)[0]
        try:
            now = reader.restat()
        except DeviceError:
            if offset <= job.size:
                self._suspend(job, offset, hashers)
            raise
        if now != (job.size, job.mtime_ns):
            reason = f"announced with {job.size} bytes, it changes while it is read"
            raise ClipChangedError(path=path, reason=reason)
        if offset > job.size:
            reason = f"announced with {job.size} bytes, it has more"
            raise ClipChangedError(path=path, reason=reason)
        if offset < job.size:
            self._suspend(job, offset, hashers)
            reason = f"announced with {job.size} bytes, it ends after {offset}"
            raise ClipUnreadableError(path=path, reason=reason)

    def _begin(self, job: Job, reader: Reader, hashers: list[hashlib._Hash]) -> int:
        """Open the part; go on where an earlier docking stopped, if all agrees. Returns where reading begins."""
        path = self._area.path / part_name(job.found.path, job.size, job.mtime_ns)
        old = job.part
        if old is not None:  # tried before in this docking: the writer must be done with it
            self._drain()
            old.close()
            self._area.remove(old.path)
            keep = None
        else:
            fresh = [h.copy() for h in hashers]
            keep = resumable(path, job.size, hashers) if path.exists() else None
            job.resumed = keep.length if keep else 0  # which stays, if the recorder goes now
            if keep is not None and not self._same_sample(path, reader, keep.length):
                keep = None
            if keep is None:
                hashers[:] = fresh
        job.resumed = keep.length if keep else 0
        job.resumed_from = keep.read_by if keep else ()
        job.part = Part(path, self._disk, keep=keep)
        reader.seek(job.resumed)
        self._switch.count(job.resumed)
        return job.resumed

    def _same_sample(self, path: object, reader: Reader, end: int) -> bool:
        """Whether the recorder still has the bytes before `end` that the part has."""
        start = max(0, end - SAMPLE)
        with open(str(path), "rb") as file:  # noqa: PTH123 - a path of our own making
            file.seek(start)
            mine = file.read(end - start)
        theirs = memoryview(bytearray(end - start))
        reader.seek(start)
        length, error = fill(reader, theirs)
        if error is not None:
            raise error
        return length == len(mine) and theirs == mine

    def _suspend(self, job: Job, offset: int, hashers: list[hashlib._Hash]) -> None:
        """Have what was read noted, so that the next docking goes on there."""
        if offset > job.resumed:
            self._full.put(Piece(job=job, mark=self._mark(job, offset, hashers)))

    def _mark(self, job: Job, offset: int, hashers: list[hashlib._Hash]) -> Mark:
        read_by = with_stretch(job.resumed_from, self._switch.docking, offset - job.resumed)
        return Mark(length=offset, digest=hashers[0].hexdigest(), read_by=read_by)

    def _drain(self) -> None:
        """Wait until the writer has done all that was handed over, marks without bytes too."""
        reached = threading.Event()
        self._full.put(reached)
        reached.wait()

    # Writing

    def _write(self) -> None:
        while (piece := self._full.get()) is not None:
            if isinstance(piece, threading.Event):
                piece.set()
                continue
            job = piece.job
            try:
                if job.part is not None and (piece.end or not job.broken):
                    with full_is_said():
                        self._write_piece(job, job.part, piece)
            except BaseException as e:  # noqa: BLE001 - a writer that dies leaves its copier waiting
                job.broken = e
                self._switch.stop(e)
            finally:
                if piece.buffer is not None:
                    self._free.put(piece.buffer)
            if piece.end:
                self._staged(job)

    def _write_piece(self, job: Job, part: Part, piece: Piece) -> None:
        if piece.buffer is not None:
            part.write(piece.buffer[: piece.length])
        if piece.mark is not None and part.written == piece.mark.length:
            part.mark(piece.mark, lasting=piece.buffer is None)
        if piece.end:
            if job.digest and not job.broken:
                part.finish()
            else:
                part.close()


def fill(reader: Reader, buffer: memoryview) -> tuple[int, DeviceError | OSError | None]:
    """Read until the buffer is full, the clip ends or reading fails.

    Returns:
        How many bytes came, all of them good, and what ended it, where that was an error.
    """
    done = 0
    try:
        while done < len(buffer) and (n := reader.read_into(buffer[done:])):
            done += n
    except (DeviceError, OSError) as e:
        return done, e
    return done, None
