"""Requests and answers of RFC 3161 as bytes: TimeStampReq, TimeStampResp. No clock, no network.

rfc3161-client builds requests too, but names no policy and no digest that is already there.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from archive.timestamps import der, names
from archive.timestamps.errors import TokenError

GRANTED: Final = 0
GRANTED_WITH_MODS: Final = 1
REJECTION: Final = 2
# PKIFailureInfo, RFC 3161, 2.4.2: number of the bit
BAD_ALG: Final = 0
BAD_REQUEST: Final = 2
BAD_DATA_FORMAT: Final = 5
TIME_NOT_AVAILABLE: Final = 14
UNACCEPTED_POLICY: Final = 15
UNACCEPTED_EXTENSION: Final = 16
SYSTEM_FAILURE: Final = 25
_FAILURES: Final = {
    BAD_ALG: "unknown digest algorithm",
    BAD_REQUEST: "request not permitted",
    BAD_DATA_FORMAT: "malformed request",
    TIME_NOT_AVAILABLE: "its time source is not available",
    UNACCEPTED_POLICY: "it does not stamp under that policy",
    UNACCEPTED_EXTENSION: "unknown extension",
    SYSTEM_FAILURE: "its system failed",
}
_MOST_TEXT: Final = 200  # characters of a stranger's that are shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked for."""

    imprint: bytes  # MessageImprint, encoded
    policy: str | None
    nonce: int | None
    certificates: bool  # the answer is to hold the signer's


def imprint_of(digest: bytes, algorithm: str = names.SHA256) -> bytes:
    """MessageImprint."""
    return der.sequence(der.sequence(der.oid(algorithm), der.NULL), der.octets(digest))


def new_nonce() -> int:
    """64 random bits, the first set: in no encoding is it shorter."""
    return secrets.randbits(64) | 1 << 63


def encode_request(request: Request) -> bytes:
    """TimeStampReq (RFC 3161, 2.4.1)."""
    return der.sequence(
        der.integer(1),
        request.imprint,
        der.oid(request.policy) if request.policy is not None else b"",
        der.integer(request.nonce) if request.nonce is not None else b"",
        der.tlv(der.BOOLEAN, b"\xff") if request.certificates else b"",
    )


def decode_request(data: bytes) -> Request:
    """The other way. Raises TokenError("malformed") alone."""
    whole = der.read(data)
    if whole.tag != der.SEQUENCE:
        raise TokenError("malformed", "not a request")
    fields = whole.fields()
    if fields.take(der.INTEGER).number() != 1:
        raise TokenError("malformed", "a request of another version")
    imprint = fields.take(der.SEQUENCE)
    policy, nonce = fields.optional(der.OID), fields.optional(der.INTEGER)
    certificates = fields.optional(der.BOOLEAN)
    if certificates is not None and certificates.body != b"\xff":
        raise TokenError("malformed", "not DER: a default is written out")
    fields.done()  # extensions too: none is known here
    return Request(
        imprint=imprint.raw,
        policy=policy.dotted() if policy is not None else None,
        nonce=nonce.number() if nonce is not None else None,
        certificates=certificates is not None,
    )


def read_imprint(imprint: bytes) -> tuple[str, bytes]:
    """Algorithm and digest of a MessageImprint. Raises TokenError("malformed") alone."""
    fields = der.read(imprint).fields()
    algorithm = fields.take(der.SEQUENCE).body
    digest = fields.take(der.OCTET_STRING).body
    fields.done()
    return _algorithm(algorithm), digest


@lru_cache(maxsize=16)  # one after the other asks for the same
def _algorithm(body: bytes) -> str:
    fields = der.Fields(der.values_in(body))
    name = fields.take(der.OID).dotted()
    parameters = fields.optional(der.NULL[0])
    fields.done()
    if parameters is not None and parameters.body:
        raise TokenError("malformed", "not DER: NULL holds something")
    return name


def encode_granted(token: bytes) -> bytes:
    """TimeStampResp with a token (RFC 3161, 2.4.2)."""
    return der.sequence(der.sequence(der.integer(GRANTED)), token)


def encode_refused(failure: int, reason: str) -> bytes:
    """TimeStampResp without one."""
    bits = bytearray(failure // 8 + 1)
    bits[-1] = 0x80 >> failure % 8
    return der.sequence(
        der.sequence(
            der.integer(REJECTION),
            der.sequence(der.utf8(reason)),
            # X.690, 11.2.2: a list of named bits ends with its last one that is set
            der.tlv(der.BIT_STRING, bytes([7 - failure % 8]), bytes(bits)),
        )
    )


def decode_answer(data: bytes) -> bytes:
    """The token in a TimeStampResp.

    Raises:
        TokenError: "malformed", "modified" or "refused".
    """
    fields = der.read(data).fields()
    info = fields.take(der.SEQUENCE).fields()
    status = info.take(der.INTEGER).number()
    said = info.optional(der.SEQUENCE)
    failure = info.optional(der.BIT_STRING)
    token = fields.optional(der.SEQUENCE)
    fields.done()
    if status == GRANTED_WITH_MODS:
        raise TokenError(
            "modified", "the authority stamped, but not as it was asked (grantedWithMods)"
        )
    if status != GRANTED:
        raise TokenError("refused", f"the authority refuses: {_words(status, said, failure)}")
    if token is None:
        raise TokenError("malformed", "granted, but there is no token")
    return token.raw


def _words(status: int, said: der.Value | None, failure: der.Value | None) -> str:
    texts = [item.body.decode("utf-8", "replace") for item in said.fields()] if said else []
    bits = failure.body[1:5] if failure is not None else b""
    for number, byte in enumerate(bits):
        for bit in range(8):
            if byte & 0x80 >> bit:
                texts.append(_FAILURES.get(8 * number + bit, f"failure {8 * number + bit}"))
    words = "; ".join(texts) or f"status {status}"
    return "".join(c if c.isprintable() else " " for c in words)[:_MOST_TEXT]
