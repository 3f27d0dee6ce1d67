"""Which clips and cases wait for each other, and the counts of statistics, from both databases."""

from __future__ import annotations

from tests.unit.catalogue.story import MemoryArchive, Story

HOUR_US = 3_600_000_000
EIGHT = 1_768_636_800_000_000  # 2026-01-17T08:00:00Z


def propose(story: Story, clip: str, case: str, score: int = 800) -> None:
    data = {"case": case, "rule": "near", "score": score, "terms": ["officer"]}
    story.event("link.proposed", clip, data, {"reason": "x"})


def test_a_clip_waits_until_it_is_linked_and_cases_are_found_by_time_and_number(
    archive: MemoryArchive, story: Story
) -> None:
    early = story.clip("a")
    late = story.clip("b", start="2026-01-17T09:00:00Z")
    story.clip("c", start=None)
    story.clip("d", quarantined=True)
    window = ("2026-01-17T08:30:00Z", "2026-01-17T08:40:00Z")
    timed, bare = story.case("１", window=window), story.case("2")
    ask = archive.catalogue
    ask.catch_up()
    rows = ask.waiting_clips(limit=10)
    assert [(row.clip, row.start_us) for row in rows] == [(early, EIGHT), (late, EIGHT + HOUR_US)]
    assert ask.waiting_clips(after=(EIGHT, early), limit=10) == rows[1:]
    assert ask.waiting_clips(until=EIGHT, limit=10) == rows[:1]
    assert ask.waiting_clips(unclassified=True, limit=10) == rows
    assert ask.waiting_among([late, early, "clip-none"]) == rows
    begin = EIGHT + HOUR_US // 2
    assert [c.id for c in ask.open_cases_between(begin, begin)] == [timed]
    assert ask.open_cases_between(begin - 2, begin - 1) == []
    assert [c.id for c in ask.open_cases_of(["1", "3"])] == [timed]
    assert [c.id for c in ask.open_cases_named([bare])] == [bare]
    assert {c.id for c in ask.cases_without_clips(limit=5)} == {timed, bare}
    story.event("clip.classified", late, {"categories": ["evidence"], "by": "hand"}, {})
    story.event("clip.classified", early, {"categories": [], "by": "hand"}, {})
    ask.catch_up()
    assert [row.clip for row in ask.waiting_clips(unclassified=True, limit=10)] == [early]
    story.link(early, timed)
    story.event("case.closed", bare)
    ask.catch_up()
    assert [row.clip for row in ask.waiting_clips(limit=10)] == [late]
    assert ask.waiting_clips(unclassified=True, limit=10) == []
    assert ask.decided_pairs([early, late]) == {(early, timed)}
    assert ask.open_cases_named([bare]) == []
    assert ask.cases_without_clips(limit=5) == []


def test_two_cases_that_claim_a_clip_and_cases_that_closed_since_are_conflicts(
    archive: MemoryArchive, story: Story
) -> None:
    one, other = story.clip("a"), story.clip("b")
    first, second = story.case("1"), story.case("2")
    propose(story, one, first)
    ask = archive.catalogue
    ask.catch_up()
    assert ask.conflicts() == []
    propose(story, one, second, 700)
    propose(story, other, second)
    ask.catch_up()
    found = ask.conflicts()
    assert [(c.clip, c.case_id, c.why) for c in found] == [
        (one, first, "several"),
        (one, second, "several"),
    ]
    assert ask.conflicts(after=found[0].index) == found[1:]
    assert ask.proposed_scores([one]) == {(one, first): 800, (one, second): 700}
    story.link(one, first)
    story.event("case.closed", second)
    ask.catch_up()
    assert {(c.clip, c.why) for c in ask.conflicts()} == {(one, "closed"), (other, "closed")}
    story.event("link.declined", other, {"case": second}, {"reason": "x"})
    ask.catch_up()
    assert [c.clip for c in ask.conflicts()] == [one]
    assert (other, second) in ask.decided_pairs([other])


def test_statistics_count_what_there_is(archive: MemoryArchive, story: Story) -> None:
    unit = story.unit("North")
    clip = story.clip("a", unit=unit, officer="officer-1", late=True)
    story.clip("b", unit=unit, start="2026-02-17T08:00:00Z")
    case = story.case("1", unit=unit)
    played = {"session": "s", "what": "proxy", "spans": [[0, 5]], "played_ms": 5}
    story.event("clip.played", clip, played)
    story.event("clip.played", clip, played)
    ask = archive.catalogue
    ask.catch_up()
    january = [row for row in ask.tallied(202601, 202601) if row.whose == ""]
    assert [tuple(row)[1:] for row in january] == [(202601, unit, 1, 1, 0, 1)]
    assert ask.tallied(202601, 202602, "unit-none") == []
    assert [
        row.clips for row in ask.tallied(202601, 202602, unit) if row.whose == "officer:officer-1"
    ] == [1]
    assert ask.bare_cases() == {unit: 1}
    assert ask.bare_cases("unit-none") == {}
    everything = ("1970-01-01T00:00:00Z", "9998-01-01T00:00:00Z")
    assert ask.watched(*everything) == {"local-0": 1}
    assert ask.watched(*everything, "unit-none") == {}
    assert ask.watched("1970-01-01T00:00:00Z", "1970-01-02T00:00:00Z") == {}
    assert ask.duty_looks(0, 2**62) == {}
    story.link(clip, case)
    ask.catch_up()
    assert ask.bare_cases() == {}
    assert [row.unlinked for row in ask.tallied(202601, 202601) if row.whose == ""] == [0]
