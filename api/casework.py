"""Cases: which of them an account may know of, and their names for people.

What always holds: a case that an account may not know of is answered as one that does not exist. Known are: to
those who see all facts, every case; to officers and supervisors those of their unit or of no unit, and those that name
them as an officer; to everybody those that they were granted, and those that hold a clip in their reach.
"""

from __future__ import annotations

import asyncio
from typing import Final
from urllib.parse import unquote

from api import documents
from api.errors import InvalidInputError, NotFoundError
from api.finding.searching import finds_any, scope_of
from api.gate import Visitor, refuse
from api.service import Service
from archive.catalogue.case_finding_queries import Knowing
from archive.catalogue.rows import CaseRow

MOST_NUMBER: Final = 200
MOST_LOOKED: Final = 2_000
_BATCH: Final = 100
MOST_FOUND: Final = 10  # cases above the clips that a search found
_OF_A_UNIT: Final = frozenset({"officer", "supervisor"})


def number_of(segment: str) -> str:
    """The case number in a path's segment (edge.py leaves `%2F` and `%25` as they were sent).

    Raises:
        InvalidInputError: empty, too long, or with control characters.
    """
    return checked_number(unquote(segment))


def checked_number(number: str) -> str:
    """A case number as somebody typed it, trimmed. Raises InvalidInputError."""
    if (
        not number.strip()
        or len(number) > MOST_NUMBER
        or any(c < " " or c == "\x7f" for c in number)
        or number.strip()
        in {".", ".."}  # no address leads there: whoever asks takes them for folders
    ):
        raise InvalidInputError(
            f"a case number has 1 to {MOST_NUMBER} characters, is no '.' or '..', and has no control characters"
        )
    return number.strip()


def is_linked(service: Service, case: CaseRow, clip: str) -> bool:
    """Whether a clip is linked to a case now."""
    found = service.archive.catalogue.link(case.id, clip)
    return found is not None and found.linked


async def known_case(service: Service, visitor: Visitor, number: str) -> CaseRow:
    """The case of a number.

    Raises:
        NotFoundError: there is none, or none that this visitor may know of (recorded).
    """
    case = service.archive.catalogue.case_by_number(number)
    if case is None or not may_know(service, visitor, case):
        # Recorded both ways, as in gate.known_clip.
        known = None if case is None else case.id
        await refuse(service, visitor, code=NotFoundError.code, case=known)
        raise NotFoundError("no such case")
    return case


def may_know(service: Service, visitor: Visitor, case: CaseRow, *, granted: bool = True) -> bool:
    """See the module; `granted`: also by a grant for the case."""
    account, reach = visitor.account, visitor.reach
    if reach.all:
        return True
    own = case.unit_id is None or case.unit_id == account.unit or account.officer in case.officers
    if own and account.role in _OF_A_UNIT:
        return True
    if granted and any(g.case == case.id for g in service.grants.active(account.id)):
        return True
    return case.number is not None and finds_any(service, visitor, case=case.number)


async def known_cases(
    service: Service, visitor: Visitor, *, limit: int, cursor: str | None
) -> tuple[list[CaseRow], str | None]:
    """One page of the cases that a visitor may know of, newest first, and the next page's cursor.

    A page may be short although another follows: no request looks through more than MOST_LOOKED cases.

    Raises:
        CursorError: the cursor is none of ours.
    """
    return await asyncio.to_thread(_known_cases, service, visitor, limit, cursor)


def _known_cases(
    service: Service, visitor: Visitor, limit: int, cursor: str | None
) -> tuple[list[CaseRow], str | None]:
    found: list[CaseRow] = []
    looked = 0
    while True:
        # One at a time towards the end, so that the cursor stands exactly behind the last one shown.
        wanted = min(_BATCH, limit - len(found))
        page = service.archive.catalogue.cases(limit=wanted, cursor=cursor)
        found += [case for case in page.cases if may_know(service, visitor, case)]
        cursor, looked = page.next_cursor, looked + len(page.cases)
        if cursor is None or len(found) >= limit or looked >= MOST_LOOKED:
            return found, cursor


async def found_cases(
    service: Service, visitor: Visitor, *, text: str | None, number: str | None
) -> list[CaseRow]:
    """The newest cases, of those that a visitor may know of, with these words or this part of a number."""
    return await asyncio.to_thread(_found_cases, service, visitor, text, number)


def _found_cases(
    service: Service, visitor: Visitor, text: str | None, number: str | None
) -> list[CaseRow]:
    account = visitor.account
    knowing = Knowing(
        scope=scope_of(visitor.reach),
        cases=frozenset(g.case for g in service.grants.active(account.id) if g.case is not None),
        own=account.role in _OF_A_UNIT,
        unit=account.unit,
        officer=account.officer,
    )
    found = service.archive.catalogue.cases_found(
        text=text, number=number, knowing=knowing, limit=MOST_FOUND
    )
    return [case for case in found if may_know(service, visitor, case)]


def case_document(service: Service, case: CaseRow) -> documents.Document:
    """The API's form of a case."""
    return documents.case(case, unit=unit_name(service, case), officers=badges(service, case))


def unit_name(service: Service, case: CaseRow) -> str | None:
    """What the case's unit is called."""
    unit = None if case.unit_id is None else service.archive.catalogue.unit(case.unit_id)
    return None if unit is None else unit.name


def badges(service: Service, case: CaseRow) -> list[str]:
    """The badge numbers of the case's officers; the id where a badge is gone."""
    rows = [(id_, service.archive.catalogue.officer(id_)) for id_ in case.officers]
    return [id_ if row is None or row.badge is None else row.badge for id_, row in rows]
