"""Lines of the entries file, column by column, so that a million fit into memory. Values only."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from typing import Final

from archive.ledger.batches import FIRST_FILE
from archive.ledger.note import Checkpoint, Verifier

ENTRIES: Final = f"ledger/entries/{FIRST_FILE}"
NULL: Final = bytes(32)  # stands for a null `prev`: no leaf hashes to it
KEY: Final = 8  # bytes that stand for a subject


@dataclass(frozen=True, slots=True)
class Mark:
    """A line that is no entry: it commits (`=`) or voids (`!`) those before it."""

    position: int  # entry lines before it in the slice
    offset: int
    length: int  # 1: no line, but a line end that is another byte now
    checkpoint: Checkpoint | None  # of a commit line that is signed
    seal: tuple[int, int, str] | None  # offset, length and SHA-256 of what a seal voids
    signer: Verifier | None = None  # whose signature the commit line carries
    note: bytes = b""  # of a commit line by a key that the keys folder does not name


# An object that an entry names: slot; digest; size, -1 where the entry does not say; SM3 in hex or
# empty; digest of the row of a text object that is meant, or empty. A bare tuple, because millions
# of them go from process to process.
Name = tuple[int, bytes, int, str, bytes]


@dataclass(slots=True)
class Columns:
    """Entry lines, column by column: a million fit into memory."""

    offsets: array[int] = field(default_factory=lambda: array("Q"))
    leaves: bytearray = field(default_factory=bytearray)  # 32 bytes each
    prevs: bytearray = field(default_factory=bytearray)  # 32 each, NULL for null
    chain_prevs: bytearray = field(default_factory=bytearray)  # 32 each, NULL for null
    subjects: bytearray = field(default_factory=bytearray)  # KEY bytes each
    counts: array[int] = field(default_factory=lambda: array("q"))
    links: array[int] = field(default_factory=lambda: array("q"))  # -1 for null
    problems: dict[int, str] = field(default_factory=dict)  # slot: why it is no entry
    names: list[Name] = field(default_factory=list)
    keys: list[tuple[int, bytes]] = field(
        default_factory=list
    )  # slot and line of entries about keys
    said: list[tuple[int, bytes]] = field(
        default_factory=list
    )  # slot and line of entries about timestamps, audits and damaged objects
    verified: list[int] = field(default_factory=list)  # slots of originals that were read back

    def __len__(self) -> int:
        return len(self.counts)

    def names_by_slot(self) -> dict[int, list[Name]]:
        """The names, under the entry that has them."""
        found: dict[int, list[Name]] = {}
        for name in self.names:
            found.setdefault(name[0], []).append(name)
        return found

    def take(self, other: Columns, start: int, stop: int, names: list[Name]) -> None:
        """Append slots of another; `names` are its names in them."""
        at = len(self) - start
        self.offsets += other.offsets[start:stop]
        self.leaves += other.leaves[start * 32 : stop * 32]
        self.prevs += other.prevs[start * 32 : stop * 32]
        self.chain_prevs += other.chain_prevs[start * 32 : stop * 32]
        self.subjects += other.subjects[start * KEY : stop * KEY]
        self.counts += other.counts[start:stop]
        self.links += other.links[start:stop]
        if other.problems:
            self.problems.update(
                {slot + at: why for slot, why in other.problems.items() if start <= slot < stop}
            )
        if other.keys:
            self.keys += [(slot + at, raw) for slot, raw in other.keys if start <= slot < stop]
        if other.said:
            self.said += [(slot + at, raw) for slot, raw in other.said if start <= slot < stop]
        if other.verified:
            self.verified += [slot + at for slot in other.verified if start <= slot < stop]
        if at:
            names = [(n[0] + at, n[1], n[2], n[3], n[4]) for n in names]
        self.names += names


@dataclass(slots=True)
class Slice:
    """What one slice of the entries file holds."""

    columns: Columns
    marks: list[Mark]
    end: int  # offset after the last whole line
