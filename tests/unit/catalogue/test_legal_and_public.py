"""Rounds of legal review and publications, as the catalogue tells them: a step only from where it can be taken."""

from __future__ import annotations

import json

import pytest

from tests.unit.catalogue.oversight_story import digest, publication, review
from tests.unit.catalogue.story import MemoryArchive, Story


def test_all_rounds_of_a_review_stay_and_the_last_one_counts(
    archive: MemoryArchive, story: Story
) -> None:
    case = story.case("1")
    ask = archive.catalogue
    review(story, case, 1, "correct")
    ask.catch_up()
    assert ask.agreed(case) is None
    second = review(story, case, 2, "agree")
    ask.catch_up()
    agreed = ask.agreed(case)
    assert agreed is not None
    assert (agreed.id, agreed.round, agreed.reviewer, agreed.documents) == (
        *(second, 2, "officer-8"),
        ("document-1",),
    )
    assert json.loads(agreed.points or "") == [
        {"point": "subject", "ok": True, "clip": "clip-1", "at_us": 5}
    ]
    assert json.loads(agreed.notes or "") == {"subject": "是"}
    assert [r.outcome for r in ask.legal_reviews(case)] == ["correct", "agree"]
    third = review(story, case, 3, None)
    ask.catch_up()
    assert ask.agreed(case) is None
    assert [r.id for r in ask.waiting_reviews()] == [third]


def test_a_dispute_is_open_until_it_is_settled(archive: MemoryArchive, story: Story) -> None:
    case = story.case("1")
    round_ = review(story, case, 1, "correct")
    story.event("review.settled", round_, {"outcome": "agree"}, {"reason": "无异议也无从处理"})
    archive.catalogue.catch_up()
    ask = archive.catalogue
    assert ask.agreed(case) is None
    story.event("review.disputed", round_, {}, {"reason": "不同意"})
    ask.catch_up()
    told = ask.legal_review(round_)
    assert told is not None
    assert (told.state, told.result) == ("disputed", None)
    story.event("review.settled", round_, {"outcome": "agree"}, {"reason": "集体讨论"})
    ask.catch_up()
    settled = ask.agreed(case)
    assert settled is not None
    assert (settled.outcome, settled.result, settled.settled_reason) == (
        *("correct", "agree"),
        "集体讨论",
    )


def test_a_review_goes_to_another_until_it_is_answered(
    archive: MemoryArchive, story: Story
) -> None:
    round_ = review(story, story.case("1"), 1, None)
    story.event("review.taken", round_, {"reviewer": "officer-9"})
    points = {"outcome": "agree", "points": []}
    story.event("review.answered", round_, points, {"reason": "x"})
    story.event("review.taken", round_, {"reviewer": "officer-7"})
    story.event("review.answered", round_, {**points, "outcome": "transfer"}, {"reason": "y"})
    archive.catalogue.catch_up()
    told = archive.catalogue.legal_review(round_)
    assert told is not None
    assert (told.reviewer, told.outcome, told.answered_reason) == ("officer-9", "agree", "x")


def test_a_publication_takes_its_steps_and_shows_the_redacted_record(
    archive: MemoryArchive, story: Story
) -> None:
    case = story.case("1")
    id_ = publication(story, 1, case, "checked", "approved", "published")
    other = publication(story, 2, "officer-1", kind="officer")
    archive.catalogue.catch_up()
    ask = archive.catalogue
    told = ask.publication(id_)
    assert told is not None
    assert (told.about, told.record, told.privacy, told.secret, told.redactions) == (
        *(case, digest(41), True, False),
        2,
    )
    assert (told.state, told.feed, told.expires) == ("published", 1, "2029-01-17")
    assert ask.publications_about(case) == ask.publications("published") == ask.fed() == [told]
    assert ask.fed(1) == []
    assert ask.last_fed() == 1
    assert [p.id for p in ask.publications("proposed", "checked", kind="officer")] == [other]
    assert ask.publications("proposed", kind="decision") == []


@pytest.mark.parametrize(
    ("steps", "state"),
    [
        (("approved",), "proposed"),
        (("checked", "published"), "checked"),
        (("checked", "approved", "withdrawn", "published"), "withdrawn"),
        (("checked", "declined", "approved"), "declined"),
        (("checked", "approved", "published", "withdrawn", "expired"), "withdrawn"),
        (("checked", "approved", "published", "expired", "withdrawn"), "expired"),
    ],
)
def test_a_step_out_of_turn_is_a_custody_event_only(
    archive: MemoryArchive, story: Story, steps: tuple[str, ...], state: str
) -> None:
    id_ = publication(story, 1, story.case("1"), *steps)
    archive.catalogue.catch_up()
    told = archive.catalogue.publication(id_)
    assert told is not None
    assert told.state == state
    assert len(archive.catalogue.custody(id_)) == len(steps) + 1
