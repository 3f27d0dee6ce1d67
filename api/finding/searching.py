"""Searches: who asked what is in the ledger before the answer leaves. What may be asked: asked.py.

What always holds: a search reaches only what its visitor may know of, in SQL, so `total` tells nothing more either.
In the ledger a known case, officer, unit or
recorder is its id; only words that are no id of ours go into a text row.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from api import documents
from api.finding.asked import FILTERS, MOST, MOST_TYPED, PAGE, Asked, for_case, read
from api.finding.reach import finds_any, scope_of
from api.gate import Visitor
from api.service import Found, Service
from archive.catalogue.facets import Facets
from archive.catalogue.rows import FindResult
from archive.catalogue.search import FindQuery
from archive.events import Event

_MOST_SEARCHES: Final = 64  # kept
_MOST_COUNTS: Final = 1_000  # kept
_MOST_KEPT: Final = 100  # clips of one that is kept
_MOST_CASES: Final = 10_000
_KINDS: Final = frozenset({"video", "photo", "audio", "document", "data", "unknown"})

__all__ = [
    "FILTERS",
    "MOST",
    "MOST_TYPED",
    "PAGE",
    "Asked",
    "facets",
    "finds_any",
    "for_case",
    "read",
    "scope_of",
    "search",
    "search_document",
    "search_with_facets",
]


async def search(service: Service, visitor: Visitor, asked: Asked) -> FindResult:
    """Make a search and record it. Durable when it returns.

    Raises:
        CursorError: the cursor is none of ours.
        ArchiveError: it could not be recorded. Show nothing.
    """
    return (await _search(service, visitor, asked)).result


async def search_document(service: Service, visitor: Visitor, asked: Asked) -> bytes:
    """The same, as JSON. Raises as `search`."""
    found = await _search(service, visitor, asked)
    if found.body is None:
        found.body = documents.search_result(found.result)
    if asked.understood is None:
        return found.body
    understood = documents.to_bytes({"understood": asked.understood})
    return found.body[:-1] + b"," + understood[1:]


async def search_with_facets(
    service: Service, visitor: Visitor, asked: Asked
) -> tuple[FindResult, Facets]:
    """A page of a search and what it could be narrowed by: one search, one entry. Raises as `search`."""
    found = await _search(service, visitor, asked)
    # What the page shows beside its rows is of the search that is recorded.
    return found.result, await asyncio.to_thread(_facets, service, asked.query)


async def facets(service: Service, visitor: Visitor, asked: Asked) -> Facets:
    """Only what a search could be narrowed by, recorded as a search that shows counts. Raises as `search`."""
    await service.freshness.for_search()
    found = await asyncio.to_thread(_facets, service, asked.query)
    await service.recording.record(_event(service, visitor, asked, found.total, facets=True))
    return found


def _facets(service: Service, query: FindQuery) -> Facets:
    version = service.freshness.version
    key = replace(query, limit=None, cursor=None, most_counted=None)
    kept = service.facets.get(key)
    if kept is not None and kept[0] == version:
        return kept[1]
    found = service.archive.catalogue.facets(key)
    if len(service.facets) >= _MOST_SEARCHES:
        service.facets.clear()
    service.facets[key] = version, found
    return found


async def _search(service: Service, visitor: Visitor, asked: Asked) -> Found:
    await service.freshness.for_search()
    if _is_quick(asked.query):
        # On the event loop on purpose: a search takes less than a thread's hand-over.
        found = _find(service, asked.query)
    else:
        found = await asyncio.to_thread(_find, service, asked.query)
    await service.recording.record(_event(service, visitor, asked, found.result.total))
    return found


def _is_quick(query: FindQuery) -> bool:
    """Whether one stretch of one index holds all that is looked for."""
    return query.case is not None and query.limit is not None and query.limit <= PAGE


def _find(service: Service, query: FindQuery) -> Found:
    # Many look at the same case at the same time, and a page is loaded again: while nothing findable was appended the
    # answer is the same. The query holds whose reach it is for. The version is read first, so what is kept under it
    # is never older than it.
    version, kept = service.freshness.version, service.found.get(query)
    if kept is not None and kept.version == version:
        return kept
    found = Found(version=version, result=_counted_once(service, query, version))
    if len(found.result.clips) <= _MOST_KEPT:
        if len(service.found) >= _MOST_SEARCHES:
            service.found.clear()
        service.found[query] = found
    return found


def _counted_once(service: Service, query: FindQuery, version: int) -> FindResult:
    # A case's later pages take as long as its first rows: what was counted for one page is not counted for the next.
    catalogue = service.archive.catalogue
    key = replace(query, limit=None, cursor=None)
    kept = service.counts.get(key) if query.cursor is not None else None
    if kept is not None and kept[0] == version:
        result = catalogue.find(replace(query, total=kept[1]))
        return replace(result, exact=kept[2])
    result = catalogue.find(query)
    if len(service.counts) >= _MOST_COUNTS:
        service.counts.clear()
    service.counts[key] = version, result.total, result.exact
    return result


def _event(
    service: Service, visitor: Visitor, asked: Asked, total: int, *, facets: bool = False
) -> Event:
    query, catalogue = asked.query, service.archive.catalogue
    case = None if query.case is None else _case_id(service, query.case)
    officer = None if query.officer is None else catalogue.officer_by_badge(query.officer)
    unit = None if query.unit is None else catalogue.unit_by_name(query.unit)
    recorder = None if query.recorder is None else catalogue.recorder_by_serial(query.recorder)
    ids = {
        "case": case,
        "officer": officer and officer.id,
        "unit": unit and unit.id,
        "recorder": recorder and recorder.id,
    }
    facts: dict[str, Any] = {
        "from": _instant(query.from_),
        "to": _instant(query.to),
        "mark": query.mark,
        "kind": query.kind if query.kind in _KINDS else None,
        "total": total,
    }
    known = {name for name, value in (ids | facts).items() if value is not None}
    words = {name: word for name, word in asked.words.items() if name not in known}
    also: dict[str, Any] = {"session": visitor.session.id}
    if facets:
        also["facets"] = True
    account = visitor.account.id
    return Event(
        type="search.made",
        subject=account,
        actor=account,
        data=ids | facts | also,
        text={"words": words} if words else None,
    )


def _case_id(service: Service, number: str) -> str | None:
    # A number belongs to its case for ever, so what was found once is kept; what was not found may be opened later.
    known = service.case_ids.get(number)
    if known is None:
        case = service.archive.catalogue.case_by_number(number)
        if case is None:
            return None
        if len(service.case_ids) >= _MOST_CASES:
            service.case_ids.clear()
        known = service.case_ids[number] = case.id
    return known


def _instant(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
