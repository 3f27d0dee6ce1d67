"""The committed end of the entries file, where the next batch goes. The caller holds the ledger's lock.

What holds:

1. What stands here was read from, or written to, the file; nothing of it is signed that is not there.
2. A torn tail is never cut off: it is sealed by a line after it (docs/formats/ledger.md, "The
   entries file").
3. Entries that end below what was published are damage and no torn tail: nothing is sealed or signed
   then.
"""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Final

from archive.durable import Disk
from archive.errors import LedgerDamagedError, LedgerFailedError
from archive.keys.history import KeyHistory
from archive.ledger.batches import Batch, commit_line
from archive.ledger.building import BatchBuilder
from archive.ledger.entries_file import EntriesFile
from archive.ledger.entry import Link, parse
from archive.ledger.highest import HighestSigned
from archive.ledger.keys import Keys
from archive.ledger.merkle import Frontier
from archive.ledger.note import Checkpoint, Signer
from archive.ledger.publisher import Publisher
from archive.ledger.resume import find_start
from archive.ledger.state import NAME as STATE
from archive.ledger.state import Position, State

_MOST_IN_HAND: Final = 16_384  # entries, and links, that catching up keeps in memory


class Tail:
    """Where the ledger ends, for the one who may append."""

    def __init__(
        self,
        folder: Path,
        keys: Keys,
        disk: Disk,
        *,
        highest: HighestSigned,
        publisher: Publisher,
    ) -> None:
        """Open the files. Raises OSError; LedgerRolledBackError where there are none."""
        self._source = keys
        self._signer: Signer | None = None
        self._highest = highest
        self._publisher = publisher
        self._folder = folder
        self._file = EntriesFile(folder, disk)
        self._state: State | None = None
        self._links: dict[str, Link] = {}
        self.keys = KeyHistory.beginning(keys.known())
        self.tree = Frontier()
        self.last = b""  # leaf hash of the newest entry
        self.time = ""  # of the newest entry
        self.note = b""  # the signed checkpoint after it
        self._committed = 0  # offset after the last commit line
        self._unsynced = False  # another process wrote what it may not have synced

    def close(self) -> None:
        """Let go of the files."""
        if self._state is not None:
            self._state.close()
        self._file.close()

    def checkpoint(self) -> Checkpoint:
        """What the tree says, unsigned."""
        return Checkpoint(origin=self.keys.current.name, size=self.tree.size, root=self.tree.root())

    # Opening

    def start(self) -> None:
        """Stand where the snapshot says, if the ledger agrees; else at the beginning.

        Raises:
            LedgerDamagedError: the file begins with another line than it should, or the keys are no history.
            OSError: the medium failed.
        """
        known = self._source.known()
        begin = self._file.check_header(known[0].name)
        state = self._state = State(self._folder.with_name(STATE))
        found = find_start(self._folder, self._file.reading, state, known)
        if found is None:
            state.clear()
            self._publisher.start_at(0, [])
            self.keys = KeyHistory.beginning(known)
            self._file.end = self._committed = begin
        else:
            position, entries = found.position, found.entries
            self.keys, self.note = found.keys, found.note
            self.tree = Frontier(position.size, position.tiles)
            self._file.end = self._committed = position.offset
            self.last, self.time = position.last, position.time
            self._publisher.start_at(position.size - len(entries), entries)
        self._file.distrust_cache()

    def root_from_entries(self, size: int) -> bytes:
        """The root hash at an earlier size, out of the entries file alone. Raises OSError."""
        tree = Frontier()
        for batch in self._file.all_batches(self._source.known()):
            for leaf in batch.leaves[: size - tree.size]:
                tree.append(leaf)
            if tree.size == size:
                break
        return tree.root()

    def keep_reserve(self) -> None:
        """Set room aside for the day the disk is full."""
        if self.tree.size:
            self._file.keep_reserve()

    def release_reserve(self) -> bool:
        """Give that room back. False when it was given back before. Raises OSError."""
        return self._file.release_reserve()

    # The key in force

    @property
    def signer(self) -> Signer:
        """Of the key in force, once `take_key` was called."""
        if self._signer is None:
            raise LedgerFailedError("no key was taken to sign with")
        return self._signer

    def take_key(self) -> None:
        """Sign with the key in force from here on; ends a change of keys that was cut short.

        Raises:
            LedgerDamagedError: the key that is here is another.
            KeyLockedError, KeyTokenError, NotAnArchiveError: it cannot be used now.
            OSError: the medium failed.
        """
        if self._signer is None or self._signer.verifier != self.keys.current:
            # What made the key the one in force must last before the one before it goes.
            self._signer = self._source.signer_for(self.keys.current, sync=self._file.sync)
        if not self.tree.size and not self.note:
            self.note = self._signer.sign(self.checkpoint())

    # Following what others wrote

    def catch_up(self, watch: int = -1) -> bytes | None:
        """Take in what other processes have committed; seal what one of them left torn.

        Returns:
            The root hash at size `watch`, if the ledger stands there or passes a batch's end there.

        Raises:
            LedgerRolledBackError: the file was cut or replaced under us.
            LedgerDamagedError: the file ends below what was published. Nothing was sealed.
            NoSpaceError: no room for the seal.
            OSError: the medium failed.
        """
        seen = self.tree.root() if self.tree.size == watch else None
        length = self._file.length()
        if length == self._file.end:
            return seen
        reader = self._file.batches(self.tree.copy(), self.keys)
        for batch in reader:
            self._take(batch, reader.tree, reader.keys)
            if self.tree.size == watch:
                seen = batch.checkpoint.root
        self._file.end = reader.end
        if length > reader.end:
            published, _ = self._highest.read()
            if self.tree.size < published:
                raise LedgerDamagedError(
                    f"ledger/entries is damaged after entry {self.tree.size - 1}: {published} entries"
                    " were published. Nothing will be signed; run `muniment audit`"
                )
            self._file.seal()
        return seen

    def _take(self, batch: Batch, tree: Frontier, keys: KeyHistory) -> None:
        self._links.update(_links_of(batch))
        self.last, self.time = batch.leaves[-1], parse(batch.entries[-1])["time"]
        self._publisher.add(batch.entries, batch.full_tiles)
        self.tree, self.note, self.keys = tree, batch.note, keys
        self._file.end = self._committed = batch.end
        self._unsynced = True
        if self._publisher.waiting > _MOST_IN_HAND:
            self.make_durable()
            self._publisher.settle()
        if len(self._links) > _MOST_IN_HAND:
            self.save()

    def make_durable(self) -> None:
        """What another process wrote, and perhaps died before syncing, is on the medium.

        Raises:
            LedgerRolledBackError: the file was cut or replaced under us.
            OSError: the medium failed.
        """
        self._file.length()
        if self._unsynced:
            self._file.sync()
            self._unsynced = False

    def fill_publisher(self) -> None:
        """Give the publisher every entry again, so that tiles which somebody removed are made anew.

        Raises:
            OSError: the medium failed.
        """
        self._publisher.start_at(0, [])
        for batch in self._file.all_batches(self._source.known()):
            if batch.start >= self.tree.size:
                break  # another process's, which we have not taken in
            self._publisher.add(batch.entries, batch.full_tiles)
            if self._publisher.waiting > _MOST_IN_HAND:
                self._publisher.settle()

    # Writing

    def links(self, subjects: set[str]) -> dict[str, Link]:
        """The newest entry about each of these subjects that has one. Raises OSError: the entries cannot be read."""
        found = {s: link for s in subjects if (link := self._links.get(s)) is not None}
        if self._state is not None and len(found) < len(subjects):
            older = self._state.links([s for s in subjects if s not in found and _is_text(s)])
            if older is None:
                self._state.begin_anew()
                self._links = self._all_links()
                older = {s: link for s in subjects if (link := self._links.get(s)) is not None}
            found |= older
        return found

    def _all_links(self) -> dict[str, Link]:
        """Out of the entries alone. Raises OSError."""
        links: dict[str, Link] = {}
        for batch in self._file.all_batches(self._source.known()):
            if batch.start >= self.tree.size:
                break  # another process's, which we have not taken in
            links.update(_links_of(batch))
        return links

    def commit(self, built: BatchBuilder) -> None:
        """One write and one sync for the batch and the signed checkpoint over it.

        Raises:
            NoSpaceError: the disk is full, the reserve too. Nothing was committed.
            OSError: the medium failed; nobody knows what is there.
        """
        raws = [e.raw for e in built.entries]
        keys = self.keys.after_batch(self.tree.size, raws)
        checkpoint = Checkpoint(
            origin=self.keys.current.name, size=built.tree.size, root=built.tree.root()
        )
        note = self.signer.sign(checkpoint)
        self._file.append(b"".join([*(raw + b"\n" for raw in raws), commit_line(note)]))
        self._committed, self._unsynced = self._file.end, False
        self.tree, self.last, self.time, self.note = built.tree, built.last, built.time, note
        self.keys = keys
        self._links.update(built.links)
        self._publisher.add(raws, built.full_tiles)

    def save(self) -> None:
        """Move the snapshot here.

        One that cannot be kept costs the next start some reading, nothing else.
        """
        position = Position(
            size=self.tree.size,
            offset=self._committed,
            last=self.last,
            tiles=self.tree.tiles,
            time=self.time,
        )
        with suppress(sqlite3.Error, ValueError):
            if self._state is not None and self._state.save(position, self._links):
                self._links.clear()


def _links_of(batch: Batch) -> dict[str, Link]:
    """The newest of its entries about each subject."""
    links: dict[str, Link] = {}
    for index, (raw, leaf) in enumerate(zip(batch.entries, batch.leaves, strict=True), batch.start):
        document = parse(raw)
        links[document["subject"]] = Link(count=document["chain"]["count"], index=index, leaf=leaf)
    return links


def _is_text(subject: str) -> bool:
    """Whether a database can be asked for it. Half a surrogate pair is refused where the entry is built."""
    try:
        subject.encode()
    except UnicodeEncodeError:
        return False
    return True
