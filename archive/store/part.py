"""One transfer in progress: a file in an area, and a journal of how much of it is known to be on the medium.

Written directly (O_DIRECT) from page-aligned buffers where the medium takes it: no second copy in
the page cache, nothing left for the sync to find, and the later read-back really reads the medium.
Elsewhere buffered, with write-back started at once.
"""

from __future__ import annotations

import errno
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from archive.durable import Disk

BLOCK: Final = 4096  # direct writes: offset, length and address are multiples of this
CHUNK: Final = 64 << 20  # bytes between two lines of the journal
_READ: Final = 1 << 20
_NAME: Final = 64  # characters of a docking's id, at most


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Bytes that one docking read, one after the other."""

    docking: str  # id; empty where the journal does not say
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """So many bytes from the start have this SHA-256."""

    length: int
    digest: str
    read_by: tuple[Stretch, ...] = ()  # which dockings read them, in order


def part_name(path: bytes, size: int, mtime_ns: int) -> str:
    """The name in the recorder's area of a clip's transfer."""
    key = b"%s\0%d\0%d" % (path, size, mtime_ns)
    return hashlib.sha256(key).hexdigest()[:32] + ".part"


class Part:
    """A file being written from front to back. Not thread-safe; one writer."""

    def __init__(self, path: Path, disk: Disk, *, keep: Mark | None = None) -> None:
        """Begin, or go on after `keep.length` bytes that were checked by `resumable`.

        Raises:
            OSError: the medium failed.
        """
        self.path = path
        self.written = keep.length if keep else 0
        self.marked = self.written  # bytes that the next docking can go on after
        self._disk = disk
        self._journal = path.with_suffix(".journal")
        if keep is None:
            disk.unlink(path)
            disk.unlink(self._journal)
            self._fd, self._direct = self._create()
        else:
            self._fd, self._direct = disk.open_at(path, keep.length), False

    def _create(self) -> tuple[int, bool]:
        try:
            return self._disk.create(self.path, direct=True), True
        except OSError as e:
            if e.errno not in {errno.EINVAL, errno.EOPNOTSUPP}:
                raise
        self._disk.unlink(self.path)
        return self._disk.create(self.path), False

    def write(self, data: memoryview) -> None:
        """Append bytes.

        While writing directly each piece but the last is a multiple of BLOCK, from a page-aligned buffer.

        Raises:
            OSError: the medium failed or is full. The part is as it was, or longer.
        """
        whole = len(data) - len(data) % BLOCK if self._direct else 0
        if whole:
            try:
                self._disk.write_at(self._fd, data[:whole], self.written)
            except OSError as e:
                if e.errno != errno.EINVAL:
                    raise
                whole = 0  # the medium takes the flag, but not the write
        if whole < len(data):
            if self._direct:
                self._disk.clear_direct(self._fd)
                self._direct = False
            self._disk.write_at(self._fd, data[whole:], self.written + whole)
            os.posix_fadvise(self._fd, self.written, len(data), os.POSIX_FADV_DONTNEED)
        self.written += len(data)

    def mark(self, mark: Mark, *, lasting: bool) -> None:
        """Sync what is written, then note it in the journal.

        A line of the journal is never older than the bytes it speaks of, so it need not be synced itself: one that a
        power cut takes costs the next docking a chunk. With `lasting`, because nothing more comes, it is synced.

        Raises:
            OSError: the medium failed; the journal says what it said before.
        """
        self._disk.sync(self._fd)
        fd = self._disk.open_append(self._journal, create=True)
        try:
            who = f" {mark.read_by[-1].docking}" if mark.read_by else ""
            self._disk.write(fd, f"{mark.length} {mark.digest}{who}\n".encode())
            if lasting:
                self._disk.sync(fd)
        finally:
            self._disk.close(fd)
        self.marked = mark.length

    def finish(self) -> None:
        """No more bytes come. Read-only from here on; not synced: the commit does that for many at once.

        Where it cannot (`Disk.syncs_whole`), an error of write-back would be told to nobody after the close: synced.

        Raises:
            OSError: the medium failed.
        """
        self._disk.chmod(self._fd, 0o444)
        if not self._disk.syncs_whole(self._fd):
            self._disk.sync(self._fd, mode=True)
        self.close()

    def close(self) -> None:
        """Let go of the file, as far as it is."""
        if self._fd >= 0:
            self._disk.close(self._fd)
            self._fd = -1

    def forget_journal(self) -> None:
        """The part is an object now."""
        self._disk.unlink(self._journal)


def resumable(path: Path, size: int, hashers: list[hashlib._Hash]) -> Mark | None:
    """How much of a part that somebody left can be kept: up to the last journal line that agrees.

    The part is read again from the medium into `hashers` (the first is SHA-256), which then stand at the mark's end.

    Returns:
        None when nothing can be kept. The hashers are then of no use.
    """
    marks = _marks(path.with_suffix(".journal"), size)
    if not marks or not path.is_file() or path.is_symlink():
        return None
    good: Mark | None = None
    done = 0
    with path.open("rb", buffering=0) as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        for mark in marks:
            trial = [h.copy() for h in hashers]
            if (
                not _feed(file.fileno(), done, mark.length, trial)
                or trial[0].hexdigest() != mark.digest
            ):
                break
            hashers[:] = trial
            good, done = mark, mark.length
    return good


def _marks(journal: Path, size: int) -> list[Mark]:
    try:
        lines = journal.read_bytes()[: 1 << 20].decode("ascii").split("\n")[:-1]
    except (OSError, UnicodeDecodeError):
        return []
    marks: list[Mark] = []
    for line in lines:
        length, _, rest = line.partition(" ")
        digest, _, docking = rest.partition(" ")
        if not length.isdigit() or len(length) > 19 or len(digest) != 64 or len(docking) > _NAME:
            break
        before = marks[-1] if marks else Mark(length=0, digest="")
        if int(length) > size or int(length) <= before.length:
            break
        read_by = with_stretch(before.read_by, docking, int(length) - before.length)
        marks.append(Mark(length=int(length), digest=digest, read_by=read_by))
    return marks


def with_stretch(before: tuple[Stretch, ...], docking: str, length: int) -> tuple[Stretch, ...]:
    """One stretch more; bytes that the same docking read next are one stretch."""
    if before and before[-1].docking == docking:
        return (*before[:-1], Stretch(docking=docking, length=before[-1].length + length))
    return (*before, Stretch(docking=docking, length=length))


def _feed(fd: int, start: int, end: int, hashers: list[hashlib._Hash]) -> bool:
    while start < end:
        data = os.pread(fd, min(_READ, end - start), start)
        if not data:
            return False
        for hasher in hashers:
            hasher.update(data)
        start += len(data)
    return True
