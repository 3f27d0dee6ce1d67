"""What a line of text says about the time, and which readings are believed."""

import calendar
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ingest.media.quality.clock.reading import Reading, agreed, differs, may_be_part, parse

SECOND = 1_000_000
AT = calendar.timegm((2026, 11, 20, 18, 20, 5))


def reading(at: float, clock: int, badge: str | None = None) -> Reading:
    return Reading(at_us=int(at * SECOND), seconds=AT + clock, badge=badge)


@pytest.mark.parametrize(
    ("text", "badge"),
    [
        ("2026-11-20 18:20:05", None),
        ("2026/11/20 18:20:05", None),
        ("2026-11-20-18:20:05", None),
        ("2026-11-20 18：20：05", None),
        ("2026-11-2018:20:05", None),  # a space is lost easily
        ("2026-1120 18:20:05", None),  # and a separator now and then
        ("2026-11-20 18:20:05 警号:012345", "012345"),
        ("2026-11-20 18:20:05012345", "012345"),
        ("012345 2026-11-20 18:20:05", "012345"),
    ],
)
def test_a_clock_is_read_as_recorders_write_it(text: str, badge: str | None) -> None:
    assert parse(text, at_us=7) == Reading(at_us=7, seconds=AT, badge=badge)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "20261120182005",  # a file's name, a serial number
        "2026-11-20",
        "18:20:05",
        "2026-13-20 18:20:05",
        "2026-02-30 18:20:05",
        "2026-11-20 24:20:05",
        "2026-11-20 18:20:051",
        "1026-11-20 18:20:05",
    ],
)
def test_what_is_no_clock_is_none(text: str) -> None:
    assert parse(text, at_us=0) is None


@given(st.text(alphabet="0123456789-/: ：警号Oo.", max_size=40))
@settings(max_examples=300, deadline=None)
@example("2026-11-20 18:20:05")
def test_any_text_is_a_clock_or_none(text: str) -> None:
    found = parse(text, at_us=0)

    assert found is None or 2000 <= time.gmtime(found.seconds).tm_year < 2100
    assert isinstance(may_be_part(text), bool)


def test_a_clock_that_runs_with_the_clip_is_believed() -> None:
    clock = agreed([reading(0.4, 0), reading(2.5, 2), reading(4.6, 5)])

    assert clock is not None
    assert clock.text == "2026-11-20 18:20:05"
    assert clock.earliest_us <= (AT + 0.4) * SECOND <= clock.latest_us


@pytest.mark.parametrize("clock", [0, 7, -2, 86400])
def test_a_clock_that_does_not_run_with_the_clip_is_not_believed(clock: int) -> None:
    assert agreed([reading(0, 0), reading(4, clock)]) is None


def test_one_reading_alone_is_not_believed() -> None:
    assert agreed([reading(0, 0)]) is None
    assert agreed([]) is None


def test_a_misreading_is_outvoted() -> None:
    clock = agreed([reading(0, 3600), reading(2, 2), reading(4, 4)])

    assert clock is not None
    assert clock.text == "2026-11-20 18:20:07"


def test_a_badge_counts_where_every_reading_has_it() -> None:
    same = agreed([reading(0, 0, "012345"), reading(2, 2, "012345")])
    other = agreed([reading(0, 0, "012345"), reading(2, 2, "012346")])

    assert same is not None
    assert same.text == "2026-11-20 18:20:05 012345"
    assert other is not None
    assert other.text == "2026-11-20 18:20:05"


@pytest.mark.parametrize(
    ("start", "contradicts"),
    [
        ("20261120182005", False),
        ("2026_1120_182007", False),
        ("2026-11-20T18:20:02", False),
        ("20261120182012", True),
        ("20261120181900", True),
        ("20251120182005", True),
        ("no time at all", False),
        ("20261340182005", False),
    ],
)
def test_a_clock_contradicts_a_start_more_than_two_seconds_away(
    start: str, contradicts: bool
) -> None:
    clock = agreed([reading(0, 0), reading(2, 2)])

    assert clock is not None
    assert differs(clock, start) is contradicts
