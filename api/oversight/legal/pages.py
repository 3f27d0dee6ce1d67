"""The work list of legal review, and the sheet of a case beside its documents and its film. Plain forms.

What always holds: everything works without script, and what was typed into the sheet stays while pages and moments are
looked at; every form does what routes.py does, through the same functions. The page holds no footage: a player and a
page of a document ask for their bytes where any program does, and that is where views are recorded.
"""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from api.entrance import pages_of
from api.errors import ApiError, InvalidInputError
from api.gate import Visitor, may_read_cases
from api.identity.sessions import form_of
from api.oversight.legal import acting, seeing, sheets
from api.oversight.legal.beside import Beside, beside
from api.oversight.legal.typed import amount_of, answer_of, outcome_of
from api.oversight.telling import Refused, status, told
from api.rendering import case_href
from api.rights.pages import done
from api.rights.showing import Names
from api.service import Service, service_of
from archive.catalogue.legal_queries import ReviewRow
from archive.catalogue.rows import CaseRow
from archive.errors import ArchiveError
from oversight.errors import OversightError
from oversight.legal.answers import OUTCOMES
from oversight.legal.papers import papers_of
from oversight.legal.rounds import is_free

router: Final = APIRouter(include_in_schema=False)
_READS = Annotated[Visitor, Depends(may_read_cases)]
_READ: Final = ["GET", "HEAD"]
_FIELDS: Final = 2_000  # of the sheet: six for each point
_Form = dict[str, str]


@router.api_route("/oversight/reviews", methods=_READ)
async def reviews_page(request: Request, visitor: _READS) -> Response:
    """Rounds that wait for somebody."""
    service = service_of(request)
    await service.freshness.for_search()
    rows = await asyncio.to_thread(sheets.waiting, service, visitor)
    names = Names.of(service.archive)
    shown = [
        sheets.listed(one, names) | {"href": f"{case_href(one.case.number or '')}/review"}
        for one in rows
    ]
    values = {"reviews": shown, "reviews_mine": [row for row in shown if row["mine"]]}
    return pages_of(request).render(
        request, "reviews.html", account=visitor.account, here="oversight", values=values
    )


@router.api_route("/cases/{number}/review", methods=_READ)
async def review_page(request: Request, number: str, visitor: _READS) -> Response:
    """The gate, every round, and the sheet of the open one."""
    service = service_of(request)
    await service.freshness.for_search()
    case = await seeing.known_case(service, visitor, number)
    return await _page(request, visitor, case, dict(request.query_params))


@router.post("/cases/{number}/review")
async def post_review(request: Request, number: str, visitor: _READS) -> Response:
    """What somebody does about it: `do` says what; `show` only looks, and keeps what was typed."""
    form, service = await form_of(request, most=_FIELDS), service_of(request)
    await service.freshness.for_search()
    case = await seeing.known_case(service, visitor, number)
    if "show" in form:
        return await _page(request, visitor, case, form)
    try:
        what = await _do(service, visitor, case, form)
    except (ApiError, ArchiveError, OversightError) as error:
        case = service.archive.catalogue.case(case.id) or case
        return await _page(request, visitor, case, form, error)
    return done(f"{case_href(case.number or '')}/review", what)


async def _do(service: Service, visitor: Visitor, case: CaseRow, form: _Form) -> str:
    """Do it; what the page says then. Raises as acting.py."""
    match form.get("do"):
        case "intend":
            measure, amount = form.get("measure", "").strip() or None, amount_of(form)
            await acting.intend(service, visitor, case, measure=measure, amount=amount)
            return "intended"
        case "request":
            await acting.request(service, visitor, case, form.get("question"))
            return "requested"
        case _:
            return await _do_round(service, visitor, case, form)


async def _do_round(service: Service, visitor: Visitor, case: CaseRow, form: _Form) -> str:
    row, said = _last(service, case), ""
    match form.get("do"):
        case "take":
            await acting.take(service, visitor, row, case)
            said = "taken"
        case "see":
            await acting.see(service, visitor, row, case)
            said = "seen"
        case "answer":
            await acting.answer(service, visitor, row, case, answer_of(service, form))
            said = "answered"
        case "dispute":
            await acting.dispute(service, visitor, row, case, form.get("reason", ""))
            said = "disputed"
        case "settle":
            outcome, reason = outcome_of(form), form.get("reason", "")
            await acting.settle(service, visitor, row, case, outcome=outcome, reason=reason)
            said = "settled"
        case _:
            raise InvalidInputError("intend, request, take, see, answer, dispute or settle?")
    return said


def _last(service: Service, case: CaseRow) -> ReviewRow:
    rounds = service.archive.catalogue.legal_reviews(case.id)
    if not rounds:
        raise InvalidInputError("no review was asked for yet")
    return rounds[-1]


async def _page(
    request: Request,
    visitor: Visitor,
    case: CaseRow,
    form: _Form,
    error: Refused | None = None,
) -> Response:
    service = service_of(request)
    found = await asyncio.to_thread(sheets.sheet, service.archive, case)
    rounds = service.archive.catalogue.legal_reviews(case.id)
    last = rounds[-1] if rounds else None
    may = await asyncio.to_thread(_may, service, visitor, case, last)
    looked = await asyncio.to_thread(beside, service, visitor, case, last, form)
    papers = papers_of(service.archive, case.id)
    values: dict[str, Any] = {
        "case": {"number": case.number, "title": case.title, "href": case_href(case.number or "")},
        "sheet": found,
        "rounds": list(reversed(found["rounds"])),
        "may": may,
        "form": form,
        "outcomes": OUTCOMES,
        "papers": {"documents": len(papers.documents), "clips": len(papers.clips)},
        "part_here": "review",
        "zone": str(service.zone),
        **_looked(looked, shown=may["answer"]),
    } | told(request, error, "review")
    return pages_of(request).render(
        request,
        "review.html",
        account=visitor.account,
        here="oversight",
        status=status(error),
        values=values,
    )


def _looked(looked: Beside, *, shown: bool) -> dict[str, Any]:
    """To whoever only looks at the gate nothing is played or drawn: that would be a view."""
    return {
        "documents": looked.documents,
        "clips": looked.clips,
        "paper": looked.paper if shown else None,
        "film": looked.film if shown else None,
        "names": looked.names,
    }


def _may(
    service: Service, visitor: Visitor, case: CaseRow, last: ReviewRow | None
) -> dict[str, bool]:
    """What the page offers a visitor; what is offered may still be refused."""
    own, officer = case.is_open and acting.is_own(visitor, case), seeing.reviewing(visitor)
    state = None if last is None else last.state
    live = state in {"requested", "taken", "disputed"}
    free = last is not None and live and is_free(service.archive, last)
    theirs = (
        case.is_open
        and last is not None
        and officer is not None
        and state == "taken"
        and last.reviewer == officer
        and not free
    )
    outcome = None if last is None else last.outcome
    return {
        "intend": own,
        "request": own and not live,
        "take": case.is_open and officer is not None and free and not theirs,
        "answer": theirs,
        "see": theirs and not seeing.sees(service, visitor, case),
        "dispute": own and state == "answered" and outcome != "agree",
        "settle": last is not None
        and state == "disputed"
        and acting.names(service, visitor, last, case),
    }
