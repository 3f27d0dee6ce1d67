"""Witnesses on loopback: real ones, and ones that lie, stay mute or are no witness at all."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import uvicorn
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from api.serving import address_of, listen
from api.witness import create_witness_app
from archive.durable import Disk
from archive.ledger.note import Verifier
from archive.ledger.witness.cosignature import Cosigner
from archive.ledger.witness.service import Witness

Lie = Callable[[bytes], tuple[int, str, bytes]]  # request body -> status, media type, body


def cosigner(seed: int = 0, name: str | None = None, *, post_quantum: bool = False) -> Cosigner:
    """A witness's key that everybody knows."""
    raw = bytes([100 + seed]) * 32
    key = (
        MLDSA44PrivateKey.from_seed_bytes(raw)
        if post_quantum
        else Ed25519PrivateKey.from_private_bytes(raw)
    )
    return Cosigner(name or f"witness.invalid/{seed}", key)


def new_witness(
    folder: Path,
    log: Verifier,
    *,
    seed: int = 0,
    disk: Disk | None = None,
    now: Callable[[], float] = time.time,
) -> Witness:
    """A witness of one log."""
    return Witness(folder, cosigners=[cosigner(seed)], logs=[log], disk=disk, now=now)


@contextmanager
def serving(witness: Witness) -> Iterator[str]:
    """A witness over HTTP, as `witness serve` has it; its address without the last slash."""
    listening = listen("127.0.0.1", 0)
    config = uvicorn.Config(create_witness_app(witness), lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield address_of(listening).rstrip("/")
    finally:
        server.should_exit = True
        thread.join(10)
        listening.close()


@contextmanager
def lying(answer: Lie) -> Iterator[tuple[str, Sequence[bytes]]]:
    """What answers as it likes; its address, and the bodies that it was sent."""
    bodies: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            bodies.append(body)
            status, media_type, said = answer(body)
            self.send_response(status)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            with suppress(ConnectionError):  # who asked has heard enough
                self.wfile.write(said)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", bodies
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
