"""The entries file as a whole: what is committed, how entries link, what they name.

Slices come in file order from `lines.py`; here stands what only order can tell: which lines a
commit line commits, that every signed root is the root, that `prev` and the chains of subjects
hold, what is torn and what is damage (docs/formats/ledger.md, "The entries file"). Where a signed
root is not met, `locate.py` says which line is to blame, and the check goes on with what was
signed, so that one changed byte is one finding.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from archive.audit.columns import ENTRIES, KEY, NULL, Columns, Mark, Slice
from archive.audit.hints import Hints
from archive.audit.key_chain import KeyChain
from archive.audit.levels import Levels
from archive.audit.locate import Located, locate
from archive.audit.names import Names
from archive.audit.report import Code, Finding
from archive.errors import MalformedEntryError
from archive.ledger.entry import parse
from archive.ledger.merkle import HASH_SIZE
from archive.ledger.note import Checkpoint, Verifier
from archive.ledger.tiles import MAX_ENTRY

_TRIES: Final = 16  # commit lines after damage at which it is looked for; then only at the end


@dataclass(slots=True)
class LedgerFacts:
    """What the entries file holds, as far as it is committed."""

    levels: Levels = field(default_factory=Levels)
    offsets: array[int] = field(default_factory=lambda: array("Q"))
    subjects: bytearray = field(default_factory=bytearray)
    counts: array[int] = field(default_factory=lambda: array("q"))  # 0: the entry cannot be read
    names: Names = field(default_factory=Names)
    keys: KeyChain = field(default_factory=lambda: KeyChain(()))
    said: list[tuple[int, bytes]] = field(
        default_factory=list
    )  # of timestamps, audits, damaged objects
    signatures: int = 0
    interrupted: int = 0
    findings: list[Finding] = field(default_factory=list)


class Chain:
    """Takes slices in order; afterwards `facts` is what they amount to."""

    def __init__(
        self,
        *,
        start: int,
        read: Callable[[int, int], bytes],
        hints: Hints,
        published: int | None = None,
        known: tuple[Verifier, ...] = (),
    ) -> None:
        """Start behind the first line.

        Args:
            start: offset of the first line of entries.
            read: bytes of the file from an offset, at most so many.
            hints: the published tiles.
            published: entries that are known to have been published; what lies beyond and does
                not commit is torn, not damaged. None: nobody knows.
            known: keys of the keys folder, oldest first.
        """
        self._published = published
        self.facts = LedgerFacts(keys=KeyChain(known))
        self._read = read
        self._hints = hints
        self._signed: list[Checkpoint] = []
        self._hand = Columns()
        self._hand_start = start
        self._bad_marks: list[tuple[Mark, int]] = []  # with the entry before it
        self._end = start
        self._followed = bytearray()  # 1 where a later entry of the same subject follows
        self._starts: list[bytes] = []  # subjects, by their first entries
        self._last = NULL
        self._wrong: set[int] = set()  # entries whose lines are not what was signed
        self._tries = 0  # at finding what is wrong with what is in hand

    def take(self, piece: Slice) -> None:
        """The next slice."""
        names, at, slot = piece.columns.names, 0, 0
        for mark in [*piece.marks, None]:
            stop = len(piece.columns) if mark is None else mark.position
            until = at
            while until < len(names) and names[until][0] < stop:
                until += 1
            self._hand.take(piece.columns, slot, stop, names[at:until])
            slot, at = stop, until
            if mark is not None:
                self._mark(mark)
        self._end = piece.end

    def finish(self, *, signed: list[Checkpoint], grows: bool) -> LedgerFacts:
        """After the last slice.

        Args:
            signed: what is known to have been published, beside the file itself.
            grows: somebody is writing: bytes without a commit line are theirs.
        """
        self._signed = signed
        wanted = max(self._signed, key=lambda checkpoint: checkpoint.size, default=None)
        if wanted is not None and wanted.size > self.facts.levels.size:
            self._fall_short(wanted)
        elif (len(self._hand) or self._bad_marks) and not grows:
            self.facts.interrupted += 1
        self._check_starts()
        self.facts.findings += self.facts.keys.findings
        return self.facts

    # Commit lines and seals

    def _mark(self, mark: Mark) -> None:
        if mark.seal is not None:
            if self._voids(mark.seal, mark.offset):
                self._let_go(mark.offset + mark.length)
                return
        elif mark.checkpoint is not None or mark.note:
            checkpoint = self.facts.keys.read(mark, self._hand.keys, self.facts.levels.size)
            self.facts.signatures += checkpoint is not None
            if checkpoint is not None and self._commits(checkpoint):
                self._let_go(mark.offset + mark.length)
                return
        self._bad_marks.append((mark, self.facts.levels.size + len(self._hand) - 1))

    def _voids(self, seal: tuple[int, int, str], at: int) -> bool:
        offset, length, digest = seal
        if offset != self._hand_start or length != at - offset:
            return False
        torn = hashlib.sha256()
        while offset < at and (data := self._read(offset, min(at - offset, 1 << 20))):
            torn.update(data)
            offset += len(data)
        return torn.hexdigest() == digest

    def _let_go(self, end: int) -> None:
        self._hand = Columns()
        self._bad_marks = []
        self._hand_start = end
        self._tries = 0

    def _commits(self, checkpoint: Checkpoint) -> bool:
        levels, hand = self.facts.levels, self._hand
        count = checkpoint.size - levels.size
        if count == len(hand) > 0 and levels.extend(hand.leaves, checkpoint.root):
            self._accept(hand, {})
        elif (
            self._tries >= _TRIES
            or (self._published is not None and checkpoint.size > self._published)
            or self._sealed_later()
            or not self._repair(checkpoint)
        ):
            self._tries = _TRIES if self._tries >= _TRIES else self._tries + 1
            return False
        self._report_marks()
        return True

    def _repair(self, checkpoint: Checkpoint) -> bool:
        levels = self.facts.levels
        found = locate(
            self._hand,
            levels=levels,
            count=checkpoint.size - levels.size,
            root=checkpoint.root,
            hints=self._hints,
        )
        if found is None:
            return False
        self.facts.keys.lost |= found.lost
        self._accept(found.columns, found.wrong)
        self._report_surplus(found)
        return True

    def _sealed_later(self) -> bool:
        """Whether a seal follows that voids what is in hand: then it is torn, not damaged."""
        wanted = b"\n! %d " % self._hand_start
        at, tail = self._hand_start, b""
        while data := self._read(at, 1 << 20):
            if (found := (tail + data).find(wanted)) >= 0:
                seal_at = at - len(tail) + found + 1
                parts = self._read(seal_at, 200).split(b"\n")[0][2:].split(b" ")
                if len(parts) == 3 and parts[1].isdigit():
                    seal = (self._hand_start, int(parts[1]), parts[2].decode("ascii", "replace"))
                    return self._voids(seal, seal_at)
                return False
            at, tail = at + len(data), data[-len(wanted) :]
        return False

    # The end of the file

    def _fall_short(self, wanted: Checkpoint) -> None:
        """What was published is not all committed."""
        have = self.facts.levels.size
        if not len(self._hand) and not self._bad_marks:
            self._find(
                Code.LEDGER_ROLLED_BACK,
                f"{have} entries are here, a checkpoint over {wanted.size} was published: the ledger was"
                " put back to an older copy or cut off",
            )
            return
        candidates = [c for c in self._signed if c.size > have]
        for checkpoint in sorted(candidates, key=lambda c: c.size):
            count, hand = checkpoint.size - self.facts.levels.size, self._hand
            if count == len(hand) and self.facts.levels.extend(hand.leaves, checkpoint.root):
                self._accept(hand, {})
            elif count <= 0 or not self._repair(checkpoint):
                continue
            self._report_marks(unfinished=not self._bad_marks)
            self._let_go(self._end)
        if self.facts.levels.size >= wanted.size:
            return
        named = [
            Finding(
                code=Code.ENTRY_CHANGED,
                where=ENTRIES,
                detail=f"entry {self.facts.levels.size + slot}: {why}",
            )
            for slot, why in self._hand.problems.items()
        ]
        self.facts.findings += named[:10]
        for name in self._hand.names:  # so that objects are not called foreign for this
            self.facts.names.add(name, self.facts.levels.size + name[0])
        self._find(
            Code.ENTRIES_DAMAGED,
            f"the lines from byte {self._hand_start} on (entry {self.facts.levels.size} and later) do not"
            f" lead to the root that was signed for {wanted.size} entries",
        )

    # Entries

    def _accept(self, columns: Columns, wrong: dict[int, Code]) -> None:
        """Entries are committed: check their links, keep what they name."""
        facts = self.facts
        first = len(facts.counts)
        facts.offsets += columns.offsets
        facts.subjects += columns.subjects
        facts.counts += columns.counts
        self._followed += bytes(len(columns))
        self._check_prev(columns, first)
        self._check_subjects(columns, first)
        self._last = bytes(columns.leaves[-HASH_SIZE:])
        self._report_wrong(columns, wrong, first)
        facts.keys.accept(first, columns.keys)
        facts.said += [(first + slot, raw) for slot, raw in columns.said]
        for name in columns.names:
            facts.names.add(name, first + name[0])
        if columns.verified:
            verified = set(columns.verified)
            for slot, digest, *_ in columns.names:
                if slot in verified:
                    facts.names.verify(digest, first + slot)

    def _check_prev(self, columns: Columns, first: int) -> None:
        expected = self._last + columns.leaves[:-HASH_SIZE]
        if columns.prevs == expected:
            return
        for slot in range(len(columns)):
            at = slot * HASH_SIZE
            same = columns.prevs[at : at + HASH_SIZE] == expected[at : at + HASH_SIZE]
            if not same and columns.counts[slot]:
                self._find(
                    Code.CHAIN_BROKEN,
                    f"entry {first + slot}: `prev` is not the leaf hash of the entry before",
                    index=first + slot,
                )

    def _check_subjects(self, columns: Columns, first: int) -> None:
        facts, followed = self.facts, self._followed
        counts, subjects, leaf = facts.counts, facts.subjects, facts.levels.leaf
        for slot, (count, link) in enumerate(zip(columns.counts, columns.links, strict=True)):
            if not count:
                continue
            index = first + slot
            key = subjects[index * KEY : index * KEY + KEY]
            before = columns.chain_prevs[slot * HASH_SIZE : (slot + 1) * HASH_SIZE]
            if count == 1:
                self._starts.append(bytes(key))
                if link == -1 and before == NULL:
                    continue
            elif (
                0 <= link < index
                and not followed[link]
                and before == leaf(link)
                and counts[link] in {count - 1, 0}
                and (not counts[link] or subjects[link * KEY : link * KEY + KEY] == key)
            ):
                followed[link] = 1
                continue
            self._find(
                Code.SUBJECT_CHAIN_BROKEN,
                f"entry {index}: its link to the entry before about the same subject is wrong",
                index=index,
            )

    def _check_starts(self) -> None:
        """A second first entry about a subject: its chain was begun anew."""
        self._starts.sort()
        twice = {a for a, b in zip(self._starts, self._starts[1:], strict=False) if a == b}
        if not twice:
            return
        seen: dict[str, int] = {}
        for index, count in enumerate(self.facts.counts):
            if count == 1 and bytes(self.facts.subjects[index * KEY : index * KEY + KEY]) in twice:
                subject = self.subject_of(index)
                if subject in seen:
                    self._find(
                        Code.SUBJECT_CHAIN_BROKEN,
                        f"entry {index}: says it is the first about its subject, as does entry {seen[subject]}",
                        index=index,
                    )
                seen.setdefault(subject, index)

    def lines(self, first: int, count: int) -> list[bytes]:
        """The lines of entries, if each is still what was signed; else none."""
        offsets = self.facts.offsets[first : first + count]
        if len(offsets) < count or any(first <= index < first + count for index in self._wrong):
            return []
        data = self._read(offsets[0], offsets[-1] - offsets[0] + MAX_ENTRY + 1)
        start = offsets[0]
        return [data[at - start : data.find(b"\n", at - start)] for at in offsets]

    # Findings

    def subject_of(self, index: int) -> str:
        """What an entry is about; empty where that cannot be read."""
        if index >= len(self.facts.offsets):
            return ""
        line = self._read(self.facts.offsets[index], 1 << 16).split(b"\n")[0]
        try:
            return str(parse(line)["subject"])
        except MalformedEntryError:
            return ""

    def time_of(self, index: int) -> datetime | None:
        """When an entry says that it was made; None where that cannot be read."""
        lines = self.lines(index, 1)
        try:
            return datetime.fromisoformat(str(parse(lines[0])["time"])) if lines else None
        except (MalformedEntryError, ValueError):
            return None

    def _find(self, code: Code, detail: str, *, index: int | None = None) -> None:
        subject = "" if index is None else self.subject_of(index)
        self.facts.findings.append(
            Finding(code=code, where=ENTRIES, detail=detail, subject=subject)
        )

    def _report_wrong(self, columns: Columns, wrong: dict[int, Code], first: int) -> None:
        for slot, why in columns.problems.items():
            if slot not in wrong:
                self._find(Code.ENTRY_MALFORMED, f"entry {first + slot}: {why}", index=first + slot)
        self._wrong.update(first + slot for slot in wrong)
        missing = [slot for slot, code in wrong.items() if code is Code.ENTRY_MISSING]
        if len(missing) > 1 and missing == list(range(missing[0], len(columns))):
            self._find(
                Code.ENTRIES_TRUNCATED,
                f"entries {first + missing[0]} to {first + missing[-1]} were signed and are gone",
            )
            wrong = {slot: code for slot, code in wrong.items() if slot not in missing}
        for slot, code in wrong.items():
            index, at = first + slot, columns.offsets[slot]
            detail = (
                f"entry {index} is gone; it was signed and published"
                if code is Code.ENTRY_MISSING
                else f"entry {index} (byte {at}) is not what was signed"
            )
            self._find(code, detail, index=index)

    def _report_surplus(self, found: Located) -> None:
        for offset in found.surplus:
            self._find(
                Code.COMMIT_DAMAGED, f"the line at byte {offset} is no entry, commit line or seal"
            )

    def _report_marks(self, *, unfinished: bool = False) -> None:
        for mark, index in self._bad_marks:
            if mark.length == 1:
                self._find(
                    Code.ENTRY_CHANGED,
                    f"entry {index}: the end of the line at byte {mark.offset} is no newline",
                    index=index,
                )
            else:
                self._find(
                    Code.COMMIT_DAMAGED,
                    f"the commit line or seal at byte {mark.offset} is not right",
                )
        if unfinished:
            self._find(
                Code.COMMIT_DAMAGED, "the commit line of the last batch is gone or not right"
            )
