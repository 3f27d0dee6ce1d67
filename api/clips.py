"""Clips over HTTP: search, facts, custody, proof, original and renditions."""

from __future__ import annotations

import asyncio
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from api import documents, history, making, proofs, watching
from api.damaged import tell
from api.direct import DirectRoute
from api.errors import NotFoundError
from api.finding import searching
from api.finding.parameters import PARAMETERS
from api.gate import Seen, Visitor, known_clip, may_search, watchable_clip
from api.mediafacts import known_of
from api.service import service_of
from archive.errors import FixityError
from oversight.registers.certificates import recorded_with

router: Final = APIRouter(prefix="/api/v1/clips", tags=["clips"])
# A player asks for ranges many times a second.
direct: Final = APIRouter(prefix=router.prefix, tags=["clips"], route_class=DirectRoute)
JSON: Final = "application/json"
_SEEN = Annotated[Seen, Depends(known_clip)]
_WATCHED = Annotated[Seen, Depends(watchable_clip)]
_FACTS: Final = 8 << 20  # bytes; twice what is ever written


@router.get("", openapi_extra=PARAMETERS)
async def find_clips(
    request: Request, visitor: Annotated[Visitor, Depends(may_search)]
) -> Response:
    """Search. By start, then clip id. The search is a ledger event before the answer leaves."""
    service = service_of(request)
    asked = await searching.read(request.query_params, service, visitor, frozenset())
    return Response(await searching.search_document(service, visitor, asked), media_type=JSON)


@router.get("/{clip}")
async def get_clip(request: Request, seen: _SEEN) -> Response:
    """Facts of a clip, its links and renditions."""
    archive = service_of(request).archive
    catalogue = archive.catalogue
    known = await asyncio.to_thread(known_of, catalogue, archive.store, seen.clip)
    document = documents.clip_facts(
        seen.clip, catalogue.renditions(seen.clip.clip), catalogue.links_of(seen.clip.clip), known
    )
    document["officer_certificate"] = await asyncio.to_thread(
        recorded_with, catalogue, archive.settings.zone, seen.clip
    )
    return Response(documents.to_bytes(document), media_type=JSON)


@router.get("/{clip}/facts")
async def get_media_facts(request: Request, seen: _SEEN) -> Response:
    """The clip's media facts as they were found (docs/formats/media.md), with the times of its frames."""
    digest, store = seen.clip.facts, service_of(request).archive.store
    if digest is None:
        raise NotFoundError("nothing has looked into this clip yet")
    try:
        data = await asyncio.to_thread(store.read, digest, most=_FACTS)
    except FixityError:
        clip = seen.clip.clip
        await tell(service_of(request), digest=digest, subject=clip, clip=clip)
        raise
    return Response(data, media_type=JSON, headers={"ETag": f'"{digest}"'})


@router.get("/{clip}/custody")
async def get_custody(request: Request, seen: _SEEN, cursor: str | None = None) -> Response:
    """Everything that happened to a clip, oldest first, 200 events a page."""
    page = await history.of_subject(service_of(request), seen.clip.clip, cursor)
    document = {
        "clip": seen.clip.clip,
        "custody": [documents.custody_event(event) for event in page.events],
        "next": page.following,
    }
    return Response(documents.to_bytes(document), media_type=JSON)


@router.get("/{clip}/custody/{index}")
async def get_custody_entry(request: Request, seen: _SEEN, index: str) -> Response:
    """One entry of a clip's history, as it lies in the ledger."""
    number = await entry_of(request, seen, index)
    entry = await asyncio.to_thread(service_of(request).archive.reader.entry, number)
    document = {"index": number, "leaf": entry.leaf.hex(), "entry": entry.document}
    return Response(documents.to_bytes(document), media_type=JSON)


@router.get("/{clip}/custody/{index}/proof")
async def get_custody_proof(request: Request, seen: _SEEN, index: str) -> Response:
    """The tlog-proof of one entry of a clip's history."""
    return await _proof(request, seen, await entry_of(request, seen, index))


@router.get("/{clip}/proof")
async def get_proof(request: Request, seen: _SEEN) -> Response:
    """The C2SP tlog-proof of the clip's ingest entry against the newest checkpoint."""
    return await _proof(request, seen, seen.clip.ingested_index)


@direct.api_route("/{clip}/original", methods=["GET", "HEAD"])
async def get_original(request: Request, seen: _WATCHED) -> Response:
    """The original's exact bytes; ranges, strong ETag, Repr-Digest. The view is a ledger event first."""
    served = watching.original(service_of(request), seen.clip)
    return await watching.show(request, seen, served, "original")


@direct.api_route("/{clip}/renditions/{kind}", methods=["GET", "HEAD"])
async def get_rendition(request: Request, seen: _WATCHED, kind: str) -> Response:
    """The newest rendition of a kind, as `original`. P028: it is being made, ask again; P029: it cannot be made."""
    service = service_of(request)
    row = await making.newest(service, seen.clip, kind)
    return await watching.show(request, seen, watching.rendition(service, seen.clip, row), kind)


@direct.api_route("/{clip}/renditions/{kind}/index", methods=["GET", "HEAD"])
async def get_rendition_index(request: Request, seen: _WATCHED, kind: str) -> Response:
    """What belongs to a rendition: a strip's cues, a track's telemetry as it was, a repair's report."""
    service = service_of(request)
    row = await making.newest(service, seen.clip, kind)
    served = watching.index(service, seen.clip, row)
    # A strip's cues only say which tile is when: with the tiles they are one view.
    whole = kind if kind == "strip" else None
    return await watching.show(request, seen, served, f"{kind}-index", part_of=whole)


@router.post("/{clip}/renditions/{kind}", status_code=202)
async def ask_for_rendition(request: Request, seen: _WATCHED, kind: str) -> Response:
    """Have a rendition made before all else; 202 whether or not it is there already."""
    document = await making.ask(service_of(request), seen.clip, kind)
    return Response(documents.to_bytes(document), status_code=202, media_type=JSON)


async def entry_of(request: Request, seen: Seen, index: str) -> int:
    """The number of an entry, if it is one about this clip, or a finding on its file.

    Raises:
        NotFoundError: it is not.
    """
    service = service_of(request)
    if index.isascii() and index.isdecimal() and len(index) < 16:
        await service.freshness.for_custody()
        reader = service.archive.reader
        try:
            entry = await asyncio.to_thread(reader.entry, int(index))
        except IndexError:
            pass
        else:
            on_its_file = (
                entry.type in history.FINDINGS and entry.data.get("digest") == seen.clip.sha256
            )
            if entry.subject == seen.clip.clip or on_its_file:
                return int(index)
    raise NotFoundError("no such entry about this clip")


async def _proof(request: Request, seen: Seen, index: int) -> Response:
    service = service_of(request)
    text = await proofs.proof(service, index)
    # A proof is of no object of its own: the entry names the original that it is about.
    await service.recording.record(
        watching.view_event(seen, what="proof", digest=seen.clip.sha256, size=seen.clip.size)
    )
    return Response(
        text,
        media_type="text/plain; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{seen.clip.clip}-{index}.tlog-proof"',
            "Cache-Control": "private, no-store",
        },
    )
