"""What the one search box understands: a case number or a part of one, a badge, a recorder, a unit, a date; else words.

What always holds: that something is understood as a case, an officer, a recorder or a unit tells that there is such a
one, so it happens only where the visitor's reach holds a clip of it; what is not understood is searched as words.
Nothing is recorded here: the search that follows is.
"""

from __future__ import annotations

import unicodedata
from datetime import date, datetime
from typing import Final

from api.finding.dates import days_of
from api.finding.reach import finds_any
from api.gate import Visitor
from api.service import Service

MOST_WORDS: Final = 12  # each of which may be looked up
_MOST_CASES: Final = 2_000  # of which a part of a number is a part
_LEAST_PART: Final = 3  # characters of a part of a case number
Filters = dict[str, str]


def understand(service: Service, visitor: Visitor, typed: str) -> Filters:
    """The filters that a typed text means."""
    typed = typed.strip()
    if not typed:
        return {}
    whole = _case(service, visitor, typed) or _named(service, visitor, typed)
    if whole is not None:
        return whole
    words = typed.split()
    if len(words) > MOST_WORDS:
        return {"text": typed}
    whole = _part(service, visitor, typed) if len(words) > 1 else None
    return whole or _words(service, visitor, words)


def _words(service: Service, visitor: Visitor, words: list[str]) -> Filters:
    found: Filters = {}
    rest: list[str] = []
    today = datetime.now(service.zone).date()
    for word in words:
        meant = (
            _case(service, visitor, word)
            or _named(service, visitor, word)
            or _days(word, today)
            or _part(service, visitor, word)
        )
        # A filter holds one value: the second badge of two is a word like others.
        if meant is None or found.keys() & meant.keys():
            rest.append(word)
        else:
            found |= meant
    if rest:
        found["text"] = " ".join(rest)
    return found


def _days(word: str, today: date) -> Filters | None:
    days = days_of(word, today)
    return None if days is None else {"from": days[0].isoformat(), "to": days[1].isoformat()}


def _case(service: Service, visitor: Visitor, typed: str) -> Filters | None:
    case = service.archive.catalogue.case_by_number(typed)
    if case is None or not case.number or not finds_any(service, visitor, case=case.number):
        return None
    return {"case": case.number}


def _named(service: Service, visitor: Visitor, word: str) -> Filters | None:
    catalogue, plain = service.archive.catalogue, unicodedata.normalize("NFKC", word).strip()
    for form in dict.fromkeys((word, plain)):
        if catalogue.officer_by_badge(form) and finds_any(service, visitor, officer=form):
            return {"officer": form}
        if catalogue.recorder_by_serial(form) and finds_any(service, visitor, recorder=form):
            return {"recorder": form}
        if catalogue.unit_by_name(form) and finds_any(service, visitor, unit=form):
            return {"unit": form}
    return None


def _part(service: Service, visitor: Visitor, typed: str) -> Filters | None:
    part = "".join(unicodedata.normalize("NFKC", typed).split())
    if len(part) < _LEAST_PART or not any(c.isdigit() for c in part):
        return None
    if not 0 < service.archive.catalogue.cases_with(part, most=_MOST_CASES + 1) <= _MOST_CASES:
        return None  # none, or so many that it tells nothing
    return {"number": part} if finds_any(service, visitor, number=part) else None
