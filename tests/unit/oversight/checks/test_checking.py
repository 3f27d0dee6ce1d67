"""R7: a case against the list of matters that must be recorded, kept and broken in every way that a check knows."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.tables import Words
from oversight.checks.checking import check_requirement
from oversight.checks.facts import CaseFacts, ClipFact, StageFact, StopFact, TimeFact
from oversight.checks.findings import Finding, Required
from oversight.lists.kinds import STAGES as STAGES_OF_A_CASE
from oversight.lists.recording import Requirement

BEIJING = ZoneInfo("Asia/Shanghai")
MINUTE = 60_000_000
FULL = Requirement(
    id="inquiry",
    act="penalty",
    matter=None,
    name="询问当事人",
    stage="investigation",
    part="inquiry",
    manner="video",
    full=True,
    held=False,
    least_us=0,
    tolerance_us=MINUTE,
    gap_us=10_000_000,
    clause=Words(zh="第六条", en="Article 6"),
    source=Words(zh="规定", en="Rules"),
)
KEY = replace(FULL, full=False, least_us=2 * MINUTE)


def at(text: str) -> int:
    moment = datetime.fromisoformat(f"2026-05-11T{text}:00").replace(tzinfo=BEIJING)
    return int(moment.timestamp()) * 1_000_000


def clip(begin: str | None, minutes: int, name: str = "a", **more: Any) -> ClipFact:
    start = None if begin is None else at(begin)
    values: dict[str, Any] = {"kind": "video", "recorder": "r1", "uncertainty": 0} | more
    return ClipFact(clip=f"clip-{name}", begin=start, length=minutes * MINUTE, **values)


PAPER = TimeFact("document-1", "inquiry", at("09:00"), at("10:30"))
STAGES = (StageFact("initiation", at("08:00")), StageFact("investigation", at("08:30")))
LEFT = (*STAGES, StageFact("review", at("18:00")))


def case(*clips: ClipFact, **more: Any) -> CaseFacts:
    facts: dict[str, Any] = {
        "case": "case-1",
        "number": "2026-1",
        "unit": None,
        "act": "penalty",
        "matter": None,
        "filed_us": at("08:00"),
        "over": False,
        "stages": LEFT,
        "times": (PAPER,),
    }
    return CaseFacts(clips=clips, **(facts | more))


def check(facts: CaseFacts, required: Requirement = FULL) -> tuple[Required, list[Finding]]:
    return check_requirement(facts, required, BEIJING)


def codes(facts: CaseFacts, required: Requirement = FULL) -> list[str]:
    return [finding.code for finding in check(facts, required)[1]]


def test_r7_is_kept_by_a_recording_from_beginning_to_end_of_what_the_paper_says() -> None:
    required, findings = check(case(clip("08:59", 92)))
    assert (required.state, required.clips, findings) == ("kept", ("clip-a",), [])


@pytest.mark.parametrize(
    ("clips", "code", "by"),
    [
        ((), "missing", None),
        ((clip("09:00", 90, kind="audio"),), "missing", None),
        ((clip("12:00", 90),), "time_outside", None),
        ((clip("09:02", 90),), "starts_after", 2),
        ((clip("09:00", 88),), "ends_before", 2),
        ((clip("09:00", 30), clip("09:35", 60, "b")), "stop", 5),
    ],
)
def test_r7_is_broken_by_what_the_list_requires_and_was_not_recorded(
    clips: tuple[ClipFact, ...], code: str, by: int | None
) -> None:
    required, [finding] = check(case(*clips))
    assert (required.state, finding.code) == ("finding", code)
    assert finding.document == "document-1"
    assert finding.by_us == (None if by is None else by * MINUTE)
    assert finding.requirement is FULL, "its clause goes with it"


def test_what_the_list_and_the_clock_allow_is_not_counted_against_the_recording() -> None:
    assert codes(case(clip("09:01", 88))) == []
    assert codes(case(clip("09:02", 88))) == ["starts_after"]
    assert codes(case(clip("09:02", 88, uncertainty=MINUTE))) == []
    assert codes(case(clip("09:00", 45), clip("09:45", 45, "b"))) == []


def test_another_recorder_that_went_on_is_no_stop() -> None:
    torn = (clip("09:00", 30), clip("09:35", 60, "b"))
    assert codes(case(*torn)) == ["stop"]
    assert codes(case(*torn, clip("09:20", 20, "c", recorder="r2"))) == []


@pytest.mark.parametrize(
    ("stop", "state"),
    [
        (StopFact(1, "case-1", at("09:30"), at("09:35"), "battery", "没电"), "explained"),
        (StopFact(1, "case-1", at("09:30"), None, "battery", "没电"), "finding"),
        (StopFact(1, "clip-a", None, None, "fault", None), "explained"),
        (StopFact(1, "clip-b", None, None, "fault", None), "finding"),
        (StopFact(1, "clip-b", at("09:30"), at("09:35"), "fault", None), "explained"),
        (StopFact(1, "clip-c", None, None, "fault", None), "finding"),
        (StopFact(1, "case-1", None, None, "fault", None), "finding"),
        (StopFact(1, "case-1", at("09:32"), at("09:35"), "battery", None), "finding"),
    ],
)
def test_a_stop_with_a_stated_reason_is_told_and_is_no_finding_any_more(
    stop: StopFact, state: str
) -> None:
    torn = case(clip("09:00", 30), clip("09:35", 60, "b"), stops=(stop,))
    required, [finding] = check(torn)
    assert required.state == state
    assert (finding.explained is stop) is (state == "explained")


def test_the_newest_reason_counts() -> None:
    stops = tuple(StopFact(n, "case-1", at("08:00"), at("23:00"), "fault", str(n)) for n in (1, 2))
    [finding] = check(case(stops=stops))[1]
    assert finding.explained is stops[1]


def test_key_moments_need_no_beginning_and_end_but_their_length() -> None:
    assert codes(case(clip("09:30", 3)), KEY) == []
    required, [finding] = check(case(clip("09:30", 1)), KEY)
    assert (required.state, finding.code, finding.by_us) == ("finding", "short", MINUTE)
    brief = PAPER._replace(end=at("09:01"))
    assert codes(case(clip("09:00", 1), times=(brief,)), KEY) == [], "it took no longer"
    moment = PAPER._replace(end=None)
    assert codes(case(clip("08:59", 2), times=(moment,)), KEY) == []
    assert codes(case(clip("08:59", 1), times=(moment,)), KEY) == ["short"]


def test_each_document_of_a_part_has_its_own_recording() -> None:
    second = TimeFact("document-2", "inquiry", at("14:00"), at("15:00"))
    other = TimeFact("document-3", "inspection", at("16:00"), at("17:00"))
    found = check(case(clip("09:00", 90), times=(PAPER, second, other)))[1]
    assert [(f.code, f.document) for f in found] == [("time_outside", "document-2")]


def test_without_times_on_paper_the_days_of_the_stage_count() -> None:
    assert codes(case(clip("12:00", 5), times=())) == ["untimed"]
    assert codes(case(clip("12:00", 5), times=()), KEY) == []
    assert codes(case(times=())) == ["missing"]
    assert codes(case(clip("12:00", 5), times=(), stages=STAGES)) == [], "it may still be written"
    yesterday = clip("12:00", 5)._replace(begin=at("12:00") - 1440 * MINUTE)
    assert codes(case(yesterday, times=())) == ["missing"]


def test_a_clip_of_an_unknown_time_is_no_recording_but_is_told() -> None:
    _, [finding] = check(case(clip(None, 90), times=()))
    assert (finding.code, finding.undated) == ("missing", 1)


@pytest.mark.parametrize(
    ("more", "state"),
    [
        ({"stages": ()}, "not_due"),
        ({"stages": STAGES[:1]}, "not_due"),
        ({"stages": STAGES}, "waiting"),
        ({"stages": STAGES, "over": True}, "finding"),
        ({"stages": LEFT}, "finding"),
        ({"stages": (*LEFT, STAGES[1])}, "waiting"),
    ],
)
def test_a_recording_is_waited_for_until_its_stage_is_left(
    more: dict[str, Any], state: str
) -> None:
    assert check(case(times=(), **more))[0].state == state


@pytest.mark.parametrize("stage", STAGES_OF_A_CASE[:-1])
def test_r3_whatever_the_stage_its_recording_is_asked_for_and_its_absence_found(
    stage: str,
) -> None:
    way = tuple(StageFact(name, at(f"{8 + n:02}:00")) for n, name in enumerate(STAGES_OF_A_CASE))
    needed = replace(KEY, stage=stage, part=None)
    assert codes(case(stages=way), needed) == ["missing"]
    begun = f"{8 + STAGES_OF_A_CASE.index(stage):02}:30"
    assert codes(case(clip(begun, 5), stages=way), needed) == []


def test_what_is_required_only_where_it_takes_place_waits_for_a_paper_that_says_so() -> None:
    held = replace(FULL, held=True)
    assert check(case(times=()), held)[0].state == "not_due"
    assert codes(case(), held) == ["missing"]


minutes = st.integers(0, 200)
clip_lists = st.lists(
    st.tuples(minutes, st.integers(0, 60), st.sampled_from(["r1", "r2"])), max_size=6
)


@given(made=clip_lists, extra=st.tuples(minutes, st.integers(1, 200)))
def test_footage_of_all_of_it_leaves_no_finding_whatever_else_there_is(
    made: list[tuple[int, int, str]], extra: tuple[int, int]
) -> None:
    clips = [
        ClipFact(f"clip-{n}", r, "video", at("08:00") + b * MINUTE, m * MINUTE, 0)
        for n, (b, m, r) in enumerate(made)
    ]
    whole = clip("09:00", 90, "whole")
    assert codes(case(*clips, whole)) == []
    missing_before = sum(f.by_us or 0 for f in check(case(*clips))[1])
    more = ClipFact("clip-m", "r1", "video", at("08:00") + extra[0] * MINUTE, extra[1] * MINUTE, 0)
    if "missing" not in codes(case(*clips)) and "time_outside" not in codes(case(*clips)):
        assert sum(f.by_us or 0 for f in check(case(*clips, more))[1]) <= missing_before
