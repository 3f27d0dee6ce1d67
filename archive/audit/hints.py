"""What the published tiles say of entries, to tell which bytes of the entries file are wrong.

Nothing here is believed for itself: a hint counts where a signed root agrees with it.
"""

from __future__ import annotations

from pathlib import Path

from archive.errors import LedgerDamagedError
from archive.ledger.merkle import HASH_SIZE, TILE_WIDTH, leaf_hash
from archive.ledger.tiles import TileName, unbundle


class Hints:
    """Leaf hashes and entries out of `tile/`, as far as they are there."""

    def __init__(self, ledger: Path) -> None:
        self._ledger = ledger
        self._leaves: tuple[int, bytes] = (-1, b"")
        self._entries: tuple[int, list[bytes]] = (-1, [])

    def leaf(self, index: int) -> bytes | None:
        """The leaf hash that a tile has for an entry."""
        tile, at = divmod(index, TILE_WIDTH)
        if self._leaves[0] != tile:
            self._leaves = (tile, self._widest(0, tile)[0])
        found = self._leaves[1][at * HASH_SIZE : (at + 1) * HASH_SIZE]
        return found if len(found) == HASH_SIZE else None

    def entry(self, index: int, leaf: bytes) -> bytes | None:
        """The bytes that a bundle has for an entry, if they hash to its leaf."""
        tile, at = divmod(index, TILE_WIDTH)
        if self._entries[0] != tile:
            data, width = self._widest(None, tile)
            try:
                self._entries = (tile, unbundle(data, width))
            except LedgerDamagedError:
                self._entries = (tile, [])
        entries = self._entries[1]
        return entries[at] if at < len(entries) and leaf_hash(entries[at]) == leaf else None

    def _widest(self, level: int | None, index: int) -> tuple[bytes, int]:
        full = self._ledger / TileName(level=level, index=index, width=TILE_WIDTH).path()
        folder = full.with_name(full.name + ".p")
        try:
            widths = sorted(
                (int(p.name) for p in folder.iterdir() if p.name.isdecimal()), reverse=True
            )
        except OSError:
            widths = []
        for path, width in [(full, TILE_WIDTH), *((folder / str(w), w) for w in widths)]:
            try:
                return path.read_bytes(), width
            except OSError:
                continue
        return b"", 0
