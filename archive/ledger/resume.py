"""Where a writer may begin: the snapshot's end, if the ledger itself says the same.

Believed is only what the entries file and the tiles bear out: the snapshot's root has to be the one
in the commit line before its end, under the signature of a key of this ledger, and its last entry the
one in the last tile.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from archive.errors import LedgerDamagedError, MalformedNoteError
from archive.keys.history import MARK, KeyHistory
from archive.ledger.batches import commit_line, last_batch
from archive.ledger.merkle import TILE_WIDTH, Frontier
from archive.ledger.note import (
    Checkpoint,
    Verifier,
    decode_base64,
    parse_note,
    signed_by,
    signed_note,
)
from archive.ledger.published import PublishedLog
from archive.ledger.state import Position, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Where a writer may begin."""

    position: Position
    entries: list[bytes]  # of the bundle that is not full yet
    note: bytes  # the signed checkpoint there
    keys: KeyHistory  # as they stand there


def find_start(
    folder: Path, file: BinaryIO, state: State, known: Sequence[Verifier]
) -> Start | None:
    """The snapshot's end; None where it is not borne out.

    Args:
        folder: of the ledger.
        file: the entries.
        state: the snapshot.
        known: the keys that the keys folder names, oldest first.

    Raises:
        KeyHistoryError: the last batch brought in a key that nobody introduced.
        OSError: the ledger cannot be read.
    """
    try:
        position = state.position()
    except (sqlite3.Error, ValueError):
        return None
    if position is None or not position.size:
        return None
    tree = Frontier(position.size, position.tiles)
    checkpoint = Checkpoint(origin=known[0].name, size=position.size, root=tree.root())
    try:
        note = _note_before(file, position.offset, checkpoint, known)
        entries = _last_bundle(folder, checkpoint, position.last)
    except (MalformedNoteError, LedgerDamagedError):
        return None
    keys = keys_at(file, position.offset, position.size, note, known)
    return Start(position=position, entries=entries, note=note, keys=keys)


def keys_at(
    file: BinaryIO, offset: int, size: int, note: bytes, known: Sequence[Verifier]
) -> KeyHistory:
    """The keys as they stand after a commit line that was checked.

    Args:
        file: the entries.
        offset: where the commit line ends.
        size: entries up to there.
        note: in the commit line.
        known: the keys that the keys folder names, oldest first.

    Raises:
        KeyHistoryError: the batch brought in a key that nobody introduced.
        OSError: the ledger cannot be read.
    """
    lines, first = last_batch(file, offset)
    signed = signed_by(parse_note(note), known)
    keys = KeyHistory.beginning(known)
    if signed is not None and not first:
        keys = KeyHistory.resuming(signed, known)
    if MARK not in lines:
        return keys
    batch = lines.split(b"\n")[:-1]
    return keys.after_batch(size - len(batch), batch)


def _note_before(
    file: BinaryIO, offset: int, checkpoint: Checkpoint, known: Sequence[Verifier]
) -> bytes:
    """The note in the commit line that ends at an offset.

    All notes over one checkpoint are equally long.

    Raises:
        MalformedNoteError: there is none over this checkpoint by a known key.
    """
    stand_in = Verifier(name=checkpoint.origin, key=bytes(32))
    length = len(commit_line(signed_note(stand_in, checkpoint, bytes(64))))
    file.seek(max(0, offset - length))
    line = file.read(length)
    if len(line) < length or not line.startswith(b"= ") or not line.endswith(b"\n"):
        raise MalformedNoteError("no commit line ends here")
    note = decode_base64(line[2:-1].decode("latin-1"))
    parsed = parse_note(note)
    signed = signed_by(parsed, known)
    if signed is None or signed.check(parsed) != checkpoint:
        raise MalformedNoteError("the commit line is over another checkpoint, or another's")
    return note


def _last_bundle(folder: Path, checkpoint: Checkpoint, last: bytes) -> list[bytes]:
    """The entries under the last tile while it is not full.

    Raises:
        LedgerDamagedError: the tiles are not there, or `last` is not the last hash in them.
    """
    number, partial = divmod(checkpoint.size, TILE_WIDTH)
    log = PublishedLog(folder, checkpoint)
    entries = log.bundle(number) if partial else []
    index = checkpoint.size - 1
    if log.leaves(index // TILE_WIDTH)[index % TILE_WIDTH] != last:
        raise LedgerDamagedError("the last tile ends in another entry")
    return entries
