"""The page of the three systems: a card for each part that the visitor has to do with.

What always holds: it works without script and shows no footage.
"""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from api.entrance import pages_of
from api.gate import Visitor, may_see_systems
from api.oversight.parts import parts_for

router: Final = APIRouter(include_in_schema=False)


@router.api_route("/oversight", methods=["GET", "HEAD"])
async def oversight_page(
    request: Request, visitor: Annotated[Visitor, Depends(may_see_systems)]
) -> Response:
    """The parts of the three systems."""
    return pages_of(request).render(
        request,
        "oversight.html",
        account=visitor.account,
        here="oversight",
        values={"parts": parts_for(visitor.account)},
    )
