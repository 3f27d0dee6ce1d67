"""What must not be told to the public, as far as its form shows: numbers, addresses, minors, names. Pure functions.

What always holds: places are counted in the text as it is given, whatever its width or the blanks in its numbers. A
scan finds what has a form; trade secrets and other people's names a person has to find.

Sources: GB 11643 (identity number and its check digit), ISO/IEC 7812-1 annex B (Luhn), 个人信息保护法 arts. 28, 31.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

Kind = Literal["identity", "phone", "card", "mail", "name", "address", "minor"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
# A form that is nothing else. The others are hints: a person may say that they are not, and why.
CERTAIN: Final[frozenset[Kind]] = frozenset({"identity", "phone", "card", "mail", "name"})
_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS: Final = "10X98765432"
_GAP: Final = r"[ \-–—.·]?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """Something that was found: where, and what it looks like."""

    begin: int
    end: int
    kind: Kind


_IDENTITY: Final = re.compile(
    rf"(?<![0-9A-Za-z])[1-9](?:{_GAP}[0-9]){{16}}{_GAP}[0-9Xx](?![0-9A-Za-z])"
)
_OLD_IDENTITY: Final = re.compile(
    r"(?<![0-9])[1-9][0-9]{7}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}(?![0-9])"
)
_MOBILE: Final = re.compile(rf"(?<![0-9])(?:\+?86{_GAP})?1{_GAP}[3-9](?:{_GAP}[0-9]){{9}}(?![0-9])")
_LANDLINE: Final = re.compile(r"(?<![0-9])\(?0[1-9][0-9]{1,2}\)?[ \-]?[2-8][0-9]{6,7}(?![0-9])")
_CARD: Final = re.compile(rf"(?<![0-9])[3-6](?:{_GAP}[0-9]){{15,18}}(?![0-9])")
_MAIL: Final = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_ADDRESS: Final = re.compile(
    r"[\u4e00-\u9fff0-9]{1,20}(?:路|街|巷|弄|胡同|村|小区|大道|新村|花园)[\u4e00-\u9fff0-9\-]{0,12}?"
    r"[0-9一二三四五六七八九十]+(?:号|栋|幢|单元|室|组|户)(?:[0-9A-Za-z一二三四五六七八九十\-]+(?:号|栋|幢|单元|室|户|楼))*"
)
_MINOR: Final = re.compile(
    r"未成年|未满十[四六八]周?岁|不满十[四六八]周?岁|(?<![0-9])(?:1[0-7]|[1-9])周?岁|小学生|中学生|高中生|初中生"
)


def scan(text: str, names: Sequence[str] = ()) -> list[Passage]:
    """What is found in a text, in its order, none within another.

    Args:
        text: as people wrote it.
        names: whole names that may not be in it.
    """
    plain, places = _narrow(text)
    found: list[tuple[int, int, Kind]] = []
    for kind, pattern, is_it in _FORMS:
        found += [
            (m.start(), m.end(), kind)
            for m in pattern.finditer(plain)
            if is_it is None or is_it(m[0])
        ]
    found += [(at, end, "name") for at, end in _named(plain, names)]
    found.sort(key=lambda each: (each[0], -each[1], KINDS.index(each[2])))
    return list(_apart(found, places))


def _apart(found: Sequence[tuple[int, int, Kind]], places: Sequence[int]) -> Iterator[Passage]:
    until = 0
    for begin, end, kind in found:
        if end <= until:
            continue
        yield Passage(begin=places[max(begin, until)], end=places[end - 1] + 1, kind=kind)
        until = end


def _narrow(text: str) -> tuple[str, list[int]]:
    """The text with full-width letters and digits as plain ones and nothing invisible, and where each character was."""
    letters: list[str] = []
    places: list[int] = []
    for place, c in enumerate(text):
        if unicodedata.category(c) == "Cf":  # a zero-width blank hides nothing
            continue
        for narrow in unicodedata.normalize("NFKC", c):
            letters.append(narrow)
            places.append(place)
    return "".join(letters), places


def _named(plain: str, names: Sequence[str]) -> Iterator[tuple[int, int]]:
    for name in names:
        key = _narrow(name)[0].strip()
        if len(key) < 2:
            continue
        at = plain.find(key)
        while at >= 0:
            yield at, at + len(key)
            at = plain.find(key, at + 1)


def _digits(text: str) -> str:
    return re.sub(r"[^0-9Xx]", "", text).upper()


def _is_identity(text: str) -> bool:
    number = _digits(text)
    total = sum(int(d) * w for d, w in zip(number[:17], _WEIGHTS, strict=True))
    return number[17] == _CHECKS[total % 11] or _is_day(number[6:14])


def _is_day(text: str) -> bool:
    return "1900" <= text[:4] <= "2099" and "01" <= text[4:6] <= "12" and "01" <= text[6:] <= "31"


def _is_card(text: str) -> bool:
    digits = [int(d) for d in reversed(_digits(text))]
    doubled = (d * 2 for d in digits[1::2])
    return not (sum(digits[::2]) + sum(d - 9 if d > 9 else d for d in doubled)) % 10


_FORMS: Final[tuple[tuple[Kind, re.Pattern[str], Callable[[str], bool] | None], ...]] = (
    ("identity", _IDENTITY, _is_identity),
    ("identity", _OLD_IDENTITY, None),
    ("card", _CARD, _is_card),
    ("phone", _MOBILE, None),
    ("phone", _LANDLINE, None),
    ("mail", _MAIL, None),
    ("address", _ADDRESS, None),
    ("minor", _MINOR, None),
)
