"""Evidence over HTTP: entries of a clip's or a case's history as they lie in the ledger, with proofs.

What always holds: reading a clip's proofs is in the ledger first (`clip.viewed`, once in ten minutes of a session);
of a case only those entries are told that its page tells this visitor, and reading them is a search, as opening it is.
"""

from __future__ import annotations

import asyncio
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from api import casework, history, proofs, watching
from api.clips import JSON, entry_of
from api.custody import evidence, own
from api.documents import to_bytes
from api.errors import NotFoundError
from api.finding import searching
from api.gate import Seen, Visitor, known_clip, may_read_cases, may_read_integrity
from api.service import Service, service_of
from archive.catalogue.rows import CaseRow

router: Final = APIRouter(prefix="/api/v1", tags=["custody"])
_SEEN = Annotated[Seen, Depends(known_clip)]
_READER = Annotated[Visitor, Depends(may_read_cases)]
_OWN = Annotated[Visitor, Depends(may_read_integrity)]
_AFTER = Annotated[int, Query(ge=-1, le=(1 << 53) - 1, description="only later entries")]
_LIMIT = Annotated[int, Query(ge=1, le=evidence.MOST, description="entries at once")]
_RAW: Final = "application/octet-stream"


@router.get("/clips/{clip}/evidence")
async def clip_evidence(
    request: Request, seen: _SEEN, after: _AFTER = -1, limit: _LIMIT = evidence.MOST
) -> Response:
    """A clip's entries, exact bytes and proofs, oldest first; `after`: only later ones; `next` goes there."""
    service, clip = service_of(request), seen.clip
    await service.freshness.for_custody()
    rows = history.rows_of(service, clip.clip, after=after, limit=limit + 1)
    indexes = [row.index for row in rows[:limit]]
    document = await evidence.document(service, clip.clip, indexes, more=len(rows) > limit)
    await watching.record_view(service, seen, watching.original(service, clip), "proof")
    return Response(to_bytes(document), media_type=JSON)


@router.get("/clips/{clip}/custody/{index}/entry")
async def clip_entry(request: Request, seen: _SEEN, index: str) -> Response:
    """The exact bytes of one entry of a clip's history: what its leaf hash is over."""
    return await _raw(service_of(request), await entry_of(request, seen, index))


@router.get("/integrity/evidence")
async def own_evidence(
    request: Request, visitor: _OWN, after: _AFTER = -1, limit: _LIMIT = evidence.MOST
) -> Response:
    """The newest audits, timestamps and keys of the ledger itself, as `/clips/{clip}/evidence`. No clip, no person."""
    del visitor
    service = service_of(request)
    rows = [row for row in await own.rows(service) if row.index > after]
    indexes = [row.index for row in rows[:limit]]
    document = await evidence.document(service, "", indexes, more=len(rows) > limit)
    return Response(to_bytes(document), media_type=JSON)


@router.get("/integrity/custody/{index}/entry")
async def own_entry(request: Request, index: str, visitor: _OWN) -> Response:
    """The exact bytes of one of them."""
    del visitor
    return await _raw(service_of(request), await _own_index(request, index))


@router.get("/integrity/custody/{index}/proof")
async def own_proof(request: Request, index: str, visitor: _OWN) -> Response:
    """The tlog-proof of one of them."""
    del visitor
    return await _proof(service_of(request), await _own_index(request, index))


@router.get("/cases/{number}/evidence")
async def case_evidence(
    request: Request,
    number: str,
    visitor: _READER,
    after: _AFTER = -1,
    limit: _LIMIT = evidence.MOST,
) -> Response:
    """The entries of a case's history that this visitor may know of, as `/clips/{clip}/evidence`."""
    service = service_of(request)
    case = await casework.known_case(service, visitor, casework.number_of(number))
    await look_at(service, visitor, case)
    rows = await history.case_rows(service, visitor, case, after=after, limit=limit + 1)
    indexes = [row.index for row in rows[:limit]]
    document = await evidence.document(service, case.id, indexes, more=len(rows) > limit)
    return Response(to_bytes(document), media_type=JSON)


@router.get("/cases/{number}/custody/{index}/entry")
async def case_entry(request: Request, number: str, index: str, visitor: _READER) -> Response:
    """The exact bytes of one entry of a case's history."""
    return await _raw(service_of(request), await _case_index(request, number, index, visitor))


@router.get("/cases/{number}/custody/{index}/proof")
async def case_proof(request: Request, number: str, index: str, visitor: _READER) -> Response:
    """The tlog-proof of one entry of a case's history."""
    at = await _case_index(request, number, index, visitor)
    return await _proof(service_of(request), at)


async def look_at(service: Service, visitor: Visitor, case: CaseRow) -> None:
    """Record that somebody looks at a case; durable when it returns. Raises ArchiveError."""
    asked = searching.for_case(case.number or "", visitor, limit=1, cursor=None)
    await searching.search(service, visitor, asked)


async def _case_index(request: Request, number: str, index: str, visitor: Visitor) -> int:
    service = service_of(request)
    case = await casework.known_case(service, visitor, casework.number_of(number))
    number_ok = index.isascii() and index.isdecimal() and len(index) < 16
    if number_ok and await _is_of_case(service, visitor, case, int(index)):
        return int(index)
    raise NotFoundError("no such entry about this case")


async def _is_of_case(service: Service, visitor: Visitor, case: CaseRow, index: int) -> bool:
    rows = await history.case_rows(service, visitor, case, after=index - 1, limit=1)
    return bool(rows) and rows[0].index == index


async def _own_index(request: Request, index: str) -> int:
    known = {row.index for row in await own.rows(service_of(request))}
    if index.isascii() and index.isdecimal() and len(index) < 16 and int(index) in known:
        return int(index)
    raise NotFoundError("no such entry of the ledger itself")


async def _proof(service: Service, index: int) -> Response:
    return Response(
        await proofs.proof(service, index),
        media_type="text/plain; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="entry-{index}.tlog-proof"'},
    )


async def _raw(service: Service, index: int) -> Response:
    entry = await asyncio.to_thread(service.archive.reader.entry, index)
    return Response(
        entry.raw,
        media_type=_RAW,
        headers={"Content-Disposition": f'attachment; filename="entry-{index}.json"'},
    )
