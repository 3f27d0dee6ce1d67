"""What is searched for, read out of an address: filters, and what the search box makes of a typed text.

What always holds: a filter that does not exist, or holds what it cannot, is an error, not a search for everything;
what was asked carries whose reach it is for.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import QueryParams

from api.errors import InvalidInputError
from api.finding.box import understand
from api.finding.reach import scope_of
from api.gate import Visitor
from api.service import Service
from archive.catalogue.finding_queries import MOST_COUNTED
from archive.catalogue.search import FindQuery
from archive.catalogue.times import lower_bound, upper_bound

PAGE: Final = 50
MOST: Final = 500
MOST_TYPED: Final = 200  # characters of one filter
TRUTHS: Final = ("mark", "damage", "linked", "late", "quarantined")
FILTERS: Final = (
    *("case", "number", "officer", "unit", "recorder", "place", "kind", "text", "from", "to"),
    *TRUTHS,
)
_TRUTH: Final = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


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
