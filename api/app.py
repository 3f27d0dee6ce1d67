"""The application: every part put together.

Nothing here decides who may see what; routes name their checks (gate.py).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from functools import partial
from typing import Final

from fastapi import Depends, FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api import (
    cases,
    clips,
    desk_pages,
    ending,
    entrance,
    health,
    ledger,
    problems,
    recordings,
    review,
    watch,
)
from api.approval import pages as approval_pages
from api.approval import routes as approval
from api.approval.grants import Grants
from api.approval.noticing import Noticing, appending
from api.casefile import pages as casefile_pages
from api.casefile import routes as casefile
from api.custody import pages as custody_pages
from api.custody import routes as custody
from api.description import describe
from api.desk import Desk
from api.direct import DirectRoute
from api.documents import to_bytes
from api.edge import LOOPBACK_NAMES, MOST_BODY, Edge, Uncaught
from api.finding import pages as finding_pages
from api.finding import routes as finding
from api.freshness import Freshness
from api.gate import anyone, signed_in
from api.identity import account_pages, account_routes, entering, people_pages, sessions, sso
from api.identity.accounts import Accounts
from api.identity.tries import Tries
from api.live import routes as live
from api.live.board import Board
from api.markers import routes as markers
from api.metrics import Metrics
from api.outside.limits import Limits
from api.outside.proxies import Proxies
from api.oversight.deadlines.overseer import Overseer
from api.oversight.mounted import MOUNTED
from api.oversight.publication import keeping as public
from api.packaging import routes as packaging
from api.packaging.making import packages_of
from api.plays import routes as plays
from api.recording import Recording
from api.rendering import Pages
from api.rights import pages as rights_pages
from api.rights import register_pages, register_routes
from api.rights import routes as rights
from api.rights.looking import count_open
from api.rights.work import mended
from api.service import Service
from api.steady import steady_clock
from api.stills import routes as stills
from api.together import routes as together
from api.watermark import routes as watermark
from archive.opening import Archive

VERSION: Final = "1"
_PARTS: Final = (
    *(sessions, entering, account_routes, account_pages, people_pages, sso),
    *(finding, finding_pages),  # before clips: `facets` is no clip
    *(clips, recordings, cases, ledger, health, entrance, review, watch, desk_pages),
    *(markers, plays, watermark),
    *(custody, custody_pages, live, packaging),
    *(rights, register_routes, rights_pages, register_pages),
    *(stills, together),
    *(casefile, casefile_pages),
    *(approval, approval_pages),
    *MOUNTED,
)


class _Application(FastAPI):
    """The framework's application with the edge around all of it."""

    service: Service
    edge: Edge

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        scope["app"] = self
        await self.edge(scope, receive, send)

    async def inner(self, scope: Scope, receive: Receive, send: Send) -> None:
        """What is inside the edge."""
        await super().__call__(scope, receive, send)


def create_app(
    archive: Archive,
    *,
    accounts: Accounts,
    names: frozenset[str] = frozenset(),
    secure: bool = False,
    desk: Desk | None = None,
) -> FastAPI:
    """Make the application.

    Args:
        archive: opened to write: searches and views are recorded. The caller closes it, after the application.
        accounts: its accounts.db; the caller closes it.
        names: host names that it answers for, beside loopback's, bare addresses and the settings' `serve.hosts`.
        secure: it is reached by https (a proxy in front ends TLS): cookies are marked, HSTS is sent.
        desk: the station's live desk, where this process is one.
    """
    freshness, noticing = Freshness(archive), Noticing(archive)
    service = Service(
        archive=archive,
        accounts=accounts,
        tries=Tries(accounts),
        recording=Recording(appending(archive, noticing)),
        noticing=noticing,
        freshness=freshness,
        grants=Grants(archive.catalogue, freshness, kept=accounts, clock=steady_clock(archive)),
        metrics=Metrics(),
        zone=archive.settings.zone,
        secure=secure,
        desk=desk,
        limits=Limits(archive.settings.edge.a_minute),
    )
    app = _Application(
        title="Muniment",
        version=VERSION,
        openapi_url=None,  # below, so that it names its access check like every route
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
        redirect_slashes=False,  # a redirect would be built from the Host header and lose %2F
    )
    app.service = service
    oidc = archive.settings.identity.oidc
    app.state.pages = Pages(
        service.zone,
        alarms=partial(count_open, service),
        sso=None if oidc is None else oidc.name,
    )
    app.state.board = Board(service)
    app.state.overseer = Overseer(archive)
    app.state.packages = packages_of(archive)
    for router in (clips.direct, *(part.router for part in _PARTS)):
        # Not include_router: that hides the routes behind an object, and the test that walks them has to see each.
        app.router.routes.extend(router.routes)
    _add_openapi(app)
    problems.install(app, entrance.error_page, signed_in)
    allowed = LOOPBACK_NAMES | {n.lower() for n in (*names, *archive.settings.hosts)}
    app.add_middleware(Uncaught)
    app.edge = Edge(
        app.inner,
        names=frozenset(allowed),
        secure=secure,
        observe=service.metrics.observe,
        proxies=Proxies.of(archive.settings.edge.proxies),
        direct=[route for route in clips.direct.routes if isinstance(route, DirectRoute)],
        # A form puts a little around the file.
        most_upload=archive.settings.upload_mb * 1_000_000 + MOST_BODY,
    )
    return app


@contextlib.asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    assert isinstance(app, _Application)  # noqa: S101 - whose lifespan this is
    service = app.service
    await mended(service)
    keeping = [asyncio.create_task(service.freshness.keep())]
    keeping.append(asyncio.create_task(app.state.board.keep()))
    keeping.append(asyncio.create_task(ending.keep(service)))
    keeping.append(asyncio.create_task(app.state.overseer.keep()))
    keeping.append(asyncio.create_task(public.keep(service.archive)))
    try:
        yield
    finally:
        app.state.overseer.end()
        for task in keeping:
            task.cancel()
        await asyncio.gather(*keeping, return_exceptions=True)
        service.objects.close()
        await asyncio.to_thread(app.state.packages.close)
        await asyncio.to_thread(service.recording.close)


def _add_openapi(app: FastAPI) -> None:
    @app.get("/api/v1/openapi.json", include_in_schema=False, dependencies=[Depends(anyone)])
    async def openapi(request: Request) -> Response:
        """This API's OpenAPI document."""
        del request
        return Response(to_bytes(describe(app)), media_type="application/json")
