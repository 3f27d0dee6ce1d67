"""Whether each `disposal.done` rests on a disposal that two actors decided, and takes away only what is its clip's.

What always holds: a removal is believed only where a disposal was proposed, then approved by another actor, not
declined and not ended before it; its list has the clip; each object that it removes was named by entries of that clip,
first and last by clips that went; each row is one of a clip that went with it. What is not believed is a finding, and
what it would take away is asked for as ever. Not looked at: whether two actors are one person, or what a rule said.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from archive.audit.columns import ENTRIES
from archive.audit.names import Names
from archive.audit.report import Code, Finding
from archive.errors import MalformedEntryError
from archive.ledger.entry import named_objects, parse
from archive.removals import DONE, OWN_TEXTS, removed_by, seen_by

PROPOSED: Final = "disposal.proposed"
APPROVED: Final = "disposal.approved"
DECLINED: Final = "disposal.declined"
ENDED: Final = "disposal.ended"
TYPES: Final = frozenset({PROPOSED, APPROVED, DECLINED, DONE, ENDED})
_MARK: Final = b'"type":"disposal.'


@dataclass(slots=True)
class Founded:
    """What came of it."""

    said: list[tuple[int, bytes]] = field(default_factory=list)  # without what is not believed
    over: set[bytes] = field(default_factory=set)  # removed by disposals that ended
    findings: list[Finding] = field(default_factory=list)


@dataclass(slots=True)
class _Disposal:
    """How one came about."""

    list: str
    proposed_by: str
    approved_by: str | None = None
    declined: bool = False
    ended: bool = False
    clips: frozenset[str] | None = None  # None: its list cannot be read
    rows: set[str] = field(default_factory=set)  # of clips that went with it
    texts: set[str] = field(default_factory=set)  # where these were


@dataclass(frozen=True, slots=True)
class _Done:
    """One removal."""

    index: int
    clip: str
    disposal: str
    data: dict[str, Any]
    objects: frozenset[str]  # that entries of the clip name
    wrong: str  # empty: nothing so far


class Founding:
    """Of one ledger."""

    def __init__(
        self,
        names: Names,
        lines: Callable[[int, int], list[bytes]],
        read: Callable[[bytes], bytes | None],
    ) -> None:
        """Prepare.

        Args:
            names: what entries name.
            lines: so many entries from one on; none where they are not what was signed.
            read: an object's bytes; None where they are not what was stored: that is a finding of its own.
        """
        self._names, self._lines, self._read = names, lines, read
        self._disposals: dict[str, _Disposal] = {}
        self._done: list[_Done] = []
        self._moved: set[str] = set()

    def check(self, said: Sequence[tuple[int, bytes]]) -> Founded:
        """Look at every removal; `said`: entries, in the ledger's order."""
        for index, raw in said:
            if _MARK in raw:
                document = json.loads(raw)
                if document["type"] in TYPES:
                    self._take(index, document)
        found, wrong = Founded(), {}
        went = {done.clip for done in self._done}
        for done in self._done:
            why = done.wrong or self._wrong(done, went)
            if why:
                wrong[done.index] = why
                detail = f"entry {done.index}: {why}"
                found.findings.append(
                    Finding(
                        code=Code.DISPOSAL_UNFOUNDED,
                        where=ENTRIES,
                        detail=detail,
                        subject=done.clip,
                    )
                )
            elif self._disposals[done.disposal].ended:
                found.over |= {bytes.fromhex(name) for name, _ in removed_by(done.data)}
        found.said = [each for each in said if each[0] not in wrong]
        return found

    def _take(self, index: int, document: dict[str, Any]) -> None:
        kind, subject, data = document["type"], document["subject"], document["data"]
        if kind == PROPOSED:
            listed = data.get("list")
            name = listed.get("object") if isinstance(listed, dict) else None
            made = _Disposal(list=str(name), proposed_by=document["actor"])
            made.clips = self._listed(made.list)
            self._disposals.setdefault(subject, made)
        elif kind == DONE:
            self._take_done(index, document)
        elif (disposal := self._disposals.get(subject)) is not None:
            disposal.ended |= kind == ENDED
            disposal.declined |= kind == DECLINED and disposal.approved_by is None
            if kind == APPROVED and disposal.approved_by is None:
                disposal.approved_by = document["actor"]

    def _take_done(self, index: int, document: dict[str, Any]) -> None:
        clip, data = document["subject"], document["data"]
        name = str(data.get("disposal"))
        objects, texts, rows = self._own(document["chain"]["index"], clip)
        disposal = self._disposals.get(name)
        wrong = _undecided(disposal, clip)
        if disposal is not None and not wrong:
            disposal.texts |= texts
            disposal.rows |= rows
        self._done.append(_Done(index, clip, name, data, frozenset(objects), wrong))

    def _own(self, index: int | None, clip: str) -> tuple[set[str], set[str], set[str]]:
        """Objects that a clip's entries name, text objects that they name, and rows; from an entry back."""
        objects: set[str] = set()
        texts: set[str] = set()
        rows: set[str] = set()
        while index is not None:
            document = self._entry(index)
            if document.get("subject") != clip:
                break
            data = document["data"]
            if document["type"] != DONE:
                rest = {name: value for name, value in data.items() if name != "text"}
                objects |= {digest for digest, _ in named_objects(rest)}
                text = data.get("text")
                if document["type"] in OWN_TEXTS and isinstance(text, dict):
                    texts.add(str(text.get("object")))
                    rows.add(str(text.get("row")))
            before = document["chain"]["index"]
            index = before if isinstance(before, int) and before < index else None
        return objects, texts, rows

    def _entry(self, index: int) -> dict[str, Any]:
        """The members of an entry; none where it cannot be read."""
        lines = self._lines(index, 1)
        try:
            return parse(lines[0]) if lines else {}
        except MalformedEntryError:
            return {}

    def _listed(self, name: str) -> frozenset[str] | None:
        """Clips on a list."""
        try:
            data = self._read(bytes.fromhex(name))
            if data is None:
                return None
            return frozenset(str(item["clip"]) for item in json.loads(data)["items"])
        except (ValueError, KeyError, TypeError):
            return frozenset()

    def _wrong(self, done: _Done, went: set[str]) -> str:
        """Why what a removal takes is not its clip's to take; empty: it is."""
        disposal, data = self._disposals[done.disposal], done.data
        removed = data.get("removed")
        for name in removed if isinstance(removed, list) else []:
            if name not in done.objects:
                return f"it removes {name}, which no entry of the clip names"
            if not self._namers(bytes.fromhex(name), before=seen_by(data, done.index)) <= went:
                return f"it removes {name}, which somebody else has who stays"
        texts = data.get("texts")
        for text in texts if isinstance(texts, list) else []:
            if text.get("old") not in disposal.texts | self._moved:
                return f"it removes the text object {text.get('old')}, in which no name of its clips is"
            if not set(text.get("rows", ())) <= disposal.rows:
                return "it removes rows that are no names of clips that went with it"
            new = text.get("new")
            if isinstance(new, dict):
                self._moved.add(str(new.get("object")))
        return ""

    def _namers(self, digest: bytes, *, before: int) -> set[str]:
        """Whose entries named an object first and last, of those that were seen when it was given up."""
        if digest not in self._names:
            return set()
        places = {self._names.first(digest), self._names.last(digest)}
        return {str(self._entry(at).get("subject")) for at in places if at < before}


def _undecided(disposal: _Disposal | None, clip: str) -> str:
    """Why nobody had decided that a clip goes; empty: two actors had."""
    if disposal is None:
        return "no disposal of that id was proposed before it"
    if disposal.declined or disposal.approved_by is None:
        return "its disposal was not approved before it"
    if disposal.approved_by == disposal.proposed_by:
        return "its disposal was approved by who proposed it"
    if disposal.ended:
        return "its disposal had ended before it"
    if disposal.clips is not None and clip not in disposal.clips:
        return "its disposal's list does not have this clip"
    return ""
