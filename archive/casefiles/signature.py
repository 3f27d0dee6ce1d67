"""A detached CMS signature (RFC 5652) over a volume catalogue, checked before it is kept. No files, network, clock.

What always holds: whatever the bytes, SignatureRefusedError alone is raised; a signature is over these very bytes, by a
certificate inside it that is valid at the moment given and may sign; where roots are given it leads to one of them.
Not looked at: revocation lists, and SM2, which `cryptography` does not know: such a signature is refused by that name.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from archive.casefiles.errors import SignatureRefusedError
from archive.timestamps import cms, der, names
from archive.timestamps.chain import check_signature, extension_of, find_path, name_of, read_der
from archive.timestamps.errors import TokenError

MOST: Final = 1 << 18  # bytes
_DATA: Final = "1.2.840.113549.1.7.1"  # RFC 5652, 4
_SM2: Final = frozenset({"1.2.156.10197.1.501", "1.2.156.10197.1.301", "1.2.156.10197.1.301.1"})
_PEM: Final = re.compile(
    rb"-----BEGIN (PKCS7|CMS)-----\s+([A-Za-z0-9+/=\s]+?)-----END \1-----", re.DOTALL
)
_DIGESTS: Final[dict[str, type[hashes.HashAlgorithm]]] = {
    names.SHA256: hashes.SHA256,
    names.SHA384: hashes.SHA384,
    names.SHA512: hashes.SHA512,
}
_SIGNATURES: Final = {
    names.ECDSA_SHA256: names.SHA256,
    names.ECDSA_SHA384: names.SHA384,
    names.ECDSA_SHA512: names.SHA512,
    names.RSA_SHA256: names.SHA256,
    names.RSA_SHA384: names.SHA384,
    names.RSA_SHA512: names.SHA512,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """A signature that is believed."""

    data: bytes  # DER, as it is kept
    certificate: str  # SHA-256 of the signer's
    name: str  # its subject


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    certificates: tuple[bytes, ...]
    issuer: bytes
    serial: int
    digest_algorithm: str
    attributes: dict[str, bytes] | None
    signed: bytes | None
    signature_algorithm: str
    signature: bytes


def check(
    signature: bytes, data: bytes, *, moment: datetime, roots: Sequence[x509.Certificate] = ()
) -> Signature:
    """A signature over these bytes.

    Args:
        signature: DER or PEM.
        data: what it has to be over.
        moment: at which its certificate has to be valid.
        roots: one of these it has to lead to; none: whoever it names is believed to be who they are.

    Raises:
        SignatureRefusedError: why it is not believed.
    """
    try:
        encoded = _der(signature)
        parts = _parse(encoded)
        held = [
            read_der(c, "malformed", "a certificate in the signature") for c in parts.certificates
        ]
        leaf = _signer(parts, held)
        _check_may_sign(leaf, moment)
        _check_over(parts, data, leaf)
        _check_path(leaf, held, roots, moment)
    except TokenError as e:
        raise SignatureRefusedError(e.reason) from e
    digest = hashlib.sha256(leaf.public_bytes(Encoding.DER)).hexdigest()
    return Signature(data=encoded, certificate=digest, name=name_of(leaf))


def whose(data: bytes) -> tuple[str, bool] | None:
    """The subject of the certificate in a kept signature, and whether it signed itself; None: it cannot be read."""
    try:
        parts = _parse(data)
        leaf = _signer(
            parts,
            [
                read_der(c, "malformed", "a certificate in the signature")
                for c in parts.certificates
            ],
        )
        return name_of(leaf), leaf.issuer == leaf.subject
    except (TokenError, SignatureRefusedError):
        return None


def _der(signature: bytes) -> bytes:
    if len(signature) > MOST:
        raise SignatureRefusedError(f"a signature has at most {MOST} bytes")
    if not signature.lstrip().startswith(b"-----"):
        return signature
    found = _PEM.search(signature)
    if found is None:
        raise SignatureRefusedError("PEM, but no PKCS7 or CMS")
    try:
        return base64.b64decode(b"".join(found[2].split()), validate=True)
    except binascii.Error as e:
        raise SignatureRefusedError("PEM that is no base64") from e


def _parse(data: bytes) -> _Parts:
    """SignedData (RFC 5652, 5.1) with one signer and without the content."""
    outer = der.read(data).fields()
    _same(outer.take(der.OID).dotted(), names.SIGNED_DATA, "no CMS signature")
    wrapped = outer.take(der.context(0)).fields()
    outer.done()
    signed_data = wrapped.take(der.SEQUENCE).fields()
    wrapped.done()
    signed_data.take(der.INTEGER).number()
    signed_data.take(der.SET)
    content = signed_data.take(der.SEQUENCE).fields()
    _same(content.take(der.OID).dotted(), _DATA, "a signature over another kind of content")
    if content.optional(der.context(0)) is not None:
        raise TokenError("malformed", "the signature is not detached: it holds the content too")
    content.done()
    held = signed_data.optional(der.context(0))
    signed_data.optional(der.context(1))
    signers = signed_data.take(der.SET).fields()
    signer = signers.take(der.SEQUENCE).fields()
    signers.done()
    signed_data.done()
    certificates = tuple(value.raw for value in held.fields()) if held is not None else ()
    return _signer_info(signer, certificates)


def _signer_info(signer: der.Fields, certificates: tuple[bytes, ...]) -> _Parts:
    signer.take(der.INTEGER).number()
    named = signer.take(der.SEQUENCE).fields()
    issuer, serial = named.take(der.SEQUENCE).raw, named.take(der.INTEGER).number()
    named.done()
    digest_algorithm = _algorithm(signer.take(der.SEQUENCE))
    attributes = signer.optional(der.context(0))
    signature_algorithm = _algorithm(signer.take(der.SEQUENCE))
    signature = signer.take(der.OCTET_STRING).body
    signer.optional(der.context(1))
    signer.done()
    return _Parts(
        certificates=certificates,
        issuer=issuer,
        serial=serial,
        digest_algorithm=digest_algorithm,
        attributes=None if attributes is None else _attributes(attributes),
        signed=None if attributes is None else der.tlv(der.SET, attributes.body),
        signature_algorithm=signature_algorithm,
        signature=signature,
    )


def _algorithm(value: der.Value) -> str:
    named = value.fields().take(der.OID).dotted()
    if named in _SM2 or named == names.SM3:
        raise TokenError("signature", "signed with SM2 or SM3, which is not checked here")
    return cms.algorithm_of(value)


def _attributes(attributes: der.Value) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for value in attributes.fields():
        fields = value.fields()
        name, held = fields.take(der.OID).dotted(), list(fields.take(der.SET).fields())
        fields.done()
        if name in found:
            raise TokenError("malformed", f"signed attribute {name} more than once")
        found[name] = held[0].raw if len(held) == 1 else b""
    return found


def _signer(parts: _Parts, held: list[x509.Certificate]) -> x509.Certificate:
    for certificate in held:
        if (
            certificate.serial_number == parts.serial
            and certificate.issuer.public_bytes() == parts.issuer
        ):
            return certificate
    raise TokenError("certificate", "the signer's certificate is not in the signature")


def _check_may_sign(leaf: x509.Certificate, moment: datetime) -> None:
    if not leaf.not_valid_before_utc <= moment <= leaf.not_valid_after_utc:
        raise TokenError("expired", f"the certificate of {name_of(leaf)} is not valid now")
    usage = extension_of(leaf, x509.KeyUsage)
    if usage is not None and not (usage.digital_signature or usage.content_commitment):
        raise TokenError("certificate", "the certificate's key is not for signatures")


def _check_over(parts: _Parts, data: bytes, leaf: x509.Certificate) -> None:
    digest = _DIGESTS.get(parts.digest_algorithm)
    rsa_alone = parts.signature_algorithm == names.RSA
    if digest is None or not (rsa_alone or parts.signature_algorithm in _SIGNATURES):
        raise TokenError("signature", f"signed with {parts.signature_algorithm}, not known here")
    if parts.attributes is None or parts.signed is None:
        signed = data  # RFC 5652, 5.4: without attributes the content itself is signed
    else:
        # RFC 5652, 11.1 and 11.2: they name the content's type and digest
        content = hashlib.new(names.DIGEST_NAMES[parts.digest_algorithm], data).digest()
        if parts.attributes.get(names.CONTENT_TYPE) != der.oid(_DATA):
            raise TokenError("malformed", "the signature is over another kind of content")
        if parts.attributes.get(names.MESSAGE_DIGEST) != der.octets(content):
            raise TokenError(
                "signature",
                "the signature is over another catalogue: the case may have changed, fetch it again",
            )
        signed = parts.signed
    stated = _SIGNATURES.get(parts.signature_algorithm, parts.digest_algorithm)
    check_signature(leaf.public_key(), parts.signature, signed, _DIGESTS[stated]())


def _check_path(
    leaf: x509.Certificate,
    held: list[x509.Certificate],
    roots: Sequence[x509.Certificate],
    moment: datetime,
) -> None:
    why: TokenError | None = None
    for root in roots:
        if leaf == root:
            return
        try:
            find_path(leaf, held, root, moment)
        except TokenError as e:
            why = e
        else:
            return
    if why is not None:
        raise why


def _same(found: str, wanted: str, said: str) -> None:
    if found != wanted:
        raise TokenError("malformed", said)
