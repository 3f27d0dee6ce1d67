"""The ledger's one writer: group commit, one `fdatasync` for entries and their signed checkpoint.

What holds (docs/formats/ledger.md, "Order of writing"):

1. `append` returns only after its entries and the checkpoint over them are on the medium.
2. Any number of threads and processes may append; each batch follows the one before, whoever wrote
   it.
3. Nothing is signed below or beside what was signed before (`keys/highest-signed`).
4. After a failed write or sync this object appends nothing more; the next one reads what the medium
   holds. Opening after a kill runs the same catching up that every append runs.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Self

from archive.durable import Disk, is_full
from archive.errors import ArchiveError, LedgerFailedError, LedgerRolledBackError, NoSpaceError
from archive.ledger.batches import FIRST_FILE, header
from archive.ledger.building import BatchBuilder, Request
from archive.ledger.entry import Draft, Entry
from archive.ledger.lock import FileLock
from archive.ledger.merkle import Frontier
from archive.ledger.note import Checkpoint, Signer
from archive.ledger.publisher import HighestSigned, Publisher
from archive.ledger.tail import Tail

_PUBLISH_AFTER: Final = 0.05  # seconds: newest wins
_MOST_WAITING: Final = 16_384  # entries in hand before they are published in any case


def utc_now() -> str:
    """The host's clock, RFC 3339 UTC with microseconds."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def create(root: Path, signer: Signer, *, disk: Disk | None = None) -> None:
    """Lay down an empty ledger: its folders, first line, `highest-signed` at size 0.

    Raises:
        OSError: the medium failed.
    """
    disk = disk or Disk()
    folder = root / "ledger"
    disk.make_dirs_synced(folder / "entries")
    disk.make_dirs_synced(folder / "tile")
    empty = Checkpoint(origin=signer.verifier.name, size=0, root=Frontier().root())
    HighestSigned(root / "keys" / "highest-signed", disk).write(empty)
    fd = disk.create(folder / "entries" / FIRST_FILE)
    try:
        disk.write(fd, header(signer.verifier.name))
        disk.sync(fd)
    finally:
        disk.close(fd)
    disk.sync_dir(folder / "entries")
    disk.replace_file(folder / "checkpoint", signer.sign(empty))


class Ledger:
    """The ledger under a ROOT, open for appending.

    Raises:
        LedgerRolledBackError: it is older or another than what was signed before.
        LedgerDamagedError: committed bytes are not what was signed.
        OSError: the medium failed.
    """

    def __init__(
        self,
        root: Path,
        signer: Signer,
        *,
        disk: Disk | None = None,
        now: Callable[[], str] = utc_now,
    ) -> None:
        disk = disk or Disk()
        self._now = now
        self._folder = root / "ledger"
        self._highest = HighestSigned(root / "keys" / "highest-signed", disk)
        self._publisher = Publisher(self._folder, self._highest, disk)
        self._tail = Tail(
            self._folder, signer, disk, highest=self._highest, publisher=self._publisher
        )
        self._lock = FileLock(self._folder / "lock")
        self._publish_lock = FileLock(self._folder / "publish.lock")
        self._queue: list[Request] = []
        self._queue_lock = threading.Lock()
        self._turn = threading.RLock()  # one thread of this process in the ledger
        self._failed: BaseException | None = None
        self._timer: threading.Timer | None = None
        self._open()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def size(self) -> int:
        """Entries that this process knows to be committed."""
        return self._tail.tree.size

    @property
    def set_back(self) -> bool:
        """Whether the host's clock reads earlier than the newest entry."""
        return self._now() < self._tail.time

    def append(self, drafts: Sequence[Draft]) -> list[Entry]:
        """Append entries, in this order, in one batch. Durable when it returns.

        Raises:
            LedgerFailedError: a write failed, now or before. Whether the entries are there, only the
                medium knows; the next process will see.
            NoSpaceError: the disk is full, the reserve too. Nothing was committed.
            LedgerRolledBackError, LedgerDamagedError: see the class. Nothing was appended.
            CanonicalError, EntryTooLargeError: a draft cannot be an entry. Nothing was appended.
        """
        request = Request(drafts)
        with self._queue_lock:
            self._queue.append(request)
        with self._turn:
            if request.entries is None and request.error is None:
                with self._queue_lock:
                    requests, self._queue = self._queue, []
                self._commit(requests)
            if self._publisher.waiting > _MOST_WAITING:
                self.publish()
            else:
                self._publish_soon()
        if request.error is not None:
            raise request.error
        return request.entries or []

    def publish(self) -> bytes:
        """Publish everything committed; returns the newest checkpoint's note.

        Raises:
            LedgerFailedError: a write failed. What was published before stands.
        """
        with self._turn:
            self._cancel_timer()
            self._check_alive()
            with self._publish_lock.held():
                tail = self._tail
                try:
                    self._publisher.publish(tail.checkpoint(), tail.note, tail.tree.tiles)
                except OSError as e:
                    raise self._die(e) from e
            self._tail.save()
            return self._tail.note

    def close(self) -> None:
        """Publish what waits, then let go."""
        try:
            if self._failed is None and (self._timer is not None or self._unpublished()):
                self.publish()
        finally:
            with self._turn:
                self._cancel_timer()
                self._failed = self._failed or LedgerFailedError("the ledger is closed")
            self._tail.close()
            self._lock.close()
            self._publish_lock.close()

    def _open(self) -> None:
        tail = self._tail
        with self._lock.held():
            published, root = self._highest.read()
            tail.start()
            tail.catch_up()
            if tail.tree.size < published or tail.root_at(published) != root:
                raise LedgerRolledBackError(
                    f"ledger/ holds {tail.tree.size} entries, but a checkpoint over {published} was"
                    " signed already: it was put back to an older or another copy. Nothing will be"
                    " signed here; put back the newest copy, and ask the witnesses"
                )
            tail.keep_reserve()
        if self._unpublished() or not self._is_shown():
            self.publish()

    # Appending

    def _commit(self, requests: list[Request]) -> None:
        """Commit what waits; each request gets its entries or its error."""
        try:
            self._check_alive()
            with self._lock.held():
                self._tail.catch_up()
                self._write(requests)
        except (ArchiveError, OSError) as e:
            error = self._die(e) if isinstance(e, OSError) else e
            for request in requests:
                if request.entries is None and request.error is None:
                    request.error = error

    def _write(self, requests: list[Request]) -> None:
        tail = self._tail
        built = BatchBuilder(tail.tree.copy(), tail.last, tail.time)
        for request in requests:
            try:
                built.add(request, tail.link, self._now)
            except ArchiveError as e:
                request.error = e
        if built.entries:
            tail.commit(built)
        for request, start, end in built.spans:
            request.entries = built.entries[start:end]

    # Publishing

    def _unpublished(self) -> bool:
        return self._tail.tree.size > self._highest.read()[0]

    def _is_shown(self) -> bool:
        try:
            return (self._folder / "checkpoint").is_file()
        except OSError:
            return False

    def _publish_soon(self) -> None:
        if self._timer is None and self._failed is None:
            self._timer = threading.Timer(_PUBLISH_AFTER, self._publish_from_timer)
            self._timer.daemon = True
            self._timer.start()

    def _publish_from_timer(self) -> None:
        with self._turn:
            self._timer = None
            if self._failed is None:
                # A failure is kept in _failed: the next append says it.
                with suppress(ArchiveError):
                    self.publish()

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    # Failing

    def _check_alive(self) -> None:
        if self._failed is not None:
            raise LedgerFailedError(f"the ledger stopped earlier: {self._failed}")

    def _die(self, error: OSError) -> ArchiveError:
        """After a failed write nobody knows what is on the medium: append nothing more."""
        self._failed = error
        if is_full(error):
            return NoSpaceError(
                "the disk is full, the ledger's reserve too: free some space, then try again"
            )
        return LedgerFailedError(
            f"writing the ledger failed: {error}. Nothing more is appended here"
        )
