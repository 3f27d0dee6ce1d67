"""Packages over HTTP: ask, look, cancel, fetch; and the archivist's page of them.

What always holds: an archivist makes and fetches packages, nobody else; a job that is somebody else's does not exist;
that bytes leave is in the ledger before the first one does (`package.fetched`, once in ten minutes of a session).
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any, Final, cast

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api import casework
from api.documents import Document, to_bytes
from api.entrance import pages_of
from api.errors import InvalidInputError, NotFoundError
from api.gate import Visitor, covers, may_package, refuse, still_signed_in
from api.identity.sessions import form_of
from api.media import check_match, not_modified, respond, unchanged
from api.objects import OpenObject, Served
from api.packaging.errors import PackageNotReadyError
from api.packaging.jobs import UNDER_WAY, Job, Packages
from api.packaging.making import check_room
from api.service import Service, service_of
from archive.errors import FixityError
from archive.events import Event
from archive.ids import is_id

router: Final = APIRouter(tags=["packages"])
JSON: Final = "application/json"
_SEE_OTHER: Final = 303
_ZIP: Final = "application/zip"
_MAKER = Annotated[Visitor, Depends(may_package)]


class NewPackage(BaseModel):
    """A case by its number, or a clip by its id."""

    model_config = ConfigDict(extra="forbid", strict=True)
    case: str | None = Field(default=None, min_length=1, max_length=casework.MOST_NUMBER)
    clip: str | None = Field(default=None, min_length=1, max_length=64)


def packages_at(request: Request) -> Packages:
    """The application's packages."""
    return cast(Packages, request.app.state.packages)


@router.post("/api/v1/packages", status_code=202)
async def post_package(request: Request, visitor: _MAKER, body: NewPackage) -> Response:
    """Have a package made: 202 and where its state is. One at a time for an account; gone after a day."""
    job = await _ask(request, visitor, case=body.case, clip=body.clip)
    return Response(
        to_bytes(document(job)),
        status_code=202,
        media_type=JSON,
        headers={"Location": f"/api/v1/packages/{job.id}"},
    )


@router.get("/api/v1/packages")
async def list_packages(request: Request, visitor: _MAKER) -> Response:
    """One's own packages, newest first; there are never many."""
    jobs = packages_at(request).all_of(visitor.account.id)
    return Response(
        to_bytes({"packages": [document(job) for job in jobs], "next": None}), media_type=JSON
    )


@router.get("/api/v1/packages/{package}")
async def get_package(request: Request, package: str, visitor: _MAKER) -> Response:
    """How far a package is: queued, making, ready, failed, cancelled."""
    job = await _job(request, visitor, package)
    return Response(to_bytes(document(job)), media_type=JSON)


@router.delete("/api/v1/packages/{package}", status_code=204)
async def delete_package(request: Request, package: str, visitor: _MAKER) -> Response:
    """Cancel it, or throw it away. What the ledger says of it stays."""
    packages_at(request).cancel(await _job(request, visitor, package))
    return Response(status_code=204)


@router.api_route("/api/v1/packages/{package}/file", methods=["GET", "HEAD"])
async def get_package_file(request: Request, package: str, visitor: _MAKER) -> Response:
    """The zip, whole or by ranges. That it leaves is a ledger event first."""
    job = await _job(request, visitor, package)
    if job.path is None or job.sha256 is None or job.size is None or job.built is None:
        raise PackageNotReadyError(f"the package is {job.state}")
    name = f"{job.built.name}.zip"
    served = Served(path=job.path, digest=job.sha256, size=job.size, name=name, media_type=_ZIP)
    check_match(request, served.digest)
    if unchanged(request, served.digest):
        return not_modified(served)
    service = service_of(request)
    shown = await asyncio.to_thread(OpenObject, served)
    return await respond(
        request,
        shown,
        allowed=lambda: still_signed_in(service, visitor),
        damaged=partial(_spoilt, job),
        record=partial(_record_fetch, service, visitor, job),
    )


@router.api_route("/packages", methods=["GET", "HEAD"], include_in_schema=False)
async def packages_page(request: Request, visitor: _MAKER) -> Response:
    """One's own packages; renews itself while one is under way."""
    jobs = packages_at(request).all_of(visitor.account.id)
    part = request.query_params.get("part") == "1"
    values = {
        "jobs": [document(job) for job in jobs],
        "under_way": any(job.state in UNDER_WAY for job in jobs),
    }
    return pages_of(request).render(
        request,
        "_packages.html" if part else "packages.html",
        account=visitor.account,
        values=values,
    )


@router.post("/packages", include_in_schema=False)
async def package_form(request: Request, visitor: _MAKER) -> Response:
    """Ask for one, or cancel one, by form."""
    form = await form_of(request)
    if form.get("cancel"):
        packages_at(request).cancel(await _job(request, visitor, form["cancel"]))
    else:
        await _ask(request, visitor, case=form.get("case"), clip=form.get("clip"))
    return RedirectResponse("/packages", _SEE_OTHER)


def document(job: Job) -> Document:
    """A job as the API and the page show it."""
    built = job.built
    return {
        "package": job.id,
        "state": job.state,
        "subject": job.subject,
        "title": job.title,
        "asked_at": _time(job.made),
        "expires": _time(job.expires),
        "bytes_done": job.done,
        "bytes": job.total,
        "file": f"/api/v1/packages/{job.id}/file" if job.state == "ready" else None,
        "name": None if built is None else built.name,
        "size": job.size,
        "sha256": job.sha256,
        "clips": None if built is None else built.clips,
        "left_out": []
        if built is None
        else [{"clip": item.clip, "why": item.why} for item in built.left_out],
        "entry": None if built is None else built.entry,
        "manifest": None if built is None else built.manifest,
        "verifiers": {} if built is None else built.verifiers,
        "code": job.code,
        "detail": job.detail,
    }


async def _ask(request: Request, visitor: Visitor, *, case: str | None, clip: str | None) -> Job:
    if (case is None) == (clip is None):
        raise InvalidInputError("a case or a clip, one of them")
    service = service_of(request)
    await service.freshness.for_search()
    if case is not None:
        row = await casework.known_case(service, visitor, casework.checked_number(case))
        subject, title = row.id, row.number or row.id
    else:
        subject, title = await _clip(service, visitor, clip or "")
    await asyncio.to_thread(check_room, service.archive, subject)
    ask = packages_at(request).ask
    return await asyncio.to_thread(ask, account=visitor.account.id, subject=subject, title=title)


async def _clip(service: Service, visitor: Visitor, clip: str) -> tuple[str, str]:
    row = service.archive.catalogue.clip(clip) if is_id(clip, "clip") else None
    if row is None or not covers(service, visitor, row):
        await refuse(service, visitor, code=NotFoundError.code, clip=row and row.clip)
        raise NotFoundError("no such clip")
    return row.clip, row.path or row.clip


async def _job(request: Request, visitor: Visitor, id_: str) -> Job:
    job = packages_at(request).of(visitor.account.id, id_)
    if job is None:
        await refuse(service_of(request), visitor, code=NotFoundError.code)
        raise NotFoundError("no such package: it is gone after a day, and with a restart")
    return job


async def _spoilt(job: Job) -> None:
    """The zip is no longer what was made: the archive itself is not concerned, and the next one is."""
    job.state, job.code = "failed", FixityError.code
    job.detail = "the zip changed on this machine's disk after it was made: make it again"
    path, job.path = job.path, None
    if path is not None:
        with suppress(OSError):  # it goes with the others
            path.unlink()


async def _record_fetch(service: Service, visitor: Visitor, job: Job) -> None:
    assert job.built is not None  # noqa: S101 - it is ready
    data: dict[str, Any] = {
        "made": job.built.entry,
        "sha256": job.sha256,
        "bytes": job.size,
        "session": visitor.session.id,
    }
    event = Event(type="package.fetched", subject=job.subject, actor=visitor.account.id, data=data)
    await service.recording.view(
        event, session=visitor.session.key, clip=job.subject, what=f"package {job.id}"
    )


def _time(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
