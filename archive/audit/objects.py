"""Objects: every one that is named is there, whole and read-only; nobody else's file is among them.

Bytes are read and hashed by one thread for each core with reused buffers, the largest first; the
system calls and the hashing let go of the interpreter's lock, so this runs at the disk's speed.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from archive.audit.chain import ENTRIES, LedgerFacts
from archive.audit.errors import AuditFailedError
from archive.audit.inventory import Held, Inventory, object_path
from archive.audit.modes import Mode, Sample, Since
from archive.audit.names import Names
from archive.audit.report import Code, Finding

_BUFFER: Final = 4 << 20
_PATIENCE: Final = 0.1  # seconds between two reports of progress
# Not the archive's fault: this machine has run out of something.
_MACHINE: Final = {errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOSPC, errno.EINTR}


@dataclass(frozen=True, slots=True)
class Task:
    """One object to hash."""

    digest: bytes
    size: int
    sm3: str
    rows: dict[bytes, int]  # rows that have to be in it


@dataclass(slots=True)
class ObjectFacts:
    """What the store holds."""

    total: int = 0
    checked: int = 0
    bytes: int = 0
    interrupted: int = 0
    findings: list[Finding] = field(default_factory=list)


def check_objects(
    root: Path,
    ledger: LedgerFacts,
    inventory: Inventory,
    *,
    mode: Mode,
    subject_of: Callable[[int], str],
    progress: Callable[[int, int], None],
) -> ObjectFacts:
    """Check what entries name against what is there.

    Args:
        root: of the archive.
        ledger: what is named.
        inventory: what was there before the entries were read.
        mode: whose bytes are hashed.
        subject_of: what an entry is about.
        progress: bytes hashed, bytes in all.

    Raises:
        AuditFailedError: the machine ran out of descriptors or memory.
    """
    facts = ObjectFacts(total=len(ledger.names))
    check = ObjectCheck(root, ledger.names, subject_of, facts)
    wanted = _wanted(ledger.names, mode)
    tasks = [task for digest in ledger.names if (task := check.look(digest, inventory, wanted))]
    tasks += check.look_at_unnamed(inventory, hash_them=wanted is None)
    check.hash_all(tasks, progress)
    for index, digest in ledger.names.disagreed:
        facts.findings.append(
            Finding(
                code=Code.ENTRY_SIZE_DIFFERS,
                where=ENTRIES,
                subject=subject_of(index),
                detail=f"entry {index}: says another size for object {digest.hex()} than the entry before",
            )
        )
    return facts


def _wanted(names: Names, mode: Mode) -> set[bytes] | None:
    if isinstance(mode, Sample):
        return mode.draw(names)
    if isinstance(mode, Since):
        return {digest for digest in names if names.last(digest) >= mode.index}
    return None


class ObjectCheck:
    """The store of one archive."""

    def __init__(
        self, root: Path, names: Names, subject_of: Callable[[int], str], facts: ObjectFacts
    ) -> None:
        self._root = root
        self._names = names
        self._subject_of = subject_of
        self._facts = facts
        self._lock = threading.Lock()
        self._stop = threading.Event()

    def find(self, code: Code, digest: bytes, detail: str, *, index: int | None = None) -> None:
        """A finding about an object."""
        if index is None and digest in self._names:
            index = self._names.first(digest)
            detail += f" (entry {index} names it)"
        subject = "" if index is None else self._subject_of(index)
        finding = Finding(code=code, where=object_path(digest), detail=detail, subject=subject)
        with self._lock:
            self._facts.findings.append(finding)

    # Names, sizes, modes

    def look(self, digest: bytes, inventory: Inventory, wanted: set[bytes] | None) -> Task | None:
        """Check a named object without reading it; what is to be hashed, if it is."""
        held = inventory.objects.get(digest) or self._late(digest)
        if held is None:
            self.find(Code.OBJECT_MISSING, digest, "it is not in the store")
            return None
        if not self._is_sound(digest, held):
            return None
        size = self._names.size(digest)
        if size >= 0 and held.size != size:
            self.find(Code.OBJECT_SIZE_DIFFERS, digest, f"{held.size} bytes, {size} were ingested")
            return None
        if wanted is not None and digest not in wanted:
            return None
        return Task(digest, held.size, self._names.sm3(digest), self._names.rows(digest))

    def look_at_unnamed(self, inventory: Inventory, *, hash_them: bool) -> list[Task]:
        """Interrupted writes are whole objects too; what is neither named nor one is foreign."""
        tasks = []
        for digest, held in inventory.objects.items():
            if digest in self._names:
                continue
            if held.inode not in inventory.incoming:
                if os.path.lexists(self._root / object_path(digest)):
                    self.find(Code.FOREIGN_FILE, digest, "no entry names it")
                continue
            self._facts.interrupted += 1
            if self._is_sound(digest, held) and hash_them:
                tasks.append(Task(digest, held.size, "", {}))
        return tasks

    def _late(self, digest: bytes) -> Held | None:
        """An object that came after the store was listed."""
        try:
            status = (self._root / object_path(digest)).lstat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        return Held(status.st_ino, status.st_size, status.st_mode)

    def _is_sound(self, digest: bytes, held: Held) -> bool:
        if not stat.S_ISREG(held.mode):
            self.find(Code.OBJECT_NOT_A_FILE, digest, "a link, folder or device lies in its place")
            return False
        if held.mode & 0o222:
            mode = stat.S_IMODE(held.mode)
            self.find(Code.OBJECT_WRITABLE, digest, f"mode {mode:04o}, has to be 0444")
        return True

    # Bytes

    def hash_all(self, tasks: list[Task], progress: Callable[[int, int], None]) -> None:
        """Hash them, the largest first."""
        tasks.sort(key=lambda task: task.size, reverse=True)
        total = sum(task.size for task in tasks)
        queue = deque(tasks)
        threads = min(max(2, len(os.sched_getaffinity(0))), 8, len(tasks))
        if not threads:
            return
        with ThreadPoolExecutor(threads) as pool:
            running = {pool.submit(self._work, queue) for _ in range(threads)}
            try:
                while running:
                    done, running = wait(running, timeout=_PATIENCE)
                    for future in done:
                        future.result()
                    progress(self._facts.bytes, total)
            finally:
                self._stop.set()  # an error, or an interrupt: nobody hashes on for hours

    def _work(self, queue: deque[Task]) -> None:
        buffer = memoryview(bytearray(_BUFFER))
        while not self._stop.is_set():
            try:
                task = queue.popleft()
            except IndexError:
                return
            try:
                self._hash(task, buffer, queue)
            except OSError as e:
                if e.errno in _MACHINE:
                    raise AuditFailedError(
                        f"the audit cannot go on on this machine: {e.strerror}"
                    ) from e
                code = Code.OBJECT_MISSING if e.errno == errno.ENOENT else Code.OBJECT_UNREADABLE
                self.find(code, task.digest, f"reading it fails: {e.strerror}")

    def _hash(self, task: Task, buffer: memoryview, queue: deque[Task]) -> None:
        path = self._root / object_path(task.digest)
        sha256 = hashlib.sha256()
        sm3 = hashlib.new("sm3") if task.sm3 else None
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_SEQUENTIAL)
            self._prefetch(queue)
            while (count := os.readv(fd, [buffer])) and not self._stop.is_set():
                piece = buffer[:count]
                sha256.update(piece)
                if sm3 is not None:
                    sm3.update(piece)
                with self._lock:
                    self._facts.bytes += count
        finally:
            os.close(fd)
        with self._lock:
            self._facts.checked += 1
        if sha256.digest() != task.digest:
            self.find(Code.OBJECT_CHANGED, task.digest, f"its bytes hash to {sha256.hexdigest()}")
        elif sm3 is not None and sm3.hexdigest() != task.sm3:
            self.find(Code.OBJECT_SM3_DIFFERS, task.digest, f"its SM3 is {sm3.hexdigest()}")
        elif task.rows:
            self._check_rows(task, path)

    def _prefetch(self, queue: deque[Task]) -> None:
        """Ask the disk for the start of what comes next, so that it does not rest between files."""
        try:
            fd = os.open(
                self._root / object_path(queue[0].digest),
                os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC,
            )
        except (OSError, IndexError):
            return  # whoever reads it will see
        try:
            os.posix_fadvise(fd, 0, _BUFFER, os.POSIX_FADV_WILLNEED)
        finally:
            os.close(fd)

    def _check_rows(self, task: Task, path: Path) -> None:
        missing = dict(task.rows)
        with path.open("rb") as lines:
            for line in lines:
                missing.pop(hashlib.sha256(line.removesuffix(b"\n")).digest(), None)
        for index in missing.values():
            self.find(
                Code.TEXT_ROW_MISSING,
                task.digest,
                f"the row that entry {index} means is not in it",
                index=index,
            )
