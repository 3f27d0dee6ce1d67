"""R12: a major decision has an agreement of legal review to exactly what the case is, or it is not made."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from api.oversight.legal.sheets import sheet
from archive import cases
from archive.casefiles.filing import Filing
from archive.catalogue.legal_queries import ReviewRow
from archive.ids import new_id
from archive.opening import create_archive, open_archive
from oversight.files import acting
from oversight.legal import gate
from oversight.legal.answers import Answer, PointAnswer
from oversight.legal.errors import (
    DecidedError,
    IntentionError,
    NothingToReviewError,
    NotTheDeciderError,
    ReviewAnswerError,
    ReviewChangedError,
    ReviewerRefusedError,
    ReviewNeededError,
    ReviewStateError,
    UnknownReviewError,
)
from oversight.legal.intentions import intend
from oversight.legal.rounds import answer, dispute, is_free, request, settle, take
from oversight.registers.certificates import NewCertificate, certify, withdraw
from oversight.registers.errors import NotCertifiedError
from tests.unit.oversight.legal.made import (
    ACTOR,
    DEMOLITION,
    FIRST,
    LAST,
    ROW,
    Bureau,
    make_bureau,
    soon,
)


@pytest.fixture(scope="module")
def bureau(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bureau]:
    bureau = make_bureau(tmp_path_factory.mktemp("legal") / "archive")
    yield bureau
    bureau.archive.close()


def code(bureau: Bureau, number: str, at: datetime | None = None) -> str | None:
    """What keeps the gate closed; None: it is open."""
    refusal = gate.may_decide(bureau.archive, bureau.row(number), at=at or soon())
    return None if refusal is None else refusal.code


def asked(bureau: Bureau, number: str) -> str:
    """A round that an officer asked for; its id."""
    row = request(bureau.archive, number, actor=bureau.ids["@wang"], officer=bureau.ids["wang"])
    return row.id


def taken(bureau: Bureau, number: str, by: str = "fa") -> str:
    """A round that a reviewer has; its id."""
    id_ = asked(bureau, number)
    take(bureau.archive, id_, actor=bureau.ids[f"@{by}"], reviewer=bureau.ids[by])
    return id_


def give(bureau: Bureau, review: str, said: Answer) -> ReviewRow:
    """Answer as the reviewer fa."""
    actor, reviewer = bureau.ids["@fa"], bureau.ids["fa"]
    return answer(bureau.archive, review, said, actor=actor, reviewer=reviewer)


def answered(bureau: Bureau, number: str, outcome: str = "agree") -> str:
    """A round that was answered; its id."""
    id_ = taken(bureau, number)
    said = bureau.answer(number, outcome)  # type: ignore[arg-type]
    answer(bureau.archive, id_, said, actor=bureau.ids["@fa"], reviewer=bureau.ids["fa"])
    return id_


def test_r12_is_kept_by_a_major_decision_after_an_agreement_and_broken_before(
    bureau: Bureau,
) -> None:
    number = bureau.case("wang")
    assert code(bureau, number) == "not_reviewed"
    with pytest.raises(ReviewNeededError, match="row 1 of the catalogue"):
        gate.check(bureau.archive, bureau.row(number))
    id_ = asked(bureau, number)
    assert code(bureau, number) == "under_review"
    take(bureau.archive, id_, actor=bureau.ids["@fa"], reviewer=bureau.ids["fa"])
    assert code(bureau, number) == "under_review"
    before = datetime.now(UTC)
    said = bureau.answer(number)
    row = answer(bureau.archive, id_, said, actor=bureau.ids["@fa"], reviewer=bureau.ids["fa"])
    assert (row.state, row.outcome, row.answered_reason) == ("answered", "agree", "经审核")
    assert code(bureau, number) is None
    gate.check(bureau.archive, bureau.row(number), at=soon())
    # A decision dated before its review was made without it.
    assert code(bureau, number, before) == "before_review"
    with pytest.raises(ReviewStateError, match="agreed"):
        asked(bureau, number)


def test_r12_what_the_file_does_not_say_counts_for_the_catalogue(bureau: Bureau) -> None:
    number = bureau.case("wang")
    refusal = gate.may_decide(bureau.archive, bureau.row(number))
    assert refusal is not None
    assert refusal.major is not None
    assert (refusal.major.unknown, refusal.major.is_sure) == (("amount",), False)
    assert "does not say: amount" in str(refusal)
    intend(bureau.archive, number, actor=ACTOR, measure=None, amount=4_999_999)
    assert code(bureau, number) is None
    intend(bureau.archive, number, actor=ACTOR, measure=None, amount=5_000_000)
    assert code(bureau, number) == "not_reviewed"
    intend(bureau.archive, number, actor=ACTOR, measure=None, amount=None)
    assert code(bureau, number) is None
    unfiled = bureau.case("wang", act=None)
    refusal = gate.may_decide(bureau.archive, bureau.row(unfiled))
    assert refusal is not None
    assert refusal.major is not None
    assert "act" in refusal.major.unknown
    assert code(bureau, bureau.case("wang", act="permit")) is None
    with pytest.raises(IntentionError):
        intend(bureau.archive, number, actor=ACTOR, measure="a b", amount=None)
    with pytest.raises(IntentionError):
        intend(bureau.archive, number, actor=ACTOR, measure=None, amount=-1)


def test_r12_an_answer_that_was_no_agreement_outlives_a_smaller_intention(bureau: Bureau) -> None:
    number = bureau.case("wang")
    intend(bureau.archive, number, actor=ACTOR, measure=None, amount=9_000_000)
    answered(bureau, number, "correct")
    assert code(bureau, number) == "corrected"
    intend(bureau.archive, number, actor=ACTOR, measure=None, amount=100)
    refusal = gate.may_decide(bureau.archive, bureau.row(number), at=soon())
    assert refusal is not None
    assert (refusal.code, refusal.major) == ("corrected", None)
    assert "correction" in str(refusal)
    answered(bureau, number)
    assert code(bureau, number) is None


def test_r12_no_catalogue_is_not_the_same_as_not_in_the_catalogue(tmp_path: Path) -> None:
    create_archive(tmp_path / "root", origin="station.test/archive", unit="North")
    with open_archive(tmp_path / "root", write=True) as archive:
        bare = Bureau(archive=archive)
        bare.officer("wang", "enforcement")
        case = bare.row(bare.case("wang"))
        found = sheet(archive, case)["gate"]
        assert (found["listed"], found["major"], found["open"]) == (False, False, True)
        bare.listed(DEMOLITION)
        assert sheet(archive, case)["gate"]["listed"]


def test_r12_a_demolition_is_major_whatever_it_costs(bureau: Bureau) -> None:
    number = bureau.case("wang", act="compulsion")
    intend(bureau.archive, number, actor=ACTOR, measure="demolition", amount=None)
    assert code(bureau, number) == "not_reviewed"
    answered(bureau, number)
    assert code(bureau, number) is None
    intend(bureau.archive, number, actor=ACTOR, measure="sealing", amount=None)
    assert code(bureau, number) is None


def test_r12_agreement_is_to_the_documents_and_clips_that_were_submitted(bureau: Bureau) -> None:
    number = bureau.case("wang")
    answered(bureau, number)
    added = bureau.document(number)
    refusal = gate.may_decide(bureau.archive, bureau.row(number), at=soon())
    assert refusal is not None
    assert refusal.code == "changed"
    assert refusal.change is not None
    assert refusal.change.documents_added == (added,)
    assert "1 documents added" in str(refusal)
    bureau.removed(number, added)
    assert code(bureau, number) is None
    clip = bureau.clip(number)
    assert code(bureau, number) == "changed"
    answered(bureau, number)
    assert code(bureau, number) is None
    cases.unlink_clip(bureau.archive, actor=ACTOR, number=number, clip=clip, reason="误联")
    assert code(bureau, number) == "changed"


def test_r12_agreement_is_to_what_was_to_be_decided_then(bureau: Bureau) -> None:
    number = bureau.case("wang")
    intend(bureau.archive, number, actor=ACTOR, measure=None, amount=6_000_000)
    id_ = taken(bureau, number)
    size = bureau.archive.reader.size()
    intend(bureau.archive, number, actor=ACTOR, measure=None, amount=6_000_000)
    assert bureau.archive.reader.size() == size
    give(bureau, id_, bureau.answer(number))
    assert code(bureau, number) is None
    intend(bureau.archive, number, actor=ACTOR, measure=None, amount=600_000_000)
    refusal = gate.may_decide(bureau.archive, bureau.row(number), at=soon())
    assert refusal is not None
    assert (refusal.code, "another decision is intended" in str(refusal)) == ("changed", True)
    answered(bureau, number)
    assert code(bureau, number) is None


def test_r12_nobody_agrees_to_a_case_that_changed_while_they_read(bureau: Bureau) -> None:
    number = bureau.case("wang")
    id_ = taken(bureau, number)
    bureau.document(number)
    with pytest.raises(ReviewChangedError, match="1 documents added"):
        give(bureau, id_, bureau.answer(number))
    give(bureau, id_, bureau.answer(number, "correct"))
    assert code(bureau, number) == "corrected"


def test_r12_after_correction_the_next_round_is_asked_for_and_all_stay(bureau: Bureau) -> None:
    number = bureau.case("wang")
    answered(bureau, number, "correct")
    assert code(bureau, number) == "corrected"
    answered(bureau, number, "transfer")
    assert code(bureau, number) == "transferred"
    answered(bureau, number)
    assert code(bureau, number) is None
    rounds = bureau.archive.catalogue.legal_reviews(bureau.row(number).id)
    assert [(row.round, row.outcome) for row in rounds] == [
        (1, "correct"),
        (2, "transfer"),
        (3, "agree"),
    ]


def test_r12_and_r14_who_reviews_is_qualified_and_no_part_of_the_case(bureau: Bureau) -> None:
    own = bureau.officer("both", "enforcement", "reviewer")
    number = bureau.case("wang", "both")
    id_ = asked(bureau, number)
    with pytest.raises(NotCertifiedError, match="no legal qualification"):
        take(bureau.archive, id_, actor=ACTOR, reviewer=bureau.ids["li"])
    with pytest.raises(ReviewerRefusedError, match="officer of the case"):
        take(bureau.archive, id_, actor=ACTOR, reviewer=own)
    with pytest.raises(ReviewerRefusedError, match="supervisor of the case"):
        take(bureau.archive, id_, actor=ACTOR, reviewer=bureau.ids["chief"])
    take(bureau.archive, id_, actor=ACTOR, reviewer=bureau.ids["fa"])
    with pytest.raises(ReviewStateError, match="not to be taken"):
        take(bureau.archive, id_, actor=ACTOR, reviewer=bureau.ids["lv"])
    with pytest.raises(ReviewerRefusedError, match="another reviewer"):
        answer(bureau.archive, id_, bureau.answer(number), actor=ACTOR, reviewer=bureau.ids["lv"])


def test_r14_whoever_asks_for_a_review_is_certified_and_does_not_answer_it(
    bureau: Bureau,
) -> None:
    number = bureau.case("wang")
    with pytest.raises(NotCertifiedError):
        request(bureau.archive, number, actor=ACTOR, officer=bureau.ids["fa"])
    row = request(bureau.archive, number, actor=bureau.ids["@lv"])
    with pytest.raises(ReviewerRefusedError, match="asked for"):
        take(bureau.archive, row.id, actor=ACTOR, reviewer=bureau.ids["lv"])


def test_r14_a_reviewer_who_loses_the_qualification_answers_nothing(bureau: Bureau) -> None:
    gone = bureau.officer("gone", "reviewer")
    number = bureau.case("wang")
    id_ = asked(bureau, number)
    take(bureau.archive, id_, actor=ACTOR, reviewer=gone)
    withdraw(bureau.archive, actor=ACTOR, officer=gone, kind="reviewer", reason="调离")
    with pytest.raises(NotCertifiedError, match="withdrawn"):
        answer(bureau.archive, id_, bureau.answer(number), actor=ACTOR, reviewer=gone)
    row = bureau.archive.catalogue.legal_review(id_)
    assert row is not None
    assert is_free(bureau.archive, row)
    take(bureau.archive, id_, actor=ACTOR, reviewer=bureau.ids["fa"])
    answer(bureau.archive, id_, bureau.answer(number), actor=ACTOR, reviewer=bureau.ids["fa"])
    assert code(bureau, number) is None


def test_r12_an_agreement_stays_valid_when_its_reviewer_leaves_later(bureau: Bureau) -> None:
    number, leaving = bureau.case("wang"), bureau.officer("leaving", "reviewer")
    id_ = asked(bureau, number)
    take(bureau.archive, id_, actor=ACTOR, reviewer=leaving)
    answer(bureau.archive, id_, bureau.answer(number), actor=ACTOR, reviewer=leaving)
    withdraw(bureau.archive, actor=ACTOR, officer=leaving, kind="reviewer", reason="退休")
    assert code(bureau, number) is None
    # Whoever becomes an officer of the case did not review somebody else's.
    data = {"act": "penalty", "subjects": [], "officers": [leaving]}
    bureau.event("case.filed_as", bureau.row(number).id, data)
    assert code(bureau, number) == "own_officer"


def test_r12_an_agreement_written_past_the_rules_does_not_count(bureau: Bureau) -> None:
    number = bureau.case("wang")
    row = bureau.row(number)
    papers = [d.id for d in bureau.archive.catalogue.documents(row.id)]
    clips = bureau.archive.catalogue.linked_clips(row.id, limit=9)
    id_ = new_id("review")
    data = {"case": row.id, "round": 1, "documents": papers, "clips": clips}
    bureau.event("review.requested", id_, data)
    bureau.event("review.taken", id_, {"reviewer": bureau.ids["li"]})
    bureau.event("review.answered", id_, {"outcome": "agree", "points": []}, {"reason": "好"})
    assert code(bureau, number) == "unqualified"


def test_r12_an_act_that_is_said_anew_is_reviewed_anew(bureau: Bureau) -> None:
    number = bureau.case("wang")
    answered(bureau, number)
    data = {"act": "penalty", "subjects": [], "officers": [bureau.ids["wang"]]}
    bureau.event("case.filed_as", bureau.row(number).id, data)
    assert code(bureau, number) == "changed"


def test_r12_no_day_that_is_typed_leads_past_the_catalogue_in_force(bureau: Bureau) -> None:
    number = bureau.case("wang")
    long_ago = datetime(2001, 5, 1, tzinfo=UTC)
    assert code(bureau, number, at=long_ago) == "not_reviewed"
    answered(bureau, number)
    assert code(bureau, number, at=long_ago) == "before_review"


def test_r12_once_decided_a_case_is_not_made_another_one(bureau: Bureau) -> None:
    number = bureau.case("wang")
    answered(bureau, number)
    at = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    bureau.event("case.stage_entered", bureau.row(number).id, {"stage": "decision", "at": at})
    with pytest.raises(DecidedError):
        intend(bureau.archive, number, actor=ACTOR, measure=None, amount=900_000_000)
    with pytest.raises(DecidedError):
        acting.file_as(bureau.archive, number, Filing(act="permit"), actor=ACTOR)


def test_r12_every_point_is_answered_once_and_tied_to_what_was_submitted(bureau: Bureau) -> None:
    number, other = bureau.case("wang"), bureau.case("wang")
    id_ = taken(bureau, number)
    whole = bureau.answer(number)
    foreign = bureau.archive.catalogue.documents(bureau.row(other).id)[0].id
    clip = bureau.archive.catalogue.linked_clips(bureau.row(other).id, limit=1)[0]
    first, rest = whole.points[0], list(whole.points[1:])
    own = first.clip

    def with_first(**changed: object) -> Answer:
        point = {"point": first.point, "ok": True, "document": first.document, **changed}
        points = [PointAnswer(**point), *rest]  # type: ignore[arg-type]
        return Answer(outcome="agree", reason="经审核", points=points)

    wrong = (
        Answer(outcome="agree", reason="经审核", points=rest),
        Answer(outcome="agree", reason="经审核", points=[*whole.points, first]),
        Answer(outcome="agree", reason="  ", points=whole.points),
        Answer(outcome="correct", reason="经审核", points=whole.points),
        with_first(ok=False, note="不合法"),
        with_first(document=foreign),
        with_first(page=4),
        with_first(page=0),
        with_first(document=None),
        with_first(document=None, page=1, clip=own),
        with_first(clip=clip),
        with_first(clip=own, at_us=60_000_001),
        with_first(at_us=1),
    )
    for said in wrong:
        with pytest.raises(ReviewAnswerError):
            give(bureau, id_, said)
    row = give(bureau, id_, with_first(clip=own, at_us=60_000_000, page=3))
    assert '"at_us": 60000000' in (row.points or "")


def test_r12_a_dispute_is_settled_by_whom_the_rules_name(bureau: Bureau) -> None:
    number = bureau.case("wang")
    id_ = answered(bureau, number, "correct")
    with pytest.raises(ReviewerRefusedError):
        dispute(bureau.archive, id_, actor=bureau.ids["@fa"], reason="不服")
    chief = bureau.ids["@chief"]
    dispute(bureau.archive, id_, actor=chief, reason="不同意纠正意见")
    assert code(bureau, number) == "disputed"
    with pytest.raises(ReviewStateError, match="one at a time"):
        asked(bureau, number)
    for nobody in ("@fa", "@chief", "@wang", "@overseer", "@lv"):
        with pytest.raises(NotTheDeciderError):
            settle(
                bureau.archive, id_, actor=bureau.ids[nobody], outcome="agree", reason="同意处罚"
            )
    with pytest.raises(NotTheDeciderError):
        settle(bureau.archive, id_, actor=ACTOR, outcome="agree", reason="同意处罚")
    settle(bureau.archive, id_, actor=bureau.ids["@head"], outcome="agree", reason="集体讨论决定")
    assert code(bureau, number) is None
    with pytest.raises(ReviewStateError):
        dispute(bureau.archive, id_, actor=chief, reason="再议")


def test_r12_a_dispute_that_is_lost_keeps_the_gate_closed(bureau: Bureau) -> None:
    number = bureau.case("wang")
    id_ = answered(bureau, number, "correct")
    dispute(bureau.archive, id_, actor=bureau.ids["@wang"], reason="不服")
    bureau.document(number)
    with pytest.raises(ReviewChangedError):
        settle(bureau.archive, id_, actor=bureau.ids["@head"], outcome="agree", reason="可")
    settle(bureau.archive, id_, actor=bureau.ids["@head"], outcome="correct", reason="应纠正")
    assert code(bureau, number) == "corrected"
    answered(bureau, number)
    assert code(bureau, number) is None


def test_r12_a_place_names_another_who_settles(bureau: Bureau) -> None:
    rules = bureau.archive.root / "rules"
    rules.mkdir()
    (rules / "agency.toml").write_text(
        'format = 1\n[rules]\nlevel = "agency"\nplace = "局"\ntitle = { zh = "局", en = "B" }\n'
        '[[procedure]]\nid = "review_dispute"\nname = { zh = "异议", en = "dispute" }\n'
        'by = "oversight"\nclause = { zh = "第一条", en = "1" }\nsource = { zh = "办法", en = "M" }\n'
        "in_force = 2020-01-01\n"
    )
    try:
        number = bureau.case("wang")
        id_ = answered(bureau, number, "correct")
        dispute(bureau.archive, id_, actor=bureau.ids["@chief"], reason="不服")
        with pytest.raises(NotTheDeciderError):
            settle(bureau.archive, id_, actor=bureau.ids["@head"], outcome="agree", reason="可")
        settle(bureau.archive, id_, actor=bureau.ids["@overseer"], outcome="agree", reason="可")
    finally:
        (rules / "agency.toml").unlink()


def test_what_is_not_there_or_has_nothing_in_it_is_not_reviewed(bureau: Bureau) -> None:
    number = bureau.case("wang")
    case = bureau.row(number).id
    for document in bureau.archive.catalogue.documents(case):
        bureau.removed(number, document.id)
    for clip in bureau.archive.catalogue.linked_clips(case, limit=9):
        cases.unlink_clip(bureau.archive, actor=ACTOR, number=number, clip=clip, reason="误联")
    with pytest.raises(NothingToReviewError):
        asked(bureau, number)
    with pytest.raises(UnknownReviewError):
        take(bureau.archive, new_id("review"), actor=ACTOR, reviewer=bureau.ids["fa"])


def test_r12_the_catalogue_in_force_on_the_day_of_the_decision_counts_and_todays_too(
    bureau: Bureau,
) -> None:
    number = bureau.case("wang", act="inspection")
    assert code(bureau, number) is None
    bureau.listed(ROW, DEMOLITION, {**ROW, "id": "3", "act": "inspection", "at_least": 0})
    try:
        assert code(bureau, number) == "not_reviewed"
        assert code(bureau, number, datetime(2019, 12, 31, tzinfo=UTC)) == "not_reviewed"
    finally:
        bureau.listed(ROW, DEMOLITION)


def test_an_expired_officer_may_ask_again_with_a_new_certificate(bureau: Bureau) -> None:
    id_ = bureau.officer("late")
    today = datetime.now(UTC).date()
    old = NewCertificate(
        kind="enforcement", number="L1", first=FIRST, last=today - timedelta(days=2)
    )
    certify(bureau.archive, old, actor=ACTOR, officer=id_)
    number = bureau.case("late")
    with pytest.raises(NotCertifiedError, match="ended with"):
        request(bureau.archive, number, actor=ACTOR, officer=id_)
    new = NewCertificate(kind="enforcement", number="L2", first=date(2026, 1, 1), last=LAST)
    certify(bureau.archive, new, actor=ACTOR, officer=id_)
    assert request(bureau.archive, number, actor=ACTOR, officer=id_).round == 1
