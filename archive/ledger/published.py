"""The published log as files: what an outsider sees. Reads only, and believes only what hashes right."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from archive.durable import read_small
from archive.errors import LedgerDamagedError, MalformedNoteError
from archive.ledger.merkle import (
    EMPTY_ROOT,
    TILE_WIDTH,
    check_consistency,
    check_inclusion,
    consistency_path,
    inclusion_path,
    leaf_hash,
    node_hash,
    root_of,
)
from archive.ledger.note import Checkpoint, Verifier, parse_note, signed_by
from archive.ledger.tiles import TileName, split_hashes, unbundle

CHECKPOINT: Final = "checkpoint"
COSIGNED: Final = "checkpoint.cosigned"  # the newest with a quorum of witnesses
_MANY: Final = 16  # tiles of leaves that are kept; those above them are few


class PublishedLog:
    """One checkpoint's view of a ledger's folder. Threads may share it."""

    def __init__(self, folder: Path, checkpoint: Checkpoint) -> None:
        self._folder = folder
        self.size = checkpoint.size
        self.root = checkpoint.root
        self._tiles: dict[tuple[int, int], list[bytes]] = {}
        self._leaves: dict[int, list[bytes]] = {}  # tiles of level 0, a few
        # What a tile above the leaves leads to, by powers of two: every proof needs the same few.
        self._rows: dict[tuple[int, int], list[list[bytes]]] = {}

    def leaves(self, index: int) -> list[bytes]:
        """The leaf hashes of bundle `index`."""
        return self._tile(0, index)

    def bundle(self, index: int) -> list[bytes]:
        """The entries of bundle `index`, each checked against its leaf hash.

        Raises:
            LedgerDamagedError: a file is missing or not what its tile says.
        """
        width = min(TILE_WIDTH, self.size - index * TILE_WIDTH)
        data = self._read(TileName(level=None, index=index, width=width))
        entries = unbundle(data[0], data[1])[:width]
        if [leaf_hash(e) for e in entries] != self.leaves(index)[:width]:
            raise LedgerDamagedError(f"entry bundle {index} is not what its tile says")
        return entries

    def subtree(self, start: int, end: int) -> bytes:
        """Root hash of the leaves [start, end), which RFC 6962's splitting led to."""
        count = end - start
        if count == 0:
            return EMPTY_ROOT
        if count & (count - 1):
            middle = start + (1 << count.bit_length() - 1)
            return root_of([self.subtree(start, middle), self.subtree(middle, end)])
        level = (count.bit_length() - 1) // 8
        first, number = start >> 8 * level, count >> 8 * level
        index, at = divmod(first, TILE_WIDTH)
        if not level:
            return root_of(self._tile(0, index)[at : at + number])
        power = number.bit_length() - 1
        return self._rows_of(level, index)[power][at >> power]

    def path(self, index: int) -> list[bytes]:
        """The inclusion path of a leaf, checked against the checkpoint's root.

        Raises:
            LedgerDamagedError: a tile is missing or wrong.
            ProofError: the tiles lead to another root.
            ValueError: no such leaf.
        """
        path = inclusion_path(index, self.size, self.subtree)
        leaf = self.leaves(index // TILE_WIDTH)[index % TILE_WIDTH]
        check_inclusion(leaf=leaf, index=index, size=self.size, path=path, root=self.root)
        return path

    def consistency(self, earlier: Checkpoint) -> list[bytes]:
        """The consistency path from an earlier checkpoint, checked against both roots; empty where it is this one.

        Raises:
            LedgerDamagedError: a tile is missing or wrong.
            ProofError: this log did not grow out of it.
            ValueError: it is a later one.
        """
        path = consistency_path(earlier.size, self.size, self.subtree)
        if earlier.size:
            check_consistency(
                old=earlier.size,
                old_root=earlier.root,
                size=self.size,
                root=self.root,
                path=path,
            )
        return path

    def _rows_of(self, level: int, index: int) -> list[list[bytes]]:
        known = self._rows.get((level, index))
        if known is None:
            row = self._tile(level, index)
            known = [row]
            while len(row) > 1:
                pairs = iter(row)  # an odd last one stands for no whole subtree yet
                row = [node_hash(left, right) for left, right in zip(pairs, pairs, strict=False)]
                known.append(row)
            self._rows[level, index] = known
        return known

    def _tile(self, level: int, index: int) -> list[bytes]:
        known = self._tiles.get((level, index)) if level else self._leaves.get(index)
        if known is None:
            width = min(TILE_WIDTH, (self.size >> 8 * level) - index * TILE_WIDTH)
            data, found = self._read(TileName(level=level, index=index, width=width))
            known = split_hashes(data, found)
            if level:
                self._tiles[level, index] = known
            else:
                if len(self._leaves) >= _MANY:
                    self._leaves = {}  # others may be reading the old one
                self._leaves[index] = known
        return known

    def _read(self, name: TileName) -> tuple[bytes, int]:
        """A tile's bytes and width; the full one where the partial has gone (tlog-tiles, "Partial tiles")."""
        full = TileName(level=name.level, index=name.index, width=TILE_WIDTH)
        for candidate in dict.fromkeys((name, full)):
            try:
                return read_small(self._folder / candidate.path()), candidate.width
            except FileNotFoundError:
                continue
        raise LedgerDamagedError(f"{name.path()} is missing")


def proof_text(index: int, path: list[bytes], note: bytes) -> bytes:
    """A C2SP tlog-proof: index, path from leaf to root, empty line, checkpoint."""
    lines = ["c2sp.org/tlog-proof@v1", f"index {index}"]
    lines += [base64.b64encode(h).decode() for h in path]
    return "\n".join(lines).encode() + b"\n\n" + note


def consistency_text(old: int, path: list[bytes]) -> bytes:
    """A consistency proof as a package has it: `old <size>`, then one hash a line."""
    lines = [f"old {old}", *(base64.b64encode(h).decode() for h in path)]
    return "".join(f"{line}\n" for line in lines).encode()


def read_checkpoint(
    folder: Path, known: Sequence[Verifier], name: str = CHECKPOINT
) -> tuple[bytes, Checkpoint]:
    """The newest published checkpoint, or the newest cosigned one, its signature by us checked.

    Right after a change of keys it is still the old one's; up to where a key is believed is for the audit to say.

    Raises:
        LedgerDamagedError: missing, or not signed by one of these keys.
    """
    try:
        note = read_small(folder / name)
        parsed = parse_note(note)
        verifier = signed_by(parsed, known) or known[-1]
        checkpoint = verifier.check(parsed)
    except FileNotFoundError as e:
        raise LedgerDamagedError(f"ledger/{name} is missing") from e
    except MalformedNoteError as e:
        raise LedgerDamagedError(f"ledger/{name}: {e}") from e
    if checkpoint.origin != verifier.name:
        raise LedgerDamagedError(f"ledger/{name} is of another origin")
    return note, checkpoint
