"""The diary of a file system: every change in the order of the kernel's calls, every sync, every word said.

A cut of the power after any of its lines can be made later, as often as wanted (`medium`). Lines are JSON; what was
written lies in a second file. Not here: what a cut leaves.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

FOLDER: Final = 1  # number of the root folder
SAID: Final = ".said"  # what is written to this file of the root is a word of the diary, and no byte of the medium


@dataclass(frozen=True, slots=True, kw_only=True)
class New:
    """A file or a folder, without a name yet."""

    node: int
    mode: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A name was given."""

    folder: int
    name: str
    node: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """A name was taken away."""

    folder: int
    name: str
    node: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A name became another; one that was there is gone with the same stroke."""

    folder: int
    name: str
    node: int
    to_folder: int
    to_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """Bytes at a place in a file; they lie at `at` in the second file of the diary."""

    node: int
    offset: int
    at: int
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """A file was cut off or made longer."""

    node: int
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Mode:
    """chmod."""

    node: int
    mode: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Time:
    """The modification time was set (utimensat); a write sets it too, without a line of its own."""

    node: int
    ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sync:
    """fsync or fdatasync of a file or a folder. `node` 0: of everything (syncfs)."""

    node: int
    data_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """The program told somebody something."""

    text: str


Record = New | Name | Gone | Move | Write | Size | Mode | Time | Sync | Said
_KINDS: Final[dict[str, type[Record]]] = {
    kind.__name__: kind for kind in (New, Name, Gone, Move, Write, Size, Mode, Time, Sync, Said)
}


class Diary:
    """Written by the file system's process; each line is with the kernel when `note` returns."""

    def __init__(self, folder: Path) -> None:
        self._lines: BinaryIO = (folder / "lines").open("wb", buffering=0)
        self._bytes: BinaryIO = (folder / "bytes").open("wb", buffering=0)
        self._at = 0

    def note(self, record: Record) -> None:
        """One line more."""
        fields = {name: getattr(record, name) for name in record.__slots__}
        line = json.dumps([type(record).__name__, fields], ensure_ascii=True)
        self._lines.write(line.encode() + b"\n")

    def keep(self, node: int, offset: int, data: bytes) -> None:
        """Bytes were written."""
        self._bytes.write(data)
        self.note(Write(node=node, offset=offset, at=self._at, length=len(data)))
        self._at += len(data)


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A diary that was read."""

    records: list[Record]
    data: bytes
    begun: int  # records before this one are what was on the medium at the mount

    def said(self, before: int) -> list[str]:
        """What had been told to somebody when so many records were made."""
        return [r.text for r in self.records[:before] if isinstance(r, Said)]

    def points(self) -> range:
        """Where the power may go: before any change or sync, and after the last."""
        return range(self.begun, len(self.records) + 1)


def read(folder: Path) -> Story:
    """The diary, once its writer has ended. The first sync of everything ends what was there before."""
    records = list(_records(folder / "lines"))
    begun = records.index(Sync(node=0)) + 1
    return Story(records=records, data=(folder / "bytes").read_bytes(), begun=begun)


def _records(lines: Path) -> Iterator[Record]:
    with lines.open(encoding="ascii") as file:
        for line in file:
            kind, fields = json.loads(line)
            yield _KINDS[kind](**fields)
