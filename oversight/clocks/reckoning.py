"""Until when something is due: by the rule that was in force on the day on which it began, counted once for each day.

What always holds: the same facts and rules give the same moments, whatever the time is. Where no rule says anything,
nothing is due. No database, no clock of the day.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from oversight.errors import NoRuleError
from oversight.rules.book import RuleBook
from oversight.rules.model import ACTS, Act, Deadline, Fact, Yearly
from oversight.rules.periods import Period
from oversight.workdays import Workdays

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO: Final = timedelta(microseconds=1)
_HOUR: Final = 3_600_000_000


class Reckoned(NamedTuple):
    """A deadline that was counted out. Microseconds since 1970."""

    rule: Deadline
    due: int
    nearing: int
    provisional: bool


class YearDue(NamedTuple):
    """What is due on one day of a year, counted out."""

    rule: Yearly
    due: int
    nearing: int


class Reckoner:
    """See the module. Threads may share it.

    Args:
        book: the rules.
        zone: where the archive is; days are its days.
        workdays: of the agency.
    """

    def __init__(self, book: RuleBook, zone: ZoneInfo, workdays: Workdays | None = None) -> None:
        self.book, self.zone = book, zone
        self._workdays = workdays or Workdays()
        self._rules: dict[tuple[Fact, Fact, str | None, date], Deadline | None] = {}
        self._ends: dict[tuple[str, date, date], tuple[int, bool] | None] = {}

    def due(
        self, begins: Fact, ends: Fact, act: str | None, began: int, *, or_first: bool = False
    ) -> Reckoned | None:
        """Until when one fact has to follow another that happened at `began`; None: no rule says so, or no calendar.

        With `or_first`, what began before any rule was in force is counted by the first that was: a day that people
        type is no way around it.
        """
        day = self.day_of(began)
        if day is None:
            return None
        rule = self._rule(begins, ends, act, day)
        if rule is None and or_first:
            first = self.book.first_day(begins, ends, act=_known(act))
            if first is not None and first > day:
                rule = self._rule(begins, ends, act, first)
        if rule is None:
            return None
        end = self._end(rule, day, began)
        if end is None:
            return None
        due, provisional = end
        return Reckoned(rule, due, _before(rule.nearing, due), provisional)

    def yearly(self, name: str, year: int) -> YearDue | None:
        """Until when something is due in a year; None: no rule says so."""
        try:
            rule = self.book.yearly(name, date(year, 1, 1))
            last = date(year, rule.month, rule.day)
            over = datetime.combine(last + timedelta(days=1), datetime.min.time(), self.zone)
        except (NoRuleError, ValueError, OverflowError):
            return None
        due = micros(over)
        return YearDue(rule, due, _before(rule.nearing, due))

    def year_end(self, year: int) -> int:
        """When a year is over, where the archive is. Raises ValueError: it is none."""
        return micros(datetime(year + 1, 1, 1, tzinfo=self.zone))

    def day_of(self, moment: int) -> date | None:
        """The day on which something happened, where the archive is; None: no calendar has it."""
        try:
            return at(moment).astimezone(self.zone).date()
        except (OverflowError, ValueError):
            return None

    def _rule(self, begins: Fact, ends: Fact, act: str | None, day: date) -> Deadline | None:
        key = begins, ends, act, day
        if key not in self._rules:
            try:
                self._rules[key] = self.book.deadline(begins, ends, act=_known(act), day=day)
            except NoRuleError:
                self._rules[key] = None
        return self._rules[key]

    def _end(self, rule: Deadline, day: date, began: int) -> tuple[int, bool] | None:
        if rule.within.unit == "hours":  # by the clock: each moment has its own end
            return began + rule.within.amount * _HOUR, False
        key = rule.basis.id, rule.basis.in_force, day
        if key not in self._ends:
            try:
                end = rule.within.end(at(began), self.zone, self._workdays, rolls=rule.rolls)
            except ValueError:
                self._ends[key] = None
            else:
                self._ends[key] = micros(end.moment), end.provisional
        return self._ends[key]


def _known(act: str | None) -> Act | None:
    return next((one for one in ACTS if one == act), None)


def at(moment: int) -> datetime:
    """Microseconds since 1970 as a time. Raises OverflowError: no calendar has it."""
    return _EPOCH + timedelta(microseconds=moment)


def micros(moment: datetime) -> int:
    """An aware time as microseconds since 1970."""
    return (moment - _EPOCH) // _MICRO


def _before(period: Period | None, due: int) -> int:
    if period is None:
        return due
    return due - period.amount * _HOUR * (1 if period.unit == "hours" else 24)
