"""Numbers of people and organisations: how they are written, and whether their check digit fits. Pure functions.

GB 11643-1999 (公民身份号码) with the check digit of ISO 7064, MOD 11-2; GB 32100-2015 (统一社会信用代码). That a number
fits says nothing about whether anybody has it.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from typing import Final, Literal, get_args

from archive.casefiles.errors import SubjectNumberError

Kind = Literal["person", "organisation"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
_IDENTITY: Final = re.compile(r"[0-9]{17}[0-9X]")
_CREDIT: Final = re.compile(r"[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}")
_CREDIT_SIGNS: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100-2015, table 2: no I, O, S, V, Z
_OTHER: Final = re.compile(
    r"[A-Z0-9]{5,12}"
)  # passports and permits; no standard here tells right from wrong
_FIRST_YEAR: Final = 1800


def checked(kind: Kind, number: str) -> str:
    """A number as it is kept: narrow letters, upper case, no blanks.

    Raises:
        SubjectNumberError: it cannot be one of this kind.
    """
    plain = narrow(number)
    if kind == "organisation":
        if not is_credit_code(plain):
            raise SubjectNumberError(
                "an organisation's unified social credit code has 18 signs, and the last fits the others (GB 32100)"
            )
    elif not (is_identity(plain) or _OTHER.fullmatch(plain)):
        raise SubjectNumberError(
            "a person's number has 18 digits, and the last fits the others (GB 11643);"
            " that of a passport or permit has 5 to 12 letters and digits"
        )
    return plain


def narrow(number: str) -> str:
    """Narrow letters, upper case, no blanks: however somebody types it."""
    return "".join(unicodedata.normalize("NFKC", number).split()).upper()


def is_identity(number: str) -> bool:
    """Whether 18 signs can be a citizen's number: date of birth and check digit."""
    if not _IDENTITY.fullmatch(number):
        return False
    try:
        born = date.fromisoformat(f"{number[6:10]}-{number[10:12]}-{number[12:14]}")
    except ValueError:
        return False
    # ISO 7064, MOD 11-2: the weights are 2^17 … 2^1, and the whole leaves 1.
    total = sum(int(c) << (17 - n) for n, c in enumerate(number[:17]))
    return born.year >= _FIRST_YEAR and number[17] == "10X98765432"[total % 11]


def is_credit_code(number: str) -> bool:
    """Whether 18 signs can be a unified social credit code: its signs, and its check sign."""
    if not _CREDIT.fullmatch(number):
        return False
    # GB 32100-2015, 4.5: the weights are 3^0 … 3^16 modulo 31.
    total = sum(_CREDIT_SIGNS.index(c) * pow(3, n, 31) for n, c in enumerate(number[:17]))
    return number[17] == _CREDIT_SIGNS[-total % 31]
