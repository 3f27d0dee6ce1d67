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
_MOST_TWINS: Final = 20  # clips with the same bytes
_MOST_TOLD: Final = 50  # findings of each
FINDINGS: Final = ("object.damaged", "object.sound")


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """One page, oldest first."""

    events: list[CustodyRow]
    following: str | None  # the next page's cursor


async def of_subject(service: Service, subject: str, cursor: str | None = None) -> History:
    """A subject's history; of a clip also the findings on its file that were told of another clip with the same bytes.

    Raises:
        CursorError: the cursor is none of ours.
    """
    after = _after(cursor)
    await service.freshness.for_custody()
    return _page(await asyncio.to_thread(rows_of, service, subject, after=after, limit=PAGE + 1))


def rows_of(service: Service, subject: str, *, after: int, limit: int) -> list[CustodyRow]:
    """A subject's history as `of_subject`, after an index, at most so many; what proves it names the same entries."""
    catalogue = service.archive.catalogue
    own = catalogue.custody(subject, after=after, limit=limit)
    clip = catalogue.clip(subject)
    if clip is None:
        return own
    told = [
        row
        for twin in catalogue.clips_with_object(clip.sha256, limit=_MOST_TWINS)
        if twin != subject
        for type_ in FINDINGS
        for row in catalogue.newest(twin, type_, limit=_MOST_TOLD)
        if row.index > after and row.data.get("digest") == clip.sha256
    ]
    # By index: what the next page begins with is right whatever is left out of this one.
    return sorted((*own, *told), key=lambda row: row.index)[:limit]


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
