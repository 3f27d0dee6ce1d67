"""Checking a case, and stating why a recording stopped, for a visitor. The rules are oversight/checks'.

What always holds: what a check says of documents and their times is for those who may read the case's documents
(casefile/rights.py); a clip that the visitor may not know of is not named; who may add documents may state a reason.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from api.casefile.rights import may_add, readable_case, refuse_to_add, seen_clip
from api.deciding import decided
from api.errors import InvalidInputError, NotFoundError
from api.gate import Visitor
from api.service import Service
from archive.catalogue.errors import TimeTextError
from archive.catalogue.rows import CaseRow, ClipRow
from archive.catalogue.times import lower_bound
from oversight.checks.findings import Checked
from oversight.checks.reading import Checks
from oversight.checks.stating import Stop, explain


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A case that was checked, and of its clips those that the visitor may know of."""

    case: CaseRow
    found: Checked
    clips: dict[str, ClipRow]


async def check(service: Service, visitor: Visitor, segment: str) -> Seen:
    """Check the case of a number in a path. Raises NotFoundError: none whose documents they may read (recorded)."""
    await service.freshness.for_search()
    case = await readable_case(service, visitor, segment)
    found = await asyncio.to_thread(lambda: Checks(service.archive).case(case.id))
    if found is None:
        raise NotFoundError("no such case")
    named = {f.clip for f in found.findings if f.clip is not None}
    named |= {clip for each in found.required for clip in each.clips}
    rows = {name: seen_clip(service, visitor, name) for name in named}
    clips = {name: seen.clip for name, seen in rows.items() if seen is not None}
    return Seen(case=case, found=found, clips=clips)


def may_state(service: Service, visitor: Visitor, case: CaseRow) -> bool:
    """Whether they may state why a recording of the case stopped."""
    return may_add(service, visitor, case)


async def state(
    service: Service, visitor: Visitor, case: CaseRow, asked: dict[str, str | None]
) -> None:
    """State why nothing was recorded: `code`, `reason`, `from`, `to`, `clip`.

    Raises:
        NotPermittedError: it is not their case (recorded). CaseNotOpenError: it is closed.
        InvalidInputError, CheckPlaceError, NotFoundError: nothing was recorded.
    """
    if not may_add(service, visitor, case):
        await refuse_to_add(service, visitor, case)
    clip = asked.get("clip") or None
    if clip is not None and seen_clip(service, visitor, clip) is None:
        raise NotFoundError("no such clip")
    stop = Stop(
        code=asked.get("code") or "",
        reason=asked.get("reason") or "",
        from_=_moment(service, asked.get("from")),
        to=_moment(service, asked.get("to")),
        clip=clip,
    )
    actor = visitor.account.id
    await _changing(service, lambda: explain(service.archive, case.id, stop, actor=actor))


def _moment(service: Service, typed: str | None) -> datetime | None:
    if not typed:
        return None
    try:
        return lower_bound(typed, service.zone)
    except TimeTextError as e:
        raise InvalidInputError(str(e)) from e


async def _changing(service: Service, do: Callable[[], None]) -> None:
    try:
        await decided(do)
    finally:
        service.freshness.changed()
        await service.freshness.for_search()
