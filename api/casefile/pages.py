"""A document beside the clips of its case, and the forms that add, tie and take away.

What always holds: everything works without script: a page of the document and a moment of a clip are in the address.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api import playing
from api.casefile import wording
from api.casefile.changing import may_change, tie, untie, withdraw
from api.casefile.receiving import MOST_TITLE, receive
from api.casefile.rights import Read, known_document, may_add, readable_case, refuse_to_add
from api.damaged import is_withheld, shown_of
from api.entrance import pages_of
from api.errors import InvalidInputError, MalformedRequestError
from api.finding import searching
from api.gate import Seen, Visitor, may_link, seen_now
from api.identity.sessions import form_of
from api.markers.marking import place_of
from api.oversight.file.papers import parts_named, said_times
from api.rendering import case_href, lang_of
from api.service import Service, service_of
from api.watermark.words import lines
from archive.casefiles.documents import Place
from archive.catalogue.rows import ClipRow

router: Final = APIRouter(include_in_schema=False)
_SEE_OTHER: Final = 303
_CHUNK: Final = 1 << 20
_READ = Annotated[Read, Depends(known_document)]
_MOST_CLIPS: Final = 100  # of a case that can be chosen


@router.post("/cases/{number}/documents")
async def document_form(
    request: Request, number: str, visitor: Annotated[Visitor, Depends(may_link)]
) -> Response:
    """Add a document by form."""
    service = service_of(request)
    await service.freshness.for_search()
    case = await readable_case(service, visitor, number)
    if not may_add(service, visitor, case):
        await refuse_to_add(service, visitor, case)
    form = await request.form(max_files=1, max_fields=2, max_part_size=4 * MOST_TITLE + 64)
    try:
        file, title = form.get("file"), form.get("title")
        if not isinstance(file, UploadFile) or not file.filename:
            raise InvalidInputError("choose a file first")
        if isinstance(title, UploadFile):
            raise MalformedRequestError("the title is no file")
        id_, _ = await receive(
            service, visitor, case, _pieces(file), name=file.filename, title=title
        )
    finally:
        await form.close()
    return RedirectResponse(f"/documents/{id_}", _SEE_OTHER)


async def _pieces(file: UploadFile) -> AsyncIterator[bytes]:
    while data := await file.read(_CHUNK):
        yield data


@router.api_route("/documents/{document}", methods=["GET", "HEAD"])
async def document_page(request: Request, read: _READ) -> Response:
    """A document at the left, a clip of its case at the right, and what ties them."""
    service, lang = service_of(request), lang_of(request)
    catalogue, params = service.archive.catalogue, request.query_params
    rows = await asyncio.to_thread(catalogue.document_links, document=read.document.id)
    shown = wording.links_for(service, read.visitor, rows)
    links = [wording.link_view(row, seen, lang) for row, seen in shown]
    page = _page_of(params.get("page"), read.document.pages or 1)
    choices = _clips(service, read)
    wished = params.get("clip")
    seen = next((s for s in choices if s.clip.clip == wished), None) or next(iter(choices), None)
    here = f"/documents/{read.document.id}"
    for link in links:
        place = {"page": link["page"] or page, "clip": link["clip"], "t": link["seconds"]}
        link["href"] = f"{here}?{urlencode(place)}#film"
    values = {
        "document": wording.document_view(read.document, lang),
        "case": {"number": read.case.number, "href": case_href(read.case.number or "")},
        "page": page,
        "links": links,
        "choices": [{"clip": s.clip.clip, "path": s.clip.path or s.clip.clip, "start": s.clip.start} for s in choices],
        "film": None if seen is None else _film(service, seen, params.get("t")),
        "may_change": may_add(service, read.visitor, read.case),
        "times": said_times(service, read, lang),
        "parts": parts_named(lang),
        "zone": str(service.zone),
    }  # fmt: skip
    return pages_of(request).render(
        request, "document.html", account=read.visitor.account, here="find", values=values
    )


@router.post("/documents/{document}/links")
async def link_form(request: Request, read: _READ) -> Response:
    """Tie a page to a moment, or untie it, by form."""
    service, form = service_of(request), await form_of(request)
    page = form.get("page", "").strip()
    match form.get("do"):
        case "tie":
            begin, end = place_of(form.get("at", "")), place_of(form.get("to", ""))
            if begin is None:
                raise InvalidInputError("a link needs a moment of the clip")
            place = Place(
                clip=form.get("clip", ""),
                from_us=begin,
                to_us=end,
                page=_number(page),
                paragraph=_number(form.get("paragraph", "").strip()),
            )
            await tie(service, read, place, form.get("note", ""))
        case "untie":
            await may_change(service, read)
            await untie(service, read, form.get("link", ""))
        case _:
            raise InvalidInputError("tie or untie?")
    there = {"page": page or 1, "clip": form.get("clip", "")}
    return RedirectResponse(f"/documents/{read.document.id}?{urlencode(there)}#links", _SEE_OTHER)


@router.post("/documents/{document}/removal")
async def removal_form(request: Request, read: _READ) -> Response:
    """Take the document off its case, by form."""
    form = await form_of(request)
    await withdraw(service_of(request), read, form.get("reason", ""))
    return RedirectResponse(f"{case_href(read.case.number or '')}#documents", _SEE_OTHER)


def _clips(service: Service, read: Read) -> list[Seen]:
    """The case's clips that play and that the visitor may know of, by start."""
    query = searching.for_case(
        read.case.number or "", read.visitor, limit=_MOST_CLIPS, cursor=None
    ).query
    found = service.archive.catalogue.find(query).clips
    seen = [seen_now(service, read.visitor, clip) for clip in found if _plays(clip)]
    return [one for one in seen if one is not None]


def _plays(clip: ClipRow) -> bool:
    return clip.kind in {"video", "audio"}


def _film(service: Service, seen: Seen, moment: str | None) -> dict[str, Any]:
    clip = seen.clip
    rows = shown_of(service, service.archive.catalogue.renditions(clip.clip))
    withheld = is_withheld(service, clip.sha256)
    tag, source = playing.player_of(clip, rows, footage=seen.footage, withheld=withheld)
    return {
        "clip": clip.clip,
        "path": clip.path or clip.clip,
        "start": clip.start,
        "tag": tag,
        "withheld": withheld,
        "source": source,
        "at": _seconds(moment),
        "watermark": "\n".join(lines(service, seen)),
    }


def _page_of(word: str | None, pages: int) -> int:
    number = int(word[:6]) if word and word.isascii() and word.isdecimal() else 1
    return min(max(number, 1), pages)


def _seconds(word: str | None) -> float:
    try:
        value = float((word or "")[:20])
    except ValueError:
        return 0.0
    return value if 0 <= value < 10_000_000 else 0.0


def _number(word: str) -> int | None:
    if not word:
        return None
    if not word.isascii() or not word.isdecimal() or len(word) > 6:
        raise InvalidInputError("pages and paragraphs are numbers from 1")
    return int(word)
