"""Asking, deciding, ending and reviewing for a visitor: off the event loop, in force and seen when it returns.

What always holds: what a visitor may not decide on is answered
as what does not exist where they may not know of it, and recorded either way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from api.approval import asking, listing
from api.approval.asking import Wish
from api.approval.errors import NotYoursToDecideError
from api.approval.listing import Looking
from api.errors import NotFoundError
from api.gate import Visitor, refuse
from api.service import Service
from archive.catalogue.request_queries import RequestRow
from archive.ids import is_id

_T = TypeVar("_T")


async def ask(service: Service, visitor: Visitor, wish: Wish) -> list[RequestRow]:
    """Ask. Raises as `asking.ask`."""
    return await changed(service, lambda: asking.ask(service.archive, visitor, wish))


async def known(service: Service, visitor: Visitor, request: str) -> tuple[RequestRow, Looking]:
    """A request that the visitor may know of.

    Raises:
        NotFoundError: there is none, or it is not theirs to know of (recorded).
    """
    await service.freshness.for_search()
    archive = service.archive

    def look() -> tuple[RequestRow | None, Looking]:
        who = listing.looking(archive, visitor.account)
        row = archive.catalogue.request(request) if is_id(request, "request") else None
        return (row if row is not None and who.knows(row) else None), who

    row, who = await asyncio.to_thread(look)
    if row is None:
        await refuse(service, visitor, code=NotFoundError.code)
        raise NotFoundError("no such request")
    return row, who


async def changed(service: Service, do: Callable[[], _T]) -> _T:
    """Do something that changes requests; seen by the next look when it returns."""
    try:
        return await asyncio.to_thread(do)
    finally:
        service.freshness.changed()
        await service.freshness.for_search()


async def decide(
    service: Service, visitor: Visitor, request: str, do: Callable[[], None]
) -> tuple[RequestRow, Looking]:
    """Decide, end or review; the request as it is then.

    Raises:
        NotFoundError: not theirs to know of (recorded).
        NotYoursToDecideError: known, but somebody else's (recorded). Nothing was done.
        ApprovalError: as changing.py. Nothing was done.
    """
    await known(service, visitor, request)
    try:
        await changed(service, do)
    except NotYoursToDecideError:
        await refuse(service, visitor, code=NotYoursToDecideError.code)
        raise
    row, who = await asyncio.to_thread(_again, service, visitor, request)
    return row, who


def _again(service: Service, visitor: Visitor, request: str) -> tuple[RequestRow, Looking]:
    row = service.archive.catalogue.request(request)
    if row is None:
        raise NotFoundError("no such request")
    return row, listing.looking(service.archive, visitor.account)
