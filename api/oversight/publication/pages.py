"""Pages of publication: what waits and what is public, and of a case what the public is told. Plain forms.

What always holds: everything works without script; a form that is refused says why, and what was typed stays in it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from api.access import Right, may
from api.entrance import pages_of
from api.errors import ApiError, InvalidInputError
from api.gate import Visitor, may_see_publications
from api.identity.sessions import form_of
from api.oversight.publication import acting, documents
from api.oversight.publication.asking import STATES, listed
from api.oversight.publication.typed import checking_of, why_of, wording_of
from api.oversight.telling import Refused, status, told
from api.rendering import case_href
from api.rights.pages import done
from api.rights.showing import Names
from api.service import Service, service_of
from archive.catalogue.publication_queries import PublicationRow
from archive.catalogue.rows import CaseRow
from archive.errors import ArchiveError
from oversight.errors import OversightError
from oversight.publication.errors import PlatformError, PublicFolderError
from oversight.publication.looking import LIVE, need_decision
from oversight.publication.push import standing
from oversight.publication.steps import WHYS

router: Final = APIRouter(include_in_schema=False)
_READ: Final = ["GET", "HEAD"]
_WHO = Annotated[Visitor, Depends(may_see_publications)]
_FIELDS: Final = 300
_WAITING: Final = frozenset({"proposed", "checked", "approved"})


@router.api_route("/oversight/publications", methods=_READ)
async def publications_page(request: Request, visitor: _WHO) -> Response:
    """What waits for somebody, then what is or was public; and how far the upper platform is."""
    service = service_of(request)
    await service.freshness.for_search()

    def look() -> dict[str, Any]:
        archive = service.archive
        rows = [documents.publication(archive, row) for row in listed(service, visitor, STATES)]
        return {
            "waiting": [row for row in rows if row["state"] in _WAITING],
            "told": [row for row in reversed(rows) if row["state"] not in _WAITING],
            "platform": _platform(service),
            "site": archive.settings.public.url,
            "names": Names.of(archive),
            "year": acting.last_year(archive),
        }

    values = await asyncio.to_thread(look)
    return pages_of(request).render(
        request, "publications.html", account=visitor.account, here="oversight", values=values
    )


@router.api_route("/oversight/publications/{publication}", methods=_READ)
async def publication_page(request: Request, publication: str, visitor: _WHO) -> Response:
    """One publication."""
    row = await acting.known(service_of(request), visitor, publication)
    return await _one(request, visitor, row, {})


@router.post("/oversight/publications/{publication}")
async def post_publication(request: Request, publication: str, visitor: _WHO) -> Response:
    """The next step of it: `do` says which."""
    form, service = await form_of(request, most=_FIELDS), service_of(request)
    row = await acting.known(service, visitor, publication)
    try:
        await _step(service, visitor, row, form)
    except (ApiError, ArchiveError, OversightError) as error:
        return await _one(request, visitor, row, form, error)
    return done(f"/oversight/publications/{row.id}", form.get("do", ""))


@router.api_route("/cases/{number}/publication", methods=_READ)
async def case_page(request: Request, number: str, visitor: _WHO) -> Response:
    """What the public is, was or is to be told of a case."""
    case = await acting.case_of(service_of(request), visitor, number)
    return await _case(request, visitor, case, {})


@router.post("/cases/{number}/publication")
async def post_case(request: Request, number: str, visitor: _WHO) -> Response:
    """Propose its decision."""
    form, service = await form_of(request, most=_FIELDS), service_of(request)
    case = await acting.case_of(service, visitor, number)
    try:
        row = await acting.propose(service, visitor, case, wording_of(form))
    except (ApiError, ArchiveError, OversightError) as error:
        return await _case(request, visitor, case, form, error)
    return done(f"/oversight/publications/{row.id}", "propose")


async def _step(
    service: Service, visitor: Visitor, row: PublicationRow, form: Mapping[str, str]
) -> None:
    reason = form.get("reason", "")
    match form.get("do"):
        case "check":
            said = await asyncio.to_thread(checking_of, service.archive, row, form)
            await acting.check(service, visitor, row, said)
        case "approve":
            await acting.approve(service, visitor, row, reason or None)
        case "decline":
            await acting.decline(service, visitor, row, reason)
        case "withdraw":
            await acting.withdraw(service, visitor, row, why_of(form), reason)
        case _:
            raise InvalidInputError("check, approve, decline or withdraw?")


async def _one(
    request: Request,
    visitor: Visitor,
    row: PublicationRow,
    form: Mapping[str, str],
    error: Refused | None = None,
) -> Response:
    service = service_of(request)

    def look() -> dict[str, Any]:
        archive = service.archive
        now = archive.catalogue.publication(row.id) or row
        found = documents.whole(archive, now)
        return {
            "p": found,
            "names": Names.of(archive),
            "may_publish": may(visitor.account, Right.PUBLISH),
            "site": archive.settings.public.url,
            "whys": WHYS,
            "form": form,
        }

    values = await asyncio.to_thread(look) | told(request, error, "publication")
    return pages_of(request).render(
        request,
        "publication.html",
        account=visitor.account,
        status=status(error),
        here="oversight",
        values=values,
    )


async def _case(
    request: Request,
    visitor: Visitor,
    case: CaseRow,
    form: Mapping[str, str],
    error: Refused | None = None,
) -> Response:
    service = service_of(request)

    def look() -> dict[str, Any]:
        archive = service.archive
        rows = archive.catalogue.publications_about(case.id)
        try:
            need_decision(archive, case)
            why_not = None
        except OversightError:
            why_not = "decided"
        if any(row.kind == "decision" and row.state in LIVE for row in rows):
            why_not = "live"
        return {
            "case": {
                "number": case.number,
                "title": case.title,
                "href": case_href(case.number or ""),
            },
            "rows": [documents.publication(archive, row) for row in reversed(rows)],
            "names": Names.of(archive),
            "why_not": why_not,
            "form": form,
        }

    values = await asyncio.to_thread(look) | told(request, error, "publication")
    return pages_of(request).render(
        request,
        "case_publication.html",
        account=visitor.account,
        status=status(error),
        here="oversight",
        values=values,
    )


def _platform(service: Service) -> dict[str, Any] | None:
    """How far the upper platform is; None: there is none, or nothing was ever written for it."""
    platform = service.archive.settings.public.platform
    if platform is None:
        return None
    try:
        return documents.standing(standing(service.archive, platform))
    except (PlatformError, PublicFolderError):
        return None
