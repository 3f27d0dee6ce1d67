"""The ledger's one writer: group commit, one `fdatasync` for entries and their signed checkpoint.

What holds (docs/formats/ledger.md, "Order of writing"):

1. `append` returns only after its entries and the checkpoint over them are on the medium.
2. Any number of threads and processes may append; each batch follows the one before, whoever wrote it.
3. Nothing is signed below or beside what was signed before (`keys/highest-signed`).
4. After a failed write or sync this object appends nothing more; the next one reads what the medium holds. Opening after a
   kill runs the same catching up that every append runs.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final, Self

from archive.durable import Disk, is_full
from archive.errors import (
    ArchiveError,
    LedgerDamagedError,
    LedgerFailedError,
    LedgerRolledBackError,
    NoSpaceError,
)
from archive.ledger.batches import (
    FIRST_FILE,
    BatchReader,
    check_header,
    commit_line,
    header,
    read_origin_line,
    seal_line,
)
from archive.ledger.entry import Draft, Entry, Link, build, parse
from archive.ledger.lock import FileLock
from archive.ledger.merkle import TILE_WIDTH, Frontier, leaf_hash
from archive.ledger.note import Checkpoint, Signer
from archive.ledger.published import PublishedLog
from archive.ledger.publisher import HighestSigned, Publisher
from archive.ledger.reserve import Reserve
from archive.ledger.state import Position, State

_PUBLISH_AFTER: Final = 0.05  # seconds: newest wins
_MOST_WAITING: Final = 16_384  # entries in hand before they are published in any case


def utc_now() -> str:
    """The host's clock, RFC 3339 UTC with microseconds."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class _Request:
    """One caller's drafts on their way into a batch."""

    def __init__(self, drafts: Sequence[Draft]) -> None:
        self.drafts = drafts
        self.entries: list[Entry] | None = None
        self.error: BaseException | None = None


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
        self._disk = disk or Disk()
        self._signer = signer
        self._now = now
        self._folder = root / "ledger"
        path = self._folder / "entries" / FIRST_FILE
        self._file: BinaryIO = path.open("rb")
        self._fd = self._disk.open_append(path)
        self._lock = FileLock(self._folder / "lock")
        self._publish_lock = FileLock(self._folder / "publish.lock")
        self._state = State(self._folder / "state")
        self._highest = HighestSigned(root / "keys" / "highest-signed", self._disk)
        self._publisher = Publisher(self._folder, self._highest, self._disk)
        self._reserve = Reserve(self._folder / "reserve", self._disk)
        self._queue: list[_Request] = []
        self._queue_lock = threading.Lock()
        self._turn = threading.RLock()  # one thread of this process in the ledger
        self._failed: BaseException | None = None
        self._timer: threading.Timer | None = None
        self._links: dict[str, Link] = {}
        self._note = b""
        self._open()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def size(self) -> int:
        """Entries that this process knows to be committed."""
        return self._tree.size

    @property
    def set_back(self) -> bool:
        """Whether the host's clock reads earlier than the newest entry."""
        return self._now() < self._time

    def append(self, drafts: Sequence[Draft]) -> list[Entry]:
        """Append entries, in this order, in one batch. Durable when it returns.

        Raises:
            LedgerFailedError: a write failed, now or before. Whether the entries are there, only the
                medium knows; the next process will see.
            NoSpaceError: the disk is full, the reserve too. Nothing was committed.
            LedgerRolledBackError, LedgerDamagedError: see the class. Nothing was appended.
            CanonicalError, EntryTooLargeError: a draft cannot be an entry. Nothing was appended.
        """
        request = _Request(drafts)
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
                checkpoint = self._checkpoint()
                try:
                    self._publisher.publish(checkpoint, self._note, self._tree.tiles)
                except OSError as e:
                    raise self._die(e) from e
            self._save_state()
            return self._note

    def close(self) -> None:
        """Publish what waits, then let go."""
        try:
            if self._failed is None and (self._timer is not None or self._unpublished()):
                self.publish()
        finally:
            with self._turn:
                self._cancel_timer()
                self._failed = self._failed or LedgerFailedError("the ledger is closed")
            self._state.close()
            self._lock.close()
            self._publish_lock.close()
            self._file.close()
            os.close(self._fd)

    # Opening

    def _open(self) -> None:
        with self._lock.held():
            published, root = self._highest.read()
            self._tree, self._end, self._last, self._time = self._start()
            self._catch_up()
            if self._tree.size < published or self._root_at(published) != root:
                raise LedgerRolledBackError(
                    f"ledger/ holds {self._tree.size} entries, but a checkpoint over {published} was signed"
                    " already: it was put back to an older or another copy. Nothing will be signed here;"
                    " put back the newest copy, and ask the witnesses"
                )
            if self._tree.size:
                with suppress(OSError):
                    self._reserve.keep()
        if self._unpublished() or not self._is_shown():
            self.publish()

    def _start(self) -> tuple[Frontier, int, bytes, str]:
        """Where the snapshot says we are, if the ledger agrees; else the beginning."""
        try:
            position = self._state.position()
        except (sqlite3.Error, ValueError):
            position = None
        if position is not None and self._agrees(position):
            return (
                Frontier(position.size, position.tiles),
                position.offset,
                position.last,
                position.time,
            )
        self._state.reset()
        line = read_origin_line(self._file)
        check_header(line, self._signer.verifier.name)
        self._publisher.start_at(0, [])
        return Frontier(), len(line), b"", ""

    def _agrees(self, position: Position) -> bool:
        """Whether the bytes before the snapshot's end are its last entry and its commit line."""
        tree = Frontier(position.size, position.tiles)
        partial = position.size % TILE_WIDTH
        try:
            log = PublishedLog(
                self._folder,
                Checkpoint(origin=self._signer.verifier.name, size=position.size, root=tree.root()),
            )
            entries = log.bundle(position.size // TILE_WIDTH) if partial else []
            last = log.leaves((position.size - 1) // TILE_WIDTH)[(position.size - 1) % TILE_WIDTH]
        except (LedgerDamagedError, IndexError):
            return False
        note = self._signer.sign(
            Checkpoint(origin=self._signer.verifier.name, size=position.size, root=tree.root())
        )
        line = commit_line(note)  # Ed25519 is deterministic: the same checkpoint has the same line
        self._file.seek(max(0, position.offset - len(line)))
        if self._file.read(len(line)) != line or last != position.last:
            return False
        self._publisher.start_at(position.size - partial, entries)
        self._note = note
        return True

    def _root_at(self, size: int) -> bytes:
        if size == self._tree.size:
            return self._tree.root()
        checkpoint = Checkpoint(origin="", size=self._tree.size, root=b"")
        try:
            return PublishedLog(self._folder, _at(checkpoint, size)).subtree(0, size)
        except LedgerDamagedError:
            return self._root_from_entries(size)

    def _root_from_entries(self, size: int) -> bytes:
        line = read_origin_line(self._file)
        reader = BatchReader(
            self._file,
            offset=len(line),
            tree=Frontier(),
            verifier=self._signer.verifier,
            signatures=False,
        )
        tree = Frontier()
        for batch in reader:
            for leaf in batch.leaves[: size - tree.size]:
                tree.append(leaf)
        return tree.root()

    # Appending

    def _commit(self, requests: list[_Request]) -> None:
        """Commit what waits; each request gets its entries or its error."""
        try:
            self._check_alive()
            with self._lock.held():
                self._catch_up()
                self._write(requests)
        except (ArchiveError, OSError) as e:
            error = self._die(e) if isinstance(e, OSError) else e
            for request in requests:
                if request.entries is None and request.error is None:
                    request.error = error

    def _write(self, requests: list[_Request]) -> None:
        built = _Batch(self._tree.copy(), self._last, self._time)
        for request in requests:
            try:
                built.add(request, self._link, self._now)
            except ArchiveError as e:
                request.error = e
        if not built.entries:
            return
        note = self._signer.sign(
            Checkpoint(
                origin=self._signer.verifier.name, size=built.tree.size, root=built.tree.root()
            )
        )
        self._append_bytes(b"".join([*(e.raw + b"\n" for e in built.entries), commit_line(note)]))
        self._tree, self._last, self._time, self._note = built.tree, built.last, built.time, note
        self._links.update(built.links)
        self._publisher.add([e.raw for e in built.entries], built.full_tiles)
        for request, start, end in built.spans:
            request.entries = built.entries[start:end]

    def _append_bytes(self, data: bytes) -> None:
        try:
            self._disk.write(self._fd, data)
        except OSError as e:
            if not is_full(e) or not self._reserve.release():
                raise
            self._seal()
            self._disk.write(self._fd, data)
            self._end = self._file.seek(0, os.SEEK_END) - len(data)
        self._disk.sync(self._fd)
        self._end += len(data)

    def _seal(self) -> None:
        """Void the bytes after the last committed batch by a line after them."""
        self._file.seek(self._end)
        torn = self._file.read()
        if torn:
            self._disk.write(self._fd, seal_line(self._end, torn))
            self._end = self._file.seek(0, os.SEEK_END)

    def _catch_up(self) -> None:
        """Take in what other processes have committed; seal what one of them left torn."""
        end = os.fstat(self._fd).st_size
        if end == self._end:
            return
        if self._tree.size == 0 or not self._note:
            self._drop_cache()
        reader = BatchReader(
            self._file, offset=self._end, tree=self._tree.copy(), verifier=self._signer.verifier
        )
        for batch in reader:
            self._publisher.add(batch.entries, batch.full_tiles)
            for index, (raw, leaf) in enumerate(
                zip(batch.entries, batch.leaves, strict=True), batch.start
            ):
                document = parse(raw)
                chain = document["chain"]
                self._links[document["subject"]] = Link(
                    count=chain["count"], index=index, leaf=leaf
                )
                self._last, self._time = leaf, document["time"]
            self._note = batch.note
        self._tree, self._end = reader.tree, reader.end
        if end > reader.end:
            published, _ = self._highest.read()
            if self._tree.size < published:
                raise LedgerDamagedError(
                    f"ledger/entries is damaged after entry {self._tree.size - 1}: {published} entries were"
                    " published. Nothing will be signed; run `muniment audit`"
                )
            self._seal()
            self._disk.sync(self._fd)

    def _drop_cache(self) -> None:
        """What a failed sync left in the page cache must not pass for what is on the medium."""
        os.fdatasync(self._fd)
        os.posix_fadvise(self._fd, 0, 0, os.POSIX_FADV_DONTNEED)

    def _link(self, subject: str) -> Link | None:
        known = self._links.get(subject)
        if known is None:
            try:
                known = self._state.link(subject)
            except sqlite3.Error as e:
                raise LedgerFailedError(
                    "ledger/state cannot be read; start the command again"
                ) from e
        return known

    # Publishing

    def _checkpoint(self) -> Checkpoint:
        return Checkpoint(
            origin=self._signer.verifier.name, size=self._tree.size, root=self._tree.root()
        )

    def _unpublished(self) -> bool:
        return self._tree.size > self._highest.read()[0]

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

    def _save_state(self) -> None:
        position = Position(
            size=self._tree.size,
            offset=self._end,
            last=self._last,
            tiles=self._tree.tiles,
            time=self._time,
        )
        # A snapshot that cannot be kept costs the next start some reading, nothing else.
        with suppress(sqlite3.Error):
            self._state.save(position, self._links)
            self._links.clear()

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


class _Batch:
    """Entries being built for one commit."""

    def __init__(self, tree: Frontier, last: bytes, time: str) -> None:
        self.tree = tree
        self.last = last
        self.time = time
        self.entries: list[Entry] = []
        self.links: dict[str, Link] = {}
        self.full_tiles: list[tuple[int, int, list[bytes]]] = []
        self.spans: list[tuple[_Request, int, int]] = []

    def add(
        self, request: _Request, link: Callable[[str], Link | None], now: Callable[[], str]
    ) -> None:
        """All of a request's drafts, or none."""
        built: list[tuple[bytes, bytes]] = []
        links: dict[str, Link] = {}
        last, time, index = self.last, self.time, self.tree.size
        for draft in request.drafts:
            host = now()
            before = (
                links.get(draft.subject) or self.links.get(draft.subject) or link(draft.subject)
            )
            raw = build(
                draft,
                time=host,
                clock="host" if host >= time else "host-set-back",
                prev=last or None,
                before=before,
            )
            last, time = leaf_hash(raw), host
            links[draft.subject] = Link(
                count=1 if before is None else before.count + 1, index=index, leaf=last
            )
            built.append((raw, last))
            index += 1
        start = len(self.entries)
        for raw, leaf in built:
            self.entries.append(Entry(index=self.tree.size, raw=raw))
            self.tree.append(leaf, lambda *full: self.full_tiles.append(full))
        self.links.update(links)
        self.last, self.time = last, time
        self.spans.append((request, start, len(self.entries)))


def _at(checkpoint: Checkpoint, size: int) -> Checkpoint:
    return Checkpoint(origin=checkpoint.origin, size=max(size, 0), root=checkpoint.root)
