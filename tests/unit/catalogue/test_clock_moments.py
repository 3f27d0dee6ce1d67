"""What clocks are set by: the same from both databases, whatever order things happened in."""

from __future__ import annotations

import json

import pytest

from tests.unit.catalogue.oversight_story import file_of, publication, stage
from tests.unit.catalogue.story import MemoryArchive, Story

EARLY, LATE = "2026-01-17T08:00:00Z", "2026-02-17T08:00:00Z"


def told(archive: MemoryArchive) -> list[str | None]:
    archive.catalogue.catch_up()
    return [row.number for row in archive.catalogue.open_files()]


def test_an_open_case_is_told_and_a_closed_one_until_nothing_is_due(
    archive: MemoryArchive, story: Story
) -> None:
    done, waits = story.case("A-1"), story.case("A-2")
    for case in (done, waits):
        stage(story, case, "conclusion", EARLY)
        story.event("case.closed", case, {})
    story.event("case.catalogued", done, {"catalogue": {"object": "0" * 64, "size": 1}})
    story.case("A-3")
    assert told(archive) == ["A-2", "A-3"]
    story.event("case.action_ended", done, {"at": LATE})
    assert told(archive) == ["A-1", "A-2", "A-3"], "what was formed before is no file of it all"


def test_the_newest_decision_is_public_since_its_own_publication(
    archive: MemoryArchive, story: Story
) -> None:
    case = story.case("A-1")
    file_of(story, case)
    stage(story, case, "decision", EARLY)
    steps = ("checked", "approved", "published")
    publication(story, 1, case, *steps)
    archive.catalogue.catch_up()
    first = archive.catalogue.file_moments(case)
    assert first is not None
    assert first.public_at is not None
    story.event("case.decision_revoked", case, {"how": "changed", "at": LATE}, {"reason": "改"})
    stage(story, case, "decision", LATE)
    archive.catalogue.catch_up()
    again = archive.catalogue.file_moments(case)
    assert again is not None
    assert again.public_at is None
    assert (again.decided_index or 0) > (again.revoked_index or 0) > (first.decided_index or 0)
    publication(story, 2, case, *steps)
    archive.catalogue.catch_up()
    last = archive.catalogue.file_moments(case)
    assert last is not None
    assert last.public_at is not None
    assert last.public_at > first.public_at
    assert json.loads(last.officers) == json.loads(first.officers)


def test_clips_are_found_by_id_and_excuses_all_at_once(
    archive: MemoryArchive, story: Story
) -> None:
    clips = [story.clip() for _ in range(3)]
    for clip in clips[:2]:
        said = {"rule": "upload", "excuse": 0}
        story.event("deadline.excused", clip, said, {"reason": "连续执勤"})
    archive.catalogue.catch_up()
    found = archive.catalogue.moments_of_clips([*clips[1:], "clip-none", clips[1]])
    assert {row.clip for row in found} == set(clips[1:])
    assert all(row.archived_at is not None and row.case_id is None for row in found)
    assert archive.catalogue.moments_of_clips([]) == []
    excuses = archive.catalogue.every_excuse()
    assert [row.subject for row in excuses] == clips[:2]
    assert excuses[0].reason == "连续执勤"
    assert excuses == [row for clip in clips for row in archive.catalogue.excuses(clip)]


@pytest.mark.parametrize("closed", [True, False])
def test_a_revoked_decision_is_told_although_its_case_is_closed(
    archive: MemoryArchive, story: Story, closed: bool
) -> None:
    case = story.case("A-1")
    stage(story, case, "decision", EARLY)
    story.event("case.decision_revoked", case, {"how": "revoked", "at": LATE}, {"reason": "撤"})
    if closed:
        story.event("case.closed", case, {})
    assert told(archive) == ["A-1"]
