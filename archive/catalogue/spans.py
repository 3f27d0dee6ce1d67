"""A stretch of time as whole days and months of the tallies. Pure functions."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Final

from archive.catalogue.tallies import DAYS, OFFSET, UNKNOWN

_LAST_MONTH: Final = 999_912
_FIRST_MONTH: Final = 101
_LAST_DAY: Final = date(9999, 12, 31)

Range = tuple[int, int]  # of spans, both taken in
Stretch = tuple[datetime | None, datetime | None]  # first moment, and the first after it


def cut(
    begin: datetime | None, end: datetime | None, *, by_day: bool
) -> tuple[list[Range], list[Stretch]]:
    """The spans that lie in a stretch of time, whole months or also days, and what is left over before and after."""
    first, after = _inner(begin, by_day=by_day, up=True), _inner(end, by_day=by_day, up=False)
    found = ranges(first, after)
    lost = (begin is not None and first is None) or (end is not None and after is None)
    if lost or not found or (first is not None and after is not None and after <= first):
        empty = begin is not None and end is not None and end <= begin
        return [], [] if empty else [(begin, end)]
    left: list[Stretch] = []
    if begin is not None and first is not None and begin < first:
        left.append((begin, first))
    if end is not None and after is not None and after < end:
        left.append((after, end))
    return found, left


def _inner(moment: datetime | None, *, by_day: bool, up: bool) -> datetime | None:
    """The beginning of a day or a month of UTC+8 that is not before (`up`) or not after a moment."""
    if moment is None:
        return None
    try:
        local = moment.astimezone(UTC) + OFFSET
        begin = datetime.combine(local.date(), datetime.min.time(), tzinfo=UTC)
        if not by_day:
            begin = begin.replace(day=1)
        if up and begin < local:
            begin += timedelta(days=1)
            if not by_day:
                begin = (begin.replace(day=28) + timedelta(days=4)).replace(day=1)
        return begin - OFFSET
    except OverflowError:
        return None


def ranges(begin: datetime | None, end: datetime | None) -> list[Range] | None:
    """The spans that together are a stretch of time; None where it does not begin and end with a day of UTC+8.

    Args:
        begin: its first moment; None: since ever.
        end: the first moment after it; None: for ever. Where both are None, clips of unknown start are in it.
    """
    if begin is None and end is None:
        return [(UNKNOWN, _LAST_MONTH)]
    first, after = _day(begin), _day(end)
    if (begin is not None and first is None) or (end is not None and after is None):
        return None
    if after is not None and after <= (first or date.min):
        return []
    return _months_and_days(first, None if after is None else after - timedelta(days=1))


def _months_and_days(first: date | None, last: date | None) -> list[Range]:
    """Whole months as months, what is left over before and after them as days."""
    found: list[Range] = []
    low, high = _FIRST_MONTH, _LAST_MONTH
    if first is not None:
        low = _month(first)
        if first.day > 1:
            until = min(_month_end(first), last or _LAST_DAY)
            found.append((_span(first), _span(until)))
            low = _next(low)
    if last is not None:
        high = _month(last)
        if last != _month_end(last):
            begin = last.replace(day=1)
            if first is None or begin >= first:
                found.append((_span(begin), _span(last)))
            high = _previous(high)
    if low <= high:
        found.append((low, high))
    return found


def days(first: int, last: int) -> Range:
    """The days of the months from the first to the last, as spans."""
    return DAYS + first * 100 + 1, DAYS + last * 100 + 31


def _day(moment: datetime | None) -> date | None:
    if moment is None:
        return None
    try:
        local = moment.astimezone(UTC) + OFFSET
    except OverflowError:
        return None
    return local.date() if local.time() == datetime.min.time() else None


def _span(day: date) -> int:
    return DAYS + day.year * 10_000 + day.month * 100 + day.day


def _month(day: date) -> int:
    return day.year * 100 + day.month


def _next(month: int) -> int:
    return month + 1 if month % 100 < 12 else month + 89


def _previous(month: int) -> int:
    return month - 1 if month % 100 > 1 else month - 89


def _month_end(day: date) -> date:
    if day.year == _LAST_DAY.year and day.month == _LAST_DAY.month:
        return _LAST_DAY
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
