"""Bytes of objects, read and hashed by one thread for each core with reused buffers, the largest first.

It begins with what the store was listed to hold, while entries are still being read and programs loaded: an object
never changes once it has its name. The system calls and the hashing let go of the interpreter's lock, so this runs at
the disk's speed. Says what bytes hash to; judges nothing.
"""

from __future__ import annotations

import hashlib
import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from archive.audit.bucket import Bucket

_BUFFER: Final = 2 << 20
_AHEAD: Final = 16 << 20  # asked of the disk at a time: it goes on while the hash is at work
_NEXT: Final = 4 << 20  # the same of the next object, while one is read
_PATIENCE: Final = 0.1  # seconds between two reports of progress
_TURN: Final = 0.0005  # seconds that Python code keeps a thread from its next piece


def object_path(digest: bytes) -> str:
    """Where an object lies, relative to ROOT."""
    name = digest.hex()
    return f"store/sha256/{name[:2]}/{name[2:4]}/{name}"


@dataclass(frozen=True, slots=True)
class Hashed:
    """What reading one object gave."""

    size: int = 0
    sha256: bytes = b""
    sm3: str = ""  # hex; empty: not asked for
    error: Exception | None = None  # it was not read to its end


class Hasher:
    """Hashes from `begin` on; ends with the block it guards, whatever it was doing."""

    def __init__(self, root: Path, bucket: Bucket | None = None) -> None:
        self._root = root
        self._bucket = bucket  # where objects are no files
        self._waiting: deque[tuple[bytes, bool]] = deque()  # digest; SM3 as well
        self._running: set[bytes] = set()
        self._done: dict[bytes, Hashed] = {}
        self._afresh: frozenset[bytes] = frozenset()  # whose earlier readings do not count
        self._late = False  # what begins now counts in any case
        self._bytes = 0
        self._news = threading.Condition()
        self._stop = False
        self._threads: list[threading.Thread] = []
        self._at_work = 0
        self._turn = sys.getswitchinterval()

    def __enter__(self) -> Hasher:
        sys.setswitchinterval(min(self._turn, _TURN))
        return self

    def __exit__(self, *_: object) -> None:
        with self._news:
            self._stop = True  # an error, or an interrupt: nobody hashes on for hours
        for thread in self._threads:
            thread.join()
        sys.setswitchinterval(self._turn)

    def begin(self, sizes: Mapping[bytes, int], *, sm3: Callable[[bytes], bool]) -> None:
        """Hash these objects.

        Args:
            sizes: of each.
            sm3: whether an object's SM3 is wanted as well.
        """
        with self._news:
            found = sorted(sizes.items(), key=lambda each: each[1], reverse=True)
            self._waiting.extend((digest, sm3(digest)) for digest, _ in found)
            most = min(max(2, len(os.sched_getaffinity(0))), 8, len(self._waiting))
            for _ in range(most - self._at_work):
                thread = threading.Thread(target=self._work, name="hash")
                self._at_work += 1
                self._threads.append(thread)
                thread.start()

    def results(
        self,
        sizes: Mapping[bytes, int],
        *,
        sm3: Callable[[bytes], bool],
        progress: Callable[[int, int], None],
        afresh: Collection[bytes] = (),
    ) -> Iterator[tuple[bytes, Hashed]]:
        """Each of these objects once, as it is done; what was begun beside them is given up.

        Args:
            sizes: of each.
            sm3: whether an object's SM3 is wanted as well; what was begun without it is read again.
            progress: told bytes done and bytes in all.
            afresh: whose reading begins from now on: what was begun before is read again.
        """
        left = dict(sizes)
        with self._news:
            self._afresh, self._late = frozenset(afresh), True
            for digest in self._afresh:
                self._done.pop(digest, None)
            known = (self._running | self._done.keys()) - self._afresh
            known |= {digest for digest, _ in self._waiting}
            self._waiting = deque(each for each in self._waiting if each[0] in left)
        self.begin({digest: size for digest, size in sizes.items() if digest not in known}, sm3=sm3)
        total = sum(sizes.values())
        while left:
            with self._news:
                self._news.wait_for(lambda: bool(self._done), _PATIENCE)
                done, self._done = self._done, {}
                reached = self._bytes
            progress(min(reached, total), total)
            for digest, hashed in done.items():
                if digest not in left:
                    continue
                if hashed.error is None and not hashed.sm3 and sm3(digest):
                    self.begin({digest: left[digest]}, sm3=sm3)
                    continue
                del left[digest]
                yield digest, hashed
        progress(total, total)

    def _work(self) -> None:
        buffer = memoryview(bytearray(_BUFFER))
        while True:
            with self._news:
                if self._stop or not self._waiting:
                    self._at_work -= 1
                    return
                digest, sm3 = self._waiting.popleft()
                late = self._late
                self._running.add(digest)
                coming = self._waiting[0][0] if self._waiting else None
            try:
                hashed = self._hash(digest, buffer, coming, sm3=sm3)
            except (OSError, ValueError) as e:  # ValueError: no SM3 in this machine's OpenSSL
                hashed = Hashed(error=e)
            with self._news:
                self._running.discard(digest)
                if late or digest not in self._afresh:
                    self._done[digest] = hashed
                self._news.notify()

    def _hash(
        self, digest: bytes, buffer: memoryview, coming: bytes | None, *, sm3: bool
    ) -> Hashed:
        first, second = hashlib.sha256(), hashlib.new("sm3") if sm3 else None
        size = 0
        if self._bucket is not None:
            for piece in self._pieces(self._bucket, digest, buffer):
                first.update(piece)
                if second is not None:
                    second.update(piece)
                size += len(piece)
            return Hashed(size, first.digest(), "" if second is None else second.hexdigest())
        fd = self._open(digest)
        try:
            os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_SEQUENTIAL)
            if coming is not None:
                self._ask_for(coming)
            asked = 0
            while not self._stop:
                if size + _AHEAD > asked:
                    os.posix_fadvise(fd, asked, _AHEAD, os.POSIX_FADV_WILLNEED)
                    asked += _AHEAD
                if not (count := os.readv(fd, [buffer])):
                    break
                piece = buffer[:count]
                first.update(piece)
                if second is not None:
                    second.update(piece)
                size += count
                with self._news:
                    self._bytes += count
        finally:
            os.close(fd)
        return Hashed(size, first.digest(), "" if second is None else second.hexdigest())

    def _pieces(self, bucket: Bucket, digest: bytes, buffer: memoryview) -> Iterator[memoryview]:
        """The bytes of an object that is no file. Raises OSError."""
        from archive.audit.bucket import failing_as_a_disk

        with failing_as_a_disk(), bucket.open(digest) as file:
            while not self._stop and (count := file.readinto(buffer)):
                yield buffer[:count]
                with self._news:
                    self._bytes += count

    def _ask_for(self, digest: bytes) -> None:
        """Have the disk begin with what comes next, so that it does not rest between files."""
        with suppress(OSError):  # whoever reads it will see
            fd = self._open(digest)
            try:
                os.posix_fadvise(fd, 0, _NEXT, os.POSIX_FADV_WILLNEED)
            finally:
                os.close(fd)

    def _open(self, digest: bytes) -> int:
        path = self._root / object_path(digest)
        return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
