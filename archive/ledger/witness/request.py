"""The body of `add-checkpoint`, taken apart and put together (C2SP tlog-witness v1.0.0, "add-checkpoint").

What always holds: whatever the bytes, one kind of error comes out. Nothing here knows who may sign.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from archive.errors import MalformedNoteError
from archive.ledger.merkle import HASH_SIZE
from archive.ledger.note import (
    Checkpoint,
    Note,
    decode_base64,
    parse_checkpoint,
    parse_note,
    parse_size,
)

MOST_HASHES: Final = 63
MOST_BYTES: Final = 256 * 1024  # sixteen ML-DSA signatures are 55 KiB
SIZE_TYPE: Final = "text/x.tlog.size"  # of a 409


@dataclass(frozen=True, slots=True, kw_only=True)
class AddCheckpoint:
    """What a log asks of a witness."""

    old: int  # entries that the witness is believed to have cosigned
    path: tuple[bytes, ...]  # RFC 6962, 2.1.2
    note: Note
    checkpoint: Checkpoint


def parse_request(body: bytes) -> AddCheckpoint:
    """Take a request apart.

    Raises:
        MalformedNoteError: it is none. Nothing else is ever raised, whatever the bytes.
    """
    if len(body) > MOST_BYTES:
        raise MalformedNoteError(f"longer than {MOST_BYTES} bytes")
    head, separator, rest = body.partition(b"\n\n")
    if not separator:
        raise MalformedNoteError("no empty line before the checkpoint")
    try:
        first, *hashes = head.decode("ascii").split("\n")
    except UnicodeDecodeError as e:
        raise MalformedNoteError("the lines before the checkpoint are not ASCII") from e
    if not first.startswith("old "):
        raise MalformedNoteError("the first line is not `old` and a size")
    if len(hashes) > MOST_HASHES:
        raise MalformedNoteError(f"{len(hashes)} hashes; {MOST_HASHES} are allowed")
    path = tuple(decode_base64(line) for line in hashes)
    if any(len(value) != HASH_SIZE for value in path):
        raise MalformedNoteError("a line of the proof is no hash")
    note = parse_note(rest)
    return AddCheckpoint(
        old=parse_size(first.removeprefix("old ")),
        path=path,
        note=note,
        checkpoint=parse_checkpoint(note.text),
    )


def write_request(*, old: int, path: Sequence[bytes], note: bytes) -> bytes:
    """The body for a checkpoint, and its consistency with one of `old` entries."""
    lines = [f"old {old}", *(base64.b64encode(value).decode() for value in path)]
    return "\n".join(lines).encode() + b"\n\n" + note
