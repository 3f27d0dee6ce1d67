"""What lawful disposal took away, as `disposal.done` entries say (docs/formats/ledger.md).

What always holds: an object need not be there where whoever gave it up last had seen every entry that names it
(`seen`); named by a later one, also by one that came just before the `disposal.done`, it has to be there. A text object
that went has its other rows in the one that its entry names. Reads the ledger only, from where it stopped; asked by
those who must not rest on a catalogue.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, Protocol

from archive.ledger.entry import Entry, named_objects

DONE: Final = "disposal.done"
# Entries that say that somebody looked, or compared: they bring no bytes, and name what others brought.
LOOKS: Final = frozenset({"clip.viewed", "document.viewed", "recorder.erased"})
# Entries about a clip whose row of text says what it is or shows: it goes with the clip. Reasons stay.
OWN_TEXTS: Final = frozenset({"clip.ingested", "marker.set", "still.exported"})
_MARK: Final = f'"type":"{DONE}"'.encode()
_END: Final = ""  # a text object none of whose rows is left


class Entries(Protocol):
    """A ledger."""

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[Entry]:
        """The committed entries [start, stop) in order."""
        ...


class Removals:
    """Of one ledger. Threads may share it."""

    def __init__(self, ledger: Entries) -> None:
        """Read nothing yet."""
        self._ledger = ledger
        self._lock = threading.Lock()
        self._seen = 0
        # Digest: the last entry that removes it, and how many entries whoever gave it up had seen.
        self._removed: dict[str, tuple[int, int]] = {}
        self._moved: dict[str, str] = {}

    def moved(self, digest: str) -> str | None:
        """The text object that has the other rows of one that went; None: it did not go, or had no others."""
        with self._lock:
            found = self._moved.get(digest)
            if found is None:
                self._catch_up()
                found = self._moved.get(digest)
        return found or None

    def newest(self, name: str) -> str:
        """The text object that has the rows of another now; itself where it did not go."""
        while (new := self.moved(name)) is not None:
            name = new
        return name

    def removed(self, digests: Iterable[str]) -> dict[str, int]:
        """Those of some objects that an entry removes, and the last entry that does."""
        with self._lock:
            self._catch_up()
            return {each: self._removed[each][0] for each in digests if each in self._removed}

    def needed(self, digests: Iterable[str]) -> set[str]:
        """Those of some objects that have to be there: never removed, or named by what nobody had seen."""
        wanted = set(digests)
        with self._lock:
            self._catch_up()
            seen = {each: self._removed[each][1] for each in wanted if each in self._removed}
        found = wanted - seen.keys()
        if seen:
            for entry in self._ledger.entries(min(seen.values())):
                if entry.type in LOOKS:
                    continue
                for digest, _ in named_objects(entry.data):
                    if digest in seen and entry.index >= seen[digest]:
                        found.add(digest)
        return found

    def _catch_up(self) -> None:
        for entry in self._ledger.entries(self._seen):
            self._seen = entry.index + 1
            if is_removal(entry):
                self._take(entry.index, entry.data)

    def _take(self, index: int, data: Mapping[str, Any]) -> None:
        for digest, new in removed_by(data):
            self._removed[digest] = index, seen_by(data, index)
            if new is not None:
                self._moved[digest] = new


def is_removal(entry: Entry) -> bool:
    """Whether an entry removes something."""
    return _MARK in entry.raw and entry.type == DONE


def removed_by(data: Mapping[str, Any]) -> Iterator[tuple[str, str | None]]:
    """Objects that the data of one `disposal.done` remove; of a text object where its other rows are, else None."""
    removed = data.get("removed")
    for digest in removed if isinstance(removed, list) else []:
        if isinstance(digest, str):
            yield digest, None
    texts = data.get("texts")
    for text in texts if isinstance(texts, list) else []:
        if isinstance(text, Mapping) and isinstance(text.get("old"), str):
            new = text.get("new")
            name = new.get("object") if isinstance(new, Mapping) else None
            yield text["old"], name if isinstance(name, str) else _END


def seen_by(data: Mapping[str, Any], index: int) -> int:
    """How many entries whoever wrote a `disposal.done` had seen; those before it, where it does not say."""
    seen = data.get("seen")
    return seen if type(seen) is int and 0 <= seen <= index else index
