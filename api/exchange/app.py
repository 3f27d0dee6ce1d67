"""Taking messages over HTTPS: who is not a peer by certificate is told nothing (docs/formats/exchange.md).

What always holds: every request is of a peer whose certificate the settings name, and answered about its own messages
only. Bodies are bounded. An answer is JSON; a refusal has a code of docs/errors.md and changes nothing.
"""

from __future__ import annotations

import json
from typing import Any, Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from archive.errors import ArchiveError, NoSpaceError
from archive.opening import Archive
from archive.settings.model import PeerSettings
from oversight.errors import OversightError
from oversight.exchange.errors import MessageRefusedError, PackageRefusedError, UnknownPeerError
from oversight.exchange.model import SCHEMAS, is_digest
from oversight.exchange.peers import of_fingerprint
from oversight.exchange.receiving import PIECE, OffsetError, Receiver, Standing, TooMuchError

_MOST_ENVELOPE: Final = 64 * 1024


def create_exchange_app(archive: Archive) -> Starlette:
    """The application of an archive that is open to write."""
    door = _Door(archive)
    return Starlette(
        routes=[
            Route("/schema", door.schema, methods=["GET"]),
            Route("/messages/{message}", door.announce, methods=["PUT"]),
            Route("/messages/{message}", door.standing, methods=["GET"]),
            Route("/messages/{message}/body", door.put, methods=["PUT"]),
            Route("/messages/{message}/done", door.finish, methods=["POST"]),
        ],
        exception_handlers={
            OversightError: _refused,
            ArchiveError: _failed,
            HTTPException: _http,
            ClientDisconnect: _cut,
            OSError: _failed,
        },
    )


class _Door:
    """All answers."""

    def __init__(self, archive: Archive) -> None:
        self._settings = archive.settings.exchange
        self._receiver = Receiver(archive)
        self._schemas = {name: json.loads(path.read_bytes()) for name, path in SCHEMAS.items()}

    async def schema(self, request: Request) -> Response:
        """The JSON Schemas of what is exchanged."""
        self._peer(request)
        return _json(self._schemas)

    async def announce(self, request: Request) -> Response:
        """Take an envelope."""
        peer = self._peer(request)
        try:
            data = json.loads(await _body(request, _MOST_ENVELOPE))
        except (ValueError, RecursionError) as e:
            raise MessageRefusedError("no JSON") from e
        named = request.path_params["message"]
        _, found = await run_in_threadpool(self._receiver.announce, peer, data, named=named)
        return _standing(found)

    async def standing(self, request: Request) -> Response:
        """How far a message is."""
        peer = self._peer(request)
        return _standing(await run_in_threadpool(self._receiver.standing, peer, _named(request)))

    async def put(self, request: Request) -> Response:
        """Take a piece."""
        peer = self._peer(request)
        offset = request.query_params.get("offset", "")
        if not (offset.isascii() and offset.isdigit() and len(offset) <= 15):
            raise MessageRefusedError("offset is no number")
        piece = await _body(request, PIECE)
        if not piece:
            raise MessageRefusedError("the piece is empty")
        found = await run_in_threadpool(
            self._receiver.put, peer, _named(request), int(offset), piece
        )
        return _standing(found)

    async def finish(self, request: Request) -> Response:
        """Check, record, receipt."""
        peer = self._peer(request)
        return _standing(await run_in_threadpool(self._receiver.finish, peer, _named(request)))

    def _peer(self, request: Request) -> PeerSettings:
        """Who asks. Raises UnknownPeerError."""
        return of_fingerprint(self._settings, request.scope["state"].get("fingerprint"))


def _named(request: Request) -> str:
    message: str = request.path_params["message"]
    if not is_digest(message):
        raise HTTPException(404)
    return message


async def _body(request: Request, most: int) -> bytes:
    """Raises HTTPException: it is longer."""
    found = b""
    async for part in request.stream():
        found += part
        if len(found) > most:
            raise HTTPException(413)
    return found


def _standing(found: Standing | None) -> Response:
    if found is None:
        raise HTTPException(404)
    return _json({"have": found.have, **(found.receipt or {})})


def _json(document: dict[str, Any], status: int = 200) -> Response:
    return JSONResponse(document, status, headers={"cache-control": "no-store"})


def _refused(_: Request, error: Exception) -> Response:
    code = error.code if isinstance(error, OversightError) else "O000"
    told: dict[str, Any] = {"code": code, "detail": str(error)}
    match error:
        case UnknownPeerError():
            return _json({"code": code}, 403)
        case OffsetError():
            return _json(told | {"have": error.have}, 409)
        case TooMuchError():
            return _json(told, 413)
        case MessageRefusedError() | PackageRefusedError():
            return _json(told, 422)
    return _json({"code": code}, 503)


def _failed(_: Request, error: Exception) -> Response:
    """What went wrong here is nobody else's to read, but the code."""
    code = error.code if isinstance(error, ArchiveError) else "C050"
    return _json({"code": code}, 507 if isinstance(error, NoSpaceError) else 503)


def _cut(_: Request, __: Exception) -> Response:
    """Whoever sent went away in the middle: nobody hears this, and nothing of the piece is kept."""
    return _json({"code": "O086"}, 400)


def _http(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return _json({"code": "O086"}, status)
