"""The entries file as a stream of batches: lines in, committed entries out (docs/formats/ledger.md).

Lines are kept in hand until a commit line that is right, or a seal that voids them. This module
says what is committed and where the torn rest begins; whether a torn rest is a crash or damage is
for the caller, who knows what was published.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from archive.durable import naming
from archive.errors import LedgerDamagedError, MalformedNoteError
from archive.keys.history import KeyHistory
from archive.ledger.merkle import Frontier, leaf_hash
from archive.ledger.note import Checkpoint, parse_checkpoint, parse_note

FIRST_FILE: Final = "000000000000"
_MAX_LINE: Final = 70_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Entries with the signed checkpoint that commits them."""

    start: int  # index of the first entry
    entries: list[bytes]
    leaves: list[bytes]
    checkpoint: Checkpoint
    note: bytes
    full_tiles: list[
        tuple[int, int, list[bytes]]
    ]  # level, index, 256 hashes: full since this batch
    end: int  # offset after the commit line


def header(origin: str) -> bytes:
    """The first line of an entries file."""
    return f"muniment-ledger 1 {origin}\n".encode()


def check_header(line: bytes, origin: str) -> None:
    """Raises LedgerDamagedError when the first line is another."""
    if line != header(origin):
        raise LedgerDamagedError(
            "the entries file begins with another line than its format and origin"
        )


def commit_line(note: bytes) -> bytes:
    """The line that commits the entries before it."""
    return b"= " + base64.b64encode(note) + b"\n"


def seal_line(offset: int, torn: bytes) -> bytes:
    """What voids a torn tail: appended after it, on a line of its own.

    Where the tail lacks its newline, a `?` goes before it: the tail may be a commit line or a seal that is
    whole but for the newline, and must not become one now.
    """
    rest = b"" if torn.endswith(b"\n") else b"?\n"
    torn += rest
    return rest + f"! {offset} {len(torn)} {hashlib.sha256(torn).hexdigest()}\n".encode()


class BatchReader:
    """Reads committed batches from an offset on.

    A commit line has to carry the signature of the key that is in force there. After the iteration
    `end` is the offset after the last committed batch or seal; bytes after it are torn.
    """

    def __init__(
        self,
        file: BinaryIO,
        *,
        offset: int,
        tree: Frontier,
        keys: KeyHistory,
        signatures: bool = True,
    ) -> None:
        """Start at `offset` with `tree` and `keys` as they stand there.

        `signatures=False` checks roots only, and does not follow the keys.
        """
        self.end = offset
        self.tree = tree
        self._file = file
        self.keys = keys
        self._signatures = signatures

    def __iter__(self) -> Iterator[Batch]:
        with naming(getattr(self._file, "name", None)):
            yield from self._batches()

    def _batches(self) -> Iterator[Batch]:
        self._file.seek(self.end)
        at = self.end
        in_hand: list[bytes] = []
        hand_start = at
        begins = True  # whether what is read next begins a line
        while line := self._file.readline(_MAX_LINE):
            at += len(line)
            ends = line.endswith(b"\n")
            whole, begins = begins and ends, ends
            if whole and line.startswith(b"! ") and self._voids(line, hand_start, at - len(line)):
                in_hand, hand_start, self.end = [], at, at
            elif whole and line.startswith(b"= "):
                batch = self._commit(in_hand, line, at)
                if batch is None:
                    in_hand.append(line)  # only a seal can help now
                else:
                    in_hand, hand_start, self.end = [], at, at
                    yield batch
            else:
                in_hand.append(line)

    def _voids(self, line: bytes, hand_start: int, seal_at: int) -> bool:
        parts = line[2:-1].split(b" ")
        if len(parts) != 3 or parts[0] != str(hand_start).encode():
            return False
        length = seal_at - hand_start
        if parts[1] != str(length).encode():
            return False
        here = self._file.tell()
        self._file.seek(hand_start)
        torn = self._file.read(length)
        self._file.seek(here)
        return hashlib.sha256(torn).hexdigest().encode() == parts[2]

    def _commit(self, lines: list[bytes], line: bytes, end: int) -> Batch | None:
        first = self.tree.size
        try:
            note = base64.b64decode(line[2:-1], validate=True)
            if base64.b64encode(note) != line[2:-1]:
                return None
            parsed = parse_note(note)
            checkpoint = (
                self.keys.current.check(parsed)
                if self._signatures
                else parse_checkpoint(parsed.text)
            )
        except (ValueError, MalformedNoteError):
            return None
        if (
            not lines
            or checkpoint.size != first + len(lines)
            or checkpoint.origin != self.keys.current.name
        ):
            return None
        if not all(entry.startswith(b"{") and entry.endswith(b"\n") for entry in lines):
            return None
        entries = [entry[:-1] for entry in lines]
        leaves = [leaf_hash(entry) for entry in entries]
        full: list[tuple[int, int, list[bytes]]] = []
        tree = self.tree.copy()
        for leaf in leaves:
            tree.append(leaf, lambda level, index, hashes: full.append((level, index, hashes)))
        if tree.root() != checkpoint.root:
            return None
        if self._signatures:
            self.keys = self.keys.after_batch(first, entries)
        self.tree = tree
        return Batch(
            start=first,
            entries=entries,
            leaves=leaves,
            checkpoint=checkpoint,
            note=note,
            full_tiles=full,
            end=end,
        )


def last_batch(file: BinaryIO, end: int) -> tuple[bytes, bool]:
    """The entry lines of the batch whose commit line ends at `end`, and whether it is the first of all.

    Looks at line ends only: a writer that opens has to be quick.
    """
    commit = _find_back(file, (b"\n",), end - 1) + 1
    before = _find_back(file, (b"\n= ", b"\n! "), commit - 1)
    file.seek(before + 1)
    file.readline()  # the commit line or seal before it, else the file's first line
    start = file.tell()
    return file.read(max(0, commit - start)), before < 0


def _find_back(file: BinaryIO, marks: tuple[bytes, ...], end: int) -> int:
    """Where the last of some marks begins that begins before `end`; -1: there is none."""
    while end > 0:
        start = max(0, end - _MAX_LINE)
        file.seek(start)
        data = file.read(end - start + 2)  # a mark may reach over the end
        found = max(data.rfind(mark, 0, end - start - 1 + len(mark)) for mark in marks)
        if found >= 0:
            return start + found
        end = start
    return -1


def read_origin_line(file: BinaryIO) -> bytes:
    """The first line, at most as long as a line may be."""
    with naming(getattr(file, "name", None)):
        file.seek(0)
        return file.readline(_MAX_LINE)
