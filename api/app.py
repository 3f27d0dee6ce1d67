"""The application: every part put together.

Nothing here decides who may see what; routes name their checks (gate.py).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Final

from fastapi import Depends, FastAPI
from starlette.requests import Request
from starlette.responses import Response

from api import cases, clips, entrance, health, ledger, problems, review, sessions
from api.accounts import Accounts
from api.description import describe
from api.documents import to_bytes
from api.edge import LOOPBACK_NAMES, Edge
from api.freshness import Freshness
from api.gate import anyone, signed_in
from api.metrics import Metrics
from api.recording import Recording
from api.rendering import Pages
from api.service import Service
from api.tries import Tries
from archive.events import record
from archive.opening import Archive

VERSION: Final = "1"
_PARTS: Final = (sessions, clips, cases, ledger, health, entrance, review)


def create_app(
    archive: Archive,
    *,
    accounts: Accounts,
    names: frozenset[str] = frozenset(),
    secure: bool = False,
) -> FastAPI:
    """Make the application.

    Args:
        archive: opened to write: searches and views are recorded. The caller closes it, after the application.
        accounts: its accounts.db; the caller closes it.
        names: host names that it answers for, beside loopback's, bare addresses and the settings' `serve.hosts`.
        secure: it is reached by https (a proxy in front ends TLS): cookies are marked, HSTS is sent.
    """
    service = Service(
        archive=archive,
        accounts=accounts,
        tries=Tries(accounts),
        recording=Recording(lambda events: record(archive, events)),
        freshness=Freshness(archive),
        metrics=Metrics(),
        zone=archive.settings.zone,
        secure=secure,
    )
    app = FastAPI(
        title="Muniment",
        version=VERSION,
        openapi_url=None,  # below, so that it names its access check like every route
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
        redirect_slashes=False,  # a redirect would be built from the Host header and lose %2F
    )
    app.state.service = service
    app.state.pages = Pages(service.zone)
    for router in (clips.direct, *(part.router for part in _PARTS)):
        # Not include_router: that hides the routes behind an object, and the test that walks them has to see each.
        app.router.routes.extend(router.routes)
    _add_openapi(app)
    problems.install(app, entrance.error_page, signed_in)
    allowed = LOOPBACK_NAMES | {n.lower() for n in (*names, *archive.settings.hosts)}
    app.add_middleware(
        Edge, names=frozenset(allowed), secure=secure, observe=service.metrics.observe
    )
    return app


@contextlib.asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    service: Service = app.state.service
    keeping = asyncio.create_task(service.freshness.keep())
    try:
        yield
    finally:
        keeping.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await keeping
        await asyncio.to_thread(service.recording.close)


def _add_openapi(app: FastAPI) -> None:
    @app.get("/api/v1/openapi.json", include_in_schema=False, dependencies=[Depends(anyone)])
    async def openapi(request: Request) -> Response:
        """This API's OpenAPI document."""
        del request
        return Response(to_bytes(describe(app)), media_type="application/json")
