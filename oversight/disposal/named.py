"""What entries name of some clips: their objects, who else names these, their text rows. Read from the ledger alone.

What always holds: after `advance` it knows every entry that was committed before the call. Who removes rests on the
entries and not on the catalogue. A text object may be a clip's original too, where somebody docked a copy of a store:
who names it as something else than text is known of all text objects that these clips' rows are in.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, Protocol

from archive.ledger.entry import Entry, named_objects
from archive.removals import DONE, OWN_TEXTS, removed_by
from archive.texts import TextRef

_INGESTED = "clip.ingested"
_TEXTS = ""  # names, in the place of a subject, what has the rows of many; it is never gone


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
        self.seen = 0  # entries
        self.objects: dict[str, set[str]] = {clip: set() for clip in clips}
        self.text: dict[str, TextRef] = {}  # where a clip's path is
        # That, and what people wrote of it: markers, captions of stills.
        self.texts: dict[str, list[TextRef]] = {clip: [] for clip in clips}
        self.namers: dict[str, set[str]] = {}  # digest: subjects of all entries that name it
        # Text objects that these clips' words were ever in: who names them as something else.
        self._others: dict[str, set[str]] = {}
        self._moved: dict[str, str] = {}
        self.advance()

    def advance(self) -> None:
        """Read on to the ledger's end."""
        new = [digest for entry in self._ledger.entries(self.seen) for digest in self._take(entry)]
        if any(digest not in self.namers for digest in new) or self._texts() - self._others.keys():
            self._look_who_names()

    def is_only_text(self, name: str) -> bool:
        """Whether no entry names a text object of these clips as anything else; False: not known."""
        return name in self._others and not self._others[name]

    def made(self, name: str) -> None:
        """A text object is about to be made that nobody has had in this store: nobody names it."""
        self._others.setdefault(name, set())

    def _texts(self) -> set[str]:
        found = {ref.object for refs in self.texts.values() for ref in refs}
        found |= {self._moved[name] for name in self._moved}
        return found

    def _take(self, entry: Entry) -> list[str]:
        """Objects of our clips that an entry names; of those known before, it is noted who does."""
        self.seen = entry.index + 1
        subject, data = entry.subject, entry.data
        self._note(entry)
        if entry.type == DONE:
            self._moved.update((old, new) for old, new in removed_by(data) if new)
            return []
        if subject not in self._clips:
            return []
        text = data.get("text")
        if entry.type in OWN_TEXTS and isinstance(text, dict):
            ref = TextRef.from_data(text)
            self.texts[subject].append(ref)
            if entry.type == _INGESTED:
                self.text.setdefault(subject, ref)
        named = [digest for digest, _ in named_objects(_without_text(data))]
        self.objects[subject].update(named)
        return named

    def _note(self, entry: Entry) -> None:
        """Who names what, of what is asked for."""
        for digest, as_text in _named_by(entry):
            if digest in self.namers:
                self.namers[digest].add(_TEXTS if entry.type == DONE else entry.subject)
            if not as_text and digest in self._others:
                self._others[digest].add(entry.subject)

    def _look_who_names(self) -> None:
        wanted = {digest for objects in self.objects.values() for digest in objects}
        self.namers = {digest: set() for digest in wanted}
        self._others = {name: set() for name in self._texts()}
        for entry in self._ledger.entries(0, self.seen):
            self._note(entry)


def _named_by(entry: Entry) -> Iterator[tuple[str, bool]]:
    """Objects that an entry names, and whether as text."""
    is_done = entry.type == DONE  # which names where rows of text are now, and nothing else
    for digest, _ in named_objects(_without_text(entry.data)):
        yield digest, is_done
    text = entry.data.get("text")
    if isinstance(text, dict) and isinstance(text.get("object"), str):
        yield text["object"], True


def _without_text(data: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name != "text"}
