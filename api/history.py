"""Custody histories, page by page: a clip's, and a case's with the links of its clips.

What always holds: what happened this moment is in it; of a case's clips it tells only those in the visitor's reach.
Whether the visitor may know of the subject was asked before (gate.py, casework.py).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

from api.casefile.rights import may_read
from api.finding.searching import scope_of
from api.gate import Visitor
from api.service import Service
from archive.catalogue.rows import CaseRow, CustodyRow
from archive.catalogue.search import make_cursor, read_cursor

PAGE: Final = 200  # events


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """One page, oldest first."""

    events: list[CustodyRow]
    following: str | None  # the next page's cursor


async def of_subject(service: Service, subject: str, cursor: str | None = None) -> History:
    """A subject's history.

    Raises:
        CursorError: the cursor is none of ours.
    """
    after = _after(cursor)
    await service.freshness.for_custody()
    custody = service.archive.catalogue.custody
    return _page(await asyncio.to_thread(custody, subject, after=after, limit=PAGE + 1))


async def of_case(
    service: Service, visitor: Visitor, case: CaseRow, cursor: str | None = None
) -> History:
    """A case's history, with what was linked to it and taken off it. Raises as `of_subject`."""
    return _page(await case_rows(service, visitor, case, after=_after(cursor), limit=PAGE + 1))


async def case_rows(
    service: Service, visitor: Visitor, case: CaseRow, *, after: int, limit: int
) -> list[CustodyRow]:
    """Of a case's history what this visitor may know, after an index, at most so many."""
    scope = scope_of(visitor.reach)
    await service.freshness.for_custody()
    custody = service.archive.catalogue.case_custody
    documents = may_read(service, visitor, case)
    return await asyncio.to_thread(
        custody, case.id, scope=scope, documents=documents, after=after, limit=limit
    )


def _page(rows: list[CustodyRow]) -> History:
    if len(rows) <= PAGE:
        return History(events=rows, following=None)
    shown = rows[:PAGE]
    return History(events=shown, following=make_cursor(shown[-1].index, "custody"))


def _after(cursor: str | None) -> int:
    return -1 if not cursor else read_cursor(cursor)[0]
