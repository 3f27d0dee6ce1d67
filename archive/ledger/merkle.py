"""Merkle tree of RFC 6962 / RFC 9162, 2.1: hashes in, proofs out. No files.

A tree is kept as C2SP tiles see it: for each level of tiles, the hashes of the tile that is not
full yet. Level 0 holds leaf hashes, level l the roots of full tiles of level l - 1.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Final

from archive.errors import ProofError

HASH_SIZE: Final = 32
TILE_WIDTH: Final = 256
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    """SHA-256(0x00 ‖ entry) (RFC 6962, 2.1)."""
    return hashlib.sha256(b"\0" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 ‖ left ‖ right) (RFC 6962, 2.1)."""
    return hashlib.sha256(b"\1" + left + right).digest()


def root_of(hashes: Sequence[bytes]) -> bytes:
    """The root over subtree hashes of one level, RFC 6962, 2.1 (split at the largest power of two)."""
    if not hashes:
        return EMPTY_ROOT
    level = list(hashes)
    sha256 = hashlib.sha256
    while len(level) > 1:
        odd = level.pop() if len(level) % 2 else None
        pairs = iter(level)
        level = [
            sha256(b"\1" + left + right).digest() for left, right in zip(pairs, pairs, strict=True)
        ]
        if odd is not None:
            level.append(odd)
    return level[0]


class Frontier:
    """A growing tree, of which only the tiles that are not full are kept.

    `tiles[l]` are the hashes of level l's tile that is not full yet. Beside them stand the roots of the
    complete subtrees of the tree, one for each bit of the size, so that the root costs log2(size) hashes.
    """

    def __init__(self, size: int = 0, tiles: Sequence[Sequence[bytes]] = ()) -> None:
        self.size = size
        self.tiles: list[list[bytes]] = [list(t) for t in tiles]
        self._complete: list[
            bytes
        ] = []  # root of the subtree for each bit of size that is set, high to low
        for level in range(len(self.tiles) - 1, -1, -1):
            self._complete += _complete_subtrees(self.tiles[level])

    def copy(self) -> Frontier:
        """Another tree with the same leaves."""
        other = Frontier.__new__(Frontier)
        other.size = self.size
        other.tiles = [tile.copy() for tile in self.tiles]
        other._complete = self._complete.copy()
        return other

    def append(
        self, leaf: bytes, on_full: Callable[[int, int, list[bytes]], None] | None = None
    ) -> None:
        """Add one leaf hash. `on_full(level, index, hashes)` is told of each tile whose 256th hash arrived."""
        node, position = leaf, self.size
        while position & 1:
            node, position = node_hash(self._complete.pop(), node), position >> 1
        self._complete.append(node)
        self.size += 1
        carried, level, position = leaf, 0, self.size
        while True:
            if level == len(self.tiles):
                self.tiles.append([])
            tile = self.tiles[level]
            tile.append(carried)
            if len(tile) < TILE_WIDTH:
                return
            position //= TILE_WIDTH
            if on_full is not None:
                on_full(level, position - 1, tile)
            carried, self.tiles[level], level = root_of(tile), [], level + 1

    def root(self) -> bytes:
        """The root hash at this size."""
        if not self._complete:
            return EMPTY_ROOT
        node = self._complete[-1]
        for left in reversed(self._complete[:-1]):
            node = node_hash(left, node)
        return node


def _complete_subtrees(hashes: Sequence[bytes]) -> list[bytes]:
    roots: list[bytes] = []
    at, left = 0, len(hashes)
    while left:
        width = 1 << left.bit_length() - 1
        roots.append(root_of(hashes[at : at + width]))
        at, left = at + width, left - width
    return roots


def inclusion_path(index: int, size: int, subtree: Callable[[int, int], bytes]) -> list[bytes]:
    """PATH(index, D[size]) of RFC 6962, 2.1.1, leaf to root.

    Args:
        index: of the leaf, below `size`.
        size: leaves in the tree.
        subtree: root hash of the leaves [start, end).

    Raises:
        ValueError: there is no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} in a tree of {size}")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + (1 << (end - start - 1).bit_length() - 1)
        if index < middle:
            path.append(subtree(middle, end))
            end = middle
        else:
            path.append(subtree(start, middle))
            start = middle
    path.reverse()
    return path


def consistency_path(old: int, size: int, subtree: Callable[[int, int], bytes]) -> list[bytes]:
    """PROOF(old, D[size]) of RFC 6962, 2.1.2; empty when old is 0 or size.

    Raises:
        ValueError: old is not in 0..size.
    """
    if not 0 <= old <= size:
        raise ValueError(f"{old} is no earlier size of a tree of {size}")
    if old in {0, size}:
        return []
    path: list[bytes] = []
    start, end, complete = 0, size, True
    while old != end:
        middle = start + (1 << (end - start - 1).bit_length() - 1)
        if old <= middle:
            path.append(subtree(middle, end))
            end = middle
        else:
            path.append(subtree(start, middle))
            start, complete = middle, False
    if not complete:
        path.append(subtree(start, end))
    path.reverse()
    return path


def check_inclusion(
    *, leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes
) -> None:
    """RFC 9162, 2.1.3.2: the leaf is in the tree.

    Raises:
        ProofError: it is not proven.
    """
    if not 0 <= index < size:
        raise ProofError(f"no leaf {index} in a tree of {size}")
    node, fn, sn = leaf, index, size - 1
    for sibling in path:
        if sn == 0:
            raise ProofError("the proof is too long")
        if fn & 1 or fn == sn:
            node = node_hash(sibling, node)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            node = node_hash(node, sibling)
        fn, sn = fn >> 1, sn >> 1
    if sn != 0:
        raise ProofError("the proof is too short")
    if node != root:
        raise ProofError("the proof leads to another root")


def check_consistency(
    *, old: int, old_root: bytes, size: int, root: bytes, path: Sequence[bytes]
) -> None:
    """RFC 9162, 2.1.4.2: the old tree is a prefix of the new one.

    Raises:
        ProofError: it is not proven.
    """
    if not 0 < old <= size:
        raise ProofError(f"{old} is no earlier size of a tree of {size}")
    if old == size:
        if path or old_root != root:
            raise ProofError("same size, other root")
        return
    hashes = list(path)
    if old & (old - 1) == 0:
        hashes.insert(0, old_root)
    if not hashes:
        raise ProofError("the proof is empty")
    fn, sn = old - 1, size - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = hashes[0]
    for sibling in hashes[1:]:
        if sn == 0:
            raise ProofError("the proof is too long")
        if fn & 1 or fn == sn:
            fr, sr = node_hash(sibling, fr), node_hash(sibling, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node_hash(sr, sibling)
        fn, sn = fn >> 1, sn >> 1
    if sn != 0 or fr != old_root or sr != root:
        raise ProofError("the proof leads to another root")
