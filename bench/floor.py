"""The bare floor of a docking: the least program that keeps the same promises, and nothing of Muniment's.

    python bench/floor.py SOURCE TARGET [--read-back]

Two copiers, each with its own writer thread; buffered reads, asked for ahead; SHA-256; direct writes from reused
page-aligned buffers; one committer: `syncfs`, link, `syncfs`, one write and one `fdatasync` of entries and signed
checkpoint. A file is receipted when its entry is on the medium. Prints one JSON document. What it does not do:
catalogue, recovery, resuming, names, recorders, tiles. It shares no code with what it is compared to.
"""

from __future__ import annotations

import argparse
import ctypes
import fcntl
import hashlib
import json
import mmap
import os
import queue
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

BUFFER: Final = 2 << 20
BUFFERS: Final = 4  # for each copier: one being read, one being written, two between
BLOCK: Final = 4096
AHEAD: Final = 16 << 20  # bytes of one request to read ahead; up to twice as much is asked for
_LIBC: Final = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file to be kept."""

    path: Path
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """A file that is written, not yet durable."""

    name: str
    part: Path
    digest: str
    size: int


class Writer(threading.Thread):
    """Writes one copier's buffers, while the copier reads and hashes the next."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.free: queue.SimpleQueue[mmap.mmap] = queue.SimpleQueue()
        self.full: queue.SimpleQueue[tuple[int, mmap.mmap, int, int] | None] = queue.SimpleQueue()
        self.error: OSError | None = None
        for _ in range(BUFFERS):
            self.free.put(mmap.mmap(-1, BUFFER))

    def run(self) -> None:
        """Until None comes. After a failure it only hands buffers back."""
        while (item := self.full.get()) is not None:
            fd, buffer, length, offset = item
            try:
                if self.error is None:
                    self._write(fd, buffer, length, offset)
            except OSError as e:
                self.error = e
            self.free.put(buffer)

    def _write(self, fd: int, buffer: mmap.mmap, length: int, offset: int) -> None:
        whole = length - length % BLOCK
        view = memoryview(buffer)
        if whole and os.pwrite(fd, view[:whole], offset) != whole:
            raise OSError("short write")
        if whole < length:
            # The last block of a file is no whole one: through the page cache.
            fcntl.fcntl(fd, fcntl.F_SETFL, fcntl.fcntl(fd, fcntl.F_GETFL) & ~os.O_DIRECT)
            if os.pwrite(fd, view[whole:length], offset + whole) != length - whole:
                raise OSError("short write")

    def drain(self) -> None:
        """Return when everything handed over is written. Raises OSError."""
        held = [self.free.get() for _ in range(BUFFERS)]
        for buffer in held:
            self.free.put(buffer)
        if self.error is not None:
            raise self.error


class Copier(threading.Thread):
    """Takes files until there are none, copies and hashes each."""

    def __init__(
        self, work: queue.SimpleQueue[tuple[Source, Source | None] | None], target: Path
    ) -> None:
        super().__init__(daemon=True)
        self._work = work
        self._incoming = target / "incoming"
        self._writer = Writer()
        self.error: OSError | None = None
        self.done: queue.SimpleQueue[Copied | None] = queue.SimpleQueue()

    def run(self) -> None:
        """Until there is no more work, or an error."""
        self._writer.start()
        try:
            while (item := self._work.get()) is not None:
                self.done.put(self._copy(*item))
        except OSError as e:
            self.error = e
        self._writer.full.put(None)
        self.done.put(None)

    def _copy(self, source: Source, following: Source | None) -> Copied:
        hasher, size, asked = hashlib.sha256(), 0, 0
        part = self._incoming / f"{threading.get_ident()}-{source.path.name}"
        read = os.open(source.path, os.O_RDONLY)
        os.posix_fadvise(read, 0, 0, os.POSIX_FADV_SEQUENTIAL)
        write = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_DIRECT, 0o644)
        if following is not None and following.size <= 4 * BUFFER:
            _prefetch(following.path)
        while True:
            buffer = self._writer.free.get()
            # Between writes, large requests keep the medium reading; the kernel's own read-ahead does not.
            while asked < min(size + AHEAD, source.size):
                os.posix_fadvise(read, asked, AHEAD, os.POSIX_FADV_WILLNEED)
                asked += AHEAD
            length = os.readv(read, [buffer])
            if not length:
                self._writer.free.put(buffer)
                break
            # A short read in the middle of a file would leave the next write unaligned.
            while length < BUFFER and size + length < source.size:
                more = os.readv(read, [memoryview(buffer)[length:]])
                if not more:
                    break
                length += more
            self._writer.full.put((write, buffer, length, size))
            hasher.update(memoryview(buffer)[:length])
            size += length
        self._writer.drain()
        os.fchmod(write, 0o444)
        os.close(write)
        os.close(read)
        if size != source.size:
            raise OSError(f"{source.path.name}: {size} bytes, not {source.size}")
        return Copied(name=source.path.name, part=part, digest=hasher.hexdigest(), size=size)


def _prefetch(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY)
    os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_WILLNEED)
    os.close(fd)


class Committer:
    """Makes what was copied durable, in groups of whatever waits."""

    def __init__(self, target: Path) -> None:
        self._objects = target / "sha256"
        self._fs = os.open(target, os.O_RDONLY | os.O_DIRECTORY)
        self._entries = os.open(target / "entries", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        self._key = Ed25519PrivateKey.generate()
        self._root = hashlib.sha256()
        self._size = 0
        self._last = ""
        self.objects: list[tuple[Path, str]] = []

    def commit(self, group: Sequence[Copied]) -> None:
        """Object durable, then name durable, then entry durable."""
        self._sync()
        for item in group:
            final = self._objects / item.digest[:2] / item.digest[2:4] / item.digest
            final.parent.mkdir(parents=True, exist_ok=True)
            os.link(item.part, final)
            self.objects.append((final, item.digest))
        self._sync()
        lines = [self._entry(item) for item in group]
        note = f"floor\n{self._size}\n{self._root.hexdigest()}\n".encode()
        lines.append(b"= " + note.hex().encode() + b" " + self._key.sign(note).hex().encode())
        os.write(self._entries, b"\n".join(lines) + b"\n")
        os.fdatasync(self._entries)
        for item in group:
            item.part.unlink()

    def _entry(self, item: Copied) -> bytes:
        raw = json.dumps(
            {
                "type": "clip.ingested",
                "time": time.time_ns(),
                "name": item.name,
                "object": item.digest,
                "size": item.size,
                "prev": self._last,
            }
        ).encode()
        leaf = hashlib.sha256(b"\0" + raw)
        self._last = leaf.hexdigest()
        self._root.update(leaf.digest())
        self._size += 1
        return raw

    def _sync(self) -> None:
        if _LIBC.syncfs(self._fs) != 0:
            raise OSError(ctypes.get_errno(), "syncfs")


def secure(files: Sequence[Source], target: Path, *, copiers: int = 2) -> list[tuple[Path, str]]:
    """Keep the files; every object with its digest. Raises OSError."""
    (target / "incoming").mkdir(parents=True)
    (target / "sha256").mkdir()
    work: queue.SimpleQueue[tuple[Source, Source | None] | None] = queue.SimpleQueue()
    for at, file in enumerate(files):
        work.put((file, files[at + copiers] if at + copiers < len(files) else None))
    done: queue.SimpleQueue[Copied | None] = queue.SimpleQueue()
    threads = [Copier(work, target) for _ in range(copiers)]
    for thread in threads:
        work.put(None)
        thread.done = done
        thread.start()
    committer, running = Committer(target), copiers
    while running:
        group: list[Copied] = []
        item = done.get()
        while True:
            if item is None:
                running -= 1
            else:
                group.append(item)
            if done.empty():
                break
            item = done.get()
        if group:
            committer.commit(group)
    for thread in threads:
        if thread.error is not None:
            raise thread.error
    return committer.objects


def read_back(objects: Sequence[tuple[Path, str]], *, threads: int = 2) -> bool:
    """Whether the medium has every object's bytes; read with the given number of threads."""
    wrong: list[Path] = []
    waiting = list(reversed(objects))

    def check() -> None:
        buffer = memoryview(bytearray(BUFFER))
        while True:
            try:
                path, digest = waiting.pop()
            except IndexError:
                return
            hasher = hashlib.sha256()
            with path.open("rb", buffering=0) as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_SEQUENTIAL)
                while n := file.readinto(buffer):
                    hasher.update(buffer[:n])
            if hasher.hexdigest() != digest:
                wrong.append(path)

    workers = [threading.Thread(target=check) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return not wrong


def main() -> int:
    """Run it; one JSON document on stdout."""
    parser = argparse.ArgumentParser(description="the bare floor of a docking")
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--read-back", action="store_true")
    options = parser.parse_args()
    start = time.perf_counter()
    files = [
        Source(path=path, size=path.stat().st_size)
        for path in sorted(options.source.rglob("*"))
        if path.is_file()
    ]
    objects = secure(files, options.target)
    receipt = time.perf_counter() - start
    whole = not options.read_back or read_back(objects)
    print(
        json.dumps(
            {
                "files": len(objects),
                "bytes": sum(file.size for file in files),
                "seconds": receipt,
                "read_back_seconds": time.perf_counter() - start if options.read_back else None,
                "whole": whole,
            }
        )
    )
    return 0 if whole else 1


if __name__ == "__main__":
    sys.exit(main())
