"""The pages for people: find, case, watch, one entry, integrity, signing in and out.

What always holds: every page works without script; what a page shows went through the same checks and is recorded
as the API's
answers are; a form that changes something comes from our own page (gate.py).
"""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api import casework, history, integrity, proofs, show, timeline
from api.access import Right, may
from api.casefile.beside import documents_of
from api.clips import entry_of
from api.entrance import pages_of
from api.errors import InvalidInputError, NotFoundError
from api.finding import searching
from api.gate import (
    Seen,
    Visitor,
    known_clip,
    may_link,
    may_read_cases,
    may_read_integrity,
)
from api.identity.sessions import form_of
from api.linking import link, open_case, unlink
from api.messages import say
from api.oversight.deadlines.pages import case_rows
from api.rendering import case_href, lang_of
from api.service import service_of

router: Final = APIRouter(include_in_schema=False)
_ALSO: Final = frozenset({"q", "lang"})
_CASE_PAGE: Final = 200
_SEE_OTHER: Final = 303
_READ: Final = ["GET", "HEAD"]
_LOCAL: Final = re.compile(r"/(?![/\\])[^\x00-\x20\x7f\\]*")


@router.post("/cases")
async def open_case_form(
    request: Request, visitor: Annotated[Visitor, Depends(may_link)]
) -> Response:
    """Open a case by form."""
    form = await form_of(request)
    number = casework.checked_number(form.get("number", ""))
    await open_case(
        service_of(request), visitor, {"number": number, "title": form.get("title") or None}
    )
    return RedirectResponse(case_href(number), _SEE_OTHER)


@router.api_route("/cases/{number}", methods=_READ)
async def case_page(
    request: Request, number: str, visitor: Annotated[Visitor, Depends(may_read_cases)]
) -> Response:
    """A case: its facts, its clips on a line of time and as a list, its history. Opening it is a search."""
    service = service_of(request)
    await service.freshness.for_search()
    case = await casework.known_case(service, visitor, casework.number_of(number))
    asked = searching.for_case(
        case.number or "", visitor, limit=_CASE_PAGE, cursor=request.query_params.get("cursor")
    )
    result = await searching.search(service, visitor, asked)
    page = await history.of_case(service, visitor, case, request.query_params.get("custody"))
    footage = may(visitor.account, Right.FOOTAGE)
    facts = casework.case_document(service, case)
    more = result.next_cursor
    values = {
        "case": facts | {"from_": case.from_, "opened": case.opened_at},
        "total": result.total,
        "axis": timeline.axis(result.clips, service.zone, (case.from_, case.to)),
        "clips": show.clip_views(service, result.clips, footage=footage),
        "footage": footage,
        "history": show.events(service, lang_of(request), page.events, case=case.id),
        "rest": page_address(case_href(case.number or ""), "custody", page.following),
        "more": page_address(case_href(case.number or ""), "cursor", more),
        "typed": case.number,
        "deadlines": await asyncio.to_thread(case_rows, service, visitor, case, lang_of(request)),
        **documents_of(service, visitor, case, lang_of(request)),
    }
    return pages_of(request).render(
        request, "case.html", account=visitor.account, here="find", values=values
    )


@router.post("/clips/{clip}/links")
async def link_form(
    request: Request,
    seen: Annotated[Seen, Depends(known_clip)],
    visitor: Annotated[Visitor, Depends(may_link)],
) -> Response:
    """Link or unlink by form."""
    form = await form_of(request)
    number = casework.checked_number(form.get("number", ""))
    do = {"link": link, "unlink": unlink}.get(form.get("do", ""))
    if do is None:
        raise InvalidInputError("link or unlink?")
    case = await casework.known_case(service_of(request), visitor, number)
    await do(service_of(request), seen, case, form.get("reason", ""))
    return RedirectResponse(f"/clips/{seen.clip.clip}", _SEE_OTHER)


@router.api_route("/clips/{clip}/custody/{index}", methods=_READ)
async def entry_page(
    request: Request, seen: Annotated[Seen, Depends(known_clip)], index: str
) -> Response:
    """One entry of a clip's history, with its proof."""
    service = service_of(request)
    number = await entry_of(request, seen, index)
    rows = await asyncio.to_thread(
        history.rows_of, service, seen.clip.clip, after=number - 1, limit=1
    )
    row = rows[0] if rows else None
    if row is None or row.index != number:
        raise NotFoundError("no such entry about this clip")
    entry = await asyncio.to_thread(service.archive.reader.entry, number)
    values = {
        "entry": row,
        "clip": seen.clip.clip,
        "leaf": entry.leaf.hex(),
        "raw": entry.raw.decode("utf-8", "replace"),
        "text": row.written if "text" in row.data else None,
        "proof": proof_words(request, await proofs.shown(service, number), "entry"),
    }
    return pages_of(request).render(
        request, "entry.html", account=seen.visitor.account, values=values
    )


@router.api_route("/integrity", methods=_READ)
async def integrity_page(
    request: Request, visitor: Annotated[Visitor, Depends(may_read_integrity)]
) -> Response:
    """Findings, time, witnesses, keys, coverage, and the signed head of the ledger."""
    service = service_of(request)
    await service.freshness.for_custody()
    values = await asyncio.to_thread(integrity.shown, service.archive, datetime.now(UTC))
    # Whose clips they are is for those who know of all.
    values["may_list"] = may(visitor.account, Right.BUNDLES)
    return pages_of(request).render(
        request, "integrity.html", account=visitor.account, here="integrity", values=values
    )


def page_address(path: str, name: str, cursor: str | None) -> str | None:
    """Where the next page of a list is; None where there is none."""
    return None if cursor is None else f"{path}?{urlencode({name: cursor})}"


def proof_words(request: Request, proof: proofs.Shown, group: str) -> dict[str, Any]:
    """A proof in words, for a page."""
    lang = lang_of(request)
    if proof.state == "good":
        words = say(lang, f"{group}.good", index=proof.index, size=proof.size)
    elif proof.state == "bad":
        words = say(lang, "proof.bad", why=proof.why)
    else:
        words = say(lang, "proof.later")
    return {
        "state": proof.state,
        "words": words,
        "root": proof.root,
        "size": proof.size,
        "checkpoint": proof.checkpoint,
    }
