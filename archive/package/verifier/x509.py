"""Certificates (RFC 5280) as far as a timestamp needs them: parsing, and a path to a root at a point in time.

Holds: names are compared byte for byte, a critical extension that is not understood refuses the certificate, and
whatever the bytes, the errors are DerError (no certificate) and ChainError (no path).
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Sequence
from datetime import datetime
from re import compile as regex
from typing import NamedTuple

from archive.package.verifier.der import (
    BIT_STRING,
    BOOLEAN,
    CONTEXT_CONSTRUCTED,
    INTEGER,
    OCTET_STRING,
    SEQUENCE,
    Children,
    DerError,
    der_bits,
    der_boolean,
    der_integer,
    der_oid,
    der_time,
    der_whole,
    expect,
)
from archive.package.verifier.found import VerifierError
from archive.package.verifier.signatures import (
    Algorithm,
    PublicKey,
    parse_algorithm,
    parse_public_key,
    signature_holds,
)

BASIC_CONSTRAINTS, KEY_USAGE, EXTENDED_KEY_USAGE = "2.5.29.19", "2.5.29.15", "2.5.29.37"
SUBJECT_KEY_ID = "2.5.29.14"
_UNDERSTOOD = frozenset({BASIC_CONSTRAINTS, KEY_USAGE, EXTENDED_KEY_USAGE, "2.5.29.32"})
TIME_STAMPING = "1.3.6.1.5.5.7.3.8"
DIGITAL_SIGNATURE, NON_REPUDIATION, CERT_SIGN, CRL_SIGN = 0, 1, 5, 6
LONGEST_PATH = 8
_PEM = regex(
    rb"-----BEGIN CERTIFICATE-----\r?\n([A-Za-z0-9+/=\r\n]+)\r?\n-----END CERTIFICATE-----\r?\n?"
)


class ChainError(VerifierError):
    """No path from a certificate to a root, or the certificate may not do what it did."""


class Certificate(NamedTuple):
    """What a certificate says."""

    raw: bytes
    tbs: bytes
    serial: int
    issuer: bytes  # DER
    subject: bytes
    not_before: datetime
    not_after: datetime
    key: PublicKey
    algorithm: Algorithm
    signature: bytes
    extensions: dict[str, tuple[bool, bytes]]  # critical, value

    def may(self, bit: int) -> bool:
        """Whether its key usage, where it has one, allows this (RFC 5280, 4.2.1.3). Raises DerError."""
        there = self.extensions.get(KEY_USAGE)
        if there is None:
            return True
        body = der_whole(there[1], BIT_STRING).body
        if not body or body[0] > 7:
            raise DerError("der.bits")
        return len(body) > 1 + bit // 8 and bool(body[1 + bit // 8] >> (7 - bit % 8) & 1)

    def authority(self) -> tuple[bool, int | None]:
        """Whether it may issue certificates, and how many may stand below it (4.2.1.9). Raises DerError."""
        there = self.extensions.get(BASIC_CONSTRAINTS)
        if there is None:
            return False, None
        parts = Children(der_whole(there[1], SEQUENCE))
        flag = parts.maybe(BOOLEAN)
        length = parts.maybe(INTEGER)
        parts.end()
        return (
            flag is not None and der_boolean(flag),
            None if length is None else der_integer(length),
        )

    def purposes(self) -> tuple[bool, tuple[str, ...]]:
        """Whether its extended key usage is critical, and what it allows (4.2.1.12). Raises DerError."""
        critical, value = self.extensions.get(EXTENDED_KEY_USAGE, (False, b""))
        if not value:
            return False, ()
        return critical, tuple(der_oid(n) for n in Children(der_whole(value, SEQUENCE)).rest())


def parse_certificate(data: bytes) -> Certificate:
    """Raises DerError, whatever the bytes."""
    parts = Children(der_whole(data, SEQUENCE))
    tbs, outer, signature = parts.take(SEQUENCE), parse_algorithm(parts.any()), parts.any()
    parts.end()
    inside = Children(tbs)
    version = inside.maybe(CONTEXT_CONSTRUCTED)
    if version is not None and not 0 <= der_integer(Children(version).any()) <= 2:
        raise DerError("der.integer")
    serial = der_integer(inside.any())
    inner = inside.take(SEQUENCE)
    issuer, validity, subject = inside.take(SEQUENCE), inside.take(SEQUENCE), inside.take(SEQUENCE)
    times = Children(validity)
    not_before, not_after = der_time(times.any()), der_time(times.any())
    times.end()
    key = parse_public_key(inside.any())
    for number in (1, 2):  # unique ids, of no use to anybody
        inside.maybe(0x80 + number)
    extensions = inside.maybe(CONTEXT_CONSTRUCTED + 3)
    inside.end()
    if parse_algorithm(inner) != outer:  # 4.1.1.2: the same, or somebody swapped it
        raise DerError("der.algorithm")
    return Certificate(
        raw=data,
        tbs=tbs.raw,
        serial=serial,
        issuer=issuer.raw,
        subject=subject.raw,
        not_before=not_before,
        not_after=not_after,
        key=key,
        algorithm=outer,
        signature=der_bits(signature),
        extensions={} if extensions is None else parse_extensions(extensions.body),
    )


def parse_extensions(data: bytes) -> dict[str, tuple[bool, bytes]]:
    """Extensions of a certificate, a list or an answer (RFC 5280, 4.1.2.9). Raises DerError: one twice, too."""
    found: dict[str, tuple[bool, bytes]] = {}
    for node in Children(der_whole(data, SEQUENCE)).rest():
        parts = Children(expect(node, SEQUENCE))
        oid = der_oid(parts.any())
        critical = parts.maybe(BOOLEAN)
        value = parts.take(OCTET_STRING).body
        parts.end()
        if oid in found:
            raise DerError("der.twice")
        found[oid] = (critical is not None and der_boolean(critical), value)
    return found


def parse_pem(data: bytes, *, strict: bool) -> list[Certificate]:
    """The certificates of a PEM file; `strict`: nothing else may be in it. Raises DerError."""
    found, at = [], 0
    for block in _PEM.finditer(data):
        if strict and block.start() != at:
            raise DerError("pem.other")
        at = block.end()
        try:
            found.append(parse_certificate(b64decode(b"".join(block[1].split()), validate=True)))
        except ValueError as e:
            raise DerError("pem.base64") from e
    if not found or (strict and at != len(data)):
        raise DerError("pem.other" if found else "pem.none")
    return found


def is_issued_by(certificate: Certificate, issuer: Certificate) -> bool:
    """Whether the issuer's key signed the certificate. Says nothing about who may issue, or when."""
    return certificate.issuer == issuer.subject and signature_holds(
        issuer.key, certificate.algorithm, None, certificate.tbs, certificate.signature
    )


def path_to_root(
    leaf: Certificate, pool: Sequence[Certificate], roots: Sequence[Certificate], at: datetime
) -> list[Certificate]:
    """Leaf, certificates between, root: each issued by the next, all valid at `at` (RFC 5280, 6.1).

    Raises:
        ChainError: there is no such path; says why the best attempt ended.
        DerError: an extension on the way is malformed.
    """
    reason = ChainError("chain.no_root")
    pending = [[leaf]]
    tried = 0
    while pending and tried < 200:
        path = pending.pop()
        tried += 1
        last = path[-1]
        for issuer in (*roots, *pool):
            if issuer.subject != last.issuer or any(issuer.raw == c.raw for c in path):
                continue
            if not is_issued_by(last, issuer):
                reason = ChainError("chain.signature")
                continue
            whole = [*path, issuer]
            if any(issuer.raw == root.raw for root in roots):
                try:
                    _check_path(whole, at)
                except ChainError as e:
                    reason = e
                    continue
                return whole
            if len(whole) < LONGEST_PATH:
                pending.append(whole)
    raise reason


def _check_path(path: Sequence[Certificate], at: datetime) -> None:
    for below, certificate in enumerate(path):
        if not certificate.not_before <= at <= certificate.not_after:
            raise ChainError("chain.expired", serial=f"{certificate.serial:x}")
        if any(
            critical and oid not in _UNDERSTOOD
            for oid, (critical, _) in certificate.extensions.items()
        ):
            raise ChainError("chain.critical", serial=f"{certificate.serial:x}")
        if below == 0:
            continue
        issues, most = certificate.authority()
        if not issues or not certificate.may(CERT_SIGN) or (most is not None and below - 1 > most):
            raise ChainError("chain.may_not_issue", serial=f"{certificate.serial:x}")


def check_may_stamp(leaf: Certificate) -> None:
    """RFC 3161, 2.3: extended key usage is critical and timeStamping alone.

    Raises:
        ChainError: it is not.
        DerError: the extension is malformed.
    """
    critical, purposes = leaf.purposes()
    if purposes != (TIME_STAMPING,) or not critical:
        raise ChainError("chain.purpose")
    if not leaf.may(DIGITAL_SIGNATURE) and not leaf.may(NON_REPUDIATION):
        raise ChainError("chain.purpose")
