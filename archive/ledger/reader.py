"""Reading a ledger: entries, proofs, checkpoint. Never writes, and works where nothing can be written.

Entries that are committed but not yet published count: the entries file is the truth.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from archive.durable import has_room_for_shared_memory, naming
from archive.errors import ArchiveError, LedgerDamagedError, ProofError
from archive.keys.folder import known_keys
from archive.keys.history import KeyHistory
from archive.ledger.batches import (
    FIRST_FILE,
    check_header,
    commit_line,
    read_origin_line,
)
from archive.ledger.covered import CoveredReader
from archive.ledger.entry import Entry
from archive.ledger.merkle import TILE_WIDTH, Frontier
from archive.ledger.note import Checkpoint, Verifier
from archive.ledger.published import (
    CHECKPOINT,
    COSIGNED,
    PublishedLog,
    proof_text,
    read_checkpoint,
)
from archive.ledger.resume import keys_at
from archive.ledger.state import NAME as STATE
from archive.ledger.state import unpack_tiles


class LedgerReader:
    """The ledger under a ROOT.

    Raises:
        NotAnArchiveError: there is none.
    """

    def __init__(self, root: Path) -> None:
        self.folder = root / "ledger"
        self.file = self.folder / "entries" / FIRST_FILE
        self._root = root
        self._keys = known_keys(root)
        # A committed end that this process has already read up to: (offset, tree, keys).
        self._known: tuple[int, Frontier, KeyHistory] | None = None
        # The checkpoints that were proven against last, by the names of their files.
        self._proving: dict[str, tuple[bytes, PublishedLog]] = {}

    @property
    def verifier(self) -> Verifier:
        """The newest key."""
        return self.known()[-1]

    def known(self) -> tuple[Verifier, ...]:
        """The keys that the keys folder names, oldest first; those known before where it cannot be read now."""
        with suppress(ArchiveError, OSError):
            self._keys = known_keys(self._root)
        return self._keys

    def vkey(self) -> str:
        """The newest verifier key, one line."""
        return f"{self.verifier.vkey()}\n"

    def checkpoint(self) -> bytes:
        """The newest published checkpoint, a signed note. Raises LedgerDamagedError."""
        return self._shown()[0]

    def published(self) -> PublishedLog:
        """The published log at its newest checkpoint. Raises LedgerDamagedError."""
        return PublishedLog(self.folder, self._shown()[1])

    def size(self) -> int:
        """Committed entries."""
        for _ in self._tail():
            pass
        assert self._known is not None  # noqa: S101 - set by the walk
        return self._known[1].size

    def root(self, size: int) -> bytes:
        """Root hash of the first `size` entries. Raises ValueError, LedgerDamagedError."""
        if self._known is not None and self._known[1].size == size:
            return self._known[1].root()
        published = self.published()
        if size <= published.size:
            return published.subtree(0, size)
        tree = Frontier()
        for entry in self.entries(0, size):
            tree.append(entry.leaf)
        if tree.size != size:
            raise ValueError(f"the ledger has {tree.size} entries, not {size}")
        return tree.root()

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[Entry]:
        """The committed entries [start, stop) in order.

        Raises:
            LedgerDamagedError: the ledger cannot be read this far.
        """
        if stop is not None and stop <= start:
            return
        at = start
        if start:
            for entry in self._from_bundles(start, stop):
                yield entry
                at = entry.index + 1
        if stop is not None and at >= stop:
            return
        for first, raws in self._tail(whole=not start, after=at):
            for index, raw in enumerate(raws, first):
                if stop is not None and index >= stop:
                    return
                if index >= at:
                    yield Entry(index=index, raw=raw)

    def entry(self, index: int) -> Entry:
        """One entry. Raises IndexError when there is none."""
        for entry in self.entries(index, index + 1):
            return entry
        raise IndexError(f"the ledger has no entry {index}")

    def proof(self, index: int) -> bytes:
        """The C2SP tlog-proof of an entry against the newest checkpoint, or the newest cosigned one that covers it.

        Raises:
            IndexError: the newest checkpoint does not cover it yet.
            LedgerDamagedError, ProofError: the published log is damaged.
        """
        # One that witnesses cosigned says more; what is wrong with it is for the audit to say.
        with suppress(LedgerDamagedError, ProofError):
            note, log = self._newest(COSIGNED)
            if index < log.size:
                return proof_text(index, log.path(index), note)
        note, log = self._newest(CHECKPOINT)
        if index >= log.size:
            raise IndexError(f"entry {index} is not in the newest checkpoint ({log.size})")
        return proof_text(index, log.path(index), note)

    def _shown(self, name: str = CHECKPOINT) -> tuple[bytes, Checkpoint]:
        """The newest checkpoint, published or cosigned. Raises LedgerDamagedError."""
        keys = self._keys
        try:
            return read_checkpoint(self.folder, keys, name)
        except LedgerDamagedError:
            if self.known() == keys:  # else somebody changed the key since we looked
                raise
            return read_checkpoint(self.folder, self._keys, name)

    def _newest(self, name: str) -> tuple[bytes, PublishedLog]:
        """A checkpoint and its log, kept as long as the checkpoint's file is the same byte for byte."""
        known = self._proving.get(name)
        try:
            if known is not None and (self.folder / name).read_bytes() == known[0]:
                return known
        except OSError:
            pass  # said below
        note, checkpoint = self._shown(name)
        self._proving[name] = note, PublishedLog(self.folder, checkpoint)
        return self._proving[name]

    def _from_bundles(self, start: int, stop: int | None) -> Iterator[Entry]:
        try:
            log = self.published()
        except LedgerDamagedError:
            return  # what is derived is gone; the entries file has it all
        end = log.size if stop is None else min(stop, log.size)
        at = start
        while at < end:
            number = at // TILE_WIDTH
            try:
                raws = log.bundle(number)
            except LedgerDamagedError:
                return
            for index in range(at, min(end, (number + 1) * TILE_WIDTH)):
                yield Entry(index=index, raw=raws[index % TILE_WIDTH])
            at = (number + 1) * TILE_WIDTH

    def _tail(
        self, *, whole: bool = False, after: int | None = None
    ) -> Iterator[tuple[int, list[bytes]]]:
        """Batches from a known committed end on, or all of them."""
        # Taken before reading: a writer may commit and publish while we read.
        published = self._published_size()
        known = None if whole else self._begin(after)
        with naming(self.file), self.file.open("rb") as file:
            if known is None:
                line = read_origin_line(file)
                check_header(line, self._keys[-1].name)
                known = (len(line), Frontier(), KeyHistory.beginning(self.known()))
            offset, tree, keys = known
            reader = CoveredReader(file, offset=offset, tree=tree.copy(), keys=keys)
            for batch in reader:
                yield batch.start, batch.entries
            self._known = (reader.end, reader.tree, reader.keys)
        if reader.tree.size < published:
            raise LedgerDamagedError(
                f"ledger/entries cannot be read past entry {reader.tree.size}, and more was published:"
                " run `muniment audit`"
            )

    def _begin(self, after: int | None) -> tuple[int, Frontier, KeyHistory] | None:
        """A known committed end at or before `after`; None where the walk has to start at the first entry."""
        if self._known is not None and (after is None or self._known[1].size <= after):
            return self._known
        # Others of this process read on past it; what is published lies before what was asked for.
        found = self._snapshot()
        return found if found is not None and (after is None or found[1].size <= after) else None

    def _published_size(self) -> int:
        """Entries in the newest checkpoint; 0 where it cannot be read, which is for the audit to say."""
        try:
            return self._shown()[1].size
        except LedgerDamagedError:
            return 0

    def _snapshot(self) -> tuple[int, Frontier, KeyHistory] | None:
        """The writer's snapshot, where its root is the one of the published checkpoint."""
        path = self.folder.with_name(STATE)
        waiting = path.with_name(f"{STATE}-wal")
        # Without a -wal to read, SQLite need not make one: reading leaves nothing behind.
        quiet = not waiting.exists() or not waiting.stat().st_size
        if not path.is_file() or not (quiet or has_room_for_shared_memory(path.parent)):
            return None
        try:
            mode = "immutable=1" if quiet else "mode=ro"
            db = sqlite3.connect(f"{path.absolute().as_uri()}?{mode}", uri=True)
            try:
                row = db.execute("SELECT size, offset, tiles FROM position").fetchone()
            finally:
                db.close()
            if row is None:
                return None
            size, offset, tiles = int(row[0]), int(row[1]), unpack_tiles(row[2])
            tree = Frontier(size, tiles)
            note, checkpoint = self._shown()
        except (sqlite3.Error, OSError, ValueError, TypeError, LedgerDamagedError):
            return None
        line = commit_line(note)
        if (checkpoint.size, checkpoint.root) != (tree.size, tree.root()) or offset < len(line):
            return None
        with naming(self.file), self.file.open("rb") as file:
            file.seek(offset - len(line))
            if file.read(len(line)) != line:
                return None
            return offset, tree, keys_at(file, offset, checkpoint.size, note, self._keys)
