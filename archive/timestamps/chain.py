"""From a stamping certificate to the one pinned root, at a moment. No files, no network, no clock.

What is believed is the root that was pinned. Other certificates, from the token or beside it, are hints on the way;
one that signs itself is never a step of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Final, TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

from archive.timestamps.errors import TokenError

_E = TypeVar("_E", bound=x509.ExtensionType)
_DER: Final = Encoding.DER
_LONGEST: Final = 6  # certificates between leaf and root
_MOST_RSA: Final = 16_384  # bits: a longer one only costs time
_LEAST_RSA: Final = 2048
_KNOWN: Final = frozenset(
    {
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.KEY_USAGE,
        ExtensionOID.EXTENDED_KEY_USAGE,
        ExtensionOID.CERTIFICATE_POLICIES,
    }
)
_STRONG: Final = frozenset({"sha256", "sha384", "sha512"})


@contextmanager
def foreign(code: str, what: str) -> Iterator[None]:
    """A stranger's structure that cannot be read is a TokenError of this code."""
    try:
        yield
    except (
        ValueError,  # most of them
        TypeError,
        KeyError,
        x509.InvalidVersion,
        x509.DuplicateExtension,
        x509.UnsupportedGeneralNameType,
        UnsupportedAlgorithm,
        OverflowError,  # a moment that no clock shows
        CryptographyDeprecationWarning,  # of what it will refuse, where warnings are errors
    ) as e:
        raise TokenError(code, f"{what} cannot be read: {e}") from e


def read_der(data: bytes, code: str, what: str) -> x509.Certificate:
    """A certificate whose parts can be read. Raises TokenError of this code."""
    with foreign(code, what):
        certificate = x509.load_der_x509_certificate(data)
        _ = certificate.extensions, certificate.public_key(), certificate.subject.public_bytes()
        _ = certificate.issuer.public_bytes(), certificate.signature_hash_algorithm
        _ = certificate.not_valid_before_utc, certificate.not_valid_after_utc
        if certificate.serial_number <= 0:  # RFC 5280, 4.1.2.2; the library only warns, as yet
            raise ValueError("its serial number is not positive")
    return certificate


def read_pem(data: bytes, code: str, what: str) -> list[x509.Certificate]:
    """Certificates of a PEM file; none where it is empty. Raises TokenError of this code."""
    if not data.strip():
        return []
    with foreign(code, what):
        found = [c.public_bytes(_DER) for c in x509.load_pem_x509_certificates(data)]
    return [read_der(certificate, code, what) for certificate in found]


def check_stamping(leaf: x509.Certificate) -> None:
    """The certificate may stamp. Raises TokenError("certificate")."""
    try:
        purposes = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except x509.ExtensionNotFound as e:
        raise TokenError("certificate", "the certificate has no extended key usage") from e
    # RFC 3161, 2.3: critical, and timeStamping alone
    if not purposes.critical:
        raise TokenError("certificate", "the certificate's extended key usage is not critical")
    if list(purposes.value) != [ExtendedKeyUsageOID.TIME_STAMPING]:
        raise TokenError("certificate", "the certificate is for other things than timestamps")
    usage = extension_of(leaf, x509.KeyUsage)
    if usage is not None and not (usage.digital_signature or usage.content_commitment):
        raise TokenError("certificate", "the certificate's key is not for signatures")
    _check_known(leaf)


def find_path(
    leaf: x509.Certificate,
    hints: Sequence[x509.Certificate],
    root: x509.Certificate,
    moment: datetime,
) -> tuple[x509.Certificate, ...]:
    """Certificates from leaf towards root, root not among them, each valid at the moment.

    Raises:
        TokenError: "chain" where there is no way to the root, "expired" where there is, but not at that moment.
    """
    if not _signs(root):
        raise TokenError("root", "the pinned root certificate is no certificate authority's")
    path = _walk((leaf,), [c for c in hints if c.subject != c.issuer], root)
    if path is None:
        raise TokenError("chain", "the certificate does not lead to the pinned root")
    for certificate in (*path, root):
        if not certificate.not_valid_before_utc <= moment <= certificate.not_valid_after_utc:
            raise TokenError(
                "expired",
                f"the certificate of {name_of(certificate)} was not valid at {moment.isoformat()}",
            )
        _check_known(certificate)
    return path


def _walk(
    path: tuple[x509.Certificate, ...], hints: list[x509.Certificate], root: x509.Certificate
) -> tuple[x509.Certificate, ...] | None:
    last = path[-1]
    if _issued(last, root):
        return path if _length_allows(root, len(path) - 1) else None
    if len(path) > _LONGEST:
        return None
    for hint in hints:
        if hint in path or not _issued(last, hint) or not _length_allows(hint, len(path) - 1):
            continue
        found = _walk((*path, hint), hints, root)
        if found is not None:
            return found
    return None


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    if certificate.issuer != issuer.subject or not _signs(issuer):
        return False
    digest = certificate.signature_hash_algorithm
    if digest is None or digest.name not in _STRONG:
        return False
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _signs(certificate: x509.Certificate) -> bool:
    constraints = extension_of(certificate, x509.BasicConstraints)
    usage = extension_of(certificate, x509.KeyUsage)
    return constraints is not None and constraints.ca and (usage is None or usage.key_cert_sign)


def _length_allows(issuer: x509.Certificate, between: int) -> bool:
    """RFC 5280, 4.2.1.9: how many may stand between this one and the leaf."""
    constraints = extension_of(issuer, x509.BasicConstraints)
    length = constraints.path_length if constraints is not None else None
    return length is None or between <= length


def _check_known(certificate: x509.Certificate) -> None:
    for extension in certificate.extensions:
        if extension.critical and extension.oid not in _KNOWN:
            raise TokenError(
                "chain", f"critical extension {extension.oid.dotted_string} is not known here"
            )


def extension_of(certificate: x509.Certificate, kind: type[_E]) -> _E | None:
    """A certificate's extension of a kind; None where it has none."""
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def name_of(certificate: x509.Certificate) -> str:
    """The subject, on one line."""
    text = certificate.subject.rfc4514_string()
    return "".join(c if c.isprintable() else " " for c in text)[:200]


def check_signature(
    key: object, signature: bytes, data: bytes, digest: hashes.HashAlgorithm
) -> None:
    """A signature by an elliptic-curve or RSA key. Raises TokenError("signature" or "certificate")."""
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, data, ec.ECDSA(digest))
        elif isinstance(key, rsa.RSAPublicKey) and _LEAST_RSA <= key.key_size <= _MOST_RSA:
            key.verify(signature, data, padding.PKCS1v15(), digest)
        else:
            raise TokenError("certificate", "a key of a kind or length that is not believed here")
    except InvalidSignature as e:
        raise TokenError("signature", "the signature is wrong") from e
    except UnsupportedAlgorithm as e:
        raise TokenError("certificate", f"a key that cannot be used here: {e}") from e
