"""What holds of every clock: for any moments, any zone, any year, and clocks that somebody set."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.catalogue.times import UNKNOWN_START
from oversight.clocks.facts import case_clocks, clip_clock
from oversight.clocks.model import STATES
from oversight.clocks.reckoning import Reckoner, at, micros
from oversight.errors import RuleFileError
from oversight.rules.book import RuleBook
from oversight.rules.reading import national, read_rules
from oversight.workdays import Workdays
from tests.unit.oversight.clocks.made import BEIJING, CASE, clip, excuse, file, reckoner, us

LOCAL = st.datetimes(datetime(2019, 1, 2), datetime(2040, 12, 1))  # noqa: DTZ001 - local on purpose
ZONES = st.sampled_from(["Asia/Shanghai", "Asia/Urumqi", "America/New_York", "Pacific/Apia", "UTC"])
RULE = 'format = 1\n[rules]\nlevel = "city"\nplace = "x"\ntitle = { zh = "市", en = "City" }\n'
BASIS = (
    'clause = { zh = "一", en = "1" }\nsource = { zh = "办法", en = "M" }\nin_force = 2020-01-01\n'
)
FILE = '[[deadline]]\nid = "file"\nbegins = "action_ended"\nends = "filed"\nwithin = "30 days"\nrolls = true\n'
COUNTRY = reckoner()


@given(began=LOCAL, later=st.integers(0, 400 * 86_400))
def test_a_state_never_goes_back_as_time_goes_on(began: datetime, later: int) -> None:
    row = file(act="penalty", ended=began.isoformat(), decided=began.isoformat())
    order = ("running", "nearing", "missed")
    for clock in case_clocks(row, COUNTRY, {}):
        first = clock.began
        states = [clock.state(first + n * later * 250_000) for n in range(5)]
        assert [order.index(state) for state in states] == sorted(map(order.index, states))
        assert clock.began < clock.nearing <= clock.due


@given(began=LOCAL, zone=ZONES)
def test_a_day_ends_where_the_archive_is(began: datetime, zone: str) -> None:
    where = ZoneInfo(zone)
    found = Reckoner(RuleBook([national()]), where).due(
        "action_ended", "filed", None, us(began.isoformat(), where)
    )
    assert found is not None
    end = at(found.due).astimezone(where)
    last = at(found.due - 1).astimezone(where).date()
    # A day may begin after midnight where clocks are put forward then, and one was left out in Apia.
    assert end.date() > last or end.hour == 0
    assert last >= at(us(began.isoformat(), where)).astimezone(where).date() + timedelta(days=29)


@given(began=LOCAL)
def test_what_rests_on_a_year_without_a_notice_is_provisional(began: datetime) -> None:
    row = file(decided=began.isoformat())
    known = Workdays()
    for clock in case_clocks(row, COUNTRY, {}):
        days = [began.date() + timedelta(days=n) for n in range(1, 60)]
        counted = [
            day
            for day in days
            if micros(datetime.combine(day, datetime.min.time(), BEIJING)) < clock.due
        ]
        assert clock.provisional == any(known.is_provisional(day) for day in counted)


def test_a_holiday_year_that_no_notice_names_is_counted_by_weekdays_and_said_to_be() -> None:
    far = file(act="penalty", decided="2044-09-28T10:00")
    (clock,) = case_clocks(far, reckoner(), {})
    assert clock.provisional
    assert at(clock.due - 1).astimezone(BEIJING).date() == date(2044, 10, 7)
    told = {date(2044, 10, day): False for day in range(3, 8)}
    (clock,) = case_clocks(far, reckoner(workdays=Workdays(told)), {})
    assert at(clock.due - 1).astimezone(BEIJING).date() == date(2044, 10, 14)


def test_a_leap_day_is_a_day() -> None:
    for began, last in (
        ("2028-01-30T10:00", date(2028, 2, 29)),
        ("2027-01-30T10:00", date(2027, 3, 1)),
    ):
        found = reckoner().due("changed", "updated", None, us(began))
        assert found is not None
        # 29 February 2028 is a Tuesday; 28 February 2027 a Sunday, so that it ends with Monday.
        assert at(found.due - 1).astimezone(BEIJING).date() == last


def test_a_clock_that_was_set_back_over_midnight_between_two_entries_undoes_nothing() -> None:
    filed = file(ended="2026-05-02T00:05", catalogued="2026-05-01T23:50")
    (clock,) = case_clocks(filed, reckoner(), {})
    assert clock.state(us("2026-07-01T00:00")) == "met"
    public = file(act="penalty", decided="2026-05-02T00:05", public="2026-05-01T23:50")
    (clock,) = case_clocks(public, reckoner(), {})
    assert clock.state(us("2026-07-01T00:00")) == "met"
    ahead = clip_clock(clip("2026-05-02T00:05", "2026-05-01T23:50"), reckoner(), {})
    assert ahead is not None
    assert ahead.state(us("2026-07-01T00:00")) == "met"


def test_a_moment_that_no_calendar_has_begins_no_clock() -> None:
    for moment in (2**62, -(2**62)):
        assert reckoner().due("recording_ended", "archived", None, moment) is None
        assert reckoner().due("decided", "published", "penalty", moment) is None
    unknown = clip("2026-05-01T07:00", "2026-05-02T08:00")._replace(start_us=UNKNOWN_START)
    assert clip_clock(unknown, reckoner(), {}) is None
    assert reckoner().due("decided", "published", "penalty", us("9999-12-30T10:00")) is None
    assert reckoner().yearly("annual_report", 9999) is not None
    assert reckoner().yearly("annual_report", 10_000) is None


def test_a_day_before_any_rule_was_in_force_is_no_way_around_the_first() -> None:
    (clock,) = case_clocks(file(ended="2018-11-01T10:00"), reckoner(), {})
    assert (clock.rule, clock.due) == ("file", us("2018-12-04T00:00"))
    # A recorder that lost its clock types nothing.
    assert clip_clock(clip("1970-01-01T08:00", "2026-05-02T08:00"), reckoner(), {}) is None


@given(st.integers(-5, 5), st.integers(-5, 5), st.booleans(), st.booleans())
def test_every_clock_is_in_one_state_and_done_is_done(
    end: int, now: int, stated: bool, done: bool
) -> None:
    row = file(
        ended="2026-05-01T10:00",
        catalogued=None
        if not done
        else (
            at(us("2026-06-02T00:00") + end * 1_000_000)
            .astimezone(BEIJING)
            .replace(tzinfo=None)
            .isoformat()
        ),
    )
    (clock,) = case_clocks(row, COUNTRY, excuse(CASE, "file") if stated else {})
    state = clock.state(clock.due + now * 1_000_000)
    assert state in STATES
    assert (state in {"met", "late"}) <= done
    assert (state == "excused") <= stated
    assert (state == "missed") == (not done and not stated and now >= 0)


@pytest.mark.parametrize("nearing", ["3 months", "2 working days", "soon", "0 days"])
def test_how_long_before_its_end_something_is_told_is_hours_or_days(nearing: str) -> None:
    with pytest.raises(RuleFileError, match="nearing: hours or days"):
        read_rules((RULE + FILE + f'nearing = "{nearing}"\n' + BASIS).encode(), "x.toml")


def test_what_says_nothing_of_nearing_is_told_when_it_is_missed() -> None:
    quiet = reckoner(RULE + FILE + BASIS)
    (clock,) = case_clocks(file(ended="2026-05-01T10:00"), quiet, {})
    assert [clock.state(clock.due - 1), clock.state(clock.due)] == ["running", "missed"]
