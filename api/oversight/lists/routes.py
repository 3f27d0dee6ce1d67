"""Lists over HTTP. What is published may be read by everybody who signs in; drafts by those who may write them."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from api.documents import to_bytes
from api.errors import NotFoundError
from api.gate import Visitor, may_publish_lists, may_see_systems, may_write_lists
from api.oversight.lists import documents, work
from api.service import Service, service_of
from oversight.lists import drafts, publishing, versions
from oversight.lists.differences import differences
from oversight.lists.drafts import Draft
from oversight.lists.kinds import KINDS, Kind

router: Final = APIRouter(prefix="/api/v1/lists", tags=["lists"])
JSON: Final = "application/json"
_READER = Annotated[Visitor, Depends(may_see_systems)]
_WRITER = Annotated[Visitor, Depends(may_write_lists)]
_PUBLISHER = Annotated[Visitor, Depends(may_publish_lists)]
_MOST_VERSION: Final = 1_000_000


class Day(BaseModel):
    """From when on it binds."""

    model_config = ConfigDict(extra="forbid", strict=True)
    in_force: str = Field(min_length=10, max_length=10, description="like 2026-05-01")
    digest: str | None = Field(
        default=None, max_length=64, description="of the draft that was read: another is refused"
    )


class Withdrawal(BaseModel):
    """Which version is taken back, and why."""

    model_config = ConfigDict(extra="forbid", strict=True)
    version: int = Field(ge=1, le=_MOST_VERSION)
    reason: str = Field(min_length=1, max_length=1000)


class Change(BaseModel):
    """That what a list rests on changed."""

    model_config = ConfigDict(extra="forbid", strict=True)
    reason: str = Field(min_length=1, max_length=1000)
    at: str | None = Field(default=None, max_length=64)


@router.get("")
async def list_lists(request: Request, visitor: _READER) -> Response:
    """Every published version of every list, by kind, oldest first."""
    del visitor
    service = service_of(request)
    await service.freshness.for_search()
    found = [_versions(service, kind) for kind in KINDS]
    return _answer({"versions": [each for of_kind in found for each in of_kind]})


@router.get("/{list}")
async def get_list(
    request: Request,
    list: str,
    visitor: _READER,
    version: int | None = None,
    against: int | None = None,
) -> Response:
    """What a list says: the version in force today, or one of its versions; with `against`, what that changed of it."""
    del visitor
    service, kind = service_of(request), work.kind_of(list)
    await service.freshness.for_search()
    return await asyncio.to_thread(lambda: _answer(_whole(service, kind, version, against)))


@router.get("/{list}/draft")
async def get_draft(
    request: Request,
    list: str,
    visitor: _WRITER,
) -> Response:
    """The list that is being written, and who saved it last."""
    del visitor
    service, kind = service_of(request), work.kind_of(list)
    return await asyncio.to_thread(
        lambda: _answer(_draft(drafts.need_draft(service.archive, kind)))
    )


@router.put("/{list}/draft")
async def put_draft(
    request: Request,
    list: str,
    visitor: _WRITER,
    name: str = "list.json",
) -> Response:
    """Save a list as the draft: the body is the file, its name says whether it is TOML, JSON or CSV."""
    service, kind = service_of(request), work.kind_of(list)
    draft = await work.save(service, visitor, await request.body(), name, kind)
    return await asyncio.to_thread(lambda: _answer(_draft(draft)))


@router.delete("/{list}/draft", status_code=204)
async def delete_draft(
    request: Request,
    list: str,
    visitor: _WRITER,
) -> Response:
    """Give the draft up."""
    await work.give_up(service_of(request), visitor, work.kind_of(list))
    return Response(status_code=204)


@router.post("/{list}/publication", status_code=201)
async def post_publication(
    request: Request,
    list: str,
    visitor: _PUBLISHER,
    body: Day,
) -> Response:
    """Publish the draft that another person saved; it binds from a day on."""
    service, kind = service_of(request), work.kind_of(list)
    row = await work.publish(service, visitor, kind, body.in_force, body.digest)
    rows = versions.versions_of(service.archive, kind)
    return _answer(documents.version(row, rows), status=201)


@router.post("/{list}/withdrawal", status_code=204)
async def post_withdrawal(
    request: Request,
    list: str,
    visitor: _PUBLISHER,
    body: Withdrawal,
) -> Response:
    """Take back a version that is not in force yet."""
    kind = work.kind_of(list)
    await work.withdraw(service_of(request), visitor, kind, body.version, body.reason)
    return Response(status_code=204)


@router.post("/{list}/change", status_code=204)
async def post_change(
    request: Request,
    list: str,
    visitor: _WRITER,
    body: Change,
) -> Response:
    """Say that what the list rests on changed: its next version is due from then on."""
    kind = work.kind_of(list)
    await work.outdate(service_of(request), visitor, kind, body.at, body.reason)
    return Response(status_code=204)


def _versions(service: Service, kind: Kind) -> list[dict[str, Any]]:
    rows = versions.versions_of(service.archive, kind)
    return [documents.version(row, rows) for row in rows]


def _whole(
    service: Service, kind: Kind, version: int | None, against: int | None
) -> dict[str, Any]:
    archive = service.archive
    if any(number is not None and not 0 < number < _MOST_VERSION for number in (version, against)):
        raise NotFoundError("no such version")
    row = (
        versions.need_in_force(archive, kind, publishing.today(archive))
        if version is None
        else versions.need_version(archive, kind, version)
    )
    found = versions.list_of(archive, row)
    document = documents.whole(row, versions.versions_of(archive, kind), found)
    if against is not None:
        before = versions.list_of(archive, versions.need_version(archive, kind, against))
        document["changes"] = documents.changes(differences(before, found))
    return document


def _draft(draft: Draft) -> dict[str, Any]:
    return {
        "kind": draft.list.kind,
        "saved_by": draft.actor,
        "saved_at": draft.saved_at,
        "digest": draft.digest,
        "list": draft.list.to_data(),
    }


def _answer(document: dict[str, Any], *, status: int = 200) -> Response:
    return Response(to_bytes(document), status_code=status, media_type=JSON)
