"""Where a writer may begin: the snapshot's end, if the ledger itself says the same.

Believed is only what the entries file and the tiles bear out: the snapshot's root has to be the one
in the commit line before its end, and its last entry the one in the last tile.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import BinaryIO

from archive.errors import LedgerDamagedError
from archive.ledger.batches import commit_line
from archive.ledger.merkle import TILE_WIDTH, Frontier
from archive.ledger.note import Checkpoint, Signer
from archive.ledger.published import PublishedLog
from archive.ledger.state import Position, State


def find_start(
    folder: Path, file: BinaryIO, state: State, signer: Signer
) -> tuple[Position, list[bytes]] | None:
    """The snapshot and the entries of its bundle that is not full yet; None where it is not borne out.

    Raises:
        OSError: the ledger cannot be read.
    """
    try:
        position = state.position()
    except (sqlite3.Error, ValueError):
        return None
    if position is None or not position.size:
        return None
    tree = Frontier(position.size, position.tiles)
    checkpoint = Checkpoint(origin=signer.verifier.name, size=position.size, root=tree.root())
    # Ed25519 is deterministic: the same checkpoint has the same line.
    line = commit_line(signer.sign(checkpoint))
    if position.offset < len(line):
        return None
    file.seek(position.offset - len(line))
    if file.read(len(line)) != line:
        return None
    entries = _last_bundle(folder, checkpoint, position.last)
    return None if entries is None else (position, entries)


def _last_bundle(folder: Path, checkpoint: Checkpoint, last: bytes) -> list[bytes] | None:
    """The entries under the last tile while it is not full; None where `last` is not its last hash."""
    number, partial = divmod(checkpoint.size, TILE_WIDTH)
    log = PublishedLog(folder, checkpoint)
    try:
        entries = log.bundle(number) if partial else []
        index = checkpoint.size - 1
        leaf = log.leaves(index // TILE_WIDTH)[index % TILE_WIDTH]
    except LedgerDamagedError:
        return None
    return entries if leaf == last else None
