"""Cells of dispatch and case data: texts, moments, places, lists of badges. Pure functions.

What always holds: width does not count (full-width digits are digits); what cannot be understood is refused with what
it has to be, and never a guess. A moment that a clock of that zone never shows is none.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from archive.catalogue.times import microseconds

MOST_TEXT: Final = 1000
MOST_NAME: Final = 200
MOST_NAMES: Final = 50
_MOMENT: Final = re.compile(
    r"(\d{4})(?:[-/.]|年)(\d{1,2})(?:[-/.]|月)(\d{1,2})日?[T ]*"
    r"(\d{1,2})(?::|时|点)(?:(\d{1,2})(?:(?::|分)(?:(\d{1,2})(?:\.(\d{1,6}))?秒?)?)?)?\s*(Z|[+-]\d\d:?\d\d)?",
    re.ASCII,
)
_BETWEEN: Final = re.compile(r"[;,、\s]+")


class CellError(ValueError):
    """It is not what the column asks for; the words say what that is."""


def is_empty(value: object) -> bool:
    """Whether nothing was written."""
    return value is None or value == [] or (isinstance(value, str) and not value.strip())


def narrow(text: str) -> str:
    """Without blanks around it, each character in its ordinary width."""
    return (text if text.isascii() else unicodedata.normalize("NFKC", text)).strip()


def words(value: object) -> str:
    """A text in one line, as it was written."""
    if isinstance(value, str):
        found = " ".join(value.split())
        if 0 < len(found) <= MOST_TEXT and found.isprintable():
            return found
    raise CellError(f"a text of 1 to {MOST_TEXT} printable characters")


def name(value: object) -> str:
    """A number, a badge, a name of a unit."""
    if type(value) is int:
        value = str(value)
    if isinstance(value, str):
        found = narrow(value)
        if 0 < len(found) <= MOST_NAME and found.isprintable():
            return found
    raise CellError(f"a text of 1 to {MOST_NAME} printable characters")


def names(value: object) -> tuple[str, ...]:
    """Several of them: a list, or a text with ; , or 、 between."""
    if isinstance(value, str):
        return _names(value)
    return _listed(value if isinstance(value, list) else [value])


@lru_cache(maxsize=4096)
def _names(text: str) -> tuple[str, ...]:
    return _listed(_BETWEEN.split(narrow(text)))


def _listed(parts: Sequence[object]) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(name(part) for part in parts if part != ""))
    if not 0 < len(found) <= MOST_NAMES:
        raise CellError(f"1 to {MOST_NAMES} names, with ; between")
    return found


def moment(value: object, zone: ZoneInfo) -> int:
    """Microseconds since 1970 of a local time, or of one with its offset."""
    if not isinstance(value, str):
        raise CellError("a time, like 2026-05-01 09:30")
    return _moment(narrow(value), zone)


@lru_cache(maxsize=4096)  # a day of dispatches has few minutes
def _moment(text: str, zone: ZoneInfo) -> int:
    found = _MOMENT.fullmatch(text)
    if found is None:
        raise CellError("a time, like 2026-05-01 09:30")
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    fraction = int((found[7] or "").ljust(6, "0"))
    try:
        local = datetime(year, month, day, hour, minute, second, fraction, tzinfo=UTC)
        return _of_zone(local, zone) if found[8] is None else _of_offset(local, found[8])
    except (ValueError, OverflowError) as e:
        raise CellError(f"a time that there is, like 2026-05-01 09:30: {e}") from e


def _of_zone(local: datetime, zone: ZoneInfo) -> int:
    there = local.replace(tzinfo=zone)
    if there.astimezone(UTC).astimezone(zone).replace(tzinfo=UTC) != local:
        raise ValueError("no clock showed it there")
    return microseconds(there)


def _of_offset(local: datetime, offset: str) -> int:
    if offset == "Z":
        return microseconds(local)
    hours, minutes = int(offset[1:3]), int(offset[-2:])
    if hours > 14 or minutes > 59:
        raise ValueError(f"{offset} is no offset")
    ahead = timedelta(hours=hours, minutes=minutes)
    return microseconds(local - ahead if offset[0] == "+" else local + ahead)


def degrees(value: object, most: int) -> int:
    """Degrees as 1e-7 of one, from -most to most."""
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        try:
            found = Decimal(narrow(str(value)))
            if found.is_finite() and abs(found) <= most:
                return int((found * 10**7).to_integral_value())
        except InvalidOperation:
            pass
    raise CellError(f"degrees from -{most} to {most}, like 30.2741")
