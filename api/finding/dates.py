"""Dates as people type them into a search box: a day, a month, a stretch of days. Pure functions.

What always holds: what is no date of the calendar is no date; a year that was not typed is the one that makes the day
no later than today.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta
from typing import Final

Days = tuple[date, date]  # first and last
_TODAY: Final = {"今天": 0, "今日": 0, "today": 0, "昨天": 1, "昨日": 1, "yesterday": 1, "前天": 2}
_DAY: Final = re.compile(r"(\d{4})(?:-|/|\.|年)(\d{1,2})(?:-|/|\.|月)(\d{1,2})日?", re.ASCII)
_PLAIN_DAY: Final = re.compile(r"(\d{4})(\d\d)(\d\d)", re.ASCII)
_SHORT_DAY: Final = re.compile(r"(\d{1,2})月(\d{1,2})[日号]", re.ASCII)
_MONTH: Final = re.compile(r"(\d{4})(?:-(\d\d)|年(\d{1,2})月)", re.ASCII)
_YEAR: Final = re.compile(r"(\d{4})年?", re.ASCII)
_BETWEEN: Final = re.compile(r"\.\.+|…|至|到|~|—|–")
_YEARS: Final = range(1990, 2100)


def days_of(word: str, today: date) -> Days | None:
    """The days that a word without blanks means; None where it is no date."""
    word = unicodedata.normalize("NFKC", word).strip().lower()
    if not word or len(word) > 40:
        return None
    one = _one(word, today)
    if one is not None:
        return one
    parts = [part for part in _BETWEEN.split(word) if part]
    if len(parts) != 2:
        return None
    first, last = _one(parts[0], today), _one(parts[1], today)
    if first is None or last is None or last[1] < first[0]:
        return None
    return first[0], last[1]


def _one(word: str, today: date) -> Days | None:
    if word in _TODAY:
        day = today - timedelta(days=_TODAY[word])
        return day, day
    for form in (_DAY, _PLAIN_DAY):
        if found := form.fullmatch(word):
            return _day(int(found[1]), int(found[2]), int(found[3]))
    if found := _SHORT_DAY.fullmatch(word):
        this = _day(today.year, int(found[1]), int(found[2]))
        if this is not None and this[0] <= today:
            return this
        return _day(today.year - 1, int(found[1]), int(found[2]))
    return _stretch(word)


def _stretch(word: str) -> Days | None:
    """A month or a year."""
    if found := _MONTH.fullmatch(word):
        return _month(int(found[1]), int(found[2] or found[3]))
    if (found := _YEAR.fullmatch(word)) and int(found[1]) in _YEARS:
        return date(int(found[1]), 1, 1), date(int(found[1]), 12, 31)
    return None


def _day(year: int, month: int, day: int) -> Days | None:
    if year not in _YEARS:
        return None
    try:
        found = date(year, month, day)
    except ValueError:
        return None
    return found, found


def _month(year: int, month: int) -> Days | None:
    first = _day(year, month, 1)
    if first is None:
        return None
    begin = first[0]
    return begin, (begin.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
