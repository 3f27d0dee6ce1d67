"""The find page: one box, what it was taken for, rows, a line of time, kept searches. Works without script.

What always holds: rows and numbers on one page are of one search, which is in the ledger before the page leaves.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated, Any, Final
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api import casework, show, timeline
from api.access import Right, may
from api.entrance import pages_of
from api.errors import InvalidInputError
from api.finding import saved, searching, showing
from api.finding.box import understand
from api.gate import Visitor, demand, may_search, signed_in
from api.identity.sessions import form_of
from api.rendering import case_href
from api.service import Service, service_of
from archive.catalogue.rows import CaseRow

router: Final = APIRouter(include_in_schema=False)
_ALSO: Final = frozenset({"lang", "view"})
_SEE_OTHER: Final = 303
_READ: Final = ["GET", "HEAD"]
_MOST_KEPT: Final = 4_000  # characters of a kept search's address


@router.api_route("/", methods=_READ)
async def find_page(request: Request, visitor: Annotated[Visitor, Depends(signed_in)]) -> Response:
    """Search; without a question, the cases to begin with."""
    service, params = service_of(request), request.query_params
    typed = (params.get("q") or "").strip()
    asks = bool(typed) or any(params.get(name, "").strip() for name in searching.FILTERS)
    if not asks and not may(visitor.account, Right.SEARCH):
        return RedirectResponse("/integrity", _SEE_OTHER)
    await demand(request, visitor, Right.SEARCH)
    if typed:
        if len(typed) > searching.MOST_TYPED or "\0" in typed:
            raise InvalidInputError(f"q has at most {searching.MOST_TYPED} characters")
        await service.freshness.for_search()
        return RedirectResponse(
            await asyncio.to_thread(_meant, service, visitor, typed), _SEE_OTHER
        )
    return await (_found if asks else _start)(request, visitor)


async def _found(request: Request, visitor: Visitor) -> Response:
    service, params = service_of(request), request.query_params
    asked = await searching.read(params, service, visitor, _ALSO)
    result, found = await searching.search_with_facets(service, visitor, asked)
    footage = may(visitor.account, Right.FOOTAGE)
    by_time = params.get("view") == "time"
    kept_view = {"view": "time"} if by_time else {}
    words = asked.words
    by_words = words.keys() <= {"text", "number"} and "cursor" not in params
    cases = (
        await casework.found_cases(
            service, visitor, text=words.get("text"), number=words.get("number")
        )
        if by_words
        else []
    )
    values = await _beside(service, visitor, words) | {
        "cases": [_case_row(case) for case in cases],
        "facets": showing.facets(words, found, datetime.now(service.zone).date()),
        "asked": showing.chips(words),
        "words": words,
        "ask_case": next(
            (
                words[n]
                for n in ("case", "number", "text")
                if any(c.isdigit() for c in words.get(n, ""))
            ),
            "",
        ),
        "exact": result.exact,
        "total": result.total,
        "timeline": showing.timeline(found, words | kept_view, service.zone),
        "by_time": by_time,
        "other_view": showing.address(words, view=None if by_time else "time"),
        "axis": timeline.axis(result.clips, service.zone, (None, None)) if by_time else None,
        "groups": showing.runs(
            [
                view | {"case_links": [{"number": n, "href": case_href(n)} for n in view["cases"]]}
                for view in show.clip_views(service, result.clips, footage=footage)
            ]
        ),
        "footage": footage,
        "more": result.next_cursor
        and showing.address(words | kept_view, cursor=result.next_cursor),
        "typed": next(
            (words[n] for n in ("text", "case", "number", "officer", "recorder") if n in words), ""
        ),
    }
    return pages_of(request).render(
        request, "find.html", account=visitor.account, here="find", values=values
    )


async def _start(request: Request, visitor: Visitor) -> Response:
    service = service_of(request)
    await service.freshness.for_search()
    cases, _ = await casework.known_cases(service, visitor, limit=30, cursor=None)
    values = await _beside(service, visitor, {}) | {
        "facets": showing.facets({}, None, datetime.now(service.zone).date()),
        "asked": [],
        "words": {},
        "cases": [_case_row(case) for case in cases],
        "may_link": may(visitor.account, Right.LINK),
    }
    return pages_of(request).render(
        request, "find.html", account=visitor.account, here="find", values=values
    )


def _case_row(case: CaseRow) -> dict[str, Any]:
    return {
        "href": case_href(case.number or ""),
        "number": case.number,
        "title": case.title,
        "subject": case.subject,
        "opened": case.opened_at,
        "state": "open" if case.is_open else "closed",
    }


async def _beside(service: Service, visitor: Visitor, words: dict[str, str]) -> dict[str, Any]:
    kept = await asyncio.to_thread(saved.saved_of, service.accounts, visitor.account.id)
    return {
        "kept": [
            {
                "id": row.id,
                "name": row.name,
                "href": showing.address(row.filters),
                "chosen": bool(words) and row.filters == words,
            }
            for row in kept
        ],
        "query": showing.address(words).partition("?")[2],
    }


def _meant(service: Service, visitor: Visitor, typed: str) -> str:
    """Where a text in the search box leads: a known case's page, else a search with what it was taken for."""
    case = service.archive.catalogue.case_by_number(typed)
    if case is not None and case.number and casework.may_know(service, visitor, case):
        return case_href(case.number)
    return showing.address(understand(service, visitor, typed))


@router.post("/searches")
async def keep_form(request: Request, visitor: Annotated[Visitor, Depends(may_search)]) -> Response:
    """Keep the search of the page that asks."""
    form, service = await form_of(request), service_of(request)
    query = form.get("query", "")
    if len(query) > _MOST_KEPT:
        raise InvalidInputError("this search is too long to keep")
    filters = {
        name: value[: searching.MOST_TYPED]
        for name, value in parse_qsl(query)
        if name in searching.FILTERS
    }
    await asyncio.to_thread(
        saved.keep, service.accounts, visitor.account.id, form.get("name", ""), filters
    )
    return RedirectResponse(showing.address(filters), _SEE_OTHER)


@router.post("/searches/{search}/remove")
async def remove_form(
    request: Request, search: str, visitor: Annotated[Visitor, Depends(may_search)]
) -> Response:
    """Forget a kept search."""
    service = service_of(request)
    await asyncio.to_thread(saved.remove, service.accounts, visitor.account.id, search)
    return RedirectResponse("/", _SEE_OTHER)
