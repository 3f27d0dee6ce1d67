"""The pages for people: find, case, watch, one entry, integrity, signing in and out.

What always holds: every page works without script; what a page shows went through the same checks and is recorded
as the API's
answers are; a form that changes something comes from our own page (gate.py).
"""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api import casework, history, integrity, proofs, show, timeline
from api.access import Right, may
from api.clips import entry_of
from api.entrance import pages_of
from api.errors import InvalidInputError, NotFoundError
from api.finding import searching
from api.gate import (
    Seen,
    Visitor,
    demand,
    known_clip,
    may_link,
    may_read_cases,
    may_read_integrity,
    signed_in,
)
from api.identity.sessions import form_of
from api.linking import link, open_case, unlink
from api.messages import say
from api.rendering import case_href, lang_of
from api.service import Service, service_of
from archive.catalogue.rows import ClipRow

router: Final = APIRouter(include_in_schema=False)
_ALSO: Final = frozenset({"q", "lang"})
_CASE_PAGE: Final = 200
_SEE_OTHER: Final = 303
_READ: Final = ["GET", "HEAD"]
_LOCAL: Final = re.compile(r"/(?![/\\])[^\x00-\x20\x7f\\]*")


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
        await service.freshness.for_search()
        return RedirectResponse(_meant(service, visitor, typed), _SEE_OTHER)
    if not asks:
        return await _start_page(request, visitor)
    asked = searching.read(params, visitor, service.zone, _ALSO)
    result = await searching.search(service, visitor, asked)
    footage = may(visitor.account, Right.FOOTAGE)
    values = {
        "facets": _facets(service, visitor, asked.words),
        "asked": [
            {"name": n, "words": w, "without": _address(asked.words, **{n: None})}
            for n, w in asked.words.items()
        ],
        "total": result.total,
        "density": timeline.density(result.clips),
        "groups": _groups(service, result.clips, footage=footage),
        "footage": footage,
        "more": result.next_cursor and _address(asked.words, cursor=result.next_cursor),
        "typed": next(
            (asked.words[n] for n in ("text", "case", "officer", "recorder") if n in asked.words),
            "",
        ),
    }
    return pages_of(request).render(
        request, "find.html", account=visitor.account, here="find", values=values
    )


async def _start_page(request: Request, visitor: Visitor) -> Response:
    service = service_of(request)
    await service.freshness.for_search()
    cases, _ = await casework.known_cases(service, visitor, limit=30, cursor=None)
    values = {
        "facets": _facets(service, visitor, {}),
        "asked": [],
        "cases": [
            {
                "href": case_href(c.number or ""),
                "number": c.number,
                "title": c.title,
                "subject": c.subject,
                "opened": c.opened_at,
                "state": "open" if c.is_open else "closed",
            }
            for c in cases
        ],
        "may_link": may(visitor.account, Right.LINK),
    }
    return pages_of(request).render(
        request, "find.html", account=visitor.account, here="find", values=values
    )


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
    catalogue = service.archive.catalogue
    rows = await asyncio.to_thread(catalogue.custody, seen.clip.clip, after=number - 1, limit=1)
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
    return pages_of(request).render(
        request, "integrity.html", account=visitor.account, here="integrity", values=values
    )


def _meant(service: Service, visitor: Visitor, typed: str) -> str:
    """Where a word in the search box leads: a case's page, an officer's, a recorder's, else a search for words."""
    catalogue = service.archive.catalogue
    case = catalogue.case_by_number(typed)
    if case is not None and case.number and casework.may_know(service, visitor, case):
        return case_href(case.number)
    # Where it leads tells that there is such a badge or recorder: only to those whose reach holds a clip of it.
    for name, known in (
        ("officer", catalogue.officer_by_badge(typed)),
        ("recorder", catalogue.recorder_by_serial(typed)),
    ):
        if known is not None and searching.finds_any(service, visitor, **{name: typed}):
            return _address({name: typed})
    return _address({"text": typed})


def page_address(path: str, name: str, cursor: str | None) -> str | None:
    """Where the next page of a list is; None where there is none."""
    return None if cursor is None else f"{path}?{urlencode({name: cursor})}"


def _address(words: dict[str, str], **changes: str | None) -> str:
    kept = {n: w for n, w in (words | changes).items() if w is not None}
    return f"/?{urlencode(kept)}" if kept else "/"


def _facets(service: Service, visitor: Visitor, words: dict[str, str]) -> list[dict[str, Any]]:
    today = datetime.now(service.zone).date()
    days = {"today": today, "week": today - timedelta(days=6), "month": today - timedelta(days=29)}
    facets = [
        _facet("time", words, "from", [(n, d.isoformat(), None) for n, d in days.items()]),
        _facet("mark", words, "mark", [("marked", "true", None), ("unmarked", "false", None)]),
        _facet(
            "kind",
            words,
            "kind",
            [("", k, f"kind.{k}") for k in ("video", "photo", "audio", "document", "data")],
        ),
    ]
    units = service.archive.catalogue.units() if visitor.reach.all else []
    if len(units) > 1:
        facets.append(
            _facet("unit", words, "unit", [(u.name, u.name, "") for u in units if u.name])
        )
    return facets


def _facet(
    name: str, words: dict[str, str], filter_: str, choices: list[tuple[str, str, str | None]]
) -> dict[str, Any]:
    chosen = words.get(filter_)
    rows = [
        {
            "key": "facet.any",
            "words": None,
            "href": _address(words, **{filter_: None}),
            "chosen": chosen is None,
        }
    ]
    rows += [
        {
            "key": f"facet.{label}" if key is None else key or None,
            "words": label or None,
            "href": _address(words, **{filter_: value}),
            "chosen": chosen == value,
        }
        for label, value, key in choices
    ]
    return {"name": name, "choices": rows}


def _groups(service: Service, clips: list[ClipRow], *, footage: bool) -> list[dict[str, Any]]:
    """Clips by their first case, cases in the order of their first clip; those of no case together."""
    groups: dict[str | None, dict[str, Any]] = {}
    views = show.clip_views(service, clips, footage=footage)
    for clip, view in zip(clips, views, strict=True):
        number = clip.cases[0] if clip.cases else None
        group = groups.setdefault(
            number, {"number": number, "href": case_href(number) if number else "", "clips": []}
        )
        group["clips"].append(view)
    return list(groups.values())


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
