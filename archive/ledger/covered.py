"""Committed batches for those who only read: every one is covered by a signature, not every signature is looked at.

A signed root covers all entries before it. So of a stretch of batches whose roots are right only the last one's
signature is checked, which is five times as fast where batches are small. Where that does not hold (somebody
appended what no key in force signed, and a writer has voided it since), each is checked from there on.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, Final

from archive.errors import MalformedNoteError
from archive.keys.errors import KeyHistoryError
from archive.keys.history import KeyHistory
from archive.ledger.batches import Batch, BatchReader
from archive.ledger.merkle import Frontier
from archive.ledger.note import parse_note

_BATCHES: Final = 64  # in one stretch
_ENTRIES: Final = 4096  # about so many, at most


class CoveredReader:
    """Reads committed batches from an offset on.

    After the iteration `end` is the offset after the last committed batch or seal, `tree` and `keys` stand there.
    """

    def __init__(self, file: BinaryIO, *, offset: int, tree: Frontier, keys: KeyHistory) -> None:
        """Start at `offset`, with `tree` and `keys` as they stand there."""
        self.end = offset
        self.tree = tree
        self.keys = keys
        self._file = file

    def __iter__(self) -> Iterator[Batch]:
        quick = BatchReader(
            self._file, offset=self.end, tree=self.tree.copy(), keys=self.keys, signatures=False
        )
        stretch: list[Batch] = []
        entries = 0
        for batch in quick:
            stretch.append(batch)
            entries += len(batch.entries)
            if len(stretch) >= _BATCHES or entries >= _ENTRIES:
                here, tree = self._file.tell(), quick.tree.copy()
                if not self._is_covered(stretch, batch.end, tree):
                    break
                yield from stretch
                self._file.seek(here)  # others may have read in it
                stretch, entries = [], 0
        else:
            if self._is_covered(stretch, quick.end, quick.tree):
                yield from stretch
                return
        yield from self._one_by_one()

    def _is_covered(self, stretch: list[Batch], end: int, tree: Frontier) -> bool:
        """Whether the key in force signed the last of a stretch; then this reader stands behind it."""
        keys = before = self.keys
        try:
            for batch in stretch:
                before, keys = keys, keys.after_batch(batch.start, batch.entries)
            if stretch:
                before.current.check(parse_note(stretch[-1].note))
        except (KeyHistoryError, MalformedNoteError):
            return False
        self.end, self.tree, self.keys = end, tree, keys
        return True

    def _one_by_one(self) -> Iterator[Batch]:
        careful = BatchReader(self._file, offset=self.end, tree=self.tree.copy(), keys=self.keys)
        yield from careful
        self.end, self.tree, self.keys = careful.end, careful.tree, careful.keys
