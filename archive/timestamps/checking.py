"""Is a token what it says? Every check, offline, at the token's own time; nothing is fetched.

1. Its form (cms.py), its imprint, nonce and policy, its accuracy.
2. The signing certificate is the one that the signature names and covers (ESSCertIDv2), and may stamp.
3. The signature is right: by our own check and by rfc3161-client's, which share no code above the cipher.
4. The certificate leads to the one pinned root, and everything on the way was valid at that time (chain.py).
5. Nothing on the way was revoked; what no data speak about is named in the answer (revocation.py).

Not here: whether the authority's clock was right. Its policy is its word on that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import rfc3161_client
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from archive.timestamps import asking, cms, der, names
from archive.timestamps.chain import (
    check_signature,
    check_stamping,
    find_path,
    foreign,
    name_of,
    read_der,
    read_pem,
)
from archive.timestamps.errors import TokenError
from archive.timestamps.revocation import Revocation, check_revocation

_WORST_US: Final = 1_000_000  # ETSI EN 319 421: one second or better
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
class CheckedToken:
    """What a token says, and was found true."""

    time: datetime  # UTC
    policy: str  # OID
    serial: int
    imprint: bytes
    algorithm: str  # OID of the imprint's digest
    accuracy_ms: int | None
    signer: str  # subject of the certificate
    chain: bytes  # PEM, leaf first, without the root
    expires: datetime  # the first certificate on the way to end, root included
    unchecked: tuple[str, ...]  # subjects of certificates whose revocation nothing speaks about

    @property
    def revocation(self) -> str | None:
        """What has to be said about revocation; None where all was checked."""
        if not self.unchecked:
            return None
        return "revocation not checked: no list or answer of that day about " + ", ".join(
            self.unchecked
        )


def check_token(
    token: bytes,
    *,
    imprint: bytes,
    ca: bytes,
    chain: bytes,
    revocation: Sequence[Revocation],
    nonce: int | None = None,
    policy: str | None = None,
) -> CheckedToken:
    """Check a TimeStampToken.

    Args:
        token: DER.
        imprint: the digest that it has to be over.
        ca: PEM of the one root that is believed.
        chain: PEM of certificates that may be on the way to it.
        revocation: what was kept about revoked certificates.
        nonce: of the request, where it is known.
        policy: that was asked for, where one was.

    Raises:
        TokenError: what is wrong. Nothing else is raised, whatever the bytes.
    """
    parsed = cms.parse_token(token)
    _check_info(parsed.info, imprint, nonce, policy)
    held = [read_der(c, "malformed", "a certificate in the token") for c in parsed.certificates]
    hints = [*held, *read_pem(chain, "chain", "the chain beside the token")]
    leaf = _signer(parsed, hints)
    check_stamping(leaf)
    _check_signature(parsed, leaf)
    roots = read_pem(ca, "root", "the pinned root certificate")
    if len(roots) != 1:
        raise TokenError("root", f"{len(roots)} pinned root certificates where one is needed")
    path = find_path(leaf, hints, roots[0], parsed.info.time)
    _check_again(token, parsed.info, path, roots[0])
    unchecked = check_revocation(path, roots[0], revocation, parsed.info.time)
    accuracy = parsed.info.accuracy_us
    return CheckedToken(
        time=parsed.info.time,
        policy=parsed.info.policy,
        serial=parsed.info.serial,
        imprint=parsed.info.imprint,
        algorithm=parsed.info.algorithm,
        accuracy_ms=None if accuracy is None else -(-accuracy // 1000),
        signer=name_of(leaf),
        chain=b"".join(c.public_bytes(Encoding.PEM) for c in path),
        expires=min(c.not_valid_after_utc for c in (*path, roots[0])),
        unchecked=tuple(name_of(c) for c in unchecked),
    )


def _check_info(info: cms.Info, imprint: bytes, nonce: int | None, policy: str | None) -> None:
    if info.algorithm not in names.DIGEST_NAMES:
        raise TokenError("imprint", f"the imprint is made with {info.algorithm}")
    if names.DIGEST_SIZES[info.algorithm] != len(info.imprint) or info.imprint != imprint:
        raise TokenError("imprint", "the token is over something else")
    if nonce is not None and info.nonce != nonce:
        raise TokenError("nonce", "the token is the answer to another request")
    if policy is not None and info.policy != policy:
        raise TokenError("policy", f"the token is under policy {info.policy}, not {policy}")
    if info.accuracy_us is not None and info.accuracy_us > _WORST_US:
        raise TokenError("accuracy", "the token's time is less accurate than one second")


def _signer(token: cms.Token, hints: Sequence[x509.Certificate]) -> x509.Certificate:
    """The certificate that the signer names, which its signature covers."""
    named = [
        c
        for c in hints
        if c.serial_number == token.serial and c.issuer.public_bytes() == token.issuer
    ]
    if not named:
        raise TokenError("certificate", "the signer's certificate is not here")
    essence = token.attributes.get(names.SIGNING_CERTIFICATE_V2)
    if essence is None:
        raise TokenError("certificate", "the token does not say which certificate signed it")
    algorithm, digest = _essence(essence)
    for certificate in named:
        encoded = certificate.public_bytes(Encoding.DER)
        if hashlib.new(algorithm, encoded).digest() == digest:
            return certificate
    raise TokenError("certificate", "the token was signed with another certificate")


def _essence(value: bytes) -> tuple[str, bytes]:
    """Digest of the first certificate in a SigningCertificateV2 (RFC 5035, 3)."""
    fields = der.read(value).fields()
    first = next(iter(fields.take(der.SEQUENCE).fields()), None)
    if first is None:
        raise TokenError("malformed", "a signing certificate attribute that names none")
    identifier = first.fields()
    algorithm = identifier.optional(der.SEQUENCE)
    name = cms.algorithm_of(algorithm) if algorithm is not None else names.SHA256
    if name not in _DIGESTS:
        raise TokenError("certificate", f"the certificate is named by {name}")
    return names.DIGEST_NAMES[name], identifier.take(der.OCTET_STRING).body


def _check_signature(token: cms.Token, leaf: x509.Certificate) -> None:
    digest = _DIGESTS.get(token.digest_algorithm)
    stated = _SIGNATURES.get(token.signature_algorithm, token.digest_algorithm)
    rsa_alone = token.signature_algorithm == names.RSA
    if digest is None or not (rsa_alone or token.signature_algorithm in _SIGNATURES):
        raise TokenError("signature", f"signed with {token.signature_algorithm}, not known here")
    # RFC 5652, 5.4 and 11: the attributes are signed, and they name the content
    if token.attributes.get(names.CONTENT_TYPE) != der.oid(names.TST_INFO):
        raise TokenError("malformed", "the signature is over another kind of content")
    content = hashlib.new(names.DIGEST_NAMES[token.digest_algorithm], token.content).digest()
    if token.attributes.get(names.MESSAGE_DIGEST) != der.octets(content):
        raise TokenError("signature", "the signature is over another content")
    check_signature(leaf.public_key(), token.signature, token.signed, _DIGESTS[stated]())


def _check_again(
    token: bytes, info: cms.Info, path: Sequence[x509.Certificate], root: x509.Certificate
) -> None:
    """Ask rfc3161-client too.

    It is shown the path that was found and nothing else: it would believe a root that somebody put among the
    intermediates, and refuses certificates out of order, which `openssl ts` writes.
    """
    plain = cms.with_certificates(token, [c.public_bytes(Encoding.DER) for c in path])
    verifier = rfc3161_client.VerifierBuilder(roots=[root]).build()
    with foreign("malformed", "the token"):
        response = rfc3161_client.decode_timestamp_response(asking.encode_granted(plain))
    try:
        verifier.verify(response, info.imprint)
    except rfc3161_client.VerificationError as e:
        raise TokenError("signature", f"rfc3161-client refuses it: {e}") from e
