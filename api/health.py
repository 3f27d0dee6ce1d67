"""Health for monitors: is it alive, can it answer, how is it doing."""

from __future__ import annotations

import asyncio
from typing import Final

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from api import documents
from api.gate import anyone, this_machine
from api.oversight.deadlines.overseer import overseer_of
from api.service import Service, service_of
from archive.errors import ArchiveError

router: Final = APIRouter(tags=["health"])


@router.api_route("/healthz", methods=["GET", "HEAD"], dependencies=[Depends(anyone)])
async def healthz() -> Response:
    """The process answers."""
    return Response(
        b"ok\n", media_type="text/plain; charset=utf-8", headers={"Cache-Control": "no-store"}
    )


@router.api_route("/readyz", methods=["GET", "HEAD"], dependencies=[Depends(anyone)])
async def readyz(request: Request) -> Response:
    """Ledger, catalogue and recording work: 200, else 503 and which does not."""
    checks = await asyncio.to_thread(_checks, service_of(request))
    ready = all(said == "ok" for said in checks.values())
    document = {"status": "ready" if ready else "not ready", "checks": checks}
    return Response(
        documents.to_bytes(document),
        status_code=200 if ready else 503,
        media_type="application/json",
        headers={"Cache-Control": "no-store"},
    )


@router.get("/metrics", dependencies=[Depends(this_machine)])
async def metrics(request: Request) -> Response:
    """Figures for Prometheus; only for a program on this machine."""
    service, overseer = service_of(request), overseer_of(request)

    def look() -> bytes:
        return service.metrics.text(service.archive, service.desk, overseer.figures())

    text = await asyncio.to_thread(look)
    return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")


def _checks(service: Service) -> dict[str, str]:
    said = {}
    for name, check in (
        ("ledger", service.archive.reader.checkpoint),
        ("catalogue", service.archive.catalogue.size),
        ("recording", lambda: service.archive.ledger.size),
    ):
        try:
            check()
        except ArchiveError as e:
            said[name] = e.code  # the code, not the words: those may hold paths
        except OSError:
            said[name] = "P051"
        else:
            said[name] = "ok"
    if service.desk is not None:
        why = service.desk().reason
        # Not to watch because it was asked for is well; to want to and not to see is not.
        said["ports"] = "ok" if why is None or why.code is None else why.code
    return said
