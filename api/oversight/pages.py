"""The page of the three systems: what is near or missed, and a card for each part that the visitor has to do with.

What always holds: it works without script and shows no footage.
"""

from __future__ import annotations

import asyncio
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from api.access import Right, may
from api.entrance import pages_of
from api.gate import Visitor, may_see_systems
from api.oversight.deadlines.overseer import overseer_of
from api.oversight.deadlines.pages import desk
from api.oversight.parts import parts_for
from api.rendering import lang_of
from api.service import service_of

router: Final = APIRouter(include_in_schema=False)


@router.api_route("/oversight", methods=["GET", "HEAD"])
async def oversight_page(
    request: Request, visitor: Annotated[Visitor, Depends(may_see_systems)]
) -> Response:
    """What is near or missed of what the visitor has to do with, then the parts of the three systems."""
    service, overseer, lang = service_of(request), overseer_of(request), lang_of(request)
    account = visitor.account
    shown = None
    if may(account, Right.CASES):
        await service.freshness.for_search()
        shown = await asyncio.to_thread(desk, service, overseer, account, lang)
    return pages_of(request).render(
        request,
        "oversight.html",
        account=account,
        here="oversight",
        values={"parts": parts_for(account), "desk": shown},
    )
