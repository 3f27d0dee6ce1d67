"""Serving the application: one process, one event loop, until it is told to stop.

What always holds: `Date` is the only header that says anything of the machine; nothing that a client sends is believed
about who or where it is, but by the proxies that the settings name (outside/proxies.py); an interrupt ends within five
seconds, and what was being recorded is durable or was not answered.
"""

from __future__ import annotations

import contextlib
import gc
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Final, TextIO

import structlog
import uvicorn

from api.app import create_app
from api.desk import Desk
from api.edge import LOOPBACK_NAMES
from api.identity.accounts import Accounts
from api.outside.tls import Certificate
from api.protocol import GuardedProtocol
from archive.opening import Archive
from archive.settings.model import EdgeSettings

ACCOUNTS: Final = "accounts.db"
_MOST_CONNECTIONS: Final = 480  # each may hold two descriptors; 1024 is what a process usually gets
_TICKS: Final = 100  # of a tenth of a second, between looks at the certificate
_GRACE: Final = 3  # seconds for answers that are being sent


def open_accounts(archive: Archive) -> Accounts:
    """The archive's accounts. Raises AccountsError."""
    return Accounts(archive.root / ACCOUNTS, settings=archive.settings.identity)


def log_to(stream: TextIO) -> None:
    """Log for people, without what was in variables: the default prints those, passwords and tokens too."""
    plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    processors = [*structlog.get_config()["processors"][:-1], plain]
    structlog.configure(processors=processors, logger_factory=structlog.PrintLoggerFactory(stream))


def listen(host: str, port: int) -> socket.socket:
    """A listening socket, so that the port is known before anything is served.

    Raises:
        OSError: the address cannot be used; its file name is that address.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(256)
    except OSError as error:
        listening.close()
        raise OSError(error.errno, error.strerror or str(error), f"{host}:{port}") from error
    return listening


def serve(
    archive: Archive,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    listening: socket.socket | None = None,
    ready: Callable[[str], None] | None = None,
    secure: bool = False,
    desk: Desk | None = None,
    ending: Callable[[], None] | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM.

    Args:
        archive: opened to write.
        host: address to listen on; where it is a name, requests under it are answered too.
        port: 0 for a free one.
        listening: a socket from `listen`, instead of host and port.
        ready: called with the page's address once requests are taken.
        secure: see `create_app`.
        desk: see `create_app`.
        ending: called in the signal handler, as soon as it is asked to end; answers may take some seconds yet.

    Raises:
        OSError: the address cannot be used.
        AccountsError: accounts.db cannot be used.
    """
    if not structlog.is_configured():
        log_to(sys.stderr)  # stdout belongs to the command's answer
    listening = listening or listen(host, port)
    edge, url = archive.settings.edge, archive.settings.url
    try:
        tls = certificate_of(edge)
        accounts = open_accounts(archive)
    except BaseException:
        listening.close()
        raise
    secure = secure or tls is not None or (url or "").startswith("https:")
    try:
        names = frozenset({host, socket.gethostname()}) - LOOPBACK_NAMES
        app = create_app(archive, accounts=accounts, names=names, secure=secure, desk=desk)
        config = uvicorn.Config(
            app,
            loop="uvloop",
            http=GuardedProtocol,
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=_GRACE,
            timeout_keep_alive=65,
            limit_concurrency=_MOST_CONNECTIONS,
            ssl_context_factory=None if tls is None else lambda _, __: tls.context,
        )
        board = app.state.board  # its streams would go on until they are cut off

        def end() -> None:
            board.end()
            if ending is not None:
                ending()

        PageServer(config, ready, address_of(listening, tls=tls is not None), end, tls).run(
            sockets=[listening]
        )
    finally:
        listening.close()
        accounts.close()


def certificate_of(edge: EdgeSettings) -> Certificate | None:
    """The page's certificate, where the settings name one. Raises OSError: it cannot be used."""
    if edge.tls_cert is None or edge.tls_key is None:
        return None
    return Certificate(edge.tls_cert, edge.tls_key)


def address_of(listening: socket.socket, *, tls: bool = False) -> str:
    """The page's address at a listening socket."""
    host, port = listening.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104 - recognised, not bound
    return f"{'https' if tls else 'http'}://{shown}:{port}/"


class PageServer(uvicorn.Server):
    """Says when it takes requests."""

    def __init__(
        self,
        config: uvicorn.Config,
        ready: Callable[[str], None] | None,
        address: str,
        ending: Callable[[], None] | None,
        tls: Certificate | None = None,
    ) -> None:
        super().__init__(config)
        self._tls = tls
        self._ready, self._address, self._ending = ready, address, ending

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Obey a signal, and tell whoever has to end beside the page."""
        if self._ending is not None:
            self._ending()
        super().handle_exit(sig, frame)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As uvicorn's, but a signal that was obeyed is not raised again: the caller has an archive to close."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {s: signal.signal(s, self.handle_exit) for s in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second; every tenth second whether the certificate changed."""
        if self._tls is not None and counter % _TICKS == 0:
            self._tls.look()
        return await super().on_tick(counter)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen, then say so."""
        await super().startup(sockets=sockets)
        # What is there now stays until the end: the collector need not look through it again and again.
        gc.collect()
        gc.freeze()
        if self._ready is not None and self.started:
            self._ready(self._address)
