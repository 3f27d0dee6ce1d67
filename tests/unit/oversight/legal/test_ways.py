"""R12 as a state machine: whatever is done in whatever order, no way leads to a decision without a valid agreement."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from archive import cases
from archive.errors import ArchiveError
from oversight.errors import OversightError
from oversight.legal import gate
from oversight.legal.intentions import intend
from oversight.legal.rounds import answer, dispute, request, settle, take
from oversight.registers.certificates import NewCertificate, certify, withdraw
from tests.unit.oversight.legal.made import ACTOR, FIRST, LAST, Bureau, make_bureau, soon

REVIEWERS: Final = ("fa", "lv")
OUTCOMES: Final = ("agree", "correct", "transfer")
STEPS: Final = st.one_of(
    st.tuples(st.just("document"), st.sampled_from(("add", "remove"))),
    st.tuples(st.just("clip"), st.sampled_from(("add", "remove"))),
    st.tuples(st.just("intend"), st.sampled_from(("6000000", "7000000"))),
    st.tuples(st.just("request"), st.just("")),
    st.tuples(st.just("take"), st.sampled_from(REVIEWERS)),
    st.tuples(st.just("answer"), st.sampled_from(OUTCOMES)),
    st.tuples(st.just("answer"), st.just("agree")),
    st.tuples(st.just("dispute"), st.just("")),
    st.tuples(st.just("settle"), st.sampled_from(OUTCOMES)),
    st.tuples(st.just("lose"), st.sampled_from(REVIEWERS)),
    st.tuples(st.just("regain"), st.sampled_from(REVIEWERS)),
)
# Chance alone seldom gets far: each way begins somewhere on the right one.
ASKED: Final = (("request", ""), ("take", "fa"))
BEGUN: Final = st.sampled_from(
    (
        ASKED,
        (*ASKED, ("answer", "agree")),
        (*ASKED, ("answer", "correct"), ("dispute", "")),
        (*ASKED, ("answer", "correct"), ("dispute", ""), ("settle", "agree")),
    )
)


@dataclass(kw_only=True)
class Told:
    """What is known of a case without asking the gate."""

    documents: list[str]
    clips: list[str]
    state: str = "none"
    by: str = ""
    qualified: set[str] = field(default_factory=lambda: set(REVIEWERS))
    submitted: tuple[frozenset[str], frozenset[str]] | None = None
    intended: str = ""
    is_other: bool = False  # another decision is intended than when it was submitted
    result: str = ""

    def papers(self) -> tuple[frozenset[str], frozenset[str]]:
        """What the case is now."""
        return frozenset(self.documents), frozenset(self.clips)

    def is_agreed(self) -> bool:
        """Whether it was agreed to just this, and nothing came after."""
        done = self.state in {"answered", "settled"} and self.result == "agree"
        return done and self.is_same()

    def is_same(self) -> bool:
        """Whether the case is what was submitted."""
        return self.submitted == self.papers() and not self.is_other


@pytest.fixture(scope="module")
def bureau(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bureau]:
    bureau = make_bureau(tmp_path_factory.mktemp("ways") / "archive")
    yield bureau
    bureau.archive.close()


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(begun=BEGUN, steps=st.lists(STEPS, min_size=2, max_size=10))
def test_r12_no_way_leads_to_a_decision_without_a_valid_agreement(
    bureau: Bureau, begun: tuple[tuple[str, str], ...], steps: list[tuple[str, str]]
) -> None:
    number = bureau.case("wang")
    case = bureau.row(number)
    told = Told(
        documents=[d.id for d in bureau.archive.catalogue.documents(case.id)],
        clips=bureau.archive.catalogue.linked_clips(case.id, limit=99),
    )
    try:
        for what, how in (*begun, *steps):
            done = do(bureau, number, told, what, how)
            event(f"{what} {how} {'done' if done else 'refused'}")
            refusal = gate.may_decide(bureau.archive, bureau.row(number), at=soon())
            assert (refusal is None) == told.is_agreed(), (what, how, told, refusal)
    finally:
        for name in set(REVIEWERS) - told.qualified:
            regain(bureau, name)


def do(bureau: Bureau, number: str, told: Told, what: str, how: str) -> bool:
    """One step, and what it changes where it is not refused."""
    with contextlib.suppress(OversightError, ArchiveError):
        STEP[what](bureau, number, told, how)
        return True
    return False


def _document(bureau: Bureau, number: str, told: Told, how: str) -> None:
    if how == "add":
        told.documents.append(bureau.document(number))
    elif told.documents:
        bureau.removed(number, told.documents.pop())


def _clip(bureau: Bureau, number: str, told: Told, how: str) -> None:
    if how == "add":
        told.clips.append(bureau.clip(number))
    elif told.clips:
        clip = told.clips.pop()
        cases.unlink_clip(bureau.archive, actor=ACTOR, number=number, clip=clip, reason="误联")


def _intend(bureau: Bureau, number: str, told: Told, how: str) -> None:
    intend(bureau.archive, number, actor=ACTOR, measure=None, amount=int(how))
    # Back to what it was before is another word all the same.
    told.is_other |= how != told.intended
    told.intended = how


def _request(bureau: Bureau, number: str, told: Told, _: str) -> None:
    request(bureau.archive, number, actor=bureau.ids["@wang"], officer=bureau.ids["wang"])
    assert told.state in {"none", "answered", "settled"}
    assert not told.is_agreed()
    told.state, told.submitted, told.result = "requested", told.papers(), ""
    told.is_other = False


def _take(bureau: Bureau, number: str, told: Told, how: str) -> None:
    take(bureau.archive, last(bureau, number), actor=ACTOR, reviewer=bureau.ids[how])
    assert how in told.qualified
    assert told.state == "requested" or (told.state == "taken" and told.by not in told.qualified)
    told.state, told.by = "taken", how


def _answer(bureau: Bureau, number: str, told: Told, how: Any) -> None:
    said = bureau.answer(number, how) if told.submitted else bureau.answer(number)
    reviewer = bureau.ids[told.by or "fa"]
    answer(bureau.archive, last(bureau, number), said, actor=ACTOR, reviewer=reviewer)
    assert told.state == "taken"
    assert told.by in told.qualified
    assert how != "agree" or told.is_same()
    told.state, told.result = "answered", how


def _dispute(bureau: Bureau, number: str, told: Told, _: str) -> None:
    dispute(bureau.archive, last(bureau, number), actor=bureau.ids["@wang"], reason="不服")
    assert (told.state, told.result != "agree") == ("answered", True)
    told.state, told.result = "disputed", ""


def _settle(bureau: Bureau, number: str, told: Told, how: Any) -> None:
    actor, id_ = bureau.ids["@head"], last(bureau, number)
    settle(bureau.archive, id_, actor=actor, outcome=how, reason="集体讨论")
    assert told.state == "disputed"
    assert how != "agree" or told.is_same()
    told.state, told.result = "settled", how


def _lose(bureau: Bureau, _number: str, told: Told, how: str) -> None:
    officer = bureau.ids[how]
    withdraw(bureau.archive, actor=ACTOR, officer=officer, kind="reviewer", reason="调离")
    told.qualified.discard(how)


def _regain(bureau: Bureau, _number: str, told: Told, how: str) -> None:
    regain(bureau, how)
    told.qualified.add(how)


STEP: Final = {
    "document": _document,
    "clip": _clip,
    "intend": _intend,
    "request": _request,
    "take": _take,
    "answer": _answer,
    "dispute": _dispute,
    "settle": _settle,
    "lose": _lose,
    "regain": _regain,
}


def regain(bureau: Bureau, name: str) -> None:
    """A reviewer's qualification is entered again."""
    bureau.count += 1
    new = NewCertificate(kind="reviewer", number=f"R{bureau.count}", first=FIRST, last=LAST)
    certify(bureau.archive, new, actor=ACTOR, officer=bureau.ids[name])


def last(bureau: Bureau, number: str) -> str:
    """The newest round of a case; no such id where there is none."""
    rounds = bureau.archive.catalogue.legal_reviews(bureau.row(number).id)
    return rounds[-1].id if rounds else "review-none"
