"""The page of linking: proposals with score and reason, conflicts, clips and cases that wait, imports. Plain forms.

What always holds: it works without script and shows no footage; what was refused of one proposal is told, and the
others are decided.
"""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from api.access import Right, may
from api.entrance import pages_of
from api.errors import ApiError, InvalidInputError
from api.gate import Visitor, may_bring_in, may_link, may_read_cases
from api.identity.sessions import form_of
from api.messages import say
from api.oversight.linking import asking, documents
from api.oversight.telling import Refused, status, told
from api.rendering import lang_of
from api.rights.pages import done
from api.rights.showing import Names
from api.service import Service, service_of
from archive.errors import ArchiveError
from oversight.errors import OversightError
from oversight.linking.errors import ImportFileError
from oversight.linking.importing import Sent

router: Final = APIRouter(include_in_schema=False)
HERE: Final = "/oversight/linking"
LISTS: Final = ("open", "conflicts", "unlinked", "unclassified", "cases", "imports")
_PAGE: Final = 50
_READ: Final = ["GET", "HEAD"]
_FIELDS: Final = _PAGE + 10
_SHOWN: Final = 20  # mistakes of a file
_READS = Annotated[Visitor, Depends(may_read_cases)]
_LINKS = Annotated[Visitor, Depends(may_link)]
_BRINGS = Annotated[Visitor, Depends(may_bring_in)]


@router.api_route(HERE, methods=_READ)
async def linking_page(request: Request, visitor: _READS) -> Response:
    """One of the work lists."""
    return await _page(request, visitor, dict(request.query_params))


@router.post(HERE)
async def post_linking(request: Request, visitor: _LINKS) -> Response:
    """Confirm or decline what was ticked."""
    form, service = await form_of(request, most=_FIELDS), service_of(request)
    try:
        yes = form.get("do") == "confirm"
        if not yes and form.get("do") != "decline":
            raise InvalidInputError("confirm or decline?")
        ticked = [value.partition(" ") for key, value in form.items() if key.startswith("pair")]
        pairs = [(clip, number) for clip, _, number in ticked]
        found = await asking.decide(service, visitor, pairs, yes=yes, reason=form.get("reason"))
    except (ApiError, ArchiveError, OversightError) as error:
        return await _page(request, visitor, form, error)
    failed = [one.error for one in found if one.error is not None]
    if failed:
        return await _page(request, visitor, form, failed[0])
    return done(HERE, "confirmed" if yes else "declined")


@router.post(f"{HERE}/file")
async def post_file(request: Request, visitor: _BRINGS) -> Response:
    """Bring a file in."""
    form = await request.form(max_files=1, max_fields=4)
    try:
        file = form.get("file")
        if not isinstance(file, UploadFile) or not file.filename:
            raise InvalidInputError("choose a file first")
        sent = Sent(
            data=await file.read(),
            kind="case" if form.get("kind") == "case" else "dispatch",
            name=file.filename[:255],
            skip_bad=form.get("skip_bad") == "yes",
        )
        await asking.receive(service_of(request), visitor, sent)
    except (ApiError, ArchiveError, OversightError) as error:
        return await _page(request, visitor, {"list": "imports"}, error)
    finally:
        await form.close()
    return done(HERE, "imported")


async def _page(
    request: Request, visitor: Visitor, asked: dict[str, str], error: Refused | None = None
) -> Response:
    service = service_of(request)
    await service.freshness.for_search()
    which = asked.get("list", "open")
    which = which if which in LISTS else "open"
    if which == "imports" and not may(visitor.account, Right.DISPATCH):
        which = "open"
    rows, following = await asyncio.to_thread(_rows, service, visitor, which, asked)
    kept = {k: asked[k] for k in ("case", "rule") if asked.get(k)} | {"list": which}
    more = f"{HERE}?{urlencode(kept | {'cursor': following})}" if following else None
    mistakes = error.mistakes[:_SHOWN] if isinstance(error, ImportFileError) else ()
    lang = lang_of(request)
    values = told(request, error, "linking") | {
        "lists": [
            name for name in LISTS if name != "imports" or may(visitor.account, Right.DISPATCH)
        ],
        "which": which,
        "rows": rows,
        "more": more,
        "case_asked": asked.get("case", ""),
        "may_link": may(visitor.account, Right.LINK),
        "mistakes": [say(lang, "linking.mistake", line=n, said=words) for n, words in mistakes],
        "waiting": await asyncio.to_thread(service.archive.catalogue.count_proposals)
        if visitor.reach.all
        else None,
    }
    if mistakes:
        values["said"] = say(lang, "linking.mistakes")
    return pages_of(request).render(
        request,
        "linking.html",
        account=visitor.account,
        here="oversight",
        values=values,
        status=status(error),
    )


def _rows(
    service: Service, visitor: Visitor, which: str, asked: dict[str, str]
) -> tuple[list[Any], str | None]:
    cursor = asked.get("cursor") or None
    if which in {"open", "conflicts"}:
        wanted = asking.Asked(
            case=asked.get("case") or None,
            rule=asked.get("rule") or None,
            conflicts=which == "conflicts",
        )
        found, following = asking.proposals(service, visitor, wanted, cursor=cursor, limit=_PAGE)
        return [_proposal(one) for one in found], following
    if which in {"unlinked", "unclassified"}:
        bare = which == "unclassified"
        clips, following = asking.waiting_clips(
            service, visitor, unclassified=bare, cursor=cursor, limit=_PAGE
        )
        return list(clips), following
    if which == "cases":
        return list(asking.waiting_cases(service, visitor, limit=_PAGE)), None
    names = Names.of(service.archive)
    rows = service.archive.catalogue.imports()
    return [documents.import_row(row) | {"who": names.who(row.actor)} for row in rows], None


def _proposal(found: asking.Found) -> dict[str, Any]:
    """The entry's reason has both languages, Chinese first."""
    zh, _, en = (found.row.reason or "").partition(" / ")
    return documents.proposal(found) | {"why": {"zh": zh, "en": en or zh}}
