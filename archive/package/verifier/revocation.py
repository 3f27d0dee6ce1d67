"""Whether a certificate was revoked when it stamped: lists (RFC 5280, 5) and OCSP answers (RFC 6960) as got that day.

Holds: a list or an answer whose own signature does not hold says nothing and is RevocationDataError; whatever the
bytes, the errors are that, DerError and RevokedError.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from hashlib import new as new_digest
from typing import NamedTuple

from archive.package.verifier.der import (
    CONTEXT,
    CONTEXT_CONSTRUCTED,
    ENUMERATED,
    GENERALIZED_TIME,
    INTEGER,
    OCTET_STRING,
    SEQUENCE,
    UTC_TIME,
    Children,
    DerError,
    Node,
    der_bits,
    der_integer,
    der_oid,
    der_time,
    der_whole,
    expect,
)
from archive.package.verifier.found import VerifierError
from archive.package.verifier.signatures import Algorithm, parse_algorithm, signature_holds
from archive.package.verifier.x509 import (
    CRL_SIGN,
    Certificate,
    is_issued_by,
    parse_certificate,
    parse_extensions,
)

_REASON = "2.5.29.21"
# RFC 3161, 4: with these reasons, what was stamped before stays valid; with any other, or none, nothing does.
_HARMLESS = frozenset({0, 3, 4, 5})
_OCSP_BASIC = "1.3.6.1.5.5.7.48.1.1"
_OCSP_SIGNING = "1.3.6.1.5.5.7.3.9"
_SHA1 = "1.3.14.3.2.26"
_ID_HASHES = {_SHA1: "sha1", "2.16.840.1.101.3.4.2.1": "sha256"}
_CRL_EXTENSIONS = frozenset({"2.5.29.35", "2.5.29.20", "2.5.29.46"})


class RevocationDataError(VerifierError):
    """A list or an answer that says nothing: another issuer's, or its signature does not hold."""


class RevokedError(VerifierError):
    """The certificate was revoked when it stamped, or its key was not only the authority's."""


class Revoked(NamedTuple):
    """One line of a list, or a bad answer."""

    at: datetime
    reason: int | None


class Spoken(NamedTuple):
    """What a list or an answer is worth for one certificate."""

    for_issuer: bool  # its issuer's, and signed as it must be
    about: bool  # and says something about this certificate


_NOTHING, _ALL = Spoken(False, False), Spoken(True, True)


def check_not_revoked(
    certificate: Certificate, issuer: Certificate, kind: str, der: bytes, at: datetime
) -> Spoken:
    """What a list or an answer says about a certificate.

    Args:
        certificate: the one that signed.
        issuer: who issued it, itself believed.
        kind: "crl" or "ocsp".
        der: the list or the answer.
        at: when it stamped.

    Raises:
        RevokedError: it was revoked.
        RevocationDataError, DerError: it cannot be read, or its own signature is wrong.
    """
    spoken, revoked = (_listed if kind == "crl" else _answered)(certificate, issuer, der)
    if revoked is not None and (revoked.at <= at or revoked.reason not in _HARMLESS):
        raise RevokedError("revoked.then", time=f"{revoked.at:%Y-%m-%d %H:%M:%S} UTC")
    return spoken


def _time_here(parts: Children) -> Node | None:
    return parts.maybe(UTC_TIME) or parts.maybe(GENERALIZED_TIME)


def _listed(
    certificate: Certificate, issuer: Certificate, der: bytes
) -> tuple[Spoken, Revoked | None]:
    """What a certificate revocation list says (RFC 5280, 5.1)."""
    parts = Children(der_whole(der, SEQUENCE))
    tbs, algorithm, signature = parts.take(SEQUENCE), parse_algorithm(parts.any()), parts.any()
    parts.end()
    inside = Children(tbs)
    inside.maybe(INTEGER)
    if parse_algorithm(inside.any()) != algorithm:
        raise DerError("der.algorithm")
    name = inside.take(SEQUENCE).raw
    if _time_here(inside) is None:
        raise DerError("der.time")
    _time_here(inside)
    lines = inside.maybe(SEQUENCE)
    extensions = inside.maybe(CONTEXT_CONSTRUCTED)
    inside.end()
    if name != issuer.subject:
        return _NOTHING, None
    if not issuer.may(CRL_SIGN) or not signature_holds(
        issuer.key, algorithm, None, tbs.raw, der_bits(signature)
    ):
        raise RevocationDataError("revoked.signature")
    for line in () if lines is None else Children(lines).rest():
        entry = Children(expect(line, SEQUENCE))
        serial, when = der_integer(entry.any()), der_time(entry.any())
        if serial == certificate.serial:
            return _ALL, Revoked(when, _reason(entry.any().raw) if entry.more() else None)
    known = {} if extensions is None else parse_extensions(extensions.body)
    if any(critical and oid not in _CRL_EXTENSIONS for oid, (critical, _) in known.items()):
        return Spoken(True, False), None  # a part of a list, or a change to one (5.2.4, 5.2.5)
    return _ALL, None


def _reason(extensions: bytes) -> int | None:
    there = parse_extensions(extensions).get(_REASON)
    return None if there is None else der_integer(der_whole(there[1], ENUMERATED), ENUMERATED)


def _answered(
    certificate: Certificate, issuer: Certificate, der: bytes
) -> tuple[Spoken, Revoked | None]:
    """What an OCSP answer says (RFC 6960, 4.2.1)."""
    whole = Children(der_whole(der, SEQUENCE))
    if der_integer(whole.any(), ENUMERATED) != 0:
        raise RevocationDataError("revoked.no_answer")
    wrapped = Children(Children(whole.take(CONTEXT_CONSTRUCTED)).take(SEQUENCE))
    if der_oid(wrapped.any()) != _OCSP_BASIC:
        raise RevocationDataError("revoked.no_answer")
    basic = Children(der_whole(wrapped.take(OCTET_STRING).body, SEQUENCE))
    tbs, algorithm, signature = basic.take(SEQUENCE), parse_algorithm(basic.any()), basic.any()
    extra = basic.maybe(CONTEXT_CONSTRUCTED)
    certificates = [] if extra is None else list(Children(Children(extra).any()).rest())
    if not _ocsp_signed(issuer, certificates, tbs.raw, algorithm, der_bits(signature)):
        raise RevocationDataError("revoked.signature")
    inside = Children(tbs)
    inside.maybe(CONTEXT_CONSTRUCTED)  # version
    inside.any()  # who answers: its key has just been checked
    inside.take(GENERALIZED_TIME)
    for node in Children(inside.take(SEQUENCE)).rest():
        single = Children(expect(node, SEQUENCE))
        if _is_about(single.take(SEQUENCE), certificate, issuer):
            return _status(single.any())
    return Spoken(True, False), None


def _ocsp_signed(
    issuer: Certificate,
    certificates: Sequence[Node],
    message: bytes,
    algorithm: Algorithm,
    signature: bytes,
) -> bool:
    """By the issuer, or by somebody that it named for this (RFC 6960, 4.2.2.2)."""
    signers = [issuer]
    for node in certificates:
        other = parse_certificate(node.raw)
        if is_issued_by(other, issuer) and _OCSP_SIGNING in other.purposes()[1]:
            signers.append(other)
    return any(signature_holds(s.key, algorithm, None, message, signature) for s in signers)


def _is_about(node: Node, certificate: Certificate, issuer: Certificate) -> bool:
    parts = Children(node)
    name = _ID_HASHES.get(parse_algorithm(parts.any()).oid)
    names, keys = parts.take(OCTET_STRING).body, parts.take(OCTET_STRING).body
    return (
        name is not None
        and der_integer(parts.any()) == certificate.serial
        and new_digest(name, issuer.subject).digest() == names
        and new_digest(name, issuer.key.raw).digest() == keys
    )


def _status(node: Node) -> tuple[Spoken, Revoked | None]:
    if node.tag == CONTEXT:  # good
        return _ALL, None
    if node.tag == CONTEXT_CONSTRUCTED + 1:
        parts = Children(node)
        when, reason = der_time(parts.any()), parts.maybe(CONTEXT_CONSTRUCTED)
        code = None if reason is None else der_integer(Children(reason).any(), ENUMERATED)
        return _ALL, Revoked(when, code)
    return Spoken(True, False), None  # unknown to whoever answered
