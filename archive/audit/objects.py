"""Objects: every one that is named is there, whole and read-only; nobody else's file is among them.

What bytes hash to comes from `hashing.py`; here it is judged by what entries say.
"""

from __future__ import annotations

import errno
import hashlib
import io
import os
import stat
from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from archive.audit.chain import LedgerFacts
from archive.audit.columns import ENTRIES
from archive.audit.errors import AuditFailedError
from archive.audit.hashing import Hashed, Hasher, object_path
from archive.audit.inventory import Held, Inventory
from archive.audit.modes import Mode, Sample, Since, Turn
from archive.audit.names import Names
from archive.audit.removed import Afterwards
from archive.audit.report import Code, Finding

if TYPE_CHECKING:
    from archive.audit.bucket import Bucket

_LOST: Final = {
    Code.OBJECT_MISSING,
    Code.OBJECT_NOT_A_FILE,
    Code.OBJECT_SIZE_DIFFERS,
    Code.OBJECT_UNREADABLE,
}
# What a medium, or who changed the file, answers for one object. All else is this machine's or a server's: nobody
# knows then what the bytes are, and no finding is opened.
_OF_THE_OBJECT: Final = {
    *(errno.EIO, errno.EUCLEAN, errno.EBADMSG, errno.ENODATA, errno.EILSEQ, errno.EREMOTEIO),
    *(errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EISDIR, errno.ENXIO),
}
_FEW: Final = 10  # objects that may all be lost while the store is there
_AWAY: Final = (
    "the store is not there: {what}. Its disk may not be mounted, or fails as a whole, or somebody removed it all;"
    " nothing of it was checked and nothing is recorded"
)


@dataclass(frozen=True, slots=True)
class Task:
    """One object to hash."""

    digest: bytes
    size: int
    sm3: str
    rows: dict[bytes, int]  # rows that have to be in it


Digest = bytes


@dataclass(slots=True)
class ObjectFacts:
    """What the store holds."""

    total: int = 0
    checked: int = 0
    bytes: int = 0
    interrupted: int = 0
    wanted: set[Digest] | None = None  # whose bytes were to be read; None: all
    lost: set[Digest] = field(default_factory=set)  # named, and not to be read: no audit covers it
    open: frozenset[Digest] = frozenset()  # what entries say is damaged
    mended: set[Digest] = field(default_factory=set)  # of these, what was hashed and is right
    findings: list[Finding] = field(default_factory=list)


def check_objects(
    root: Path,
    ledger: LedgerFacts,
    inventory: Inventory,
    hasher: Hasher,
    *,
    mode: Mode,
    always: Iterable[bytes],
    open_: Iterable[bytes] = (),
    gone: Set[bytes] = frozenset(),
    over: Set[bytes] = frozenset(),
    subject_of: Callable[[int], str],
    progress: Callable[[int, int], None],
) -> ObjectFacts:
    """Check what entries name against what is there.

    Args:
        root: of the archive.
        ledger: what is named.
        inventory: what was there before the entries were read.
        hasher: may have begun with it.
        mode: whose bytes are hashed.
        always: whose bytes are hashed in every mode.
        open_: what entries say is damaged: hashed in every mode too.
        gone: what lawful disposal took away; where it is there still, its removal was cut short.
        over: of these, what went with a disposal that ended: nothing of it may be there.
        subject_of: what an entry is about.
        progress: bytes hashed, bytes in all.

    Raises:
        AuditFailedError: the machine ran out of descriptors or memory, or the store is not there.
    """
    facts = ObjectFacts(total=len(ledger.names), open=frozenset(open_) - gone)
    facts.interrupted += inventory.leaving
    check = ObjectCheck(root, ledger.names, subject_of, facts, inventory.bucket)
    check.gone, check.over, check.afterwards = gone, over, Afterwards(root, ledger.levels.size)
    wanted = _wanted(ledger.names, mode)
    if wanted is not None:
        wanted.update(d for d in (*always, *facts.open) if d in ledger.names)
    facts.wanted = wanted
    tasks = [task for digest in ledger.names if (task := check.look(digest, inventory, wanted))]
    _refuse_no_store(ledger.names, facts, inventory)
    tasks += check.look_at_unnamed(inventory, hash_them=wanted is None)
    check.hash_all(tasks, hasher, progress)
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


def _refuse_no_store(names: Names, facts: ObjectFacts, inventory: Inventory) -> None:
    """A disk that is not mounted is no damage of each object on it. Raises AuditFailedError."""
    named = len(names)
    if named and inventory.bucket is None and inventory.folder_missing:
        raise AuditFailedError(_AWAY.format(what="the folder store/sha256 does not exist"))
    missing = {f.digest for f in facts.findings if f.code == Code.OBJECT_MISSING}
    if named > _FEW and len(missing) == named:
        raise AuditFailedError(_AWAY.format(what=f"none of {named} objects is in it"))


def _wanted(names: Names, mode: Mode) -> set[bytes] | None:
    if isinstance(mode, Sample):
        return mode.draw(names)
    if isinstance(mode, Since):
        return {digest for digest in names if names.last(digest) >= mode.index}
    if isinstance(mode, Turn):
        return {d for d in names if mode.has(d) or names.last(d) >= mode.since}
    return None


class ObjectCheck:
    """The store of one archive."""

    def __init__(
        self,
        root: Path,
        names: Names,
        subject_of: Callable[[int], str],
        facts: ObjectFacts,
        bucket: Bucket | None = None,
    ) -> None:
        self._root = root
        self._bucket = bucket
        self._names = names
        self._subject_of = subject_of
        self._facts = facts
        self.gone: Set[bytes] = frozenset()
        self.over: Set[bytes] = frozenset()
        self.afterwards: Afterwards | None = None

    def find(self, code: Code, digest: bytes, detail: str, *, index: int | None = None) -> None:
        """A finding about an object."""
        if code is Code.OBJECT_MISSING and self.afterwards and self.afterwards.has(digest):
            return  # a disposal beside this audit
        if index is None and digest in self._names:
            index = self._names.first(digest)
            detail += f" (entry {index} names it)"
        if code in _LOST and digest in self._names:
            self._facts.lost.add(digest)
        subject = "" if index is None else self._subject_of(index)
        where = object_path(digest)
        if self._bucket is not None:
            where = self._bucket.where(self._bucket.s3.key(digest.hex()))
        named = digest.hex() if digest in self._names else ""
        finding = Finding(code=code, where=where, detail=detail, subject=subject, digest=named)
        self._facts.findings.append(finding)

    # Names, sizes, modes

    def look(self, digest: bytes, inventory: Inventory, wanted: set[bytes] | None) -> Task | None:
        """Check a named object without reading it; what is to be hashed, if it is."""
        held = inventory.objects.get(digest) or self._late(digest)
        if held is None:
            bucket = self._bucket
            why = "it is not in the store" if bucket is None else bucket.lost(digest)
            self.find(Code.OBJECT_MISSING, digest, why)
            return None
        if not self._is_sound(digest, held):
            return None
        size = self._names.size(digest)
        if size >= 0 and held.size != size:
            self.find(Code.OBJECT_SIZE_DIFFERS, digest, f"{held.size} bytes, {size} were ingested")
            return None
        if wanted is not None and digest not in wanted:
            return None
        if self._bucket is not None:
            for code, detail in self._bucket.look(digest):
                self.find(code, digest, detail)
        return Task(digest, held.size, self._names.sm3(digest), self._names.rows(digest))

    def look_at_unnamed(self, inventory: Inventory, *, hash_them: bool) -> list[Task]:
        """Interrupted writes are whole objects too; what is neither named nor one is foreign."""
        tasks = []
        for digest, held in inventory.objects.items():
            if digest in self._names:
                continue
            if digest in self.gone:
                self._look_at_gone(digest, held, inventory)
                continue
            if self._bucket is not None:
                if digest not in self._bucket.staged:
                    self.find(Code.FOREIGN_FILE, digest, "no entry names it")
                    continue
            elif held.inode not in inventory.incoming:
                if os.path.lexists(self._root / object_path(digest)):
                    self.find(Code.FOREIGN_FILE, digest, "no entry names it")
                continue
            self._facts.interrupted += 1
            if self._is_sound(digest, held) and hash_them:
                tasks.append(Task(digest, held.size, "", {}))
        return tasks

    def _look_at_gone(self, digest: bytes, held: Held, inventory: Inventory) -> None:
        """Bytes that an entry gave up: a removal that was cut short, bytes that come again, or left or put back."""
        coming = (
            held.inode in inventory.incoming
            if self._bucket is None
            else digest in self._bucket.staged
        )
        if digest not in self.over or coming:
            self._facts.interrupted += 1
        elif self._late(digest) is not None:
            why = "it was disposed of, that disposal ended, and its bytes are here"
            self.find(Code.OBJECT_DISPOSED, digest, why)

    def _late(self, digest: bytes) -> Held | None:
        """An object that came after the store was listed."""
        if self._bucket is not None:
            return self._late_in_bucket(self._bucket, digest)
        try:
            status = (self._root / object_path(digest)).lstat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        return Held(status.st_ino, status.st_size, status.st_mode)

    def _late_in_bucket(self, bucket: Bucket, digest: bytes) -> Held | None:
        bucket.list_one(digest)
        version = bucket.version(digest)
        return None if version is None else Held(0, version.size, stat.S_IFREG | 0o444)

    def _is_sound(self, digest: bytes, held: Held) -> bool:
        if not stat.S_ISREG(held.mode):
            self.find(Code.OBJECT_NOT_A_FILE, digest, "a link, folder or device lies in its place")
            return False
        if held.mode & 0o222:
            mode = stat.S_IMODE(held.mode)
            self.find(Code.OBJECT_WRITABLE, digest, f"mode {mode:04o}, has to be 0444")
        return True

    # Bytes

    def hash_all(
        self, tasks: list[Task], hasher: Hasher, progress: Callable[[int, int], None]
    ) -> None:
        """Hold what their bytes hash to against what entries say. Raises AuditFailedError."""
        by_digest = {task.digest: task for task in tasks}
        found = hasher.results(
            {task.digest: task.size for task in tasks},
            sm3=lambda digest: bool(by_digest[digest].sm3) if digest in by_digest else False,
            progress=progress,
            # A reading that began before the finding says nothing of what was found.
            afresh=self._facts.open,
        )
        in_vain = 0  # one after another
        for digest, hashed in found:
            try:
                self._judge(by_digest[digest], hashed)
                in_vain = 0
            except OSError as e:
                if e.errno not in _OF_THE_OBJECT:
                    raise AuditFailedError(
                        f"object {digest.hex()} cannot be checked here: {e.strerror}"
                    ) from e
                in_vain += 1
                if in_vain > _FEW:
                    what = f"{in_vain} objects one after another cannot be read: {e.strerror}"
                    raise AuditFailedError(_AWAY.format(what=what)) from e
                code = Code.OBJECT_MISSING if e.errno == errno.ENOENT else Code.OBJECT_UNREADABLE
                self.find(code, digest, f"reading it fails: {e.strerror}")

    def _judge(self, task: Task, hashed: Hashed) -> None:
        """Raises OSError: it could not be read."""
        if hashed.error is not None:
            raise hashed.error
        self._facts.bytes += hashed.size
        self._facts.checked += 1
        if hashed.sha256 != task.digest:
            self.find(Code.OBJECT_CHANGED, task.digest, f"its bytes hash to {hashed.sha256.hex()}")
        elif task.sm3 and hashed.sm3 != task.sm3:
            self.find(Code.OBJECT_SM3_DIFFERS, task.digest, f"its SM3 is {hashed.sm3}")
        else:
            if task.digest in self._facts.open:
                self._facts.mended.add(task.digest)
            if task.rows:
                self._check_rows(task)

    def _check_rows(self, task: Task) -> None:
        missing = dict(task.rows)
        with self._open(task.digest) as lines:
            for line in lines:
                missing.pop(hashlib.sha256(line.removesuffix(b"\n")).digest(), None)
        for index in missing.values():
            self.find(
                Code.TEXT_ROW_MISSING,
                task.digest,
                f"the row that entry {index} means is not in it",
                index=index,
            )

    def _open(self, digest: bytes) -> IO[bytes]:
        if self._bucket is None:
            return (self._root / object_path(digest)).open("rb")
        from archive.audit.bucket import failing_as_a_disk

        with failing_as_a_disk(), self._bucket.open(digest) as file:
            return io.BytesIO(file.readall() or b"")
