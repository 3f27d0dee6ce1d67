"""Two archives of different levels, a county's and a province's, with real certificates; the province's door open.

with two_levels(folder) as (county, province), province.door():
    ...
"""

from __future__ import annotations

import http.client
import json
import shutil
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from api.exchange.serving import certificate_of, server_of
from api.serving import listen
from archive.opening import Archive, create_archive, open_archive
from archive.settings.model import PeerSettings
from oversight.exchange.peers import named

ACTOR = "account-clerk"


class Authority:
    """A certificate authority, and what it issued below a folder."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder, self.name = folder, name
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.ca = folder / f"{name}.ca.pem"
        root = self._certificate(self._key.public_key(), name, ca=True)
        self.ca.write_bytes(root.public_bytes(Encoding.PEM))

    def issue(self, who: str) -> Pair:
        """A certificate for 127.0.0.1."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = self._certificate(key.public_key(), who, ca=False)
        chain, secret = self.folder / f"{who}.pem", self.folder / f"{who}.key"
        chain.write_bytes(made.public_bytes(Encoding.PEM))
        secret.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return Pair(chain=chain, key=secret, fingerprint=made.fingerprint(hashes.SHA256()).hex())

    def _certificate(
        self, key: ec.EllipticCurvePublicKey, who: str, *, ca: bool
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        address = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))])
        return (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, who)]))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self.name)]))
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=30))
            .add_extension(address, critical=False)
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .sign(self._key, hashes.SHA256())
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A certificate and its key."""

    chain: Path
    key: Path
    fingerprint: str


@dataclass(kw_only=True)
class Level:
    """One archive, and how it is reached."""

    archive: Archive
    pair: Pair
    ca: Path
    port: int

    def peer(self, name: str) -> PeerSettings:
        """Somebody its settings name."""
        return named(self.archive.settings.exchange, name)

    @contextmanager
    def door(self) -> Iterator[None]:
        """Its exchange application on its port, over TLS."""
        listening = listen("127.0.0.1", self.port)
        opened = threading.Event()
        tls = certificate_of(self.archive)
        server = server_of(self.archive, tls, lambda _: opened.set(), "")
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            assert opened.wait(20)
            yield
        finally:
            server.should_exit = True
            thread.join(20)
            listening.close()

    def ask(
        self, method: str, path: str, content: bytes = b"", *, by: Pair | None = None
    ) -> tuple[int, dict[str, Any]]:
        """What its door answers to somebody with this certificate, or with none."""
        context = ssl.create_default_context(cafile=str(self.ca))
        if by is not None:
            context.load_cert_chain(by.chain, by.key)
        connection = http.client.HTTPSConnection(
            "127.0.0.1", self.port, context=context, timeout=20
        )
        try:
            connection.request(method, path, content or None)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def cut(self, path: str, content: bytes, *, length: int, by: Pair) -> None:
        """Put less than was promised, and go away."""
        context = ssl.create_default_context(cafile=str(self.ca))
        context.load_cert_chain(by.chain, by.key)
        head = f"PUT {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {length}\r\n\r\n"
        with (
            socket.create_connection(("127.0.0.1", self.port), timeout=20) as plain,
            context.wrap_socket(plain, server_hostname="127.0.0.1") as talking,
        ):
            talking.sendall(head.encode() + content)

    def entries(self, type_: str) -> list[dict[str, Any]]:
        """The data of its ledger's entries of a type."""
        return [e.data for e in self.archive.reader.entries() if e.type == type_]


_NAMES = ("county", "province")


def make_new(folder: Path) -> Path:
    """The two archives, which nobody has opened yet; made once, they are copied."""
    for name in _NAMES:
        create_archive(folder / name, origin=f"{name}.test/archive", unit="执法队")
    return folder


@contextmanager
def two_levels(folder: Path, new: Path) -> Iterator[tuple[Level, Level]]:
    """A county that sends and a province that takes, each known to the other."""
    authority = Authority(folder, "authority")
    names = _NAMES
    roots = {name: folder / name for name in names}
    pairs = {name: authority.issue(name) for name in names}
    ports = {name: free_port() for name in names}
    for name in names:
        shutil.copytree(new / name, roots[name])
    for name, other in zip(names, names[::-1], strict=True):
        path = roots[name] / "muniment.toml"
        told = f"""
[exchange]
tls_cert = "{pairs[name].chain}"
tls_key = "{pairs[name].key}"
client_ca = "{authority.ca}"
most_mb = 20
[[exchange.peer]]
name = "{other}"
fingerprint = "{pairs[other].fingerprint}"
vkeys = ["{(roots[other] / "keys" / "ledger.vkey").read_text().strip()}"]
url = "https://127.0.0.1:{ports[other]}"
ca = "{authority.ca}"
"""
        text = path.read_text().replace("embedded = true", "embedded = false")
        path.write_text(text + told)
    with (
        open_archive(roots["county"], write=True) as county,
        open_archive(roots["province"], write=True) as province,
    ):
        found = [
            Level(archive=archive, pair=pairs[name], ca=authority.ca, port=ports[name])
            for name, archive in zip(names, (county, province), strict=True)
        ]
        yield found[0], found[1]


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


Answer = Callable[[str, str], tuple[int, bytes]]


@contextmanager
def impostor(level: Level, answer: Answer) -> Iterator[None]:
    """Somebody with the level's own certificate who answers whatever `answer` says to method and path."""

    class Handler(BaseHTTPRequestHandler):
        def _say(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, said = answer(self.command, urlsplit(self.path).path)
            self.send_response(status)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def do_PUT(self) -> None:
            self._say()

        def do_POST(self) -> None:
            self._say()

        def log_message(self, *_: object) -> None:
            pass

        def handle(self) -> None:
            try:
                super().handle()
            except OSError:
                return  # whoever asked had heard enough

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(level.pair.chain, level.pair.key)
    server = ThreadingHTTPServer(("127.0.0.1", level.port), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join(20)
        server.server_close()
