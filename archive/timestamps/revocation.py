"""Was a certificate taken back? Answered from lists (CRL, RFC 5280) and answers (OCSP, RFC 6960) of that day.

What no data speak about is "not checked" and said so: it never counts as good.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from archive.timestamps import der
from archive.timestamps.chain import check_signature, extension_of, foreign, name_of
from archive.timestamps.errors import TokenError

# RFC 3161, 4: tokens from before such a revocation stay good; any other reason spoils them all
_HARMLESS: Final = frozenset(
    {
        x509.ReasonFlags.unspecified,
        x509.ReasonFlags.affiliation_changed,
        x509.ReasonFlags.superseded,
        x509.ReasonFlags.cessation_of_operation,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Revocation:
    """What an authority said about certificates that were taken back."""

    kind: str  # "crl" or "ocsp"
    der: bytes


def check_revocation(
    path: Sequence[x509.Certificate],
    root: x509.Certificate,
    data: Sequence[Revocation],
    moment: datetime,
) -> list[x509.Certificate]:
    """Certificates of the path that no data speak about at that moment.

    Raises:
        TokenError: "revoked", or "revocation" where data cannot be read or are forged.
    """
    unchecked = []
    for certificate, issuer in zip(path, (*path[1:], root), strict=True):
        said = [_says(item, certificate, issuer, moment) for item in data]
        if not any(said):
            unchecked.append(certificate)
    return unchecked


def _says(
    data: Revocation, certificate: x509.Certificate, issuer: x509.Certificate, moment: datetime
) -> bool:
    """Whether these data say that the certificate was good."""
    with foreign("revocation", "revocation data"):
        if data.kind == "crl":
            return _crl_says(x509.load_der_x509_crl(data.der), certificate, issuer, moment)
        if data.kind == "ocsp":
            return _ocsp_says(ocsp.load_der_ocsp_response(data.der), certificate, issuer, moment)
    raise TokenError("revocation", f"revocation data of an unknown kind: {data.kind!r}")


def _crl_says(
    crl: x509.CertificateRevocationList,
    certificate: x509.Certificate,
    issuer: x509.Certificate,
    moment: datetime,
) -> bool:
    if crl.issuer != issuer.subject:
        return False
    digest = crl.signature_hash_algorithm
    if digest is None:
        raise TokenError("revocation", "a list of revoked certificates without a digest")
    _check_forged(issuer, crl.signature, crl.tbs_certlist_bytes, digest)
    if not _is_whole(crl, certificate):
        return False
    entry = crl.get_revoked_certificate_by_serial_number(certificate.serial_number)
    if entry is not None:
        _refuse_revoked(certificate, entry.revocation_date_utc, _reason(entry), moment)
    # It has to speak of that moment: made later, or still standing then.
    return crl.next_update_utc is not None and crl.next_update_utc >= moment


def _is_whole(crl: x509.CertificateRevocationList, certificate: x509.Certificate) -> bool:
    """Whether the list is one of all certificates like this one (RFC 5280, 5.2.4, 5.2.5)."""
    for extension in crl.extensions:
        value = extension.value
        if isinstance(value, x509.IssuingDistributionPoint):
            constraints = extension_of(certificate, x509.BasicConstraints)
            is_ca = constraints is not None and constraints.ca
            outside = value.only_contains_ca_certs if not is_ca else value.only_contains_user_certs
            partial = value.indirect_crl or value.only_some_reasons is not None
            if outside or partial or value.only_contains_attribute_certs:
                return False
        elif extension.critical:
            return False
    return True


def _reason(entry: x509.RevokedCertificate) -> x509.ReasonFlags:
    try:
        return entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
    except x509.ExtensionNotFound:
        return x509.ReasonFlags.unspecified


def _refuse_revoked(
    certificate: x509.Certificate,
    since: datetime,
    reason: x509.ReasonFlags | None,
    moment: datetime,
) -> None:
    reason = reason or x509.ReasonFlags.unspecified
    if since <= moment or reason not in _HARMLESS:
        raise TokenError(
            "revoked",
            f"the certificate of {name_of(certificate)} was revoked at {since.isoformat()} ({reason.value})",
        )


def _ocsp_says(
    answer: ocsp.OCSPResponse,
    certificate: x509.Certificate,
    issuer: x509.Certificate,
    moment: datetime,
) -> bool:
    if answer.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
        raise TokenError("revocation", "an OCSP answer without an answer")
    for single in answer.responses:
        if single.serial_number != certificate.serial_number or not _is_of(single, issuer):
            continue
        _check_responder(answer, issuer)
        since = single.revocation_time_utc
        if single.certificate_status is ocsp.OCSPCertStatus.REVOKED and since is not None:
            _refuse_revoked(certificate, since, single.revocation_reason, moment)
        good = single.certificate_status is ocsp.OCSPCertStatus.GOOD
        ends = single.next_update_utc
        return good and (single.this_update_utc >= moment or (ends is not None and ends >= moment))
    return False


def _is_of(single: ocsp.OCSPSingleResponse, issuer: x509.Certificate) -> bool:
    """Whether the answer is about a certificate of this issuer (RFC 6960, 4.1.1)."""
    key = issuer.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    # The digest is over the BIT STRING's bytes without its count of unused bits.
    point = x509.SubjectKeyIdentifier.from_public_key(issuer.public_key()).digest
    hasher = hashes.Hash(single.hash_algorithm)
    if isinstance(single.hash_algorithm, hashes.SHA1):
        return single.issuer_key_hash == point
    hasher.update(_bits(key))
    return single.issuer_key_hash == hasher.finalize()


def _bits(public: bytes) -> bytes:
    """The subjectPublicKey of a SubjectPublicKeyInfo."""
    fields = der.read(public).fields()
    fields.take(der.SEQUENCE)
    return fields.take(der.BIT_STRING).body[1:]


def _check_responder(answer: ocsp.OCSPResponse, issuer: x509.Certificate) -> None:
    digest = answer.signature_hash_algorithm
    if digest is None:
        raise TokenError("revocation", "an OCSP answer without a digest")
    signer = issuer
    for candidate in answer.certificates:
        if candidate.public_key() == issuer.public_key():
            continue
        # RFC 6960, 4.2.2.2: delegated by this issuer, for this purpose
        purposes = extension_of(candidate, x509.ExtendedKeyUsage) or ()
        if ExtendedKeyUsageOID.OCSP_SIGNING not in purposes or candidate.issuer != issuer.subject:
            raise TokenError("revocation", "an OCSP answer by somebody who may not give it")
        inner = candidate.signature_hash_algorithm
        if inner is None:
            raise TokenError("revocation", "an OCSP signer's certificate without a digest")
        _check_forged(issuer, candidate.signature, candidate.tbs_certificate_bytes, inner)
        signer = candidate
        break
    _check_forged(signer, answer.signature, answer.tbs_response_bytes, digest)


def _check_forged(
    signer: x509.Certificate, signature: bytes, data: bytes, digest: hashes.HashAlgorithm
) -> None:
    try:
        check_signature(signer.public_key(), signature, data, digest)
    except TokenError as e:
        raise TokenError("revocation", f"revocation data: {e.reason}") from e
