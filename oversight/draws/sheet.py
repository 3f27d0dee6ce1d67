"""The score sheet of case review: shipped, or the agency's own ROOT/sheet.toml in its place.

What always holds: of a malformed sheet no item counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

from archive.tables import TableError, Words, read_document
from oversight.draws.errors import SheetError

NAME: Final = "sheet.toml"  # below ROOT
FORMAT: Final = 1
_MOST: Final = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """What is scored, and with how many points at most."""

    id: str
    name: Words
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """All items."""

    title: Words
    items: tuple[Item, ...]

    @property
    def most(self) -> int:
        """All points."""
        return sum(item.most for item in self.items)


def sheet_of(root: Path) -> Sheet:
    """The sheet of an archive. Raises SheetError."""
    try:
        with (root / NAME).open("rb") as file:
            return read_sheet(file.read(_MOST + 1), NAME)
    except FileNotFoundError:
        return shipped()
    except OSError as e:
        raise SheetError(NAME, ((1, f"cannot be read: {e.strerror}"),)) from e


@cache
def shipped() -> Sheet:
    """The one that comes with the program."""
    return read_sheet(files(__package__).joinpath(NAME).read_bytes(), NAME)


def read_sheet(data: bytes, source: str) -> Sheet:
    """A sheet out of its bytes. Raises SheetError."""
    try:
        document = read_document(data, most=_MOST, about="docs/oversight.md")
    except TableError as e:
        raise SheetError(source, e.mistakes) from e
    if not document.is_format(FORMAT):
        raise SheetError(source, tuple(document.mistakes))
    head = document.table("sheet")
    title = head.words("title")
    head.end()
    items = []
    for table in document.rows("item", needed=True):
        items.append(Item(id=table.code("id"), name=table.words("name"), most=table.count("most")))
        table.end()
    document.no_twins("item", "id", [item.id for item in items])
    document.end()
    if document.mistakes:
        raise SheetError(source, tuple(sorted(document.mistakes)))
    return Sheet(title=title, items=tuple(items))
