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
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Self

from archive.durable import Disk, is_full
from archive.errors import ArchiveError, LedgerFailedError, LedgerRolledBackError, NoSpaceError
from archive.ledger.batches import FIRST_FILE, header
from archive.ledger.building import BatchBuilder, Request
from archive.ledger.entry import Draft, Entry
from archive.ledger.highest import HighestSigned
from archive.ledger.keys import Keys
from archive.ledger.lock import FileLock
from archive.ledger.merkle import Frontier
from archive.ledger.note import Checkpoint, Signer, Verifier
from archive.ledger.publisher import Publisher
from archive.ledger.tail import Tail

_PUBLISH_AFTER: Final = 0.05  # seconds: newest wins
_PUBLISH_SHARE: Final = 20  # and this many times what the last one took: a slow disk is for entries
_PUBLISH_LATEST: Final = 1.0  # seconds
_LOOK_AGAIN: Final = (
    0.05  # seconds: only who was not woken, because of an interrupt, sleeps so long
)
_MOST_WAITING: Final = 16_384  # entries in hand before they are published in any case
Prepare = Callable[[Signer, int], Sequence[Draft]]


def utc_now() -> str:
    """The host's clock, RFC 3339 UTC with microseconds."""
    return datetime.now(UTC).isoformat(timespec="microseconds")[: -len("+00:00")] + "Z"


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
        keys: Keys,
        *,
        disk: Disk | None = None,
        now: Callable[[], str] = utc_now,
    ) -> None:
        disk = disk or Disk()
        self._now = now
        self._shown = root / "ledger" / "checkpoint"
        self._highest = HighestSigned(root / "keys" / "highest-signed", disk)
        self._queue: list[Request] = []
        self._queue_lock = threading.Lock()
        self._turn = threading.RLock()  # one thread of this process in the ledger
        self._failed: BaseException | None = None
        self._untold: ArchiveError | None = None  # a failure in the background
        self._timer: threading.Timer | None = None
        self._pause = 0.0  # before the next publication
        with ExitStack() as opened:
            self._open(root / "ledger", keys, disk, opened)
            self._files = opened.pop_all()

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
        # One caller leads and commits what waits. The others sleep until theirs is done or it is
        # their turn to lead: to stand in line for the turn itself only to find the work done would
        # hold up everybody by a batch.
        while not request.done:
            if not self._turn.acquire(blocking=False):
                request.sleep(_LOOK_AGAIN)
                continue
            try:
                if not request.done:
                    self._commit(self._take_queue())
                self._publish_soon()
            finally:
                self._end_turn()
        if request.error is not None:
            raise request.error
        if request.entries is None:
            raise LedgerFailedError("the append was interrupted; start the command again")
        return request.entries

    def append_prepared(self, prepare: Prepare) -> list[Entry]:
        """Append, as a batch of its own, what `prepare` makes under the ledger's lock.

        Args:
            prepare: is told the signer of this batch and the entries before it. Raises OSError, ArchiveError: nothing
                is appended.

        Raises:
            as `append`.
        """
        request = Request(())
        with self._turn_taken():
            self._commit([request], prepare)
            self._publish_soon()
        if request.error is not None:
            raise request.error
        return request.entries or []

    @property
    def key(self) -> Verifier:
        """The key that signs next, as far as this process knows."""
        return self._tail.keys.current

    def publish(self) -> bytes:
        """Publish everything committed; returns the newest checkpoint's note.

        Raises:
            NoSpaceError: the disk is full. What was published before stands; try again later.
            LedgerFailedError: a write failed. What was published before stands.
            LedgerRolledBackError: the ledger was replaced while it was open.
        """
        with self._turn_taken():
            self._cancel_timer()
            self._check_alive()
            start = time.monotonic()
            try:
                self._publish()
            except OSError as e:
                raise self._no_space(e) if is_full(e) else self._die(e) from e
            except LedgerRolledBackError as e:
                self._failed = e
                raise
            self._tail.save()
            self._pause = _PUBLISH_SHARE * (time.monotonic() - start)
            return self._tail.note

    def close(self) -> None:
        """Publish what waits, then let go. On a full disk it waits for the next opening.

        Raises:
            LedgerFailedError: a write failed now, or in the background and nobody was told. The ledger
                is let go of all the same.
            LedgerRolledBackError: the ledger was replaced while it was open.
        """
        with self._turn_taken():
            try:
                if self._failed is None and (self._timer is not None or self._unpublished()):
                    with suppress(NoSpaceError):
                        self.publish()
            finally:
                self._cancel_timer()
                self._failed = self._failed or LedgerFailedError("the ledger is closed")
                self._files.close()
            untold, self._untold = self._untold, None
            if untold is not None:
                raise untold

    def _open(self, folder: Path, keys: Keys, disk: Disk, opened: ExitStack) -> None:
        published, root = self._highest.read()
        if not folder.is_dir():
            raise LedgerRolledBackError(
                "ledger/ is missing, and keys/highest-signed says that there was one: put back the newest copy"
            )
        self._lock = FileLock(folder / "lock")
        opened.callback(self._lock.close)
        self._publisher = Publisher(folder, self._highest, disk)
        opened.callback(self._publisher.close)
        self._tail = Tail(folder, keys, disk, highest=self._highest, publisher=self._publisher)
        opened.callback(self._tail.close)
        with self._lock.held():
            published, root = self._highest.read()
            self._take_stand(published, root)
        if self._unpublished() or not self._is_shown() or not self._publisher.is_whole(self.size):
            with suppress(NoSpaceError):  # what is published stands; the next append may find room
                self.publish()

    def _take_stand(self, published: int, root: bytes) -> None:
        """Find the ledger's end, and make sure that it follows what was published."""
        tail = self._tail
        tail.start()
        seen = tail.catch_up(watch=published)
        if tail.tree.size < published or (seen or tail.root_from_entries(published)) != root:
            raise LedgerRolledBackError(
                f"ledger/ holds {tail.tree.size} entries, but a checkpoint over {published} was"
                " signed already: it was put back to an older or another copy. Nothing will be"
                " signed here; put back the newest copy, and ask the witnesses"
            )
        tail.take_key()
        tail.keep_reserve()

    # Turns

    @contextmanager
    def _turn_taken(self) -> Iterator[None]:
        self._turn.acquire()
        try:
            yield
        finally:
            self._end_turn()

    def _end_turn(self) -> None:
        """Let the next one lead: who came while it was our turn sleeps."""
        self._turn.release()
        with self._queue_lock:
            if self._queue:
                self._queue[0].rouse()

    def _take_queue(self) -> list[Request]:
        with self._queue_lock:
            requests, self._queue = self._queue, []
        return requests

    # Appending

    def _commit(self, requests: list[Request], prepare: Prepare | None = None) -> None:
        """Commit what waits; each request gets its entries or its error."""
        try:
            self._check_alive()
            with self._lock.held():
                self._tail.catch_up()
                self._tail.take_key()
                if prepare is not None:
                    requests[0].drafts = prepare(self._tail.signer, self._tail.tree.size)
                self._write(requests)
                self._tail.take_key()
        except (ArchiveError, OSError) as e:
            error = self._die(e) if isinstance(e, OSError) else e
            if isinstance(e, LedgerRolledBackError):
                self._failed = e
            for request in requests:
                if request.entries is None and request.error is None:
                    request.error = error
        except BaseException as e:
            # Interrupted anywhere, perhaps after the write: the next process reads what is there.
            self._failed = e
            raise
        finally:
            with self._queue_lock:
                for request in requests:
                    request.done = True
                    request.rouse()

    def _write(self, requests: list[Request]) -> None:
        tail = self._tail
        built = BatchBuilder(tail.tree.copy(), tail.last, tail.time)
        known = tail.links({draft.subject for request in requests for draft in request.drafts})
        for request in requests:
            try:
                built.add(request, known, self._now)
            except ArchiveError as e:
                request.error = e
        if built.entries:
            tail.commit(built)
        for request, start, end in built.spans:
            request.entries = built.entries[start:end]

    # Publishing

    def _publish(self) -> None:
        self._tail.make_durable()
        try:
            self._show()
        except OSError as e:
            if not is_full(e) or not self._tail.release_reserve():
                raise
            self._show()

    def _show(self) -> None:
        """Show the checkpoint; where tiles below are missing, all are made again first."""
        tail = self._tail
        for _ in range(2):
            if self._publisher.publish(tail.checkpoint(), tail.note, tail.tree.tiles):
                return
            tail.fill_publisher()
        raise LedgerFailedError("tiles vanish from ledger/tile while they are written")

    def _unpublished(self) -> bool:
        return self._tail.tree.size > self._highest.read()[0]

    def _is_shown(self) -> bool:
        try:
            return self._shown.read_bytes() == self._tail.note
        except OSError:
            return False

    def _publish_soon(self) -> None:
        if self._failed is not None:
            return
        if self._publisher.waiting > _MOST_WAITING:
            self._publish_quietly()
        elif self._timer is None:
            pause = min(max(_PUBLISH_AFTER, self._pause), _PUBLISH_LATEST)
            self._timer = threading.Timer(pause, self._publish_from_timer)
            self._timer.daemon = True
            self._timer.start()

    def _publish_from_timer(self) -> None:
        with self._turn_taken():
            self._timer = None
            if self._failed is None:
                self._publish_quietly()

    def _publish_quietly(self) -> None:
        """Entries are safe without it. Who calls next is told why it failed, `close` if nobody else.

        A full disk is no failure: what is not published now is published later.
        """
        try:
            self.publish()
        except ArchiveError as e:
            if self._failed is not None:
                self._untold = e

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    # Failing

    def _check_alive(self) -> None:
        if self._failed is not None:
            self._untold = None
            raise LedgerFailedError(f"the ledger stopped earlier: {self._failed}")

    def _die(self, error: OSError) -> LedgerFailedError:
        """After a failed write nobody knows what is on the medium: append nothing more."""
        self._failed = error
        return LedgerFailedError(
            f"writing the ledger failed: {error}. Nothing more is appended here"
        )

    def _no_space(self, error: OSError) -> NoSpaceError:
        return NoSpaceError(f"the checkpoint cannot be published: {error.strerror}")
