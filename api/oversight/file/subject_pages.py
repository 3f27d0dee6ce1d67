"""Everything on one subject together (R4): its cases, their documents and recordings; and finding one.

What always holds: only cases whose documents the visitor may read are on it, and only clips in their reach; a subject
of other cases is answered as one that does not exist.
"""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.access import Right, may
from api.entrance import pages_of
from api.errors import ApiError, InvalidInputError
from api.gate import Visitor, may_close_volumes, may_read_cases
from api.identity.sessions import form_of
from api.messages import Lang
from api.oversight.file import changing, showing
from api.oversight.file.knowing import Known, found_subjects, known_subject
from api.oversight.telling import Refused, status, told
from api.rendering import case_href, lang_of
from api.service import Service, service_of
from archive.casefiles.stages import since_reopened
from archive.catalogue.rows import CaseRow
from archive.errors import ArchiveError

router: Final = APIRouter(include_in_schema=False)
_SEE_OTHER: Final = 303
_READ: Final = ["GET", "HEAD"]
_MOST_SHOWN: Final = 50  # cases with what they hold
_READER = Annotated[Visitor, Depends(may_read_cases)]
_KEEPER = Annotated[Visitor, Depends(may_close_volumes)]


@router.api_route("/subjects", methods=_READ)
async def subjects_page(request: Request, visitor: _READER) -> Response:
    """Find a subject."""
    text = request.query_params.get("text", "").strip()[:200]
    found = await found_subjects(service_of(request), visitor, text) if text else []
    values = {"text": text, "found": [{"row": k.subject, "cases": len(k.cases)} for k in found]}
    return pages_of(request).render(
        request, "subjects.html", account=visitor.account, here="oversight", values=values
    )


@router.api_route("/subjects/{subject}", methods=_READ)
async def subject_page(request: Request, subject: str, visitor: _READER) -> Response:
    """One subject across cases."""
    return await _page(request, visitor, subject)


@router.post("/subjects/{subject}/same")
async def post_same(request: Request, subject: str, visitor: _KEEPER) -> Response:
    """Say that it is one with another, or is not."""
    service, form = service_of(request), await form_of(request)
    other, reason = form.get("other", "").strip(), form.get("reason", "")
    try:
        match form.get("do"):
            case "merge":
                await changing.merge(service, visitor, subject, other, reason)
            case "split":
                numbers = [n.strip() for n in form.get("cases", "").split(",") if n.strip()]
                await changing.split(
                    service, visitor, subject, out_of=other, cases=numbers, reason=reason
                )
            case _:
                raise InvalidInputError("merge or split?")
    except (ApiError, ArchiveError) as error:
        return await _page(request, visitor, subject, error)
    return RedirectResponse(f"/subjects/{subject}?done={form['do']}", _SEE_OTHER)


async def _page(
    request: Request, visitor: Visitor, subject: str, error: Refused | None = None
) -> Response:
    service, lang = service_of(request), lang_of(request)
    known = await known_subject(service, visitor, subject)
    cases = await asyncio.to_thread(_cases, service, visitor, known, lang)
    may_change = may(visitor.account, Right.VOLUMES)
    history = service.archive.catalogue.custody(known.subject.id, limit=200) if may_change else []
    values = {
        "subject": known.subject,
        "same": known.same,
        "cases": cases,
        "more": max(0, len(known.cases) - _MOST_SHOWN),
        "may_change": may_change,
        "history": history,
    }
    return pages_of(request).render(
        request,
        "subject.html",
        account=visitor.account,
        here="oversight",
        status=status(error),
        values=values | told(request, error, "subject"),
    )


def _cases(service: Service, visitor: Visitor, known: Known, lang: Lang) -> list[dict[str, Any]]:
    return [_case(service, visitor, case, lang) for case in known.cases[:_MOST_SHOWN]]


def _case(service: Service, visitor: Visitor, case: CaseRow, lang: Lang) -> dict[str, Any]:
    file = service.archive.catalogue.case_file(case.id)
    entered = since_reopened(service.archive, case)
    return {
        "number": case.number or case.id,
        "href": case_href(case.number or ""),
        "title": case.title,
        "is_open": case.is_open,
        "opened_at": case.opened_at,
        "act": None if file is None else file.act,
        "stage": entered[-1].stage if entered else None,
        "held": showing.held(service, visitor, case, entered, lang),
    }
