"""Periods as rules state them, and the moment at which one ends.

Hours run by the clock. Days, working days, months and years begin with the day after the one on which it happened, and
end with their last day, where the archive is (民法典 第二百零一条 to 第二百零三条). No files, no clock.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal, get_args
from zoneinfo import ZoneInfo

from oversight.workdays import Due, Workdays

Unit = Literal["hours", "days", "working days", "months", "years"]
UNITS: Final[tuple[Unit, ...]] = get_args(Unit)
_MOST: Final = 5000
_ABOUT: Final[dict[Unit, float]] = {
    "hours": 1 / 24,
    "days": 1,
    "working days": 7 / 5,
    "months": 365.2425 / 12,
    "years": 365.2425,
}
_WRITTEN: Final = re.compile(r"([1-9][0-9]{0,3}) (hours?|days?|working days?|months?|years?)")


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """The moment from which on it is late."""

    moment: datetime  # UTC
    provisional: bool  # a day on the way is in no notice of the State Council yet


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """So many of a unit."""

    amount: int
    unit: Unit

    def __str__(self) -> str:
        return f"{self.amount} {self.unit[:-1] if self.amount == 1 else self.unit}"

    def end(self, begin: datetime, zone: ZoneInfo, workdays: Workdays, *, rolls: bool) -> End:
        """When a period is over that begins at `begin`.

        Args:
            begin: aware.
            zone: where the archive is; days are its days.
            workdays: of the agency.
            rolls: whether one that would end on a day off ends with the next working day.

        Raises:
            ValueError: it would end after the year 9999.
        """
        if self.unit == "hours":
            return End(moment=_later(begin, timedelta(hours=self.amount)), provisional=False)
        due = self._last(begin.astimezone(zone).date(), workdays)
        if rolls and self.unit != "working days":
            rolled = workdays.roll(due.day)
            due = Due(day=rolled.day, provisional=due.provisional or rolled.provisional)
        if due.day == date.max:
            raise ValueError("the period ends after the year 9999")
        over = datetime.combine(due.day + timedelta(days=1), time(), zone)
        return End(moment=over.astimezone(UTC), provisional=due.provisional)

    def about_days(self) -> float:
        """How long it is, so that two can be compared whenever they begin."""
        return self.amount * _ABOUT[self.unit]

    def _last(self, begin: date, workdays: Workdays) -> Due:
        if self.unit == "working days":
            return workdays.add(begin, self.amount)
        if self.unit == "days":
            if (date.max - begin).days < self.amount:
                raise ValueError("the period ends after the year 9999")
            return Due(day=begin + timedelta(days=self.amount), provisional=False)
        months = self.amount * (12 if self.unit == "years" else 1)
        return Due(day=add_months(begin, months), provisional=False)


def add_months(day: date, count: int) -> date:
    """The same day so many months later; the last day of a month that is shorter. Raises ValueError: after 9999."""
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    if year > date.max.year:
        raise ValueError("the period ends after the year 9999")
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def period(value: object) -> Period | None:
    """A period as a rule writes it, "24 hours" or "7 working days"; None: it is none."""
    found = _WRITTEN.fullmatch(value) if isinstance(value, str) else None
    if found is None or int(found[1]) > _MOST:
        return None
    written = found[2].removesuffix("s") + "s"
    return next(Period(amount=int(found[1]), unit=unit) for unit in UNITS if unit == written)


def _later(moment: datetime, by: timedelta) -> datetime:
    try:
        return moment.astimezone(UTC) + by
    except OverflowError as e:
        raise ValueError("the period ends after the year 9999") from e
