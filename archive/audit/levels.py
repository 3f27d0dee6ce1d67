"""A ledger's whole tree, as its tiles have to hold it. Hashes in, tiles and roots out; no files.

The hashing is `archive.ledger.merkle`'s; kept here is what that forgets: tiles that are full.
"""

from __future__ import annotations

from typing import Final

from archive.ledger.merkle import HASH_SIZE, TILE_WIDTH, Frontier, root_of

_MANY: Final = 2 * TILE_WIDTH  # from here on whole tiles at a time are faster than leaf by leaf


def split(hashes: bytes | bytearray) -> list[bytes]:
    """Hashes that lie one after another."""
    raw = bytes(hashes)
    return [raw[i : i + HASH_SIZE] for i in range(0, len(raw), HASH_SIZE)]


class Levels:
    """The hashes of every level of tiles: level 0 the leaves, level l the roots of 256^l leaves."""

    def __init__(self) -> None:
        self._frontier = Frontier()
        self._full: list[bytearray] = [bytearray()]  # by level: the hashes of its full tiles

    @property
    def size(self) -> int:
        """Leaves."""
        return self._frontier.size

    @property
    def root(self) -> bytes:
        """The root hash."""
        return self._frontier.root()

    def extend(self, leaves: bytes | bytearray, root: bytes | None = None) -> bool:
        """Append leaf hashes; where `root` is given, only if that is then the tree's root."""
        full: list[tuple[int, bytes]] = []
        grown = self._grown(split(leaves), full)
        if root is not None and grown.root() != root:
            return False
        self._frontier = grown
        for level, tile in full:
            while level >= len(self._full):
                self._full.append(bytearray())
            self._full[level] += tile
        return True

    def _grown(self, leaves: list[bytes], full: list[tuple[int, bytes]]) -> Frontier:
        tree = self._frontier
        if len(leaves) < _MANY:
            tree = tree.copy()
            for leaf in leaves:
                tree.append(leaf, lambda level, _, tile: full.append((level, b"".join(tile))))
            return tree
        tiles: list[list[bytes]] = []
        level, hashes, known = 0, leaves, tree.tiles
        while hashes or level < len(known):
            hashes = (known[level] if level < len(known) else []) + hashes
            whole = len(hashes) // TILE_WIDTH * TILE_WIDTH
            groups = [hashes[i : i + TILE_WIDTH] for i in range(0, whole, TILE_WIDTH)]
            full += [(level, b"".join(group)) for group in groups]
            tiles.append(hashes[whole:])
            hashes, level = [root_of(group) for group in groups], level + 1
        return Frontier(tree.size + len(leaves), tiles)

    def leaf(self, index: int) -> bytes:
        """One leaf hash."""
        at, full = index * HASH_SIZE, self._full[0]
        if at < len(full):
            return bytes(full[at : at + HASH_SIZE])
        return self._frontier.tiles[0][index % TILE_WIDTH]

    def width(self, level: int) -> int:
        """Hashes of a level."""
        return self.size >> 8 * level

    def tile(self, level: int, index: int, width: int) -> bytes:
        """The first `width` hashes of a tile, or as many as there are."""
        start = index * TILE_WIDTH * HASH_SIZE
        full = self._full[level] if level < len(self._full) else bytearray()
        if start < len(full):
            return bytes(full[start : start + width * HASH_SIZE])
        if start > len(full) or level >= len(self._frontier.tiles):
            return b""
        return b"".join(self._frontier.tiles[level][:width])

    def root_at(self, size: int) -> bytes:
        """The root when the tree had `size` leaves. Raises ValueError: it never had so many."""
        if size > self.size:
            raise ValueError(f"{size} leaves of {self.size}")
        tiles: list[list[bytes]] = []
        level = 0
        while size >> 8 * level:
            width = size >> 8 * level
            tiles.append(split(self.tile(level, width // TILE_WIDTH, width % TILE_WIDTH)))
            level += 1
        return Frontier(size, tiles).root()
