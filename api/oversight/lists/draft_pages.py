"""The page of a list that is being written, and its publication. Plain forms.

What always holds: everything works without script; a form that is refused says why, with what was typed still in it,
and the draft is as it was; what is published is the text that was on the page.
"""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from api.access import Right, may
from api.errors import ApiError, InvalidInputError
from api.gate import Visitor, may_publish_lists, may_write_lists
from api.identity.sessions import form_of
from api.messages import Lang
from api.oversight.lists import showing, work
from api.oversight.lists.pages import HERE, back, page_of
from api.oversight.lists.telling import Refused
from api.rendering import lang_of
from api.service import Service, service_of
from archive.errors import ArchiveError
from oversight.errors import OversightError
from oversight.lists import drafts, versions
from oversight.lists.drafts import Draft
from oversight.lists.kinds import Kind
from oversight.lists.publishing import today

router: Final = APIRouter(include_in_schema=False)
_READ: Final = ["GET", "HEAD"]
_MOST_FIELDS: Final = 30  # of the form of one row
_WRITER = Annotated[Visitor, Depends(may_write_lists)]
_PUBLISHER = Annotated[Visitor, Depends(may_publish_lists)]


@router.api_route("/oversight/lists/{list}/draft", methods=_READ)
async def draft_page(
    request: Request,
    list: str,
    visitor: _WRITER,
) -> Response:
    """The list that is being written, and a form for one of its rows."""
    return await _draft(request, visitor, work.kind_of(list))


@router.post("/oversight/lists/{list}/draft")
async def post_draft(
    request: Request,
    list: str,
    visitor: _WRITER,
) -> Response:
    """Change its head or a row, or give it up."""
    kind, service = work.kind_of(list), service_of(request)
    form = await form_of(request, most=_MOST_FIELDS)
    if form.get("do") == "give_up":
        await work.give_up(service, visitor, kind)
        return back(f"{HERE}/{kind}", "gave_up")
    try:
        await work.edit(service, visitor, kind, form)
    except (ApiError, ArchiveError, OversightError) as error:
        return await _draft(request, visitor, kind, error, form)
    return back(f"{HERE}/{kind}/draft", "draft.saved")


@router.post("/oversight/lists/{list}/draft/file")
async def post_file(
    request: Request,
    list: str,
    visitor: _WRITER,
) -> Response:
    """A file as the draft."""
    kind, service = work.kind_of(list), service_of(request)
    form = await request.form(max_files=1, max_fields=1)
    try:
        file = form.get("file")
        if not isinstance(file, UploadFile) or not file.filename:
            raise InvalidInputError("choose a file first")
        await work.save(service, visitor, await file.read(), file.filename, kind)
    except (ApiError, ArchiveError, OversightError) as error:
        return await _draft(request, visitor, kind, error)
    finally:
        await form.close()
    return back(f"{HERE}/{kind}/draft", "draft.saved")


@router.post("/oversight/lists/{list}/publication")
async def post_publication(
    request: Request,
    list: str,
    visitor: _PUBLISHER,
) -> Response:
    """Publish the draft of another person."""
    kind, form = work.kind_of(list), await form_of(request)
    try:
        await work.publish(
            service_of(request), visitor, kind, form.get("in_force", ""), form.get("digest", "")
        )
    except (ApiError, ArchiveError, OversightError) as error:
        return await _draft(request, visitor, kind, error)
    return back(f"{HERE}/{kind}", "published")


async def _draft(
    request: Request,
    visitor: Visitor,
    kind: Kind,
    error: Refused | None = None,
    typed: dict[str, str] | None = None,
) -> Response:
    service, lang = service_of(request), lang_of(request)
    draft, shown = await asyncio.to_thread(_looked_at, service, visitor, kind, lang)
    wished = (typed or {}).get("was") or request.query_params.get("row")
    row = None
    if draft is not None:
        row = next((r for r in draft.list.rows if r["id"] == wished), None)
    fields = showing.fields_of(kind, row, lang)
    if typed is not None and typed.get("do") == "row":
        for field in fields:  # what was typed is not lost
            field["value"] = typed.get(field["key"], "")
    values: dict[str, Any] = {
        "kind": kind,
        "name": showing.name_of_kind(kind, lang),
        "edited": draft is None or len(draft.list.rows) <= work.MOST_EDITED,
        "was": "" if row is None else row["id"],
        "fields": fields,
        "today": today(service.archive).isoformat(),
        "may_publish": may(visitor.account, Right.PUBLISH_LISTS),
    }
    return page_of(request, visitor, "list_draft.html", shown | values, error)


def _looked_at(
    service: Service, visitor: Visitor, kind: Kind, lang: Lang
) -> tuple[Draft | None, dict[str, Any]]:
    """The draft, and what of it takes long to say where it is long."""
    draft = drafts.draft_of(service.archive, kind)
    shown: dict[str, Any] = {"draft": None, "changes": None, "before": None}
    if draft is None:
        return None, shown
    shown["draft"] = {
        "by": showing.person(service, draft.actor),
        "at": draft.saved_at,
        "digest": draft.digest,
        "own": draft.actor == visitor.account.id,
        "table": showing.table_view(draft.list, lang),
        "head": draft.list.to_data(),
    }
    there = versions.standing(versions.versions_of(service.archive, kind))
    if there:  # what whoever publishes it has to look at
        shown["before"] = there[-1].version
        shown["changes"] = showing.changed(service, there[-1], draft.list, lang)
    return draft, shown
