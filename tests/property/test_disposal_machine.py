"""Retention and disposal on a real small archive, taken through anything, against a model.

The one property: nothing that is on hold, in an open case, unclassified, kept for ever or newer than its rule ever
goes; everything else that was acknowledged stays equal byte for byte, its name too; a catalogue made anew is the same.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import Phase, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from archive import cases, holds
from archive.audit import audit
from archive.opening import Archive
from archive.store.posix import path_of
from oversight.disposal.deciding import approve, propose
from oversight.disposal.errors import NothingDueError
from oversight.rules.book import RuleBook
from oversight.rules.reading import national, read_rules
from tests.fakes.disposing import ACTOR, OTHER, WHY, carry_with, ingest, later, new_archive

MEMORY = Path("/dev/shm")  # noqa: S108 - a folder in it is made by tempfile
CONTENTS = (b"a", b"bb", b"ccc")
# Evidence is kept for a year here and "tour" for two, so that what is linked becomes due too.
OWN = """format = 1
[rules]
level = "agency"
place = "城管局"
title = { zh = "本机关", en = "Agency" }
"""
RULE = """
[[retention]]
id = "%s"
name = { zh = "类", en = "Category" }
keep = "%s"
clause = { zh = "一", en = "1" }
source = { zh = "办法", en = "Measures" }
in_force = 2016-07-01
%s
"""
DAYS = {"ordinary": 184, "evidence": 366, "tour": 731}  # more than any six months, year, two years
# Mostly what goes soon: a machine that rarely disposes says little.
KINDS = st.sampled_from(
    [
        *(frozenset({name}) for name in ("ordinary", "ordinary", "ordinary", *DAYS)),
        *(frozenset({"ordinary", "tour"}), frozenset({"tour", "obstruction"})),
        *(frozenset({"obstruction"}), frozenset()),
    ]
)


def book() -> RuleBook:
    own = OWN + RULE % ("evidence", "1 year", "of_cases = true") + RULE % ("tour", "2 years", "")
    return RuleBook([national(), read_rules(own.encode(), "agency.toml")])


@dataclass
class Clip:
    """What the model knows of one."""

    id: str
    name: str
    data: bytes
    categories: frozenset[str] = frozenset()
    cases: set[int] = field(default_factory=set)  # linked now
    ever: set[int] = field(default_factory=set)  # or once
    held: int = 0
    gone: bool = False


class DisposalMachine(RuleBasedStateMachine):
    """One archive, its clips, two cases."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(dir=MEMORY if MEMORY.is_dir() else None))
        self.archive: Archive = new_archive(self.folder / "archive")
        self.clips: list[Clip] = []
        self.open = [True, True]
        self.case_held = [0, 0]
        self.holds: dict[str, Clip | int] = {}
        self.waiting: list[tuple[str, set[str]]] = []  # approved, and what was on the list
        self.cases = [cases.open_case(self.archive, actor=ACTOR, number=str(n)) for n in range(2)]

    def teardown(self) -> None:
        report = audit(self.folder / "archive")
        self.archive.close()
        shutil.rmtree(self.folder)
        assert report.ok, report.findings

    def one(self, n: int) -> Clip | None:
        there = [clip for clip in self.clips if not clip.gone]
        return there[n % len(there)] if there else None

    @initialize(contents=st.lists(st.sampled_from(CONTENTS), min_size=2, max_size=4))
    def begin(self, contents: list[bytes]) -> None:
        self.dock(contents)
        for n in range(len(contents)):
            self.classify(n, frozenset({"ordinary"}))

    @rule(contents=st.lists(st.sampled_from(CONTENTS), min_size=1, max_size=3))
    def dock(self, contents: list[bytes]) -> None:
        n = len(self.clips)
        files = {f"clip-{n}-{at}.mp4": data for at, data in enumerate(contents)}
        found = ingest(self.archive, self.folder / f"card-{n}", files, serial=f"S{n}")
        self.clips += [Clip(found[name], name, data) for name, data in files.items()]

    @rule(n=st.integers(0, 9), categories=KINDS)
    def classify(self, n: int, categories: frozenset[str]) -> None:
        if (clip := self.one(n)) is not None:
            holds.classify(
                self.archive,
                about=[clip.id],
                categories=sorted(categories),
                actor=ACTOR,
                reason=WHY,
            )
            clip.categories = categories

    @rule(n=st.integers(0, 9), case=st.integers(0, 1))
    def link_or_unlink(self, n: int, case: int) -> None:
        clip = self.one(n)
        if clip is None or not self.open[case]:
            return
        if case in clip.cases:
            cases.unlink_clip(self.archive, actor=ACTOR, number=str(case), clip=clip.id, reason=WHY)
            clip.cases.discard(case)
        else:
            cases.link_clip(self.archive, actor=ACTOR, number=str(case), clip=clip.id, reason=WHY)
            clip.cases.add(case)
            clip.ever.add(case)

    @rule(case=st.integers(0, 1))
    def close_case(self, case: int) -> None:
        if self.open[case]:
            cases.close_case(self.archive, actor=ACTOR, number=str(case))
            self.open[case] = False

    @rule(n=st.integers(0, 9))
    def hold_a_clip(self, n: int) -> None:
        if (clip := self.one(n)) is not None:
            hold = holds.place(self.archive, about=clip.id, actor=ACTOR, reason=WHY)
            self.holds[hold] = clip
            clip.held += 1

    @rule(case=st.integers(0, 1))
    def hold_a_case(self, case: int) -> None:
        hold = holds.place(self.archive, about=self.cases[case], actor=ACTOR, reason=WHY)
        self.holds[hold] = case
        self.case_held[case] += 1

    @precondition(lambda self: self.holds)
    @rule(n=st.integers(0, 9))
    def lift(self, n: int) -> None:
        hold = sorted(self.holds)[n % len(self.holds)]
        about = self.holds.pop(hold)
        holds.lift(self.archive, hold=hold, actor=ACTOR, reason=WHY)
        if isinstance(about, Clip):
            about.held -= 1
        else:
            self.case_held[about] -= 1

    @rule(days=st.sampled_from([100, 190, 370, 740]))
    def propose_and_approve(self, days: int) -> None:
        with suppress(NothingDueError):
            disposal = propose(
                self.archive, book(), actor=ACTOR, reason=WHY, now=later(1), until=later(days)
            )
            approve(self.archive, disposal=disposal, actor=OTHER, reason=WHY)
            listed = {clip.id for clip in self.clips if not clip.gone and self.is_over(clip, days)}
            self.waiting.append((disposal, listed))

    @precondition(lambda self: self.waiting)
    @rule(days=st.sampled_from([1, 190, 370, 740]))
    def carry_out(self, days: int) -> None:
        disposal, listed = self.waiting.pop(0)
        free = {c.id for c in self.clips if not c.gone and c.id in listed and self.is_over(c, days)}
        # Bytes that another clip needs which stays keep their own clip too; of several, all.
        while shared := {
            clip.id
            for clip in self.clips
            if clip.id in free
            and any(
                other.data == clip.data and not other.gone and other.id not in free
                for other in self.clips
            )
        }:
            free -= shared
        done = carry_with(self.archive, disposal, book=book(), days=days)
        assert done.ended
        event(f"gone: {bool(done.done)}, kept: {sorted(set(done.kept.values()))}")
        assert set(done.done) == free
        for clip in self.clips:
            clip.gone |= clip.id in free

    @rule(days=st.sampled_from([190, 370, 740]))
    def dispose(self, days: int) -> None:
        self.propose_and_approve(days)
        while self.waiting:
            self.carry_out(days)

    def is_over(self, clip: Clip, days: int) -> bool:
        """By the rules alone, with no look at the code."""
        if clip.held or any(self.case_held[case] for case in clip.ever):
            return False
        if any(self.open[case] for case in clip.ever):  # a case that it was taken off counts too
            return False
        categories = clip.categories | ({"evidence"} if clip.cases else frozenset())
        return bool(categories) and all(DAYS.get(name, 10**6) < days for name in categories)

    @invariant()
    def what_stays_is_there_and_what_went_is_not(self) -> None:
        store = self.folder / "archive" / "store"
        for data in {clip.data for clip in self.clips}:
            path = path_of(store, hashlib.sha256(data).hexdigest())
            if any(clip.data == data and not clip.gone for clip in self.clips):
                assert path.read_bytes() == data
            else:
                assert not path.exists()

    @invariant()
    def names_go_with_their_clips(self) -> None:
        store = self.folder / "archive" / "store" / "sha256"
        held = b"".join(path.read_bytes() for path in store.rglob("*") if path.is_file())
        for clip in self.clips:
            assert held.count(f'"{clip.name}"'.encode()) == (0 if clip.gone else 1)


# To make a failure small would take minutes: each step writes a ledger.
DisposalMachine.TestCase.settings = settings(
    max_examples=8,
    stateful_step_count=15,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
TestDisposalMachine = DisposalMachine.TestCase
