"""R1, R2 and R13: kept and broken, to the minute, at the end of a day, over holidays."""

from __future__ import annotations

import pytest

from archive.catalogue.clock_queries import FileMoments
from archive.catalogue.list_queries import ListChangeRow
from oversight.clocks.agency import list_clock, report_clock
from oversight.clocks.facts import case_clocks, clip_clock
from oversight.clocks.model import Clock
from tests.unit.oversight.clocks.made import (
    CASE,
    CLIP,
    clip,
    excuse,
    file,
    publication,
    reckoner,
    us,
    utc,
)

CITY = """format = 1
[rules]
level = "city"
place = "甲市"
title = { zh = "市", en = "City" }
[[deadline]]
id = "upload"
begins = "recording_ended"
ends = "archived"
within = "12 hours"
rolls = false
clause = { zh = "第一条", en = "Article 1" }
source = { zh = "办法", en = "Measures" }
in_force = 2026-03-01
"""


def by_rule(row: FileMoments, *publications: object) -> dict[str, Clock]:
    found = case_clocks(row, reckoner(), {}, publications)  # type: ignore[arg-type]
    return {clock.rule: clock for clock in found}


@pytest.mark.parametrize(
    ("archived", "state"),
    [("2026-05-02T07:59:59", "met"), ("2026-05-02T08:00:00", "late"), ("2026-05-05T08:00", "late")],
)
def test_r1_is_kept_within_24_hours_of_a_recording_s_end_and_broken_after(
    archived: str, state: str
) -> None:
    clock = clip_clock(clip("2026-05-01T07:00", archived, seconds=3600), reckoner(), {})
    assert clock is not None
    assert (clock.rule, clock.state(us("2026-06-01T00:00"))) == ("upload", state)
    assert not clock.provisional


def test_r1_what_a_rule_allows_with_a_stated_reason_is_excused() -> None:
    late = clip("2026-05-01T07:00", "2026-05-05T08:00")
    clock = clip_clock(late, reckoner(), excuse(CLIP, "upload"))
    assert clock is not None
    assert clock.state(us("2026-06-01T00:00")) == "excused"
    assert clock.excuse is not None
    assert clock.excuse.reason == "连续执勤"
    other = clip_clock(late, reckoner(), excuse(CLIP, "file"))
    assert other is not None
    assert other.state(us("2026-06-01T00:00")) == "late", "a reason for another deadline"


def test_r1_the_rule_of_the_day_on_which_it_was_recorded_counts() -> None:
    city = reckoner(CITY)
    for start, archived, state in (
        ("2026-02-28T20:00", "2026-03-01T12:00", "met"),  # the country's 24 hours
        ("2026-03-01T00:00", "2026-03-01T12:00", "late"),  # the city's 12
    ):
        clock = clip_clock(clip(start, archived), city, {})
        assert clock is not None
        assert clock.state(us("2026-06-01T00:00")) == state


@pytest.mark.parametrize(
    ("catalogued", "now", "state"),
    [
        (None, "2026-05-25T00:00", "running"),
        (None, "2026-05-26T00:00", "nearing"),
        (None, "2026-06-01T23:59", "nearing"),
        (None, "2026-06-02T00:00", "missed"),
        ("2026-06-01T23:59", "2026-07-01T00:00", "met"),
        ("2026-06-02T00:00", "2026-07-01T00:00", "late"),
    ],
)
def test_r2_is_kept_by_a_file_within_30_days_of_the_end_and_broken_after(
    catalogued: str | None, now: str, state: str
) -> None:
    # The thirtieth day, 31 May 2026, is a Sunday: 民法典 第二百零三条.
    clock = by_rule(file(ended="2026-05-01T10:00", catalogued=catalogued))["file"]
    assert (clock.due, clock.state(us(now))) == (us("2026-06-02T00:00"), state)


def test_r2_a_file_from_before_the_action_went_on_is_none() -> None:
    again = file(
        ended="2026-05-20T10:00",
        ended_index=25,
        catalogued="2026-05-05T10:00",
        catalogued_index=20,
    )
    assert by_rule(again)["file"].ended is None


def test_r2_a_concluded_case_is_over_although_nobody_said_so() -> None:
    clock = by_rule(file(concluded="2026-05-01T10:00"))["file"]
    assert clock.state(us("2026-06-02T00:00")) == "missed"
    assert by_rule(file()) == {}, "nothing is due before anything happened"


def test_r2_a_case_that_is_reopened_needs_its_file_anew() -> None:
    again = {"ended": "2026-03-01T10:00", "catalogued": "2026-03-05T10:00"}
    clock = by_rule(file(**again, reopened="2026-05-01T10:00"))["file"]  # type: ignore[arg-type]
    assert (clock.due, clock.ended) == (us("2026-06-02T00:00"), None)
    formed = file(
        ended="2026-03-01T10:00",
        catalogued="2026-05-20T10:00",
        catalogued_index=70,
        reopened="2026-05-01T10:00",
    )
    assert by_rule(formed)["file"].state(us("2026-07-01T00:00")) == "met"


def test_r2_a_case_that_is_just_closed_needs_its_file_since_then() -> None:
    clock = by_rule(file(closed="2026-05-01T10:00"))["file"]
    assert clock.state(us("2026-06-02T00:00")) == "missed"
    assert by_rule(file(act=None, closed="2026-05-01T10:00")) == {}, "it is no case file"


@pytest.mark.parametrize(
    ("act", "rule", "due"),
    [
        # 1 to 7 October 2026 are days off, 10 October (a Saturday) is worked: State Council's notice for 2026.
        ("penalty", "publish_permit_or_penalty", "2026-10-14T00:00"),
        ("permit", "publish_permit_or_penalty", "2026-10-14T00:00"),
        ("compulsion", "publish", "2026-10-31T00:00"),
        (None, "publish", "2026-10-31T00:00"),
    ],
)
def test_r13_is_kept_by_publishing_within_7_or_20_working_days_and_broken_after(
    act: str | None, rule: str, due: str
) -> None:
    clock = by_rule(file(act=act, decided="2026-09-28T17:00"))[rule]
    workdays_due = clock.due
    assert clock.state(workdays_due - 1) == "nearing"
    assert clock.state(workdays_due) == "missed"
    assert workdays_due == us(due)
    public = file(act=act, decided="2026-09-28T17:00", public="2026-10-09T10:00")
    assert by_rule(public)[rule].state(us("2027-01-01T00:00")) == "met"
    late = file(act=act, decided="2026-09-28T17:00", public="2026-11-09T10:00")
    assert by_rule(late)[rule].state(us("2027-01-01T00:00")) == "late"


def test_r13_is_kept_by_withdrawing_within_3_working_days_and_broken_after() -> None:
    row = file(
        act="penalty",
        decided="2026-05-06T10:00",
        public="2026-05-08T10:00",
        revoked="2026-05-13T10:00",
    )
    public = publication("2026-05-08T10:00")
    clock = by_rule(row, public)["withdraw"]
    assert clock.due == us("2026-05-19T00:00")
    assert clock.state(us("2026-05-19T00:00")) == "missed"
    gone = publication("2026-05-08T10:00", "2026-05-14T10:00")
    assert by_rule(row, gone)["withdraw"].state(us("2026-06-01T00:00")) == "met"
    late = publication("2026-05-08T10:00", "2026-05-20T10:00")
    assert by_rule(row, late)["withdraw"].state(us("2026-06-01T00:00")) == "late"
    assert by_rule(row, gone, public)["withdraw"].ended is None, "one of two is still public"
    assert "withdraw" not in by_rule(row), "what never was public need not be withdrawn"


def test_r13_what_was_revoked_need_not_be_published_any_more() -> None:
    row = file(act="penalty", decided="2026-05-06T10:00", revoked="2026-05-08T10:00")
    clock = by_rule(row)["publish_permit_or_penalty"]
    assert clock.state(us("2026-06-01T00:00")) == "met"
    again = file(
        act="penalty",
        decided="2026-05-11T10:00",
        decided_index=60,
        revoked="2026-05-08T10:00",
    )
    clock = by_rule(again)["publish_permit_or_penalty"]
    assert clock.ended is None, "the new decision stands"


def test_r13_is_kept_by_a_list_updated_within_one_month_and_broken_after() -> None:
    row = ListChangeRow(
        index=1,
        list="list-1",
        at=utc("2026-01-31T10:00"),
        at_us=us("2026-01-31T10:00"),
        reason=None,
        actor="account-1",
        said_at=utc("2026-01-31T10:00"),
    )
    clock = list_clock(row, reckoner())
    assert clock is not None
    # 28 February 2026 is a worked Saturday.
    assert clock.due == us("2026-03-01T00:00")
    assert [clock.state(us(now)) for now in ("2026-02-01T00:00", "2026-03-01T00:00")] == [
        "running",
        "missed",
    ]


def test_r13_is_kept_by_a_year_s_figures_by_31_january_and_broken_after() -> None:
    def state(now: str, *published: str) -> str:
        clock = report_clock(2025, reckoner(), [us(p) for p in published])
        assert clock is not None
        return clock.state(us(now))

    assert state("2026-01-31T23:59") == "nearing"
    assert state("2026-02-01T00:00") == "missed"
    assert state("2026-06-01T00:00", "2026-01-31T23:59") == "met"
    assert state("2026-06-01T00:00", "2026-02-01T00:00") == "late"
    assert state("2026-06-01T00:00", "2025-01-15T00:00") == "missed", "that was the year before's"


def test_what_the_law_forbids_to_publish_is_excused_only_when_it_is_due() -> None:
    row = file(act="penalty", decided="2026-05-06T10:00")
    rule = "publish_permit_or_penalty"
    found = {c.rule: c for c in case_clocks(row, reckoner(), excuse(CASE, rule))}
    assert found[rule].state(us("2026-05-07T10:00")) == "running"
    assert found[rule].state(us("2026-06-07T10:00")) == "excused"
