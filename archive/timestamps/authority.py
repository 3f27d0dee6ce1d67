"""The embedded authority: a request's bytes in, an answer's bytes out. One thread.

What always holds: every serial is new (127 random bits, whoever ran before); no genTime is below an earlier one
(lease.py); a clock that nobody keeps in step is said by a policy of its own and by the absence of an accuracy;
nothing is refused but what is malformed or not of this authority, a clock below the last token, and, where
`require_sync` is set, a clock that is not in step.
All that does not change from token to token is encoded once.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from archive.timestamps import asking, der, names
from archive.timestamps.certificates import Pair
from archive.timestamps.clock import Reading
from archive.timestamps.errors import TokenError
from archive.timestamps.lease import ClockSetBackError, Lease

_POLICIES: Final = (names.POLICY_SYNCHRONISED, names.POLICY_UNSYNCHRONISED)
_MOST_NONCE: Final = 1 << 160
_ONE: Final = der.integer(1)
_THREE: Final = der.integer(3)
_SHA256: Final = der.sequence(der.oid(names.SHA256))  # RFC 5754, 2: parameters are absent
_ECDSA: Final = der.sequence(der.oid(names.ECDSA_SHA256))
_TST_INFO: Final = der.oid(names.TST_INFO)
_SIGNED_DATA: Final = der.oid(names.SIGNED_DATA)
_ACCURACY: Final = der.sequence(der.integer(1))  # a second
_DIGEST_OID: Final = der.oid(names.MESSAGE_DIGEST)
_ALGORITHM: Final = ec.ECDSA(hashes.SHA256())


class _RefusedError(Exception):
    """The request is refused: PKIFailureInfo, and why."""

    def __init__(self, failure: int, reason: str) -> None:
        super().__init__(reason)
        self.failure = failure


class Authority:
    """Stamps with one key."""

    def __init__(self, pair: Pair, lease: Lease, *, require_sync: bool = False) -> None:
        certificate = pair.certificate
        self._key = pair.key
        self._lease = lease
        self._require_sync = require_sync
        encoded = certificate.public_bytes(Encoding.DER)
        issuer = certificate.issuer.public_bytes()
        serial = der.integer(certificate.serial_number)
        subject = certificate.subject.public_bytes()
        self._policies = {name: der.oid(name) for name in _POLICIES}
        self._certificates = der.tlv(der.context(0), encoded)
        self._signer = der.sequence(issuer, serial)
        # RFC 3161, 2.4.2: tsa [0] GeneralName; a Name is tagged explicitly, for it is a CHOICE
        self._tsa = der.tlv(der.context(0), der.tlv(der.context(4), subject))
        self._content_type = _attribute(names.CONTENT_TYPE, _TST_INFO)
        self._essence = _attribute(
            names.SIGNING_CERTIFICATE_V2, _signing_certificate(encoded, issuer, serial)
        )

    def respond(self, data: bytes) -> bytes:
        """A TimeStampResp for a TimeStampReq. Raises OSError where the lease cannot be kept."""
        try:
            request = asking.decode_request(data)
            _check_request(request)
            reading = self._lease.now()
            policy = self._policy(request, reading)
        except TokenError as e:
            return asking.encode_refused(asking.BAD_DATA_FORMAT, e.reason)
        except ClockSetBackError as e:
            return asking.encode_refused(asking.TIME_NOT_AVAILABLE, str(e))
        except _RefusedError as e:
            return asking.encode_refused(e.failure, str(e))
        return asking.encode_granted(self._token(request, reading, policy))

    def _policy(self, request: asking.Request, reading: Reading) -> str:
        if self._require_sync and not reading.synchronised:
            raise _RefusedError(
                asking.TIME_NOT_AVAILABLE, "this machine's clock is not synchronised"
            )
        policy = _POLICIES[0] if reading.synchronised else _POLICIES[1]
        if request.policy not in {None, policy}:
            raise _RefusedError(
                asking.UNACCEPTED_POLICY, f"stamped here and now is under {policy} only"
            )
        return policy

    def _token(self, request: asking.Request, reading: Reading, policy: str) -> bytes:
        info = der.sequence(
            _ONE,
            self._policies[policy],
            request.imprint,
            der.integer(secrets.randbits(127)),
            der.time_of(reading.milliseconds),
            _ACCURACY if reading.synchronised else b"",
            der.integer(request.nonce) if request.nonce is not None else b"",
            self._tsa,
        )
        digest = der.sequence(_DIGEST_OID, der.tlv(der.SET, _digest(info)))
        attributes = b"".join(sorted((self._content_type, digest, self._essence)))
        # RFC 5652, 5.4: signed as SET OF, stored under [0]
        signature = self._key.sign(der.tlv(der.SET, attributes), _ALGORITHM)
        signer = der.sequence(
            _ONE,
            self._signer,
            _SHA256,
            der.tlv(der.context(0), attributes),
            _ECDSA,
            der.octets(signature),
        )
        signed = der.sequence(
            _THREE,
            der.tlv(der.SET, _SHA256),
            der.sequence(_TST_INFO, der.tlv(der.context(0), der.octets(info))),
            self._certificates if request.certificates else b"",
            der.tlv(der.SET, signer),
        )
        return der.sequence(_SIGNED_DATA, der.tlv(der.context(0), signed))


def _check_request(request: asking.Request) -> None:
    algorithm, digest = asking.read_imprint(request.imprint)
    if names.DIGEST_SIZES.get(algorithm) != len(digest):
        raise _RefusedError(asking.BAD_ALG, "that digest is not stamped here")
    if request.nonce is not None and not 0 <= request.nonce < _MOST_NONCE:
        raise _RefusedError(asking.BAD_REQUEST, "the nonce is too long, or negative")


def _digest(info: bytes) -> bytes:
    return der.octets(hashlib.sha256(info).digest())


def _attribute(name: str, value: bytes) -> bytes:
    return der.sequence(der.oid(name), der.tlv(der.SET, value))


def _signing_certificate(encoded: bytes, issuer: bytes, serial: bytes) -> bytes:
    """SigningCertificateV2 (RFC 5035, 3); hashAlgorithm is absent, which says SHA-256."""
    names_issuer = der.sequence(der.tlv(der.context(4), issuer))
    identifier = der.sequence(
        der.octets(hashlib.sha256(encoded).digest()), der.sequence(names_issuer, serial)
    )
    return der.sequence(der.sequence(identifier))
