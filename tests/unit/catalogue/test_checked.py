"""What cases are checked by, a page of cases at a time, on both databases."""

from __future__ import annotations

import pytest

from archive.catalogue import check_queries
from archive.catalogue.times import known_us
from tests.unit.catalogue.oversight_story import DAY, LATER, file_of, stage
from tests.unit.catalogue.story import MemoryArchive, Story

TEN = "2026-05-11T10:00:00Z"
ELEVEN = "2026-05-11T11:00:00Z"


def timed(story: Story, case: str, part: str, begin: str | None, end: str | None) -> None:
    data = {"document": "document-1", "part": part, "from": begin, "to": end}
    story.event("document.timed", case, data)


def test_every_open_case_that_was_filed_comes_with_all_that_it_is_checked_by(
    archive: MemoryArchive, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check_queries, "_PAGE", 2)
    cases = [story.case(str(n)) for n in range(5)]
    for case in cases[1:]:
        file_of(story, case)
        stage(story, case, "initiation", DAY)
        stage(story, case, "decision", LATER)
        timed(story, case, "inquiry", TEN, ELEVEN)
        timed(story, case, "service", TEN, None)
    story.event("case.closed", cases[4])
    timed(story, cases[2], "inquiry", TEN, TEN)
    timed(story, cases[3], "inquiry", None, None)
    early, undated = story.clip(start=TEN), story.clip(start=None)
    for clip in (early, undated):
        story.link(clip, cases[1])
    stop = {"from": TEN, "to": ELEVEN, "code": "battery"}
    story.event("stop.explained", early, stop, {"reason": "没电"})
    story.event("stop.explained", cases[1], stop)
    archive.catalogue.catch_up()
    found = list(archive.catalogue.filed_cases())
    assert [row.case_id for row in found] == cases[1:4]
    ten, eleven = known_us(TEN), known_us(ELEVEN)
    first = found[0]
    assert [(name, at) for name, at in first.stages] == [
        ("initiation", known_us(DAY)),
        ("decision", known_us(LATER)),
    ]
    assert [(clip[0], clip[3]) for clip in first.clips] == [(early, ten), (undated, None)]
    assert [tuple(time) for time in first.times] == [
        ("document-1", "inquiry", ten, eleven),
        ("document-1", "service", ten, None),
    ]
    assert [(stop[1], stop[4], stop[5]) for stop in first.stops] == [
        (cases[1], "battery", None),
        (early, "battery", "没电"),
    ]
    assert [(t[1], t[3]) for t in found[1].times] == [("inquiry", ten), ("service", None)]
    assert [t[1] for t in found[2].times] == ["service"]
    assert archive.catalogue.filed_case(cases[1]) == first
    bare = archive.catalogue.filed_case(cases[0])
    assert bare is not None
    assert (bare.act, bare.stages, bare.clips) == (None, [], [])
    assert archive.catalogue.filed_case("case-none") is None
