"""What entries name of some clips: their objects, who else names these, their text rows. Read from the ledger alone.

What always holds: after `advance` it knows every entry that was committed before the call. Who removes rests on the
entries and not on the catalogue.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, Protocol

from archive.ledger.entry import Entry, named_objects
from archive.texts import TextRef

_INGESTED = "clip.ingested"


class Entries(Protocol):
    """A ledger."""

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[Entry]:
        """The committed entries [start, stop) in order."""
        ...


class Named:
    """Of the clips of one disposal."""

    def __init__(self, ledger: Entries, clips: Collection[str]) -> None:
        """Read the ledger to its end, twice: who else names an object is known once the objects are."""
        self._ledger = ledger
        self._clips = frozenset(clips)
        self._seen = 0
        self.objects: dict[str, set[str]] = {clip: set() for clip in clips}
        self.text: dict[str, TextRef] = {}  # where a clip's path is
        self.namers: dict[str, set[str]] = {}  # digest: subjects of all entries that name it
        self.advance()

    def advance(self) -> None:
        """Read on to the ledger's end."""
        new = [digest for entry in self._ledger.entries(self._seen) for digest in self._take(entry)]
        if any(digest not in self.namers for digest in new):
            self._look_who_names()

    def _take(self, entry: Entry) -> list[str]:
        """Objects of our clips that an entry names; of those known before, it is noted who does."""
        self._seen = entry.index + 1
        subject, data = entry.subject, entry.data
        named = [digest for digest, _ in named_objects(_without_text(data))]
        for digest in named:
            if digest in self.namers:
                self.namers[digest].add(subject)
        if subject not in self._clips:
            return []
        text = data.get("text")
        if entry.type == _INGESTED and isinstance(text, dict):
            self.text.setdefault(subject, TextRef.from_data(text))
        if entry.type != "disposal.done":
            self.objects[subject].update(named)
            return named
        return []

    def _look_who_names(self) -> None:
        wanted = {digest for objects in self.objects.values() for digest in objects}
        self.namers = {digest: set() for digest in wanted}
        for entry in self._ledger.entries(0, self._seen):
            for digest, _ in named_objects(_without_text(entry.data)):
                if digest in wanted:
                    self.namers[digest].add(entry.subject)
            text = entry.data.get("text")
            if isinstance(text, dict) and text.get("object") in wanted:
                self.namers[str(text["object"])].add(entry.subject)


def _without_text(data: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name != "text"}
