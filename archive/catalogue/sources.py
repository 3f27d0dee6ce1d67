"""What the catalogue is built from, as it sees it: a ledger to read and text rows to look up.

`archive.ledger.reader.LedgerReader` and `archive.texts.Texts` are the real ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

from archive.ledger.entry import Entry
from archive.texts import TextRef


class Entries(Protocol):
    """A ledger."""

    def size(self) -> int:
        """Committed entries."""
        ...

    def root(self, size: int) -> bytes:
        """Root hash of the first `size` entries."""
        ...

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[Entry]:
        """The committed entries [start, stop) in order."""
        ...

    def entry(self, index: int) -> Entry:
        """One entry."""
        ...


class TextRows(Protocol):
    """The text objects of a store."""

    def read(self, ref: TextRef) -> dict[str, Any] | None:
        """One row; None when it was disposed of, or is missing."""
        ...
