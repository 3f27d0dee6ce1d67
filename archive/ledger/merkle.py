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
        # For each level, the roots of its tile's complete subtrees, large to small.
        self._complete = [_complete_subtrees(tile) for tile in self.tiles]

    def copy(self) -> Frontier:
        """Another tree with the same leaves."""
        other = Frontier.__new__(Frontier)
        other.size = self.size
        other.tiles = [tile.copy() for tile in self.tiles]
        other._complete = [roots.copy() for roots in self._complete]
        return other

    def append(
        self, leaf: bytes, on_full: Callable[[int, int, list[bytes]], None] | None = None
    ) -> None:
        """Add one leaf hash. `on_full(level, index, hashes)` is told of each tile whose 256th hash arrived."""
        sha256 = hashlib.sha256
        self.size += 1
        carried, level = leaf, 0
        while True:
            if level == len(self.tiles):
                self.tiles.append([])
                self._complete.append([])
            tile, roots = self.tiles[level], self._complete[level]
            node, position = carried, len(tile)
            tile.append(carried)
            while position & 1:
                node, position = sha256(b"\1" + roots.pop() + node).digest(), position >> 1
            if len(tile) < TILE_WIDTH:
                roots.append(node)
                return
            if on_full is not None:
                on_full(level, (self.size >> 8 * (level + 1)) - 1, tile)
            # Eight merges: the node is the root of the tile that is full now.
            carried, self.tiles[level], level = node, [], level + 1

    def root(self) -> bytes:
        """The root hash at this size."""
        node: bytes | None = None
        for roots in self._complete:
            for left in reversed(roots):
                node = left if node is None else node_hash(left, node)
        return EMPTY_ROOT if node is None else node


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
    if len(leaf) != HASH_SIZE or len(root) != HASH_SIZE:
        raise ProofError("a leaf hash or root that is no SHA-256")
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
