"""The public site's application: what is public, to everybody, to read.

What always holds: no session, no cookie, no script and no route of the archive; it opens one file, public.db, and that
only to read; every answer carries a policy by which a browser loads nothing from elsewhere. What is withdrawn or
expired is gone from the next answer on: nothing may keep a copy unasked.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.public.pages import Site
from oversight.publication.errors import PublicFolderError

_HEADERS: Final = (
    (
        b"content-security-policy",
        b"default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none';"
        b" frame-ancestors 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
)
_CACHE: Final = (b"cache-control", b"no-cache")
_MOST_QUERY: Final = 2000


def create_public_app(folder: Path) -> Starlette:
    """The application over what `site.write` wrote into this folder."""
    site = Site(folder)
    paths: tuple[tuple[str, Callable[[Request], Response]], ...] = (
        ("/", site.decisions),
        ("/decisions/{publication}", site.decision),
        ("/lists", site.lists),
        ("/lists/{kind}/{version:int}", site.one_list),
        ("/certificate", site.certificate),
        ("/certificate.svg", site.code),
        ("/reports", site.reports),
        ("/reports/{publication}", site.report),
        ("/reports/{publication}/figures.csv", site.report_csv),
        ("/feed", site.feed),
        ("/feed/keys", site.keys),
        ("/feed/schema.json", site.schema),
        ("/static/{name}", site.static),
        ("/healthz", site.health),
    )
    return Starlette(
        routes=[Route(path, do, methods=["GET"]) for path, do in paths],
        middleware=[Middleware(_Guard)],
        exception_handlers={
            HTTPException: site.http_error,
            PublicFolderError: site.unavailable,
        },
    )


class _Guard:
    """Adds the headers to every answer; takes no long query and no body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                sent = list(message["headers"])
                if not any(name == _CACHE[0] for name, _ in sent):
                    sent.append(_CACHE)
                message["headers"] = [*sent, *_HEADERS]
            await send(message)

        if len(scope["query_string"]) > _MOST_QUERY:
            await Response("414\n", 414, media_type="text/plain")(scope, receive, guarded)
            return
        await self._app(scope, receive, guarded)
