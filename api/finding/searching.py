"""Searches: what may be asked, and that who asked what is in the ledger before the answer leaves.

What always holds: a search reaches only what its visitor may know of, in SQL, so `total` tells nothing more either;
a filter that does
not exist is an error, not a search for everything. In the ledger a known case, officer, unit or recorder is its id;
only words that
are no id of ours go into a text row.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from starlette.datastructures import QueryParams

from api import documents
from api.access import Reach
from api.errors import InvalidInputError
from api.gate import Visitor
from api.service import Found, Service
from archive.catalogue.rows import FindResult
from archive.catalogue.search import FindQuery, Scope
from archive.catalogue.times import lower_bound, upper_bound
from archive.events import Event

PAGE: Final = 50
MOST: Final = 500
MOST_WORDS: Final = 200  # characters of one filter
TEXT_FILTERS: Final = ("case", "officer", "unit", "recorder", "place", "kind", "text")
FILTERS: Final = (*TEXT_FILTERS, "from", "to", "mark")
_MOST_SEARCHES: Final = 64  # kept
_MOST_KEPT: Final = 100  # clips of one that is kept
_TRUTH: Final = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A search as it was typed, and as it is made."""

    words: dict[str, str]
    query: FindQuery


def scope_of(reach: Reach) -> Scope:
    """The catalogue's form of what somebody may know of."""
    return Scope(
        all=reach.all, units=reach.units, officers=reach.officers, requests=reach.requests
    )


def read(params: QueryParams, visitor: Visitor, zone: ZoneInfo, also: frozenset[str]) -> Asked:
    """Read a search out of an address.

    Args:
        params: the address's query.
        visitor: whose reach limits it.
        zone: whose clock a time without offset means.
        also: further names that the address may hold.

    Raises:
        InvalidInputError: an unknown filter, one that is there twice, or a malformed value.
        TimeTextError: from or to is no time.
    """
    words: dict[str, str] = {}
    for name, value in params.multi_items():
        if name in also:
            continue
        if name not in FILTERS and name not in {"limit", "cursor"}:
            raise InvalidInputError(
                f"there is no filter {name[:40]!r}; there are {', '.join(FILTERS)}"
            )
        if name in words:
            raise InvalidInputError(f"{name} is there twice")
        if len(value) > MOST_WORDS or "\0" in value:
            raise InvalidInputError(f"{name} has at most {MOST_WORDS} characters")
        if value.strip():
            words[name] = value.strip()
    query = FindQuery(
        **{name: words.get(name) for name in TEXT_FILTERS},
        from_=lower_bound(words["from"], zone) if "from" in words else None,
        to=upper_bound(words["to"], zone) if "to" in words else None,
        mark=_truth(words["mark"]) if "mark" in words else None,
        limit=_limit(words.get("limit")),
        cursor=words.get("cursor"),
        scope=scope_of(visitor.reach),
    )
    return Asked(words={n: w for n, w in words.items() if n in FILTERS}, query=query)


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
    return found.body


async def _search(service: Service, visitor: Visitor, asked: Asked) -> Found:
    await service.freshness.for_search()
    # On the event loop on purpose: a search takes less than a thread's hand-over.
    found = _find(service, asked.query)
    await service.recording.record(_event(service, visitor, asked, found.result.total))
    return found


def _find(service: Service, query: FindQuery) -> Found:
    # Many look at the same case at the same time, and a page is loaded again: while nothing findable was appended the
    # answer is the same. The query holds whose reach it is for. The version is read first, so what is kept under it
    # is never older than it.
    version, kept = service.freshness.version, service.found.get(query)
    if kept is not None and kept.version == version:
        return kept
    found = Found(version=version, result=service.archive.catalogue.find(query))
    if len(found.result.clips) <= _MOST_KEPT:
        if len(service.found) >= _MOST_SEARCHES:
            service.found.clear()
        service.found[query] = found
    return found


def finds_any(service: Service, visitor: Visitor, **words: str) -> bool:
    """Whether a search for these words would find anything in the visitor's reach. Shows nothing, records nothing."""
    query = FindQuery(**words, limit=1, scope=scope_of(visitor.reach))  # type: ignore[arg-type]  # all of them text
    return bool(service.archive.catalogue.find(query).clips)


def _event(service: Service, visitor: Visitor, asked: Asked, total: int) -> Event:
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
    account = visitor.account.id
    return Event(
        type="search.made",
        subject=account,
        actor=account,
        data=ids | facts,
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


_MOST_CASES: Final = 10_000
_KINDS: Final = frozenset({"video", "photo", "audio", "document", "data", "unknown"})


def for_case(number: str, visitor: Visitor, *, limit: int, cursor: str | None) -> Asked:
    """The search that opening a case is."""
    query = FindQuery(case=number, limit=limit, cursor=cursor, scope=scope_of(visitor.reach))
    return Asked(words={"case": number}, query=query)


def _instant(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _truth(word: str) -> bool:
    value = _TRUTH.get(word.lower())
    if value is None:
        raise InvalidInputError("mark is true or false")
    return value


def _limit(word: str | None) -> int:
    if word is None:
        return PAGE
    if not word.isascii() or not word.isdecimal() or not 1 <= int(word[:9]) <= MOST:
        raise InvalidInputError(f"limit is 1 to {MOST}")
    return int(word)
