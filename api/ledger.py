"""The published log as files (C2SP tlog-tiles), for strangers' tools.

What always holds: only names that tlog-tiles defines are opened, so no path leads elsewhere. Checkpoint and hash
tiles are open to
everybody; they hold hashes only. Entry bundles say who did what: archivist and oversight only.
"""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from api.errors import NotFoundError
from api.gate import Visitor, anyone, may_read_bundles
from api.service import service_of

router: Final = APIRouter(prefix="/ledger", tags=["ledger"])
# tlog-tiles, "Merkle Tree": <L> 0-63 without leading zeros, <N> in groups of three digits, .p/<W> 1-255.
_INDEX: Final = re.compile(
    r"(?:x[0-9]{3}/)*[0-9]{3}(?:\.p/(?:[1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|25[0-5]))?"
)
_LEVEL: Final = re.compile(r"[0-9]|[1-5][0-9]|6[0-3]")
_FOREVER: Final = "public, max-age=31536000, immutable"


@router.api_route("/checkpoint", methods=["GET", "HEAD"], dependencies=[Depends(anyone)])
async def get_checkpoint(request: Request) -> Response:
    """The newest published checkpoint, a signed note."""
    return await _file(request, "checkpoint", "text/plain; charset=utf-8", "no-cache")


@router.api_route("/checkpoint.cosigned", methods=["GET", "HEAD"], dependencies=[Depends(anyone)])
async def get_cosigned(request: Request) -> Response:
    """The newest checkpoint with a quorum of witnesses."""
    return await _file(request, "checkpoint.cosigned", "text/plain; charset=utf-8", "no-cache")


@router.api_route("/tile/entries/{index:path}", methods=["GET", "HEAD"])
async def get_bundle(
    request: Request, index: str, visitor: Annotated[Visitor, Depends(may_read_bundles)]
) -> Response:
    """An entry bundle."""
    del visitor
    if not _INDEX.fullmatch(index):
        raise NotFoundError("no such tile")
    name = f"tile/entries/{index}"
    return await _file(request, name, "application/octet-stream", "private, max-age=31536000")


@router.api_route(
    "/tile/{level}/{index:path}", methods=["GET", "HEAD"], dependencies=[Depends(anyone)]
)
async def get_tile(request: Request, level: str, index: str) -> Response:
    """A hash tile."""
    if not _LEVEL.fullmatch(level) or not _INDEX.fullmatch(index):
        raise NotFoundError("no such tile")
    return await _file(request, f"tile/{level}/{index}", "application/octet-stream", _FOREVER)


async def _file(request: Request, name: str, media_type: str, cache: str) -> Response:
    path = service_of(request).archive.root / "ledger" / name
    data = await asyncio.to_thread(_read, path)
    return Response(data, media_type=media_type, headers={"Cache-Control": cache})


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as e:
        raise NotFoundError("not published") from e
