"""What the catalogue tells of a case's file and its subjects, and what clocks are set by."""

from __future__ import annotations

from archive.catalogue.search import FindQuery
from archive.catalogue.times import known_us
from tests.unit.catalogue.oversight_story import (
    DAY,
    LATER,
    digest,
    file_of,
    hold,
    named,
    publication,
    review,
    stage,
    subject,
)
from tests.unit.catalogue.story import MemoryArchive, Story


def test_a_file_says_the_newest_word_and_keeps_every_stage(
    archive: MemoryArchive, story: Story
) -> None:
    case = story.case("1", officers=["officer-1"])
    assert archive.catalogue.case_file(case) is None
    file_of(story, case, officers=["officer-2"])
    stage(story, case, "initiation", "2026-01-16T16:30:00+08:00")
    stage(story, case, "decision")
    stage(story, case, "investigation", LATER)
    archive.catalogue.catch_up()
    file = archive.catalogue.case_file(case)
    assert file is not None
    assert (file.act, file.matter, file.list) == ("penalty", "m1", digest(1))
    assert (file.stage, file.decided_us) == ("investigation", known_us(DAY))
    assert file.initiated_us == known_us("2026-01-16T08:30:00Z")
    assert [s.stage for s in archive.catalogue.stages(case)] == [
        *("initiation", "decision", "investigation")
    ]
    assert archive.catalogue.stages(case)[0].reason == "按程序"
    (shown,) = archive.catalogue.cases().cases
    assert shown.officers == ("officer-2",)


def test_a_file_is_filed_anew_whole(archive: MemoryArchive, story: Story) -> None:
    case, one, other = story.case("1"), subject(story, 1, "甲"), subject(story, 2, "乙")
    file_of(story, case, one, officers=["officer-1"])
    file_of(story, case, other, act="permit", matter=None, list=None)
    archive.catalogue.catch_up()
    file = archive.catalogue.case_file(case)
    assert file is not None
    assert (file.act, file.matter, file.list) == ("permit", None, None)
    assert [s.name for s in archive.catalogue.subjects_of(case)] == ["乙"]
    (shown,) = archive.catalogue.cases().cases
    assert shown.officers == ("officer-1",)


def test_a_stage_without_a_time_changes_nothing(archive: MemoryArchive, story: Story) -> None:
    case = story.case("1")
    stage(story, case, "decision", "some day")
    archive.catalogue.catch_up()
    assert archive.catalogue.case_file(case) is None
    assert archive.catalogue.stages(case) == []


def test_of_a_documents_times_the_newest_word_counts(archive: MemoryArchive, story: Story) -> None:
    case = story.case("1")

    def says(document: str, part: str, begin: str | None, end: str | None = None) -> None:
        data = {"document": document, "part": part, "from": begin, "to": end}
        story.event("document.timed", case, data, {"place": "办公室"})

    says("d1", "inquiry", DAY)
    says("d1", "inquiry", DAY, LATER)
    says("d1", "service", DAY)
    says("d1", "service", None)
    says("d2", "inquiry", LATER)
    archive.catalogue.catch_up()
    told = [(t.document, t.part, t.to_us) for t in archive.catalogue.document_times(case)]
    assert told == [("d1", "inquiry", known_us(LATER)), ("d2", "inquiry", None)]


def test_a_stop_and_a_delay_keep_what_was_said_of_them(
    archive: MemoryArchive, story: Story
) -> None:
    clip = story.clip()
    at = {"from": DAY, "to": None, "code": "card"}
    story.event("stop.explained", clip, at, {"reason": "卡满"})
    story.event("deadline.excused", clip, {"rule": "upload", "excuse": 0}, {"reason": "偏远"})
    archive.catalogue.catch_up()
    (stop,), (excuse,) = archive.catalogue.stops(clip), archive.catalogue.excuses(clip)
    assert (stop.from_us, stop.to_us, stop.code, stop.reason) == (
        *(known_us(DAY), None, "card"),
        "卡满",
    )
    assert (excuse.rule, excuse.excuse, excuse.reason) == ("upload", 0, "偏远")


def test_merged_subjects_are_one_and_a_split_gives_each_its_own(
    archive: MemoryArchive, story: Story
) -> None:
    one, two, three = (subject(story, n, f"公司{n}", f"９１{n}") for n in range(3))
    cases = [story.case(f"{n}") for n in range(3)]
    for case, who in zip(cases, (one, two, three), strict=True):
        file_of(story, case, who)
    story.event("subject.merged", two, {"into": one}, {"reason": "同一人"})
    story.event("subject.merged", one, {"into": three}, {"reason": "同一人"})
    archive.catalogue.catch_up()
    ask = archive.catalogue
    for who in (one, two, three):
        assert [s.id for s in ask.same_subject(who)] == [three, one, two]
        assert ask.cases_of_subject(who) == cases[::-1]
    story.event("subject.split", two, {"out_of": three, "cases": [cases[2]]}, {"reason": "错"})
    archive.catalogue.catch_up()
    assert ask.cases_of_subject(two) == [cases[2], cases[1]]
    assert ask.cases_of_subject(three) == ask.cases_of_subject(one) == [cases[0]]


def test_subjects_that_were_merged_in_a_ring_are_one(archive: MemoryArchive, story: Story) -> None:
    one, other = subject(story, 1, "甲"), subject(story, 2, "乙")
    story.event("subject.merged", one, {"into": other}, {"reason": "x"})
    story.event("subject.merged", other, {"into": one}, {"reason": "x"})
    story.event("subject.merged", one, {"into": one}, {"reason": "x"})
    archive.catalogue.catch_up()
    assert {s.id for s in archive.catalogue.same_subject(one)} == {one, other}
    assert archive.catalogue.same_subject("subject-9") == []


def test_a_subject_is_found_by_name_and_number_and_by_no_search_for_clips(
    archive: MemoryArchive, story: Story
) -> None:
    story.link(story.clip("a.mp4"), story.case("1"))
    one = subject(story, 1, "红星餐饮公司", "９１44")
    subject(story, 2, "蓝天公司")
    archive.catalogue.catch_up()
    ask = archive.catalogue
    assert [s.id for s in ask.find_subjects("红星 公司")] == [one]
    assert [s.id for s in ask.find_subjects("9144")] == [one]
    assert [s.id for s in ask.subjects_numbered("9144")] == [one]
    assert len(ask.find_subjects("公司")) == 2
    assert ask.find_subjects("。") == []
    assert ask.find(FindQuery(text="红星")).total == 0


def test_clocks_see_each_case_of_which_something_may_be_due(
    archive: MemoryArchive, story: Story
) -> None:
    open_, closed, unfiled, unpublished, done, revoked = (story.case(f"{n}") for n in range(6))
    for case in (unpublished, done, revoked):
        stage(story, case, "decision")
    publication(story, 1, done, "declined")
    publication(story, 2, done, "checked", "approved", "published")
    publication(story, 3, revoked, "checked", "approved", "published")
    story.event("case.decision_revoked", revoked, {"how": "revoked", "at": LATER}, {"reason": "错"})
    story.event("case.action_ended", unfiled, {"at": LATER})
    for case in (closed, unfiled, unpublished, done, revoked):
        story.event("case.closed", case)
    archive.catalogue.catch_up()
    ask = archive.catalogue
    files = list(ask.open_files())
    assert [f.case_id for f in files] == [open_, unfiled, unpublished, revoked]
    assert [f.action_ended_us for f in files] == [None, known_us(LATER), None, None]
    assert files[3].publication_state == "published"
    (told,) = ask.revocations(revoked)
    assert (told.how, told.reason, files[3].revoked_us) == ("revoked", "错", told.at_us)
    ended = ask.file_moments(done)
    assert ended is not None
    assert (ended.publication_state, ended.catalogued_at) == ("published", None)
    story.event("case.catalogued", unfiled, {"catalogue": named(2)})
    publication_id = files[3].publication
    story.event("publication.withdrawn", str(publication_id), {"why": "revoked"}, {"reason": "x"})
    ask.catch_up()
    left = {f.case_id for f in ask.open_files()}
    assert left >= {open_, unpublished}
    assert unfiled not in left
    withdrawn = ask.file_moments(revoked)
    assert withdrawn is not None
    assert withdrawn.withdrawn_at == archive.ledger.entry(archive.ledger.size() - 1).time


def test_clocks_see_when_a_clip_was_docked_and_archived(
    archive: MemoryArchive, story: Story
) -> None:
    docking = story.docking(story.recorder("A"))
    case, closed = story.case("1"), story.case("2")
    clip, alone = story.clip("a", docking=docking), story.clip("b", start=None)
    story.examined(clip)
    story.link(clip, case)
    story.link(clip, closed)
    story.event("case.closed", closed)
    archive.catalogue.catch_up()
    ask = archive.catalogue
    (told,) = ask.open_clips()
    assert (told.case_id, told.clip, told.duration_us) == (case, clip, 60_000_000)
    assert (told.start_us, told.docked_at, told.archived_at) == (
        known_us(DAY),
        archive.ledger.entry(1).time,
        archive.ledger.entry(4).time,
    )
    assert ask.clip_moments(case) == [told]
    arrived = list(ask.arrived_clips())
    assert [(c.clip, c.case_id) for c in arrived] == [(clip, None), (alone, None)]
    assert list(ask.arrived_clips(arrived[-1].ingested_index)) == []


def test_what_entries_touched_is_known_by_case(archive: MemoryArchive, story: Story) -> None:
    one, two, three, quiet = (story.case(f"{n}") for n in range(4))
    clip = story.clip()
    story.link(clip, one)
    archive.catalogue.catch_up()
    ask = archive.catalogue
    since = ask.touched(0).size
    assert since == archive.ledger.size()
    assert ask.touched(since) == (frozenset(), frozenset(), since)
    story.examined(clip)
    round_ = review(story, two, 1, None)
    held = hold(story, 1, case=three)
    ask.catch_up()
    touched = ask.touched(since)
    assert touched.cases == {one, two, three}
    assert touched.clips == {clip}
    since = touched.size
    story.event("hold.lifted", held, {}, {"reason": "x"})
    points = {"outcome": "agree", "points": []}
    story.event("review.answered", round_, points, {"reason": "x"})
    ask.catch_up()
    assert ask.touched(since).cases == {two, three}
    assert quiet in ask.touched(0).cases
