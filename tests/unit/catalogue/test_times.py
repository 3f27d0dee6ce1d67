from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from archive.catalogue.errors import TimeTextError
from archive.catalogue.times import known_us, lower_bound, microseconds, moment_text, upper_bound

SHANGHAI = ZoneInfo("Asia/Shanghai")


def test_a_day_is_taken_in_whole_by_the_local_clock() -> None:
    assert lower_bound("2026-01-17", SHANGHAI) == datetime(2026, 1, 16, 16, tzinfo=UTC)
    assert upper_bound("2026-01-17", SHANGHAI) == datetime(2026, 1, 17, 16, tzinfo=UTC)


def test_a_day_of_twenty_three_hours_is_a_day() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    length = upper_bound("2026-03-29", berlin) - lower_bound("2026-03-29", berlin)
    assert length.total_seconds() == 23 * 3600


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-17T00:00:00Z",
        "2026-01-17t00:00:00z",
        "2026-01-17T08:00:00+08:00",
        "2026-01-17T08:00",
        " 2026-01-17 08:00:00 ",
    ],
)
def test_a_moment_may_be_written_in_many_ways(text: str) -> None:
    assert lower_bound(text, SHANGHAI) == datetime(2026, 1, 17, tzinfo=UTC)


def test_the_moment_typed_as_the_end_is_taken_in() -> None:
    end = upper_bound("2026-01-17T00:00:00Z", SHANGHAI)
    assert microseconds(end) == microseconds(datetime(2026, 1, 17, tzinfo=UTC)) + 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2026-13-01",
        "2026-02-30T00:00:00Z",
        "0001-01-01",
        "9999-12-31",
        "2026-01-17T25:00:00Z",
        "二〇二六",
        "20260117T",
    ],
)
def test_what_is_no_time_is_refused_in_words(text: str) -> None:
    with pytest.raises(TimeTextError, match="is no time"):
        upper_bound(text, SHANGHAI) if text != "0001-01-01" else lower_bound(text, SHANGHAI)


def test_nanoseconds_of_an_entry_are_cut_to_microseconds() -> None:
    assert known_us("1970-01-01T00:00:01.123456789Z") == 1_123_456


@pytest.mark.parametrize("text", [None, "", "2026-01-17", "2026-01-17T00:00:00", "x" * 100])
def test_an_entry_time_without_zone_is_unknown(text: str | None) -> None:
    assert known_us(text) is None


def test_a_leap_second_is_the_second_before() -> None:
    assert known_us("2016-12-31T23:59:60Z") == known_us("2016-12-31T23:59:59Z")


def test_moments_are_written_as_they_are_read() -> None:
    assert moment_text(1_123_456) == "1970-01-01T00:00:01.123456Z"
    assert known_us(moment_text(-5)) == -5
