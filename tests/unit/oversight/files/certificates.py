"""Keys and certificates of people who sign, made as a certificate authority would."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


def certificate(
    name: str,
    key: Key,
    *,
    issuer: x509.Certificate | None = None,
    by: Key | None = None,
    days: tuple[int, int] = (-30, 365),
) -> x509.Certificate:
    """For a key; without an issuer an authority's own."""
    named = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(named)
        .issuer_name(named if issuer is None else issuer.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=days[0]))
        .not_valid_after(now + timedelta(days=days[1]))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    )
    return builder.sign(key if by is None else by, hashes.SHA256())


def write(path: Path, key: Key, *held: x509.Certificate) -> Path:
    """A PEM file with a key and certificates."""
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(pem + b"".join(c.public_bytes(Encoding.PEM) for c in held))
    return path
