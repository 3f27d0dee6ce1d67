"""The entries file as bytes: appended to, sealed, synced; never cut. The caller holds the ledger's lock.

What is in it is for `Tail` to know. Holds: `end` is the offset after the last batch or seal that this
process knows of; what lies beyond it is somebody else's batch, or torn.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from archive.durable import Disk, is_full
from archive.errors import LedgerRolledBackError, NoSpaceError
from archive.keys.history import KeyHistory
from archive.ledger.batches import (
    FIRST_FILE,
    BatchReader,
    check_header,
    read_origin_line,
    seal_line,
)
from archive.ledger.covered import CoveredReader
from archive.ledger.merkle import Frontier
from archive.ledger.note import Verifier
from archive.ledger.reserve import Reserve


class EntriesFile:
    """`ledger/entries`, open to read and to append."""

    def __init__(self, folder: Path, disk: Disk) -> None:
        """Open it. Raises OSError; LedgerRolledBackError where there is none."""
        self.end = 0
        self._disk = disk
        self._path = folder / "entries" / FIRST_FILE
        self._reserve = Reserve(folder / "reserve", disk)
        try:
            self.reading: BinaryIO = self._path.open("rb")
        except FileNotFoundError as e:
            raise LedgerRolledBackError(
                "ledger/entries is missing, and keys/highest-signed says that there was one: put back"
                " the newest copy of ledger/"
            ) from e
        try:
            self._fd = disk.open_append(self._path)
        except BaseException:
            self.reading.close()
            raise

    def close(self) -> None:
        """Let go of it."""
        self.reading.close()
        os.close(self._fd)

    def keep_reserve(self) -> None:
        """Set room aside for the day the disk is full."""
        with suppress(OSError):
            self._reserve.keep()

    def release_reserve(self) -> bool:
        """Give that room back. False when it was given back before. Raises OSError."""
        return self._reserve.release()

    def check_header(self, origin: str) -> int:
        """Length of the first line. Raises LedgerDamagedError where it is another's."""
        line = read_origin_line(self.reading)
        check_header(line, origin)
        return len(line)

    def length(self) -> int:
        """Bytes of the file, after a look whether it is still the same one.

        Raises:
            LedgerRolledBackError: it was cut, removed or replaced under us.
        """
        mine = os.fstat(self._fd)
        try:
            same = os.path.samestat(mine, self._path.stat())
        except FileNotFoundError:
            same = False
        if not same or mine.st_size < self.end:
            raise LedgerRolledBackError(
                "ledger/entries was cut, removed or replaced while it was open. Nothing will be signed;"
                " put back the newest copy, then run `muniment audit`"
            )
        return mine.st_size

    def batches(self, tree: Frontier, keys: KeyHistory) -> BatchReader:
        """What is committed after `end`, where the tree is `tree` and the keys are those."""
        return BatchReader(self.reading, offset=self.end, tree=tree, keys=keys)

    def all_batches(self, known: Sequence[Verifier]) -> CoveredReader:
        """Everything that is committed. `known`: keys of the keys folder, oldest first."""
        return CoveredReader(
            self.reading,
            offset=len(read_origin_line(self.reading)),
            tree=Frontier(),
            keys=KeyHistory.beginning(known),
        )

    def append(self, data: bytes) -> None:
        """Add a batch with one write, then sync. On a full disk the reserve is given back first.

        Raises:
            NoSpaceError: the disk is full, the reserve too. What was written of it is torn.
            OSError: the medium failed; nobody knows what is there.
        """
        try:
            self._write(data)
        except NoSpaceError:
            if self.length() - self.end < len(data):  # else it is all there, whatever was said
                if not self._reserve.release():
                    raise
                self._void()
                self._write(data)
        self.sync()
        self.end += len(data)

    def seal(self) -> None:
        """Void the bytes after `end` by a line after them, then sync. Raises NoSpaceError, OSError."""
        self._void()
        self.sync()

    def sync(self) -> None:
        """What is in the file is on the medium. Raises OSError."""
        try:
            self._disk.sync(self._fd)
        except OSError:
            # The page cache may show for ever what will never be on the medium: nobody after us may
            # take that for committed.
            self._forget_cache()
            raise

    def distrust_cache(self) -> None:
        """What somebody's failed sync left in the page cache shall not pass for what is on the medium.

        Raises:
            OSError: the medium failed.
        """
        if self.length() > self.end:
            self.sync()
            self._forget_cache()

    def _forget_cache(self) -> None:
        os.posix_fadvise(self._fd, 0, 0, os.POSIX_FADV_DONTNEED)

    def _void(self) -> None:
        self.reading.seek(self.end)
        torn = self.reading.read()
        if torn:
            line = seal_line(self.end, torn)
            self._write(line)
            self.end += len(torn) + len(line)

    def _write(self, data: bytes) -> None:
        try:
            self._disk.write(self._fd, data)
        except OSError as e:
            if is_full(e):
                raise NoSpaceError(
                    "the disk is full, the ledger's reserve too: free some space, then try again"
                ) from e
            raise
