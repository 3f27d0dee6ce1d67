"""One ledger entry with its text row, as the projection reads it: members by name and type, nothing else.

What an entry of a known type must have and has not makes MalformedEventError; the projection then keeps the
entry's custody row only, as for a type it does not know.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from archive.catalogue.sources import TextRows
from archive.errors import FixityError
from archive.ledger.entry import Entry
from archive.texts import TextRef


class MalformedEventError(Exception):
    """A member that the type calls for is missing or of another type. Never leaves the projection."""


@dataclass(frozen=True, slots=True)
class Fields:
    """The members of one JSON object, asked for by type."""

    members: dict[str, Any]

    def text(self, name: str) -> str:
        """A text that must be there."""
        value = self.members.get(name)
        if type(value) is not str:
            raise MalformedEventError(name)
        return value

    def number(self, name: str) -> int:
        """An integer that must be there."""
        value = self.members.get(name)
        if type(value) is not int:
            raise MalformedEventError(name)
        return value

    def text_or_none(self, name: str) -> str | None:
        """A text, or None when it is absent, null or no text."""
        value = self.members.get(name)
        return value if type(value) is str else None

    def number_or_none(self, name: str) -> int | None:
        """An integer, or None when it is absent, null or no integer."""
        value = self.members.get(name)
        return value if type(value) is int else None

    def flag(self, name: str) -> bool:
        """True only where it says true."""
        return self.members.get(name) is True

    def texts(self, name: str) -> list[str]:
        """The texts of a list; none when there is no list."""
        value = self.members.get(name)
        return [item for item in value if type(item) is str] if type(value) is list else []

    def fields(self, name: str) -> Fields:
        """An object that must be there."""
        value = self.members.get(name)
        if type(value) is not dict:
            raise MalformedEventError(name)
        return Fields(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEvent:
    """An entry and what people wrote about it."""

    index: int
    type: str
    time: str
    clock: str
    actor: str
    subject: str
    data: dict[str, Any]
    written: dict[str, Any]  # the text row; empty when there is none, or none any more


def event_of(entry: Entry, texts: TextRows) -> LedgerEvent:
    """Read an entry's members and look up its text row.

    Raises:
        MalformedEntryError: the bytes are no entry.
    """
    data = entry.data
    return LedgerEvent(
        index=entry.index,
        type=entry.type,
        time=entry.time,
        clock=entry.clock,
        actor=entry.actor,
        subject=entry.subject,
        data=data,
        written=written_row(data, texts),
    )


def written_row(data: dict[str, Any], texts: TextRows) -> dict[str, Any]:
    """The text row that entry data name, without its salt; empty when there is none, or none any more."""
    named = data.get("text")
    if type(named) is not dict or not named.keys() >= {"object", "size", "row"}:
        return {}
    try:
        row = texts.read(TextRef.from_data(named))
    except (FixityError, TypeError, ValueError):
        # A text object that has changed is the audit's finding; dockings go on without its words.
        return {}
    return {} if row is None else {name: value for name, value in row.items() if name != "salt"}
