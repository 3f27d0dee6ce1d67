"""Working days of China: the weekends that are worked for a longer holiday, and the weekdays that are one.

What the State Council's yearly notices said comes from `chinesecalendar`; what a later notice says may be given by
hand until a release knows it. Beyond both, weekdays count, and every answer that rests on one says that it is
provisional. Periods of working days: 行政处罚法 第八十五条. The day on which a period begins is not counted, and one
that ends on a day off ends with the first working day after it: 民法典 第二百零一条, 第二百零三条.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import chinese_calendar  # type: ignore[import-untyped]  # it has no types

_DAY: Final = timedelta(days=1)
_SATURDAY: Final = 5
_MOST: Final = 10_000  # working days in one period: forty years, more than any rule asks for


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A day that was counted out."""

    day: date
    provisional: bool  # a day on the way is in no notice yet


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """How many working days lie between two days."""

    days: int
    provisional: bool


class Workdays:
    """The calendar, with what an agency has put in for years that the package does not know."""

    def __init__(self, notices: Mapping[date, bool] | None = None) -> None:
        """Take `notices`: whether a day is worked, before anything else says so."""
        self._notices = dict(notices or {})

    def is_working(self, day: date) -> bool:
        """Whether people are at work on this day, as far as is known."""
        return self._look(day)[0]

    def is_provisional(self, day: date) -> bool:
        """Whether no notice says anything about this day's year."""
        return self._look(day)[1]

    def add(self, start: date, count: int) -> Due:
        """The last day of a period of `count` working days that begins with `start`.

        Args:
            start: the day of what happened; it is not counted.
            count: 1 to 10,000.

        Raises:
            ValueError: another count, or a day after year 9999.
        """
        if not 1 <= count <= _MOST:
            raise ValueError(f"a period of {count} working days: 1 to {_MOST} can be counted")
        provisional = False
        for day in _days_after(start):
            working, unknown = self._look(day)
            provisional |= unknown
            count -= working
            if not count:
                return Due(day=day, provisional=provisional)
        raise ValueError(f"the period from {start} on leaves the calendar")

    def roll(self, day: date) -> Due:
        """This day, or the first working day after it where it is one off. Raises ValueError: after year 9999."""
        working, unknown = self._look(day)
        if working:
            return Due(day=day, provisional=unknown)
        due = self.add(day, 1)
        return Due(day=due.day, provisional=unknown or due.provisional)

    def between(self, start: date, end: date) -> Span:
        """Working days after `start` up to and with `end`; negative where `end` comes first."""
        if end < start:
            back = self.between(end, start)
            return Span(days=-back.days, provisional=back.provisional)
        looked = [self._look(start + _DAY * n) for n in range(1, (end - start).days + 1)]
        return Span(
            days=sum(working for working, _ in looked),
            provisional=any(unknown for _, unknown in looked),
        )

    def _look(self, day: date) -> tuple[bool, bool]:
        """Whether it is worked, and whether nobody has said so."""
        said = self._notices.get(day)
        if said is not None:
            return said, False
        try:
            return bool(chinese_calendar.is_workday(day)), False
        except NotImplementedError:  # a year that the package does not know
            return day.weekday() < _SATURDAY, True


def _days_after(day: date) -> Iterator[date]:
    while day < date.max:
        day += _DAY
        yield day
