"""Signing a volume catalogue with a person's own X.509 key: CMS, detached (RFC 5652), by `cryptography`.

What always holds: the key is read, used once and let go of; nothing of it is kept. Where the key lies in hardware, or
is of a kind that is not made here (SM2), the signature is made elsewhere and only checked (signature.py).
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    load_der_private_key,
    load_pem_private_key,
    pkcs7,
    pkcs12,
)

from archive.casefiles.errors import SigningKeyError

_MOST: Final = 1 << 20  # bytes of a key's file
Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


class Signer:
    """A key and its certificate.

    Args:
        key: file with the key: PEM, DER or PKCS#12.
        certificate: file with its certificate, PEM or DER; None: in the key's file.
        passphrase: of the key's file.

    Raises:
        SigningKeyError: one cannot be read, or they do not belong together. Nothing was signed.
    """

    def __init__(self, key: Path, certificate: Path | None, passphrase: bytes | None) -> None:
        data = _read(key)
        found, beside, others = _taken_apart(data, passphrase)
        named = beside if certificate is None else _certificates(_read(certificate))
        own = [c for c in named if c.public_key() == found.public_key()]
        if not own:
            raise SigningKeyError("no certificate of this key is there: name it with --certificate")
        self._key, self._own = found, own[0]
        self._others = [c for c in (*named, *others) if c != own[0]]

    def sign(self, data: bytes) -> bytes:
        """A detached signature over these bytes, DER. Raises SigningKeyError."""
        builder = pkcs7.PKCS7SignatureBuilder().set_data(data)
        builder = builder.add_signer(self._own, self._key, hashes.SHA256())
        for other in self._others:
            builder = builder.add_certificate(other)
        options = [
            pkcs7.PKCS7Options.DetachedSignature,
            pkcs7.PKCS7Options.Binary,
            pkcs7.PKCS7Options.NoCapabilities,
        ]
        try:
            return builder.sign(Encoding.DER, options)
        except (ValueError, UnsupportedAlgorithm) as e:
            raise SigningKeyError(f"this key cannot sign: {e}") from e


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(_MOST + 1)
    except OSError as e:
        raise SigningKeyError(f"{path.name} cannot be read: {e.strerror}") from e
    if len(data) > _MOST:
        raise SigningKeyError(f"{path.name} is longer than a key")
    return data


def _taken_apart(
    data: bytes, passphrase: bytes | None
) -> tuple[Key, list[x509.Certificate], list[x509.Certificate]]:
    """Key, certificates that may be its own, and others."""
    others: list[x509.Certificate] = []
    certificates: list[x509.Certificate] = []
    try:
        if b"-----BEGIN" in data:
            key: object = load_pem_private_key(data, passphrase)
            certificates = _certificates(data) if b"BEGIN CERTIFICATE" in data else []
        else:
            key, certificates, others = _from_der(data, passphrase)
    except (ValueError, TypeError, UnsupportedAlgorithm) as e:
        raise SigningKeyError(f"the key cannot be read, or its passphrase is another: {e}") from e
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise SigningKeyError("a key for signatures is RSA or elliptic-curve (RFC 5652)")
    return key, certificates, others


def _from_der(
    data: bytes, passphrase: bytes | None
) -> tuple[object, list[x509.Certificate], list[x509.Certificate]]:
    try:
        store = pkcs12.load_pkcs12(data, passphrase)
    except ValueError as no_store:
        try:
            return load_der_private_key(data, passphrase), [], []
        except (ValueError, TypeError):
            raise no_store from None
    own = [] if store.cert is None else [store.cert.certificate]
    return store.key, own, [extra.certificate for extra in store.additional_certs]


def _certificates(data: bytes) -> list[x509.Certificate]:
    try:
        if b"-----BEGIN" in data:
            return x509.load_pem_x509_certificates(data)
        return [x509.load_der_x509_certificate(data)]
    except ValueError as e:
        raise SigningKeyError(f"the certificate cannot be read: {e}") from e
