"""Serving exchange: a process of its own, TLS only, with a certificate that leads to `exchange.client_ca` on each side.

What always holds: without such a certificate no request is read at all; with one, the application asks whose it is.
"""

from __future__ import annotations

import asyncio
import hashlib
import socket
import ssl
import sys
from collections.abc import Callable
from typing import Final

import structlog
import uvicorn

from api.exchange.app import create_exchange_app
from api.outside.tls import Certificate
from api.protocol import GuardedProtocol
from api.serving import PageServer, address_of, log_to
from archive.errors import SettingsError
from archive.opening import Archive

_GRACE: Final = 3  # seconds for answers that are being sent
_MOST_CONNECTIONS: Final = 100


class PeerProtocol(GuardedProtocol):
    """As the page's, and each request says with which certificate it came."""

    body_seconds = 600.0  # a piece over a slow line

    def connection_made(  # type: ignore[override]  # as its base
        self, transport: asyncio.Transport
    ) -> None:
        """Remember the certificate for all requests of the connection."""
        tls = transport.get_extra_info("ssl_object")
        shown = None if tls is None else tls.getpeercert(binary_form=True)
        fingerprint = None if not shown else hashlib.sha256(shown).hexdigest()
        self.app_state = {**self.app_state, "fingerprint": fingerprint}
        super().connection_made(transport)


def certificate_of(archive: Archive) -> Certificate:
    """The certificate that this archive serves with, asking for those of peers.

    Raises:
        SettingsError: the settings do not name all that it takes.
        OSError: a file cannot be read, or is not what it has to be.
    """
    found = archive.settings.exchange
    if found.tls_cert is None or found.tls_key is None or found.client_ca is None:
        raise SettingsError(
            "exchange.tls_cert, exchange.tls_key and exchange.client_ca in muniment.toml have to be set"
        )
    tls = Certificate(found.tls_cert, found.tls_key)
    tls.context.load_verify_locations(found.client_ca)
    tls.context.verify_mode = ssl.CERT_REQUIRED
    return tls


def serve_exchange(
    archive: Archive, listening: socket.socket, *, ready: Callable[[str], None] | None = None
) -> None:
    """Serve until SIGINT or SIGTERM.

    Args:
        archive: open to write.
        listening: from `api.serving.listen`.
        ready: called with the address once requests are taken.

    Raises:
        SettingsError, OSError: as `certificate_of`.
    """
    if not structlog.is_configured():
        log_to(sys.stderr)
    try:
        tls = certificate_of(archive)
        server_of(archive, tls, ready, address_of(listening, tls=True)).run(sockets=[listening])
    finally:
        listening.close()


def server_of(
    archive: Archive, tls: Certificate, ready: Callable[[str], None] | None, address: str
) -> PageServer:
    """The server, to be run."""
    config = uvicorn.Config(
        create_exchange_app(archive),
        http=PeerProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_GRACE,
        timeout_keep_alive=65,
        limit_concurrency=_MOST_CONNECTIONS,
        ssl_context_factory=lambda _, __: tls.context,
    )
    return PageServer(config, ready, address, None, tls)
