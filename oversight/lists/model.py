"""A list as a value, and the bytes by which it is published: canonical JSON, so that the same list has one digest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from archive.canonical import encode
from archive.tables import Words
from oversight.lists.cells import Cell
from oversight.lists.kinds import Kind

FORMAT: Final = 1
CENTS: Final = "fen"  # of a list whose amounts are whole cents (分), as published
Row = dict[str, Cell]


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyList:
    """One list, whole. Of a version that was published nothing changes any more."""

    kind: Kind
    title: Words
    agency: str  # whose it is; empty: it does not say
    clause: Words  # on what it rests
    source: Words
    tolerance_seconds: int  # how far a recording may miss a time on paper, where a row says nothing
    gap_seconds: int  # how long a stop may be before it needs a reason, where a row says nothing
    rows: tuple[Row, ...]

    def to_data(self) -> dict[str, Any]:
        """As it is published."""
        return {
            "format": FORMAT,
            "kind": self.kind,
            "amounts": CENTS,
            "title": _words(self.title),
            "agency": self.agency,
            "clause": _words(self.clause),
            "source": _words(self.source),
            "tolerance_seconds": self.tolerance_seconds,
            "gap_seconds": self.gap_seconds,
            "rows": list(self.rows),
        }

    def to_bytes(self) -> bytes:
        """As it is kept."""
        return encode(self.to_data())


def _words(words: Words) -> dict[str, str]:
    return {"zh": words.zh, "en": words.en}
