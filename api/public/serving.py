"""Serving the public site: a process of its own that opens one file to read."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import structlog
import uvicorn

from api.public.app import create_public_app
from api.serving import PageServer, address_of, log_to
from oversight.publication.public_db import looking

_GRACE: Final = 3  # seconds for answers that are being sent
_MOST_CONNECTIONS: Final = 400


def serve_public(
    folder: Path, listening: socket.socket, *, ready: Callable[[str], None] | None = None
) -> None:
    """Serve until SIGINT or SIGTERM.

    Args:
        folder: with public.db.
        listening: from `api.serving.listen`.
        ready: called with the site's address once requests are taken.

    Raises:
        PublicFolderError: there is nothing to serve.
    """
    if not structlog.is_configured():
        log_to(sys.stderr)
    try:
        with looking(folder):
            pass
        config = uvicorn.Config(
            create_public_app(folder),
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=_GRACE,
            timeout_keep_alive=15,
            limit_concurrency=_MOST_CONNECTIONS,
        )
        PageServer(config, ready, address_of(listening), None).run(sockets=[listening])
    finally:
        listening.close()
