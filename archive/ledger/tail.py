"""The committed end of the entries file, where the next batch goes. The caller holds the ledger's lock.

What holds:

1. What stands here was read from, or written to, the file; nothing of it is signed that is not there.
2. A torn tail is never cut off: it is sealed by a line after it (docs/formats/ledger.md, "The entries file").
3. Entries that end below what was published are damage and no torn tail: nothing is sealed or signed then.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from archive.durable import Disk, is_full
from archive.errors import LedgerDamagedError, LedgerFailedError
from archive.ledger.batches import (
    FIRST_FILE,
    Batch,
    BatchReader,
    check_header,
    commit_line,
    read_origin_line,
    seal_line,
)
from archive.ledger.building import BatchBuilder
from archive.ledger.entry import Link, parse
from archive.ledger.merkle import TILE_WIDTH, Frontier
from archive.ledger.note import Checkpoint, Signer
from archive.ledger.published import PublishedLog
from archive.ledger.publisher import HighestSigned, Publisher
from archive.ledger.reserve import Reserve
from archive.ledger.state import Position, State


class Tail:
    """Where the ledger ends, for the one who may append."""

    def __init__(
        self,
        folder: Path,
        signer: Signer,
        disk: Disk,
        *,
        highest: HighestSigned,
        publisher: Publisher,
    ) -> None:
        """Open the files. Raises OSError."""
        self._folder = folder
        self._signer = signer
        self._disk = disk
        self._highest = highest
        self._publisher = publisher
        path = folder / "entries" / FIRST_FILE
        self._file: BinaryIO = path.open("rb")
        self._fd = disk.open_append(path)
        self._state = State(folder / "state")
        self._reserve = Reserve(folder / "reserve", disk)
        self._links: dict[str, Link] = {}
        self.tree = Frontier()
        self.last = b""  # leaf hash of the newest entry
        self.time = ""  # of the newest entry
        self.note = b""  # the signed checkpoint after it
        self._end = 0  # offset after the last committed batch or seal

    def close(self) -> None:
        """Let go of the files."""
        self._state.close()
        self._file.close()
        os.close(self._fd)

    def checkpoint(self) -> Checkpoint:
        """What the tree says, unsigned."""
        return Checkpoint(
            origin=self._signer.verifier.name, size=self.tree.size, root=self.tree.root()
        )

    # Opening

    def start(self) -> None:
        """Stand where the snapshot says, if the ledger agrees; else at the beginning."""
        try:
            position = self._state.position()
        except (sqlite3.Error, ValueError):
            position = None
        if position is not None and self._agrees(position):
            self.tree = Frontier(position.size, position.tiles)
            self._end, self.last, self.time = position.offset, position.last, position.time
            return
        self._state.reset()
        line = read_origin_line(self._file)
        check_header(line, self._signer.verifier.name)
        self._publisher.start_at(0, [])
        self._end = len(line)

    def _agrees(self, position: Position) -> bool:
        """Whether the bytes before the snapshot's end are its last entry and its commit line."""
        tree = Frontier(position.size, position.tiles)
        partial = position.size % TILE_WIDTH
        checkpoint = Checkpoint(
            origin=self._signer.verifier.name, size=position.size, root=tree.root()
        )
        try:
            log = PublishedLog(self._folder, checkpoint)
            entries = log.bundle(position.size // TILE_WIDTH) if partial else []
            last = log.leaves((position.size - 1) // TILE_WIDTH)[(position.size - 1) % TILE_WIDTH]
        except (LedgerDamagedError, IndexError):
            return False
        note = self._signer.sign(checkpoint)
        line = commit_line(note)  # Ed25519 is deterministic: the same checkpoint has the same line
        self._file.seek(max(0, position.offset - len(line)))
        if self._file.read(len(line)) != line or last != position.last:
            return False
        self._publisher.start_at(position.size - partial, entries)
        self.note = note
        return True

    def root_at(self, size: int) -> bytes:
        """The root hash at an earlier size. Raises LedgerDamagedError."""
        if size == self.tree.size:
            return self.tree.root()
        try:
            at = Checkpoint(origin="", size=max(size, 0), root=b"")
            return PublishedLog(self._folder, at).subtree(0, size)
        except LedgerDamagedError:
            return self._root_from_entries(size)

    def _root_from_entries(self, size: int) -> bytes:
        reader = BatchReader(
            self._file,
            offset=len(read_origin_line(self._file)),
            tree=Frontier(),
            verifier=self._signer.verifier,
            signatures=False,
        )
        tree = Frontier()
        for batch in reader:
            for leaf in batch.leaves[: size - tree.size]:
                tree.append(leaf)
        return tree.root()

    def keep_reserve(self) -> None:
        """Set room aside for the day the disk is full."""
        if self.tree.size:
            with suppress(OSError):
                self._reserve.keep()

    # Following what others wrote

    def catch_up(self) -> None:
        """Take in what other processes have committed; seal what one of them left torn.

        Raises:
            LedgerDamagedError: the file ends below what was published. Nothing was sealed.
            OSError: the medium failed.
        """
        end = os.fstat(self._fd).st_size
        if end == self._end:
            return
        if self.tree.size == 0 or not self.note:
            self._drop_cache()
        reader = BatchReader(
            self._file, offset=self._end, tree=self.tree.copy(), verifier=self._signer.verifier
        )
        for batch in reader:
            self._take(batch)
        self.tree, self._end = reader.tree, reader.end
        if end > reader.end:
            published, _ = self._highest.read()
            if self.tree.size < published:
                raise LedgerDamagedError(
                    f"ledger/entries is damaged after entry {self.tree.size - 1}: {published} entries"
                    " were published. Nothing will be signed; run `muniment audit`"
                )
            self._seal()
            self._disk.sync(self._fd)

    def _take(self, batch: Batch) -> None:
        self._publisher.add(batch.entries, batch.full_tiles)
        for index, (raw, leaf) in enumerate(
            zip(batch.entries, batch.leaves, strict=True), batch.start
        ):
            document = parse(raw)
            count = document["chain"]["count"]
            self._links[document["subject"]] = Link(count=count, index=index, leaf=leaf)
            self.last, self.time = leaf, document["time"]
        self.note = batch.note

    def _drop_cache(self) -> None:
        """What a failed sync left in the page cache must not pass for what is on the medium."""
        os.fdatasync(self._fd)
        os.posix_fadvise(self._fd, 0, 0, os.POSIX_FADV_DONTNEED)

    # Writing

    def link(self, subject: str) -> Link | None:
        """The newest entry about a subject. Raises LedgerFailedError."""
        known = self._links.get(subject)
        if known is None:
            try:
                known = self._state.link(subject)
            except sqlite3.Error as e:
                raise LedgerFailedError(
                    "ledger/state cannot be read; start the command again"
                ) from e
        return known

    def commit(self, built: BatchBuilder) -> None:
        """One write and one sync for the batch and the signed checkpoint over it. Raises OSError."""
        checkpoint = Checkpoint(
            origin=self._signer.verifier.name, size=built.tree.size, root=built.tree.root()
        )
        note = self._signer.sign(checkpoint)
        self._append(b"".join([*(e.raw + b"\n" for e in built.entries), commit_line(note)]))
        self.tree, self.last, self.time, self.note = built.tree, built.last, built.time, note
        self._links.update(built.links)
        self._publisher.add([e.raw for e in built.entries], built.full_tiles)

    def _append(self, data: bytes) -> None:
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

    def save(self) -> None:
        """Move the snapshot here. One that cannot be kept costs the next start some reading, nothing else."""
        position = Position(
            size=self.tree.size,
            offset=self._end,
            last=self.last,
            tiles=self.tree.tiles,
            time=self.time,
        )
        with suppress(sqlite3.Error):
            self._state.save(position, self._links)
            self._links.clear()
