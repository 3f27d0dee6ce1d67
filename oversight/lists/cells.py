"""What stands in a cell, in the one form in which a list is published.

What always holds: width does not count (full-width digits are digits); what cannot be understood is None and never a
guess. A day of a month that there is not is no day, a fraction of a cent no amount.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Final

from oversight.lists.kinds import CHOICE_WORDS, Column
from oversight.rules.periods import period

Cell = str | int
MOST_TEXT: Final = 2_000
_MOST_COUNT: Final = 10_000_000
_MOST_CENTS: Final = 10**15
_CODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_DAY: Final = re.compile(r"(\d{4})(?:-|/|\.|年)(\d{1,2})(?:-|/|\.|月)(\d{1,2})日?", re.ASCII)
_KEPT: Final = re.compile(r"(\d{1,4})\s*(?:个)?(年|月|日|天)", re.ASCII)
_UNITS: Final = {"年": "years", "月": "months", "日": "days", "天": "days"}
# A list says "as the case file" where national rules have no figure.
_KEEP_WORDS: Final = {
    "永久": "for ever",
    "for ever": "for ever",
    "同案卷": "case",
    "同案卷保留期限": "case",
    "同案卷保存期限": "case",
    "as the case": "case",
    "case": "case",
}
SAID: Final = {
    "code": "1 to 64 letters, digits, '.', '_' and '-', no blank",
    "text": f"a text of 1 to {MOST_TEXT} printable characters",
    "day": "a day, like 2026-05-01",
    "count": f"a whole number from 0 to {_MOST_COUNT}",
    "yuan": "an amount in yuan with at most two decimals",
    "keep": '"for ever" 永久, "case" 同案卷, or a period like "6 months" 6个月',
}


def said(column: Column) -> str:
    """What a cell of this column has to be."""
    if column.shape == "choice":
        return "one of " + ", ".join(f"{c} {CHOICE_WORDS[c].zh}" for c in column.choices)
    return SAID[column.shape]


def read_cell(column: Column, value: object, *, cents: bool = False) -> Cell | None:
    """A cell in its one form; None: it is not what the column asks for.

    Args:
        column: in which it stands.
        value: what was written.
        cents: amounts are whole cents already.
    """
    if cents and column.shape == "yuan":
        return value if type(value) is int and 0 <= value <= _MOST_CENTS else None
    if (any_ := _OF_ANY.get(column.shape)) is not None:
        return any_(value)
    if type(value) is int and column.shape == "code":
        value = str(value)
    if not isinstance(value, str):
        return None
    if column.shape == "choice":
        return _choice(column, _narrow(value))
    return _OF_TEXT[column.shape](value)


def is_empty(value: object) -> bool:
    """Whether nothing was written."""
    return value is None or (isinstance(value, str) and not value.strip())


def _narrow(text: str) -> str:
    # Most cells are plain already; NFKC costs as much as all the rest.
    return (text if text.isascii() else unicodedata.normalize("NFKC", text)).strip()


def _text(value: str) -> str | None:
    # A cell of a spreadsheet may have lines; a list is read line by line.
    found = " ".join(value.split())
    return found if 0 < len(found) <= MOST_TEXT and found.isprintable() else None


def _day(value: object) -> str | None:
    if isinstance(value, datetime):
        return None
    if isinstance(value, date):
        return value.isoformat()
    found = _DAY.fullmatch(_narrow(value)) if isinstance(value, str) else None
    if found is None:
        return None
    try:
        return date(*(int(part) for part in found.groups())).isoformat()
    except ValueError:
        return None


def _count(value: object) -> int | None:
    if isinstance(value, str):
        text = _narrow(value)
        value = int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None
    return value if type(value) is int and 0 <= value <= _MOST_COUNT else None


def _cents(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        amount = Decimal(_narrow(str(value)).removesuffix("元"))
        cents = amount * 100
        whole = cents == cents.to_integral_value()
    except InvalidOperation:
        return None
    return int(cents) if whole and 0 <= cents <= _MOST_CENTS else None


def _choice(column: Column, text: str) -> str | None:
    wanted = text.removeprefix("行政").strip()
    for code in column.choices:
        words = CHOICE_WORDS[code]
        if wanted in {words.zh, words.en, code}:
            return code
    return None


def _keep(written: str) -> str | None:
    text = _narrow(written)
    if (kept := _KEEP_WORDS.get(text)) is not None:
        return kept
    if (found := _KEPT.fullmatch(text)) is not None:
        text = f"{int(found[1])} {_UNITS[found[2]]}"
        if found[1].lstrip("0") == "1":
            text = text[:-1]
    kept_for = period(text)
    return None if kept_for is None else str(kept_for)


def _code(text: str) -> str | None:
    found = _narrow(text)
    return found if _CODE.fullmatch(found) else None


_OF_ANY: Final[dict[str, Callable[[object], Cell | None]]] = {
    "day": _day,
    "count": _count,
    "yuan": _cents,
}
_OF_TEXT: Final[dict[str, Callable[[str], Cell | None]]] = {
    "code": _code,
    "text": _text,
    "keep": _keep,
}
