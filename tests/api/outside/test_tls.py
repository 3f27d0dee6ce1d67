"""TLS by an own certificate, over real sockets: bytes, headers, versions, and a certificate that is renewed."""

from __future__ import annotations

import hashlib
import os
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import pytest
import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from api.app import create_app
from api.outside.tls import Certificate
from api.protocol import GuardedProtocol
from api.serving import PageServer, listen
from muniment.client import Muniment, NotReachedError
from tests.api.world import PASSWORD, VIDEO, World, make_world


def write(folder: Path, name: str) -> tuple[Path, Path]:
    """A certificate of its own for 127.0.0.1, over the one before."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    chain, secret = folder / "page.pem", folder / "page.key"
    for path, data in (
        (chain, made.public_bytes(serialization.Encoding.PEM)),
        (
            secret,
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            ),
        ),
    ):
        new = path.with_suffix(".new")
        new.write_bytes(data)
        os.replace(new, path)  # noqa: PTH105 - as certbot does
    return chain, secret


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the certificate lies."""
    return tmp_path_factory.mktemp("tls")


@pytest.fixture(scope="module")
def inner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The archive."""
    made = make_world(tmp_path_factory.mktemp("inner") / "root")
    yield made
    made.close()


@pytest.fixture(scope="module")
def served(inner: World, folder: Path) -> Iterator[tuple[str, Certificate]]:
    """The address of a server with TLS, and its certificate."""
    certificate = Certificate(*write(folder, "first"))
    listening = listen("127.0.0.1", 0)
    app = create_app(inner.archive, accounts=inner.accounts, secure=True)
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http=GuardedProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        ssl_context_factory=lambda _, __: certificate.context,
    )
    ready = threading.Event()
    found: list[str] = []

    def say(address: str) -> None:
        found.append(address)
        ready.set()

    def end() -> None:
        return None

    server = PageServer(config, say, f"https://127.0.0.1:{listening.getsockname()[1]}/", end, None)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    assert ready.wait(30)
    yield found[0].rstrip("/"), certificate
    server.should_exit = True
    thread.join(30)
    listening.close()


def trust(folder: Path) -> ssl.SSLContext:
    """Of the certificate as it lies there now."""
    return ssl.create_default_context(cafile=folder / "page.pem")


def test_an_original_comes_whole_and_by_ranges_over_tls(
    served: tuple[str, Certificate], inner: World, folder: Path, tmp_path: Path
) -> None:
    address, _ = served
    with Muniment.sign_in(address, user="chief", password=PASSWORD, trust=trust(folder)) as client:
        got = client.download(inner.ids["first"], tmp_path / "first.mp4")
        poster = client.download(inner.ids["first"], tmp_path / "first.jpg", kind="poster")
    assert got.sha256 == hashlib.sha256(VIDEO + b"first").hexdigest()
    assert poster.size > 0


def test_over_tls_the_cookie_is_secure_and_browsers_are_told_to_stay(
    served: tuple[str, Certificate], folder: Path
) -> None:
    head = ask(served[0], trust(folder), "GET /sign-in HTTP/1.1")
    assert "strict-transport-security: max-age=31536000" in head
    body = f'{{"user":"chief","password":"{PASSWORD}"}}'
    head = ask(
        served[0],
        trust(folder),
        "POST /api/v1/session HTTP/1.1",
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n",
        body,
    )
    cookie = next(line for line in head.splitlines() if line.startswith("set-cookie:"))
    assert all(word in cookie for word in ("Secure", "HttpOnly", "SameSite=lax"))


def test_nothing_older_than_tls_1_2_is_spoken(served: tuple[str, Certificate]) -> None:
    assert served[1].context.minimum_version is ssl.TLSVersion.TLSv1_2
    with pytest.raises(NotReachedError):  # plain HTTP to a TLS port
        Muniment(served[0].replace("https", "http"), token="t").account()


def test_a_renewed_certificate_is_taken_and_a_broken_one_left_aside(
    served: tuple[str, Certificate], folder: Path
) -> None:
    address, certificate = served
    before = trust(folder)
    assert not certificate.look()
    (folder / "page.key").write_bytes(b"half of a key")
    assert not certificate.look()
    assert "200" in ask(address, before, "GET /healthz HTTP/1.1")
    write(folder, "second")
    assert certificate.look()
    assert "200" in ask(address, trust(folder), "GET /healthz HTTP/1.1")
    with pytest.raises(ssl.SSLCertVerificationError):
        ask(address, before, "GET /healthz HTTP/1.1")


def ask(address: str, context: ssl.SSLContext, line: str, head: str = "", body: str = "") -> str:
    """One request over a connection of its own; the head of the answer."""
    host, _, port = address.removeprefix("https://").partition(":")
    with (
        socket.create_connection((host, int(port)), timeout=20) as plain,
        context.wrap_socket(plain, server_hostname=host) as connection,
    ):
        text = f"{line}\r\nHost: {host}\r\nConnection: close\r\n{head}\r\n{body}"
        connection.sendall(text.encode())
        data = b""
        until = time.monotonic() + 20
        while b"\r\n\r\n" not in data and time.monotonic() < until:
            more = connection.recv(65536)
            if not more:
                break
            data += more
    return data.partition(b"\r\n\r\n")[0].decode()
