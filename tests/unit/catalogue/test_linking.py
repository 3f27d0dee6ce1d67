from __future__ import annotations

import pytest

from archive.cases import close_case, link_clip, unlink_clip
from ingest.linking import RULE, link_case, link_clips
from tests.unit.catalogue.story import MemoryArchive, Story, link_events

WINDOW = ("2026-01-17T08:00:00Z", "2026-01-17T09:00:00Z")


def test_a_case_that_is_opened_takes_its_officers_clips_of_its_time(
    archive: MemoryArchive, story: Story
) -> None:
    mine, other = story.officer("7"), story.officer("8")
    inside = story.clip(officer=mine, start="2026-01-17T08:30:00Z")
    story.clip(officer=other, start="2026-01-17T08:30:00Z")
    story.clip(officer=None, start="2026-01-17T08:30:00Z")
    story.clip(officer=mine, start="2026-01-17T09:00:01Z")
    story.clip(officer=mine, start=None)
    case = story.case("1", officers=[mine], window=WINDOW)
    assert link_case(archive, actor="station-1", case_id=case) == [inside]
    archive.catalogue.catch_up()
    (link,) = archive.catalogue.links_of(inside)
    assert (link.number, link.by, link.rule) == ("1", "rule", RULE)
    assert link.reason is not None
    for word in ("7", "2026-01-17T08:30:00Z", *WINDOW, "执法人员"):
        assert word in link.reason


def test_a_clip_that_arrives_goes_to_every_case_it_belongs_to(
    archive: MemoryArchive, story: Story
) -> None:
    officer = story.officer("7")
    first = story.case("1", officers=[officer], window=WINDOW)
    second = story.case("2", officers=[story.officer("8"), officer], window=WINDOW)
    story.case("3", officers=[officer])
    clip, elsewhere = (
        story.clip(officer=officer),
        story.clip(officer=officer, start="2026-01-18T08:00:00Z"),
    )
    assert link_clips(archive, actor="station-1", clips=[clip, elsewhere]) == [
        (clip, first),
        (clip, second),
    ]
    assert link_clips(archive, actor="station-1", clips=[]) == []


@pytest.mark.parametrize(
    ("start", "length", "linked"),
    [
        ("2026-01-17T07:59:00Z", 60, True),
        ("2026-01-17T07:59:00Z", 59, False),
        ("2026-01-17T09:00:00Z", 10, True),
        ("2026-01-17T07:00:00Z", 3 * 3600, True),
    ],
)
def test_a_recording_counts_from_its_start_to_its_end(
    archive: MemoryArchive, story: Story, start: str, length: int, *, linked: bool
) -> None:
    officer = story.officer("7")
    clip = story.clip(officer=officer, start=start)
    story.case("1", officers=[officer], window=WINDOW)
    story.examined(clip, duration_us=length * 1_000_000)
    assert bool(link_clips(archive, actor="station-1", clips=[clip])) == linked


def test_running_the_rule_again_links_nothing_twice(archive: MemoryArchive, story: Story) -> None:
    officer = story.officer("7")
    clip = story.clip(officer=officer)
    case = story.case("1", officers=[officer], window=WINDOW)
    for _ in range(2):
        link_case(archive, actor="station-1", case_id=case)
        link_clips(archive, actor="station-1", clips=[clip])
    assert len(link_events(archive.ledger.kept)) == 1


def test_a_pair_unlinked_by_hand_stays_unlinked(archive: MemoryArchive, story: Story) -> None:
    officer = story.officer("7")
    clip = story.clip(officer=officer)
    case = story.case("1", officers=[officer], window=WINDOW)
    link_case(archive, actor="station-1", case_id=case)
    unlink_clip(archive, actor="local-0", number="1", clip=clip, reason="another matter")
    assert link_case(archive, actor="station-1", case_id=case) == []
    link_clip(archive, actor="local-0", number="1", clip=clip, reason="it was after all")
    assert link_clips(archive, actor="station-1", clips=[clip]) == []


def test_closed_cases_and_quarantined_clips_are_left_alone(
    archive: MemoryArchive, story: Story
) -> None:
    officer = story.officer("7")
    quarantined = story.clip(officer=officer, quarantined=True)
    open_case = story.case("1", officers=[officer], window=WINDOW)
    assert link_case(archive, actor="station-1", case_id=open_case) == []
    closed = story.case("2", officers=[officer], window=WINDOW)
    close_case(archive, actor="local-0", number="2")
    assert link_case(archive, actor="station-1", case_id=closed) == []
    clip = story.clip(officer=officer)
    assert link_clips(archive, actor="station-1", clips=[quarantined, clip]) == [(clip, open_case)]


def test_many_clips_are_linked_in_one_go(archive: MemoryArchive, story: Story) -> None:
    officer = story.officer("7")
    case = story.case("1", officers=[officer], window=WINDOW)
    clips = [story.clip(officer=officer) for _ in range(501)]
    assert link_clips(archive, actor="station-1", clips=clips) == [(clip, case) for clip in clips]
