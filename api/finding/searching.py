"""Searches: what may be asked, and that who asked what is in the ledger before the answer leaves.

What always holds: a search reaches only what its visitor may know of, in SQL, so `total` tells nothing more either; a
filter that does not exist is an error, not a search for everything. In the ledger a known case, officer, unit or
recorder is its id; only words that are no id of ours go into a text row.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from starlette.datastructures import QueryParams

from api import documents
from api.errors import InvalidInputError
from api.finding.box import understand
from api.finding.reach import finds_any, scope_of
from api.gate import Visitor
from api.service import Found, Service
from archive.catalogue.facets import Facets
from archive.catalogue.finding_queries import MOST_COUNTED
from archive.catalogue.rows import FindResult
from archive.catalogue.search import FindQuery
from archive.catalogue.times import lower_bound, upper_bound
from archive.events import Event

PAGE: Final = 50
MOST: Final = 500
MOST_TYPED: Final = 200  # characters of one filter
TRUTHS: Final = ("mark", "damage", "linked", "late", "quarantined")
FILTERS: Final = (
    *("case", "number", "officer", "unit", "recorder", "place", "kind", "text", "from", "to"),
    *TRUTHS,
)
_MOST_SEARCHES: Final = 64  # kept
_MOST_COUNTS: Final = 1_000  # kept
_MOST_KEPT: Final = 100  # clips of one that is kept
_MOST_CASES: Final = 10_000
_KINDS: Final = frozenset({"video", "photo", "audio", "document", "data", "unknown"})
_TRUTH: Final = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}

__all__ = ["finds_any", "scope_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A search as it was typed, and as it is made."""

    words: dict[str, str]  # filters, and what they hold
    query: FindQuery
    understood: dict[str, str] | None = None  # filters that came of `q`
    typed: str | None = None  # `q`


async def read(
    params: QueryParams, service: Service, visitor: Visitor, also: frozenset[str]
) -> Asked:
    """Read a search out of an address.

    Args:
        params: the address's query.
        service: whose clock a time without offset means, and whose names `q` is looked up in.
        visitor: whose reach limits it.
        also: further names that the address may hold.

    Raises:
        InvalidInputError: an unknown filter, one that is there twice, or a malformed value.
        TimeTextError: from or to is no time.
    """
    words = _words(params, also)
    typed = words.pop("q", None)
    understood = None
    if typed is not None:
        await service.freshness.for_search()
        found = await asyncio.to_thread(understand, service, visitor, typed)
        # What was said outright counts more than what the box makes of it.
        understood = {n: w for n, w in found.items() if n not in words}
        words |= understood
    return Asked(
        words={n: w for n, w in words.items() if n in FILTERS},
        query=_query(words, service, visitor),
        understood=understood,
        typed=typed,
    )


def _words(params: QueryParams, also: frozenset[str]) -> dict[str, str]:
    words: dict[str, str] = {}
    for name, value in params.multi_items():
        if name in also:
            continue
        if name not in FILTERS and name not in {"q", "limit", "cursor"}:
            raise InvalidInputError(
                f"there is no filter {name[:40]!r}; there are q, {', '.join(FILTERS)}"
            )
        if name in words:
            raise InvalidInputError(f"{name} is there twice")
        if len(value) > MOST_TYPED or "\0" in value:
            raise InvalidInputError(f"{name} has at most {MOST_TYPED} characters")
        if value.strip():
            words[name] = value.strip()
    return words


def _query(words: dict[str, str], service: Service, visitor: Visitor) -> FindQuery:
    zone = service.zone
    return FindQuery(
        case=words.get("case"),
        number=words.get("number"),
        officer=words.get("officer"),
        unit=words.get("unit"),
        recorder=words.get("recorder"),
        place=words.get("place"),
        kind=words.get("kind"),
        text=words.get("text"),
        from_=lower_bound(words["from"], zone) if "from" in words else None,
        to=upper_bound(words["to"], zone) if "to" in words else None,
        mark=_truth("mark", words),
        damage=_truth("damage", words),
        linked=_truth("linked", words),
        late=_truth("late", words),
        quarantined=_truth("quarantined", words),
        limit=_limit(words.get("limit")),
        cursor=words.get("cursor"),
        scope=scope_of(visitor.reach),
        most_counted=MOST_COUNTED,
    )


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


def for_case(number: str, visitor: Visitor, *, limit: int, cursor: str | None) -> Asked:
    """The search that opening a case is."""
    query = FindQuery(
        case=number,
        limit=limit,
        cursor=cursor,
        scope=scope_of(visitor.reach),
        most_counted=MOST_COUNTED,
    )
    return Asked(words={"case": number}, query=query)


def _instant(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _truth(name: str, words: dict[str, str]) -> bool | None:
    if name not in words:
        return None
    value = _TRUTH.get(words[name].lower())
    if value is None:
        raise InvalidInputError(f"{name} is true or false")
    return value


def _limit(word: str | None) -> int:
    if word is None:
        return PAGE
    if not word.isascii() or not word.isdecimal() or not 1 <= int(word[:9]) <= MOST:
        raise InvalidInputError(f"limit is 1 to {MOST}")
    return int(word)
