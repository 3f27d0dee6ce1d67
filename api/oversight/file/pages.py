"""The page of a case's file: stages as a line, subjects, officers, what it holds, forms, catalogue, closing.

What always holds: it shows no footage; everything works without script; what is refused is said on the page, and
nothing was done.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.access import Right, may
from api.casefile.rights import Read, is_theirs, known_document, may_add, readable_case
from api.entrance import pages_of
from api.errors import ApiError, InvalidInputError
from api.gate import Visitor, may_close_volumes, may_link, may_read_cases
from api.identity.sessions import form_of
from api.oversight.file import changing, showing
from api.oversight.file.filing import filing_of
from api.oversight.telling import Refused, status, told
from api.rendering import case_href, lang_of
from api.service import Service, service_of
from archive.casefiles import signature, times
from archive.casefiles.numbers import Kind
from archive.casefiles.revoking import HOWS
from archive.casefiles.stages import Entering
from archive.casefiles.subjects import NewSubject
from archive.casefiles.words import ACTS
from archive.catalogue.rows import CaseRow
from archive.errors import ArchiveError
from oversight.errors import OversightError

router: Final = APIRouter(include_in_schema=False)
_SEE_OTHER: Final = 303
_READ: Final = ["GET", "HEAD"]
_MOST_FIELDS: Final = 60
_READER = Annotated[Visitor, Depends(may_read_cases)]
_WRITER = Annotated[Visitor, Depends(may_link)]
_CLOSER = Annotated[Visitor, Depends(may_close_volumes)]
_Done = Callable[[Service, Visitor, CaseRow, dict[str, str]], Awaitable[None]]


@router.api_route("/cases/{number}/file", methods=_READ)
async def file_page(request: Request, number: str, visitor: _READER) -> Response:
    """The case's file."""
    return await _page(request, visitor, await _case(request, visitor, number))


@router.post("/cases/{number}/file")
async def post_file(request: Request, number: str, visitor: _WRITER) -> Response:
    """File it as an act, enter a stage, say that the action ended or that the decision does not stand."""
    form = await form_of(request, most=_MOST_FIELDS)
    do = _DOES.get(form.get("do", ""))
    if do is None:
        raise InvalidInputError("what is to be done?")
    case = await _case(request, visitor, number)
    try:
        await do(service_of(request), visitor, case, form)
    except (ApiError, ArchiveError, OversightError) as error:
        return await _page(request, visitor, case, error)
    return _back(case, form["do"])


@router.post("/cases/{number}/file/forms/{form}")
async def post_form(request: Request, number: str, form: str, visitor: _WRITER) -> Response:
    """Fill in a form."""
    typed = await form_of(request, most=_MOST_FIELDS)
    case = await _case(request, visitor, number)
    try:
        made = await changing.fill(service_of(request), visitor, case, form, typed)
    except (ApiError, ArchiveError, OversightError) as error:
        return await _page(request, visitor, case, error)
    return RedirectResponse(f"/documents/{made.document}", _SEE_OTHER)


@router.post("/cases/{number}/closing")
async def post_closing(request: Request, number: str, visitor: _CLOSER) -> Response:
    """Close it with a signature that was made elsewhere."""
    form = await request.form(max_files=1, max_fields=1, max_part_size=1024)
    try:
        file, typed = form.get("signature"), form.get("file_number")
        if not isinstance(file, UploadFile) or not file.filename:
            raise InvalidInputError("choose the signature first")
        data = await file.read(signature.MOST + 1)
    finally:
        await form.close()
    case = await _case(request, visitor, number)
    try:
        await changing.close(
            service_of(request), visitor, case, data, typed if isinstance(typed, str) else None
        )
    except (ApiError, ArchiveError, OversightError) as error:
        return await _page(request, visitor, case, error)
    return _back(case, "close")


@router.post("/cases/{number}/reopening")
async def post_reopening(request: Request, number: str, visitor: _CLOSER) -> Response:
    """Open it again."""
    form = await form_of(request)
    case = await _case(request, visitor, number)
    try:
        await changing.reopen(service_of(request), visitor, case, form.get("reason", ""))
    except (ApiError, ArchiveError, OversightError) as error:
        return await _page(request, visitor, case, error)
    return _back(case, "reopen")


@router.post("/documents/{document}/times")
async def post_times(request: Request, read: Annotated[Read, Depends(known_document)]) -> Response:
    """Say what a paper says of its times; without a begin it says nothing any more."""
    service, form = service_of(request), await form_of(request)
    begin, end = form.get("from", ""), form.get("to", "")
    said = times.Said(
        part=form.get("part", ""),
        from_=changing.moment_of(service, begin) if begin else None,
        to=changing.moment_of(service, end) if end else None,
        place=form.get("place"),
    )
    await changing.say_times(service, read.visitor, read.case, read.document, said)
    return RedirectResponse(f"/documents/{read.document.id}#times", _SEE_OTHER)


async def _page(
    request: Request, visitor: Visitor, case: CaseRow, error: Refused | None = None
) -> Response:
    service, lang = service_of(request), lang_of(request)
    now = service.archive.catalogue.case(case.id) or case
    own = may_add(service, visitor, now)

    def look() -> dict[str, Any]:
        view = showing.file_view(service, visitor, now, lang)
        forms = showing.forms_view(service, now, lang) if own else []
        return {"file": view, "forms": forms}

    values = await asyncio.to_thread(look) | told(request, error, "file")
    values |= {
        "case": {"number": now.number, "title": now.title, "is_open": now.is_open},
        "may_change": own,
        "may_revoke": may(visitor.account, Right.LINK) and is_theirs(visitor, now),
        "may_close": may(visitor.account, Right.VOLUMES),
        "acts": list(ACTS),
        "hows": HOWS,
    }
    return pages_of(request).render(
        request,
        "case_file.html",
        account=visitor.account,
        here="oversight",
        status=status(error),
        values=values,
    )


async def _file_as(service: Service, visitor: Visitor, case: CaseRow, form: dict[str, str]) -> None:
    await changing.need_own(service, visitor, case)
    row = service.archive.catalogue.case_file(case.id)
    about = [s.id for s in service.archive.catalogue.subjects_of(case.id)]
    about = [id_ for id_ in about if form.get(f"keep-{id_}", "yes") != "no"]
    if form.get("name", "").strip():
        kind: Kind = "organisation" if form.get("kind") == "organisation" else "person"
        new = NewSubject(kind=kind, name=form["name"], number=form.get("subject_number"))
        about.append(await changing.register(service, visitor, new))
    badges = form.get("officers", "").replace(",", " ").split() or None
    said = filing_of(
        service,
        visitor,
        act=form.get("act", "") or (row.act if row is not None and row.act else ""),
        matter=form.get("matter", "").strip() or None,
        subjects=about,
        badges=badges,
    )
    await changing.file_as(service, visitor, case, said)


async def _enter(service: Service, visitor: Visitor, case: CaseRow, form: dict[str, str]) -> None:
    entering = Entering(
        stage=changing.stage_of(form.get("stage", "")),
        at=changing.moment_of(service, form.get("at", "")),
        document=form.get("document") or None,
        reason=form.get("reason"),
    )
    await changing.enter(service, visitor, case, entering)


async def _end(service: Service, visitor: Visitor, case: CaseRow, form: dict[str, str]) -> None:
    at = changing.moment_of(service, form.get("at", ""))
    await changing.end_action(service, visitor, case, at)


async def _revoke(service: Service, visitor: Visitor, case: CaseRow, form: dict[str, str]) -> None:
    await changing.revoke(
        service,
        visitor,
        case,
        how=form.get("how", ""),
        at=changing.moment_of(service, form.get("at", "")),
        reason=form.get("reason", ""),
    )


_DOES: Final[dict[str, _Done]] = {
    "file": _file_as,
    "stage": _enter,
    "end": _end,
    "revoke": _revoke,
}


async def _case(request: Request, visitor: Visitor, number: str) -> CaseRow:
    service = service_of(request)
    await service.freshness.for_search()
    return await readable_case(service, visitor, number)


def _back(case: CaseRow, what: str) -> Response:
    return RedirectResponse(f"{case_href(case.number or '')}/file?done={what}", _SEE_OTHER)
