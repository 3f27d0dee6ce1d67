"""The pages of retention: a case's, and the disposals. Plain forms, through the same functions as routes.py."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from api.access import Right, may
from api.entrance import pages_of
from api.errors import ApiError
from api.gate import Visitor, may_dispose, may_read_cases, may_retain
from api.identity.sessions import form_of
from api.messages import Lang
from api.oversight.retention import documents, work
from api.oversight.retention.days import end_of
from api.oversight.telling import Refused, status, told
from api.rendering import case_href, lang_of
from api.rights.pages import done
from api.rights.showing import Names
from api.service import service_of
from archive.errors import ArchiveError
from oversight.errors import OversightError

router: Final = APIRouter(include_in_schema=False)
PATH: Final = "/oversight/disposals"
_READ: Final = ["GET", "HEAD"]
_DISPOSES = Annotated[Visitor, Depends(may_dispose)]


@router.api_route("/cases/{number}/retention", methods=_READ)
async def case_page(
    request: Request, number: str, visitor: Annotated[Visitor, Depends(may_read_cases)]
) -> Response:
    """Until when each clip of a case is kept, and what holds it."""
    return await _case(request, visitor, number)


@router.post("/cases/{number}/retention")
async def post_case(
    request: Request, number: str, visitor: Annotated[Visitor, Depends(may_retain)]
) -> Response:
    """Place or lift a hold, or say what the case or a clip is."""
    service, form = service_of(request), await form_of(request)
    about, reason = form.get("about") or number, form.get("reason", "")
    try:
        if form.get("do") == "lift":
            await work.lift(service, visitor, form.get("hold", ""), reason)
            what = "lifted"
        elif form.get("do") == "classify":
            names = [name for name in form.get("categories", "").split(",") if name]
            await work.classify(service, visitor, [about], names, reason)
            what = "classified"
        else:
            await work.place(service, visitor, about, reason)
            what = "held"
    except (ApiError, ArchiveError, OversightError) as error:
        return await _case(request, visitor, number, error)
    return done(f"{case_href(number)}/retention", what)


async def _case(
    request: Request, visitor: Visitor, number: str, error: Refused | None = None
) -> Response:
    service, lang = service_of(request), lang_of(request)
    seen = await work.case_retention(service, visitor, number)
    rules = {name: rule.name.of(lang) for name, rule in seen.keeper.rules.items()}
    clips = [documents.kept_clip(look) for look in seen.clips]
    values: dict[str, Any] = {
        "case": {"number": seen.case.number, "title": seen.case.title},
        "categories": [rules.get(name, name) for name in _own(seen)],
        "clips": [_shown(clip, rules, lang) for clip in clips],
        "holds": [documents.hold(row) for row in seen.holds],
        "paths": {clip["clip"]: clip["path"] for clip in clips},
        "names": Names.of(service.archive),
        "rules": rules,
        "may_retain": may(visitor.account, Right.RETAIN),
        "part_here": "retention",
    }
    return _page(request, visitor, "case_retention.html", values, error, here="find")


def _own(seen: work.Seen) -> tuple[str, ...]:
    return seen.classified.categories if seen.classified is not None else ()


def _shown(clip: dict[str, Any], rules: dict[str, str], lang: Lang) -> dict[str, Any]:
    rule = clip["rule"]
    return clip | {
        "named": [rules.get(name, name) for name in clip["categories"]],
        "clause": "" if rule is None else rule["clause"][lang],
    }


@router.api_route(PATH, methods=_READ)
async def disposals_page(request: Request, visitor: _DISPOSES) -> Response:
    """All disposals, the holds in force, and a form that proposes one."""
    return await _disposals(request, visitor)


@router.post(PATH)
async def post_disposal(request: Request, visitor: _DISPOSES) -> Response:
    """Propose to dispose of all that is due."""
    service, form = service_of(request), await form_of(request)

    async def do() -> str:
        until = end_of(form.get("until"), service.zone)
        await work.propose(service, visitor, form.get("reason", ""), until)
        return "proposed"

    return await _done(request, visitor, do)


@router.post(f"{PATH}/{{disposal}}")
async def post_decision(request: Request, disposal: str, visitor: _DISPOSES) -> Response:
    """Approve one, or decline it."""
    service, form = service_of(request), await form_of(request)
    agreed = form.get("do") == "approve"

    async def do() -> str:
        await work.decide(service, visitor, disposal, form.get("reason", ""), agreed=agreed)
        return "approved" if agreed else "declined"

    return await _done(request, visitor, do)


async def _done(request: Request, visitor: Visitor, do: Callable[[], Awaitable[str]]) -> Response:
    try:
        return done(PATH, await do())
    except (ApiError, ArchiveError, OversightError) as error:
        return await _disposals(request, visitor, error)


async def _disposals(request: Request, visitor: Visitor, error: Refused | None = None) -> Response:
    service = service_of(request)
    await service.freshness.for_search()
    catalogue = service.archive.catalogue
    rows = await asyncio.to_thread(catalogue.disposals)
    held = await asyncio.to_thread(catalogue.holds)
    cases = {row.about: catalogue.case(row.about) for row in held}
    values: dict[str, Any] = {
        "disposals": [
            documents.disposal(row) | {"mine": row.proposed_actor == visitor.account.id}
            for row in rows
        ],
        "holds": [
            documents.hold(row) | {"case": None if case is None else case.number}
            for row in held
            for case in (cases[row.about],)
        ],
        "names": Names.of(service.archive),
    }
    return _page(request, visitor, "disposals.html", values, error, here="oversight")


def _page(
    request: Request,
    visitor: Visitor,
    template: str,
    values: dict[str, Any],
    error: Refused | None,
    *,
    here: str,
) -> Response:
    return pages_of(request).render(
        request,
        template,
        account=visitor.account,
        here=here,
        status=status(error),
        values=values | told(request, error, "retention"),
    )
