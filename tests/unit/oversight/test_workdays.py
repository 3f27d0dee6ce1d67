"""Working days against the State Council's notices for three years, typed from them and from nothing else."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oversight.workdays import Workdays

# 国办发明电〔2023〕7号, 国办发明电〔2024〕12号, 国办发明电〔2025〕7号: first and last day off; days worked instead.
OFF = {
    2024: (
        "0101 0101",
        "0210 0217",
        "0404 0406",
        "0501 0505",
        "0608 0610",
        "0915 0917",
        "1001 1007",
    ),
    2025: ("0101 0101", "0128 0204", "0404 0406", "0501 0505", "0531 0602", "1001 1008"),
    2026: (
        "0101 0103",
        "0215 0223",
        "0404 0406",
        "0501 0505",
        "0619 0621",
        "0925 0927",
        "1001 1007",
    ),
}
WORKED = {
    2024: ("0204", "0218", "0407", "0428", "0511", "0914", "0929", "1012"),
    2025: ("0126", "0208", "0427", "0928", "1011"),
    2026: ("0104", "0214", "0228", "0509", "0920", "1010"),
}
DAY = timedelta(days=1)
FIRST, LAST = date(2024, 1, 1), date(2026, 12, 31)
KNOWN = st.dates(FIRST, LAST)


def of(year: int, text: str) -> date:
    return date(year, int(text[:2]), int(text[2:]))


def table() -> dict[date, bool]:
    """Every day of the three years: worked or not."""
    days = {
        FIRST + DAY * n: (FIRST + DAY * n).weekday() < 5 for n in range((LAST - FIRST).days + 1)
    }
    for year, holidays in OFF.items():
        for first, last in (pair.split() for pair in holidays):
            day = of(year, first)
            while day <= of(year, last):
                days[day] = False
                day += DAY
    for year, worked in WORKED.items():
        days |= {of(year, text): True for text in worked}
    return days


TABLE = table()


def test_every_day_of_three_years_is_as_the_notices_say() -> None:
    days = Workdays()
    wrong = [day for day, worked in TABLE.items() if days.is_working(day) is not worked]
    assert wrong == []
    assert not any(days.is_provisional(day) for day in TABLE)


@given(KNOWN, st.integers(1, 250))
def test_a_period_has_as_many_working_days_as_it_says_and_ends_with_one(
    start: date, count: int
) -> None:
    days = Workdays()
    due = days.add(start, count)
    if due.day <= LAST:
        counted = sum(TABLE[start + DAY * n] for n in range(1, (due.day - start).days + 1))
        assert (counted, TABLE[due.day], due.provisional) == (count, True, False)
    assert days.between(start, due.day).days == count
    assert days.between(due.day, start).days == -count


@given(KNOWN)
def test_a_period_that_ends_on_a_day_off_ends_with_the_next_working_day(day: date) -> None:
    due = Workdays().roll(day)
    if due.day <= LAST:
        assert TABLE[due.day]
        assert not any(TABLE[day + DAY * n] for n in range((due.day - day).days))


def test_the_day_on_which_a_period_begins_is_not_counted() -> None:
    # A Friday, with the Sunday after it worked for the National Day.
    assert Workdays().add(date(2025, 9, 26), 1).day == date(2025, 9, 28)
    assert Workdays().add(date(2025, 9, 30), 7).day == date(2025, 10, 16)


def test_where_the_calendar_ends_weekdays_count_and_the_answer_says_so() -> None:
    days = Workdays()
    far = date(2051, 3, 3)
    assert days.is_provisional(far)
    assert days.add(far, 5).provisional
    assert days.add(date(2026, 12, 30), 20).provisional
    assert not days.add(date(2026, 12, 1), 20).provisional
    assert days.between(date(2026, 12, 30), far).provisional


def test_a_notice_that_the_package_does_not_know_yet_is_taken_from_the_agency() -> None:
    sunday, monday = date(2051, 3, 5), date(2051, 3, 6)
    days = Workdays({sunday: True, monday: False})
    assert (days.is_working(sunday), days.is_working(monday)) == (True, False)
    assert not days.is_provisional(sunday)
    due = days.add(date(2051, 3, 4), 1)
    assert (due.day, due.provisional) == (sunday, False)


@pytest.mark.parametrize("count", [0, -1, 10_001])
def test_a_count_that_no_rule_has_is_refused(count: int) -> None:
    with pytest.raises(ValueError, match="working days"):
        Workdays().add(FIRST, count)


def test_a_period_that_leaves_the_calendar_is_refused() -> None:
    with pytest.raises(ValueError, match="leaves the calendar"):
        Workdays().add(date(9999, 12, 30), 5)
