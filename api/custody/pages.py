"""The custody pages of a clip and of a case: a line of life, each entry checked in the browser.

What always holds: the page shows what the ledger says and nothing of the footage; it checks nothing itself, and says
so where there is no script. Opening a case's is a search, as opening the case is.
"""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from api import casework, history
from api.access import Right, may
from api.custody import own
from api.custody.routes import look_at
from api.custody.telling import life
from api.custody.words import for_script
from api.entrance import pages_of
from api.gate import Seen, Visitor, known_clip, may_read_cases, may_read_integrity
from api.rendering import case_href, lang_of
from api.review import page_address
from api.service import Service, service_of
from archive.ledger.note import parse_checkpoint, parse_note

router: Final = APIRouter(include_in_schema=False)
_READ: Final = ["GET", "HEAD"]


@router.api_route("/clips/{clip}/custody", methods=_READ)
async def clip_custody(request: Request, seen: Annotated[Seen, Depends(known_clip)]) -> Response:
    """A clip's life."""
    service, clip = service_of(request), seen.clip
    page = await history.of_subject(service, clip.clip, request.query_params.get("cursor"))
    base, account = f"/clips/{clip.clip}", seen.visitor.account
    original = {"href": f"/api/v1{base}/original", "size": clip.size, "sha256": clip.sha256}
    values = await _values(request, page, base) | {
        "may_package": may(account, Right.PACKAGE),
        "package_of": clip.clip,
        "subject": clip.clip,
        "of": "clip",
        "heading": clip.path or clip.clip,
        "parts": life(service, lang_of(request), page.events, base=base),
        "original": original if seen.footage else None,
        "digest": clip.sha256,
    }
    return pages_of(request).render(request, "custody.html", account=account, values=values)


@router.api_route("/cases/{number}/custody", methods=_READ)
async def case_custody(
    request: Request, number: str, visitor: Annotated[Visitor, Depends(may_read_cases)]
) -> Response:
    """A case's life, with what was linked to it and taken off."""
    service = service_of(request)
    await service.freshness.for_search()
    case = await casework.known_case(service, visitor, casework.number_of(number))
    await look_at(service, visitor, case)
    page = await history.of_case(service, visitor, case, request.query_params.get("cursor"))
    base = case_href(case.number or "")
    values = await _values(request, page, base) | {
        "may_package": may(visitor.account, Right.PACKAGE),
        "package_of": case.number,
        "subject": case.id,
        "of": "case",
        "heading": case.number or case.id,
        "parts": life(service, lang_of(request), page.events, base=base, case=case.id),
        "original": None,
        "digest": None,
    }
    return pages_of(request).render(request, "custody.html", account=visitor.account, values=values)


@router.api_route("/integrity/custody", methods=_READ)
async def own_custody(
    request: Request, visitor: Annotated[Visitor, Depends(may_read_integrity)]
) -> Response:
    """The ledger's own life: audits, timestamps, keys."""
    service = service_of(request)
    rows = await own.rows(service)
    values = await _values(request, history.History(events=rows, following=None), "/integrity") | {
        "may_package": False,
        "subject": "",
        "of": "own",
        "heading": (await asyncio.to_thread(_head, service))["origin"],
        "parts": life(service, lang_of(request), rows, base="/integrity", case=""),
        "original": None,
        "digest": None,
    }
    return pages_of(request).render(
        request, "custody.html", account=visitor.account, here="integrity", values=values
    )


async def _values(request: Request, page: history.History, base: str) -> dict[str, Any]:
    head = await asyncio.to_thread(_head, service_of(request))
    return head | {
        "base": base,
        "count": len(page.events),
        "rest": page_address(f"{base}/custody", "cursor", page.following),
        "words": for_script(lang_of(request)),
    }


def _head(service: Service) -> dict[str, Any]:
    """The newest checkpoint: what a print carries on each sheet, and what a stranger compares."""
    reader = service.archive.reader
    note = reader.checkpoint()
    checkpoint = parse_checkpoint(parse_note(note).text)
    return {
        "checkpoint": note.decode("utf-8", "replace"),
        "size": checkpoint.size,
        "origin": checkpoint.origin,
        "root": checkpoint.root.hex(),
        "vkey": reader.vkey().strip(),
        "witnesses": len(service.archive.settings.witnesses.witnesses),
    }
