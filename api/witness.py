"""A witness over HTTP (C2SP tlog-witness v1.0.0): `add-checkpoint`, and each log's newest cosigned checkpoint.

What always holds: nobody signs in, because a request is believed by the log's signature alone; nothing is answered
before it is on the medium; a fault of ours is a 500 without details. Not a part of an archive's own API.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Callable
from typing import Final

import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from api.protocol import GuardedProtocol
from api.serving import PageServer, address_of
from archive.errors import ArchiveError
from archive.ledger.witness.request import MOST_BYTES
from archive.ledger.witness.service import Witness

_MOST_CONNECTIONS: Final = 200
_GRACE: Final = 3  # seconds
_log = structlog.get_logger(__name__)


class _TooLongError(Exception):
    """More was sent than a request can need."""


def create_witness_app(witness: Witness) -> Starlette:
    """The application of a witness; the caller closes the witness after it."""

    async def add_checkpoint(request: Request) -> Response:
        try:
            body = await _body(request)
        except _TooLongError:
            # What is left of it is not read: the connection can carry nothing more.
            return PlainTextResponse(
                f"longer than {MOST_BYTES} bytes\n",
                status_code=413,
                headers={"Connection": "close"},
            )
        except ClientDisconnect:
            return Response(status_code=400)  # nobody hears it
        try:
            reply = await asyncio.to_thread(witness.add_checkpoint, body)
        except (ArchiveError, OSError) as error:
            _log.exception("the witness cannot cosign", why=str(error))
            return PlainTextResponse("this witness cannot cosign now\n", status_code=500)
        _log.info("add-checkpoint", status=reply.status)
        if reply.lost:
            _log.error("evidence of another history could not be kept", why=reply.lost)
        return Response(
            reply.body, status_code=reply.status, headers={"Content-Type": reply.media_type}
        )

    async def checkpoint(request: Request) -> Response:
        try:
            note = await asyncio.to_thread(witness.newest, request.path_params["log"])
        except OSError as error:
            _log.exception("the witness cannot read", why=str(error))
            return PlainTextResponse("this witness cannot read its folder\n", status_code=500)
        if note is None:
            return PlainTextResponse("nothing was cosigned of this log\n", status_code=404)
        return Response(
            note,
            headers={
                "Content-Type": "text/plain; charset=utf-8",
                "Cache-Control": "no-cache",
                "X-Content-Type-Options": "nosniff",
            },
        )

    return Starlette(
        routes=[
            Route("/add-checkpoint", add_checkpoint, methods=["POST"]),
            Route("/{log}/checkpoint", checkpoint, methods=["GET"]),
        ]
    )


def serve_witness(
    witness: Witness, *, listening: socket.socket, ready: Callable[[str], None] | None = None
) -> None:
    """Serve until SIGINT or SIGTERM.

    Args:
        witness: whose folder is open.
        listening: a socket from `api.serving.listen`; closed at the end.
        ready: called with the address once requests are taken.
    """
    if not structlog.is_configured():
        # Its default prints to stdout, which belongs to the command's answer.
        structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    config = uvicorn.Config(
        create_witness_app(witness),
        loop="uvloop",
        http=GuardedProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_GRACE,
        limit_concurrency=_MOST_CONNECTIONS,
    )
    try:
        PageServer(config, ready, address_of(listening), None).run(sockets=[listening])
    finally:
        listening.close()


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            raise _TooLongError
    return bytes(body)
