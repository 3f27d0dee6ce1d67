"""Objects in a bucket; what is on its way lies in `incoming/` on the local disk.

Holds: an object is put, locked and proved before `commit` returns, so before an entry names it; a staged file stays
until its owner removes it. Reads the version that was put, whatever was written over it. Knows the versions of what it
put or read, so that entries name them (`completed`); for the rest it asks the bucket.
"""

from __future__ import annotations

import hashlib
import stat
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from archive.durable import Disk, path_fd
from archive.errors import FixityError, MissingObjectError
from archive.settings.model import S3Settings
from archive.store.removing import Needed, Obstacle, sizes_coming
from archive.store.s3 import leftovers, removing
from archive.store.s3.bucket import check_bucket
from archive.store.s3.cache import Cache
from archive.store.s3.client import PATIENCE, S3
from archive.store.s3.errors import StoreRefusedError, StoreUnreachableError
from archive.store.s3.putting import SINGLE, put
from archive.store.s3.reading import S3File, checked, hash_of
from archive.store.s3.retention import lengthen, place_hold, term_end
from archive.store.s3.versions import Version, oldest
from archive.store.staged import Staged, Stored
from archive.store.writing import Writing, writing_in

_SMALL_AT_ONCE: Final = 8
_LARGE_AT_ONCE: Final = 2  # each sends several parts at once itself
_TRIES: Final = 3  # puts of what a disposal takes away meanwhile
_KNOWN: Final = 200_000  # versions kept in memory


class S3Store:
    """Objects in one bucket. Threads may share it.

    Args:
        folder: ROOT/store, for what is on its way.
        settings: of the bucket.
        disk: for calls about areas.
        patience: seconds in which a call is tried again.
    """

    def __init__(
        self,
        folder: Path,
        settings: S3Settings,
        *,
        disk: Disk | None = None,
        patience: float = PATIENCE,
    ) -> None:
        self.folder = folder
        self.incoming = folder / "incoming"
        self.disk = disk or Disk()
        self.settings = settings
        self._patience = patience
        self._cache = Cache(folder.parent / "cache" / "objects")
        self._lock = threading.Lock()
        self._s3: S3 | None = None
        self._known: OrderedDict[str, Version] = OrderedDict()
        self._may_remove = False  # not tried yet

    @property
    def s3(self) -> S3:
        """The bucket, asked for the first time now. Raises StoreRefusedError."""
        with self._lock:
            if self._s3 is None:
                self._s3 = S3(self.settings, patience=self._patience)
            return self._s3

    def ready(self) -> None:
        """Look whether the bucket can hold an archive, and give up old uploads. Raises S3Error."""
        check_bucket(self.s3)
        leftovers.abort_old(self.s3)

    # Reading

    def version(self, digest: str) -> Version:
        """The version that is the object. Raises MissingObjectError, S3Error."""
        with self._lock:
            known = self._known.get(digest)
        if known is None:
            known = oldest(self.s3, digest)
            if known is None:
                raise MissingObjectError(
                    f"object {digest} is missing from the S3 store: run `muniment audit`"
                )
            self._note(digest, known)
        return known

    def open(self, digest: str) -> S3File:
        """An object's bytes. Raises MissingObjectError, S3Error."""
        return S3File(self.s3, digest, self.version(digest))

    def open_range(self, digest: str, start: int, stop: int) -> S3File:
        """The bytes [start, stop), to be read in order: one call. Raises as `open`."""
        file = S3File(self.s3, digest, self.version(digest), stop=stop)
        file.skip(start)
        return file

    def file(self, digest: str) -> Path | None:  # noqa: ARG002
        """There is none."""
        return None

    def size(self, digest: str) -> int:
        """An object's length, not its hash. Raises MissingObjectError, S3Error."""
        return self.version(digest).size

    def read(self, digest: str, *, most: int = 64 << 20) -> bytes:
        """A small object, whole and checked.

        Raises:
            FixityError: the bytes have changed.
            MissingObjectError, S3Error: it cannot be had.
        """
        version = self.version(digest)
        with S3File(self.s3, digest, version, stop=min(most, version.size)) as file:
            data = file.readall()
        actual = hashlib.sha256(data or b"").hexdigest()
        if actual != digest:
            raise FixityError(digest=digest, actual=actual)
        return data or b""

    def check(self, digest: str) -> int:
        """Fixity check. Raises FixityError, MissingObjectError, S3Error."""
        self._forget(digest)
        return checked(self.s3, digest, self.version(digest))

    def read_back(
        self, digest: str, *, told: Callable[[int], None] | None = None
    ) -> tuple[str, int]:
        """SHA-256 and size of what the bucket gives under this name, asked for anew.

        Raises:
            MissingObjectError, S3Error: it cannot be had; and what `told` raises.
        """
        self._forget(digest)
        version = self.version(digest)
        with S3File(self.s3, digest, version, stop=version.size) as file:
            return hash_of(file, told=told)

    def local(self, digest: str) -> AbstractContextManager[Path]:
        """A verified copy, there for as long as the block runs. Raises as `Cache.copy`."""
        return self._cache.copy(self.s3, digest, self.version(digest))

    # Writing

    def file_system(self) -> int:
        """A descriptor for `commit`, as every store has it."""
        return path_fd(self.folder)

    def commit(self, staged: Sequence[Staged], file_system: int) -> list[Stored]:  # noqa: ARG002
        """Put staged files, several at once. In the bucket, locked and proved when it returns.

        Raises:
            FixityError: what is in the bucket, or was staged, has other bytes.
            S3Error, OSError: not all were put. Staged files are kept; the same again is right.
        """
        large = [item for item in staged if item.size > SINGLE]
        small = [item for item in staged if item.size <= SINGLE]
        stored: dict[str, Stored] = {}
        for items, at_once in ((small, _SMALL_AT_ONCE), (large, _LARGE_AT_ONCE)):
            if not items:
                continue
            try:
                stored |= self._put_all(items, at_once)
            except StoreUnreachableError as e:
                raise StoreUnreachableError(f"{e}. What was staged waits; start again later") from e
        return [stored[item.digest] for item in staged]

    def keep(self, folder: Path, staged: list[Staged]) -> list[Stored]:  # noqa: ARG002
        """As `commit`."""
        return self.commit(staged, -1)

    def writing(self) -> AbstractContextManager[Writing]:
        """For small objects and the entries that name them. Raises as `writing_in`."""
        return writing_in(self)

    def _put_all(self, items: Sequence[Staged], at_once: int) -> dict[str, Stored]:
        with ThreadPoolExecutor(min(at_once, len(items)), thread_name_prefix="put") as pool:
            done = dict.fromkeys(item.digest for item in items)
            first = {item.digest: item for item in reversed(items)}  # same bytes: put once
            return dict(zip(done, pool.map(self._put, [first[d] for d in done]), strict=True))

    def _put(self, item: Staged) -> Stored:
        """Once more where a disposal took away what was there, between our look and our lock."""
        for _ in range(_TRIES - 1):
            try:
                return self._put_once(item)
            except (MissingObjectError, StoreRefusedError):
                if oldest(self.s3, item.digest) is not None:
                    raise
        return self._put_once(item)

    def _put_once(self, item: Staged) -> Stored:
        until = term_end(self.settings.retain_days)
        version, created = put(self.s3, item, until)
        if not created:
            lengthen(self.s3, version, until)
            place_hold(self.s3, version, None)
        self._note(item.digest, version)
        return Stored(digest=item.digest, size=item.size, created=created)

    # What a killed writer left

    def committed(self, name: Path) -> Staged | None:
        """The object that a file in an area has become; None: it was not put, or not whole.

        What is whole has mode 0444, so nothing else is read. Uploads that its writer did not end are given up.

        Raises:
            S3Error, OSError: nobody knows.
        """
        try:
            status = name.lstat()
        except FileNotFoundError:
            return None
        if not stat.S_ISREG(status.st_mode) or status.st_mode & 0o222:
            return None
        with name.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        leftovers.abort_of(self.s3, digest)
        version = oldest(self.s3, digest)
        if version is None:
            return None
        # Killed before it was looked at: this time it is.
        checked(self.s3, digest, version)
        lengthen(self.s3, version, term_end(self.settings.retain_days))
        place_hold(self.s3, version, None)
        self._note(digest, version)
        return Staged(path=name, digest=digest, size=status.st_size)

    # Lawful disposal

    def obstacle(self, digest: str) -> Obstacle | None:
        """Why an object cannot be removed now; None: it can, or is not there. Raises S3Error."""
        why, _ = removing.obstacle(self.s3, digest)
        if why is None and not self._may_remove:
            self._may_remove = removing.may_remove(self.s3)
            return None if self._may_remove else "no_right"
        return why

    def locked_until(self, digest: str) -> datetime | None:
        """When the last lock on an object ends; None: none runs, or a legal hold has no end. Raises S3Error."""
        return removing.obstacle(self.s3, digest)[1]

    def is_fixed(self, digest: str) -> bool:  # noqa: ARG002 - of the protocol
        """Objects in a bucket have locks, and no attributes."""
        return False

    def remove(self, digests: Sequence[str], *, needed: Needed) -> set[str]:
        """Remove objects for good, all versions, and the copies on the local disk; those that stay.

        Raises:
            RemovalRefusedError, S3Error: not all are gone; the same again ends it.
        """
        sizes = {}
        for digest in digests:
            self._forget(digest)
            if (version := oldest(self.s3, digest)) is not None:
                sizes[digest] = version.size
        coming = sizes_coming(self.incoming)
        back = {digest for digest, size in sizes.items() if size in coming}
        # In this order: what is not on its way any more has its entry, and who comes later locks it.
        back |= needed(sorted(sizes))
        for digest in sizes.keys() - back:
            if not removing.remove(self.s3, digest):
                back.add(digest)
        for digest in set(digests) - back:
            self._cache.drop(digest)
        return back

    def sync_names(self, staged: Sequence[Staged]) -> None:
        """An object in the bucket is lasting."""

    # What entries say

    def completed(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """An entry's data with `version` beside each `object` whose version is known here."""
        return {name: self._completed(value) for name, value in self._beside(data).items()}

    def _completed(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return self.completed(value)
        return [self._completed(item) for item in value] if isinstance(value, list) else value

    def _beside(self, data: Mapping[str, Any]) -> dict[str, Any]:
        digest = data.get("object")
        if not isinstance(digest, str) or "version" in data:
            return dict(data)
        with self._lock:
            known = self._known.get(digest)
        return {**data, "version": known.id} if known else dict(data)

    def _note(self, digest: str, version: Version) -> None:
        with self._lock:
            self._known[digest] = version
            self._known.move_to_end(digest)
            if len(self._known) > _KNOWN:
                self._known.popitem(last=False)

    def _forget(self, digest: str) -> None:
        with self._lock:
            self._known.pop(digest, None)
