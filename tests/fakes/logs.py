"""A log in memory that is asked for checkpoints and proofs at any size, and may be made to lie."""

from __future__ import annotations

from archive.ledger.merkle import consistency_path, inclusion_path, leaf_hash, root_of
from archive.ledger.note import Checkpoint
from archive.ledger.witness.request import write_request
from tests.fakes.ledgers import ORIGIN, signer


class MemoryLog:
    """Leaves 0, 1, 2 …; `branch` makes another log of the leaves from `fork` on."""

    def __init__(self, *, branch: str = "", fork: int = 0, seed: int = 0) -> None:
        self._signer = signer(seed)
        self._leaves = [
            leaf_hash(f"{n}{branch if n >= fork else ''}".encode()) for n in range(1000)
        ]

    def subtree(self, start: int, end: int) -> bytes:
        """Root of the leaves [start, end)."""
        return root_of(self._leaves[start:end])

    def checkpoint(self, size: int) -> Checkpoint:
        """The checkpoint over so many leaves."""
        return Checkpoint(origin=ORIGIN, size=size, root=self.subtree(0, size))

    def note(self, size: int) -> bytes:
        """The same, signed."""
        return self._signer.sign(self.checkpoint(size))

    def consistency(self, old: int, size: int) -> list[bytes]:
        """RFC 6962, 2.1.2."""
        return consistency_path(old, size, self.subtree)

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """RFC 6962, 2.1.1."""
        return inclusion_path(index, size, self.subtree)

    def leaf(self, index: int) -> bytes:
        """A leaf hash."""
        return self._leaves[index]

    def request(self, old: int, size: int) -> bytes:
        """An `add-checkpoint` body that an honest witness grants."""
        return write_request(old=old, path=self.consistency(old, size), note=self.note(size))
