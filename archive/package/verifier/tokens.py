"""Timestamp tokens (RFC 3161 in CMS, RFC 5652): parsing, and who signed what.

Holds: whatever the bytes, the error is TokenError or DerError. Says nothing about whether the signer may be
believed: x509.py and revocation.py do.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from hashlib import new as new_digest
from hashlib import sha256
from typing import NamedTuple

from archive.package.verifier.der import (
    BOOLEAN,
    CONTEXT,
    CONTEXT_CONSTRUCTED,
    GENERALIZED_TIME,
    INTEGER,
    OCTET_STRING,
    OID,
    SEQUENCE,
    SET,
    Children,
    Node,
    der_integer,
    der_oid,
    der_time,
    der_whole,
    expect,
)
from archive.package.verifier.found import VerifierError
from archive.package.verifier.signatures import (
    HASHES,
    Algorithm,
    parse_algorithm,
    signature_holds,
)
from archive.package.verifier.x509 import SUBJECT_KEY_ID, Certificate, parse_certificate

_SIGNED_DATA = "1.2.840.113549.1.7.2"
_TST_INFO = "1.2.840.113549.1.9.16.1.4"
_CONTENT_TYPE = "1.2.840.113549.1.9.3"
_MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
_SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.12"  # RFC 2634: SHA-1
_SIGNING_CERTIFICATE_2 = "1.2.840.113549.1.9.16.2.47"  # RFC 5035


class TokenError(VerifierError):
    """No token, a token over something else, or one whose signature does not hold."""


class Token(NamedTuple):
    """What a token says, and what is needed to check who said it."""

    hash_oid: str
    imprint: bytes
    policy: str
    serial: int
    time: datetime
    content: bytes  # TSTInfo, as it was hashed
    certificates: tuple[Certificate, ...]
    signer: Node  # its SignerIdentifier
    digest: str  # hash of the content and of the attributes
    attributes: dict[str, Node]  # signed, by type: the one value
    attributes_signed: bytes
    algorithm: Algorithm
    signature: bytes


def parse_token(data: bytes) -> Token:
    """Raises TokenError, DerError, whatever the bytes."""
    wrapped = Children(der_whole(data, SEQUENCE))
    if der_oid(wrapped.any()) != _SIGNED_DATA:
        raise TokenError("token.kind")
    outer = Children(wrapped.take(CONTEXT_CONSTRUCTED))
    wrapped.end()
    signed = Children(outer.take(SEQUENCE))
    outer.end()
    if der_integer(signed.any()) != 3:  # RFC 5652, 5.1: the content is no plain data
        raise TokenError("token.kind")
    digests = [parse_algorithm(node).oid for node in Children(signed.take(SET)).rest()]
    content = _content(signed.take(SEQUENCE))
    certificates = signed.maybe(CONTEXT_CONSTRUCTED)
    signed.maybe(CONTEXT_CONSTRUCTED + 1)  # lists: those beside the token are what counts
    signers = list(Children(signed.take(SET)).rest())
    signed.end()
    if len(signers) != 1:  # RFC 3161, 2.4.2: the authority alone
        raise TokenError("token.signers")
    found = () if certificates is None else _certificates(certificates)
    return _with_signer(signers[0], content, digests, found)


def _content(node: Node) -> bytes:
    parts = Children(node)
    if der_oid(parts.any()) != _TST_INFO:
        raise TokenError("token.kind")
    inner = Children(parts.take(CONTEXT_CONSTRUCTED))
    parts.end()
    content = inner.take(OCTET_STRING).body
    inner.end()
    return content


def _certificates(node: Node) -> tuple[Certificate, ...]:
    return tuple(parse_certificate(n.raw) for n in Children(node).rest() if n.tag == SEQUENCE)


def _with_signer(
    node: Node, content: bytes, digests: Sequence[str], certificates: tuple[Certificate, ...]
) -> Token:
    """SignerInfo (RFC 5652, 5.3)."""
    parts = Children(expect(node, SEQUENCE))
    version, signer = der_integer(parts.any()), parts.any()
    if (version, signer.tag) not in {(1, SEQUENCE), (3, CONTEXT)}:
        raise TokenError("token.signers")
    oid = parse_algorithm(parts.any())
    attributes = parts.take(CONTEXT_CONSTRUCTED)
    algorithm = parse_algorithm(parts.any())
    signature = parts.take(OCTET_STRING).body
    parts.maybe(CONTEXT_CONSTRUCTED + 1)
    parts.end()
    if oid.oid not in HASHES or oid.oid not in digests or not oid.plain:
        raise TokenError("token.hash")
    values: dict[str, Node] = {}
    for attribute in Children(attributes).rest():
        pair = Children(expect(attribute, SEQUENCE))
        name, content_of = der_oid(pair.any()), list(Children(pair.take(SET)).rest())
        pair.end()
        if name in values or len(content_of) != 1:
            raise TokenError("token.attributes")
        values[name] = content_of[0]
    hash_oid, imprint, policy, serial, time = _info(content)
    return Token(
        hash_oid=hash_oid,
        imprint=imprint,
        policy=policy,
        serial=serial,
        time=time,
        content=content,
        certificates=certificates,
        signer=signer,
        digest=HASHES[oid.oid],
        attributes=values,
        # RFC 5652, 5.4: signed as a SET OF, whatever tag they carry here.
        attributes_signed=bytes([SET]) + attributes.raw[1:],
        algorithm=algorithm,
        signature=signature,
    )


def _info(content: bytes) -> tuple[str, bytes, str, int, datetime]:
    """TSTInfo (RFC 3161, 2.4.2)."""
    parts = Children(der_whole(content, SEQUENCE))
    if der_integer(parts.any()) != 1:
        raise TokenError("token.kind")
    policy = der_oid(parts.take(OID))
    imprint = Children(parts.take(SEQUENCE))
    algorithm, hashed = parse_algorithm(imprint.any()), imprint.take(OCTET_STRING).body
    imprint.end()
    serial, time = der_integer(parts.any()), der_time(parts.take(GENERALIZED_TIME))
    parts.maybe(SEQUENCE)  # accuracy
    parts.maybe(BOOLEAN)  # ordering
    parts.maybe(INTEGER)  # nonce
    parts.maybe(CONTEXT_CONSTRUCTED)  # who it says it is: its certificate says it better
    parts.maybe(CONTEXT_CONSTRUCTED + 1)
    parts.end()
    return algorithm.oid, hashed, policy, serial, time


def check_imprint(token: Token, digest: bytes) -> None:
    """Raises TokenError: the token is over something else."""
    if HASHES.get(token.hash_oid) != "sha256" or token.imprint != digest:
        raise TokenError("token.imprint")


def check_token_signature(token: Token, leaf: Certificate) -> None:
    """The token was signed by this certificate's key, which named itself in what it signed.

    Raises:
        TokenError: it was not.
        DerError: an attribute is malformed.
    """
    _check_signer(token, leaf)
    kind, digest = token.attributes.get(_CONTENT_TYPE), token.attributes.get(_MESSAGE_DIGEST)
    if kind is None or digest is None or der_oid(kind) != _TST_INFO:
        raise TokenError("token.attributes")
    if expect(digest, OCTET_STRING).body != new_digest(token.digest, token.content).digest():
        raise TokenError("token.signature")
    _check_named(token, leaf)
    if not signature_holds(
        leaf.key, token.algorithm, token.digest, token.attributes_signed, token.signature
    ):
        raise TokenError("token.signature")


def _check_signer(token: Token, leaf: Certificate) -> None:
    if token.signer.tag == CONTEXT:
        there = leaf.extensions.get(SUBJECT_KEY_ID)
        if there is None or der_whole(there[1], OCTET_STRING).body != token.signer.body:
            raise TokenError("token.other_signer")
        return
    parts = Children(token.signer)
    issuer, serial = parts.take(SEQUENCE).raw, der_integer(parts.any())
    parts.end()
    if (issuer, serial) != (leaf.issuer, leaf.serial):
        raise TokenError("token.other_signer")


def _check_named(token: Token, leaf: Certificate) -> None:
    """ESSCertIDv2 or ESSCertID (RFC 5816, 2.2.1): a certificate with the same key cannot take the place."""
    newer, older = (
        token.attributes.get(_SIGNING_CERTIFICATE_2),
        token.attributes.get(_SIGNING_CERTIFICATE),
    )
    attribute = newer or older
    if attribute is None:
        raise TokenError("token.not_named")
    first = Children(Children(Children(expect(attribute, SEQUENCE)).take(SEQUENCE)).take(SEQUENCE))
    if newer is None:
        # SHA-1, which is what that attribute has; the signature itself is over something stronger.
        expected = new_digest("sha1", leaf.raw, usedforsecurity=False).digest()
    else:
        algorithm = first.maybe(SEQUENCE)
        name = "sha256" if algorithm is None else HASHES.get(parse_algorithm(algorithm).oid)
        if name is None:
            raise TokenError("token.hash")
        expected = new_digest(name, leaf.raw).digest()
    if first.take(OCTET_STRING).body != expected:
        raise TokenError("token.other_signer")


def renewed_imprint(text: bytes, digest: str | None) -> bytes:
    """What a token over a checkpoint is over: its text, and the digest of all earlier tokens where it renews them."""
    return sha256(text if digest is None else text + digest.encode() + b"\n").digest()
