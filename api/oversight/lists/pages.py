"""The pages of lists: what is in force, versions and what they changed. Plain forms; drafts: draft_pages.py.

What always holds: everything works without script; a form that is refused says why.
"""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.access import Right, may
from api.entrance import pages_of
from api.errors import ApiError, NotFoundError
from api.gate import Visitor, may_publish_lists, may_see_systems, may_write_lists
from api.identity.sessions import form_of
from api.oversight.lists import showing, work
from api.oversight.lists.telling import Refused, status, told
from api.rendering import lang_of
from api.service import Service, service_of
from archive.catalogue.list_queries import ListRow
from archive.errors import ArchiveError
from oversight.errors import OversightError
from oversight.lists import drafts, versions
from oversight.lists.kinds import KINDS, Kind
from oversight.lists.publishing import today

router: Final = APIRouter(include_in_schema=False)
HERE: Final = "/oversight/lists"
_READ: Final = ["GET", "HEAD"]
_SEE_OTHER: Final = 303
_READER = Annotated[Visitor, Depends(may_see_systems)]
_WRITER = Annotated[Visitor, Depends(may_write_lists)]
_PUBLISHER = Annotated[Visitor, Depends(may_publish_lists)]


@router.api_route("/oversight/lists", methods=_READ)
async def listspage_of(request: Request, visitor: _READER) -> Response:
    """Every kind of list, and the version in force."""
    service, lang = service_of(request), lang_of(request)
    await service.freshness.for_search()
    day, kinds = today(service.archive), []
    for kind in KINDS:
        rows = versions.versions_of(service.archive, kind)
        found = versions.in_force(rows, day)
        kinds.append(
            {
                "kind": kind,
                "name": showing.name_of_kind(kind, lang),
                "now": None if found is None else showing.version_view(service, found, rows),
                "versions": len(rows),
                "coming": [r.in_force for r in versions.standing(rows) if r.in_force > str(day)],
                "outdated": bool(rows and service.archive.catalogue.list_changes(rows[0].list)),
                "draft": may(visitor.account, Right.LISTS)
                and drafts.is_there(service.archive, kind),
            }
        )
    return page_of(request, visitor, "lists.html", {"kinds": kinds})


@router.api_route("/oversight/lists/{list}", methods=_READ)
async def list_page(
    request: Request,
    list: str,
    visitor: _READER,
) -> Response:
    """What a version says, what it changed, and the other versions."""
    return await _list(request, visitor, work.kind_of(list))


@router.post("/oversight/lists/{list}")
async def post_list(
    request: Request,
    list: str,
    visitor: _WRITER,
) -> Response:
    """Say that what it rests on changed, or begin a draft."""
    kind, form, service = work.kind_of(list), await form_of(request), service_of(request)
    try:
        if form.get("do") == "begin":
            await work.begin(service, visitor, kind)
            return back(f"{HERE}/{kind}/draft", None)
        await work.outdate(service, visitor, kind, form.get("at"), form.get("reason", ""))
    except (ApiError, ArchiveError, OversightError) as error:
        return await _list(request, visitor, kind, error)
    return back(f"{HERE}/{kind}", "outdate.done")


@router.post("/oversight/lists/{list}/withdrawal")
async def post_withdrawal(
    request: Request,
    list: str,
    visitor: _PUBLISHER,
) -> Response:
    """Take a version back."""
    kind, form = work.kind_of(list), await form_of(request)
    typed = form.get("version", "")
    version = int(typed) if typed.isdecimal() and len(typed) < 7 else 0
    try:
        await work.withdraw(service_of(request), visitor, kind, version, form.get("reason", ""))
    except (ApiError, ArchiveError, OversightError) as error:
        return await _list(request, visitor, kind, error)
    return back(f"{HERE}/{kind}", "took_back")


async def _list(
    request: Request, visitor: Visitor, kind: Kind, error: Refused | None = None
) -> Response:
    service, lang = service_of(request), lang_of(request)
    await service.freshness.for_search()
    rows = versions.versions_of(service.archive, kind)
    row = _chosen(request, service, rows)
    found = None if row is None else await asyncio.to_thread(versions.list_of, service.archive, row)
    before = None if row is None else _before(request, rows, row)
    changes = None
    if before is not None and found is not None:
        changes = await asyncio.to_thread(showing.changed, service, before, found, lang)
    values = {
        "kind": kind,
        "name": showing.name_of_kind(kind, lang),
        "row": None if row is None else showing.version_view(service, row, rows),
        "table": None if found is None else showing.table_view(found, lang),
        "changes": changes,
        "before": None if before is None else before.version,
        "versions": [showing.version_view(service, each, rows) for each in reversed(rows)],
        "outdated": service.archive.catalogue.list_changes(rows[0].list) if rows else [],
        "may_write": may(visitor.account, Right.LISTS),
        "may_publish": may(visitor.account, Right.PUBLISH_LISTS),
        "draft": may(visitor.account, Right.LISTS) and drafts.is_there(service.archive, kind),
    }
    return page_of(request, visitor, "list.html", values, error)


def _chosen(request: Request, service: Service, rows: list[ListRow]) -> ListRow | None:
    """The version that the address names, else the one in force, else the next."""
    wished = request.query_params.get("version")
    if wished is not None:
        for row in rows:
            if wished == str(row.version):
                return row
        raise NotFoundError("no such version")
    there = versions.standing(rows)
    return versions.in_force(rows, today(service.archive)) or (there[0] if there else None)


def _before(request: Request, rows: list[ListRow], row: ListRow) -> ListRow | None:
    """The version that it is compared with: the one that is asked for, else the one before it."""
    wished = request.query_params.get("against")
    if wished is not None:
        return next((r for r in rows if wished == str(r.version)), None)
    return max((r for r in rows if r.version < row.version), key=lambda r: r.version, default=None)


def page_of(
    request: Request,
    visitor: Visitor,
    template: str,
    values: dict[str, Any],
    error: Refused | None = None,
) -> Response:
    """A page of lists, with what it says first."""
    return pages_of(request).render(
        request,
        template,
        account=visitor.account,
        here="oversight",
        status=status(error),
        values=values | told(request, error, "lists"),
    )


def back(path: str, done: str | None) -> Response:
    """To a page, which says what was done."""
    return RedirectResponse(
        path if done is None else f"{path}?{urlencode({'done': done})}", _SEE_OTHER
    )
