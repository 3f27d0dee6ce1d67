"""Room on the archive's disk: what is promised, and for how many days it lasts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive.opening import open_archive
from muniment.ports.room import KEPT_FREE, NoRoomError, Room, bytes_per_day, days_left

GB = 1_000_000_000
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_what_one_docking_was_promised_no_other_counts_on() -> None:
    room = Room(lambda: KEPT_FREE + 100)
    room.promise("1-1", 70)
    with pytest.raises(NoRoomError) as refused:
        room.promise("1-2", 31)
    assert (refused.value.need, refused.value.free) == (31, 30)
    assert not room.fits("1-2", 31)
    room.promise("1-2", 30)
    room.settle("1-1")
    assert room.fits("1-3", 70)


def test_what_is_written_is_promised_no_more() -> None:
    free = KEPT_FREE + 100
    room = Room(lambda: free)
    room.promise("1-1", 80)
    free -= 60
    room.written("1-1", 20)
    room.promise("1-2", 20)
    with pytest.raises(NoRoomError):
        room.promise("1-3", 1)


def test_a_recorder_that_is_plugged_in_again_is_promised_anew() -> None:
    room = Room(lambda: KEPT_FREE + 100)
    room.promise("1-1", 90)
    room.promise("1-1", 95)
    assert not room.fits("1-2", 6)


def test_nothing_new_needs_no_room() -> None:
    Room(lambda: 0).promise("1-1", 0)


@dataclass(frozen=True, kw_only=True)
class Row:
    """A docking."""

    started_at: str
    bytes: int | None


def asked(ages: list[float], size: int | None, limits: list[int]) -> Callable[[int], list[Row]]:
    """A catalogue with dockings of these ages in days."""
    rows = [
        Row(started_at=(NOW - timedelta(days=age)).isoformat(), bytes=size) for age in sorted(ages)
    ]

    def newest(limit: int) -> list[Row]:
        limits.append(limit)
        return rows[:limit]

    return newest


@pytest.mark.parametrize(
    ("ages", "pace"),
    [
        ([], None),
        ([0.1], GB),  # the first day counts as one
        ([0.5 + day for day in range(10)], 10 * GB / 9.5),  # younger than the window: by its age
        ([0.5 + day for day in range(60)], GB),  # the last 30 days of 60
        ([31, 40, 50], None),
    ],
)
def test_the_pace_is_the_mean_of_the_last_30_days(ages: list[float], pace: float | None) -> None:
    found = bytes_per_day(asked(ages, GB, []), NOW)
    assert found == (None if pace is None else pytest.approx(pace))


def test_only_as_many_dockings_are_read_as_the_window_has() -> None:
    limits: list[int] = []
    ages = [day / 100 for day in range(10_000)]
    assert bytes_per_day(asked(ages, 1, limits), NOW) == pytest.approx(100, rel=0.01)
    assert max(limits) < 10_000


def test_a_docking_that_runs_counts_nothing_yet() -> None:
    assert bytes_per_day(asked([0.1], None, []), NOW) is None


def test_an_archive_that_nothing_came_to_says_no_days(root: Path) -> None:
    with open_archive(root, write=False) as archive:
        archive.catalogue.catch_up()
        assert days_left(archive) is None
