"""A TimeStampToken taken apart: CMS SignedData around a TSTInfo (RFC 3161, 2.4.2; RFC 5652, 5).

Form only: nothing here says that a signature is right or that a certificate may stamp (checking.py). Whatever the
bytes, TokenError("malformed") alone is raised.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from archive.timestamps import asking, der, names
from archive.timestamps.errors import TokenError

_MOST_CERTIFICATES: Final = 16
_CONTEXT_MILLIS: Final = 0x80  # [0] IMPLICIT INTEGER
_CONTEXT_MICROS: Final = 0x81


@dataclass(frozen=True, slots=True, kw_only=True)
class Info:
    """TSTInfo."""

    policy: str
    algorithm: str  # OID of the imprint's digest
    imprint: bytes
    serial: int
    time: datetime
    accuracy_us: int | None
    nonce: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token whose form is right; nothing is said about its signature."""

    info: Info
    content: bytes  # TSTInfo, encoded: what the message digest is over
    certificates: tuple[bytes, ...]  # DER, in the order of the token; no word of theirs is believed
    issuer: bytes  # of the signer's certificate: Name, encoded
    serial: int  # of the signer's certificate
    digest_algorithm: str
    attributes: dict[str, bytes]  # signed, by OID: the one value of each, encoded
    signed: bytes  # the attributes as they were signed
    signature_algorithm: str
    signature: bytes


def parse_token(token: bytes) -> Token:
    """Take a token apart. Raises TokenError("malformed")."""
    outer = _one(token, der.SEQUENCE).fields()
    _same(outer.take(der.OID), names.SIGNED_DATA)
    signed_data = _explicit(outer.take(der.context(0)), der.SEQUENCE).fields()
    outer.done()
    signed_data.take(der.INTEGER).number()
    signed_data.take(der.SET)
    content = _content(signed_data.take(der.SEQUENCE).fields())
    held = signed_data.optional(der.context(0))
    certificates = tuple(value.raw for value in held.fields()) if held is not None else ()
    if len(certificates) > _MOST_CERTIFICATES:
        raise TokenError("malformed", f"a token with {len(certificates)} certificates")
    signed_data.optional(der.context(1))  # revocation data of the authority's choosing: not used
    signers = signed_data.take(der.SET).fields()
    signer = signers.take(der.SEQUENCE).fields()
    signers.done()  # RFC 3161, 2.4.2: one signer and no other
    signed_data.done()
    return _token(content, certificates, signer)


def _token(content: bytes, certificates: tuple[bytes, ...], signer: der.Fields) -> Token:
    signer.take(der.INTEGER).number()
    issuer_and_serial = signer.take(der.SEQUENCE).fields()
    issuer = issuer_and_serial.take(der.SEQUENCE).raw
    serial = issuer_and_serial.take(der.INTEGER).number()
    issuer_and_serial.done()
    digest_algorithm = algorithm_of(signer.take(der.SEQUENCE))
    attributes = signer.take(der.context(0))
    signature_algorithm = algorithm_of(signer.take(der.SEQUENCE))
    signature = signer.take(der.OCTET_STRING).body
    signer.optional(der.context(1))  # unsigned attributes say nothing
    signer.done()
    return Token(
        info=_info(content),
        content=content,
        certificates=certificates,
        issuer=issuer,
        serial=serial,
        digest_algorithm=digest_algorithm,
        attributes=_attributes(attributes),
        signed=der.tlv(der.SET, attributes.body),
        signature_algorithm=signature_algorithm,
        signature=signature,
    )


def _content(encapsulated: der.Fields) -> bytes:
    _same(encapsulated.take(der.OID), names.TST_INFO)
    content = _explicit(encapsulated.take(der.context(0)), der.OCTET_STRING).body
    encapsulated.done()
    return content


def _attributes(attributes: der.Value) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for value in attributes.fields():
        fields = value.fields()
        name, values = fields.take(der.OID).dotted(), list(fields.take(der.SET).fields())
        fields.done()
        if name in found or len(values) != 1:
            raise TokenError("malformed", f"signed attribute {name} more than once")
        found[name] = values[0].raw
    return found


def _info(content: bytes) -> Info:
    fields = _one(content, der.SEQUENCE).fields()
    if fields.take(der.INTEGER).number() != 1:
        raise TokenError("malformed", "TSTInfo of another version")
    policy = fields.take(der.OID).dotted()
    algorithm, imprint = asking.read_imprint(fields.take(der.SEQUENCE).raw)
    serial = fields.take(der.INTEGER).number()
    time = fields.take(der.GENERALIZED_TIME).moment()
    accuracy = fields.optional(der.SEQUENCE)
    fields.optional(der.BOOLEAN)  # ordering: every token of ours stands on its own
    nonce = fields.optional(der.INTEGER)
    fields.optional(der.context(0))  # tsa: the certificate says who it is
    # RFC 3161, 2.4.2: a token with an extension that is critical is not to be believed; none is known here
    extensions = fields.optional(der.context(1))
    fields.done()
    if extensions is not None:
        raise TokenError("malformed", "TSTInfo with extensions that are not known here")
    return Info(
        policy=policy,
        algorithm=algorithm,
        imprint=imprint,
        serial=serial,
        time=time,
        accuracy_us=_accuracy(accuracy) if accuracy is not None else None,
        nonce=nonce.number() if nonce is not None else None,
    )


def _accuracy(value: der.Value) -> int:
    fields = value.fields()
    seconds = fields.optional(der.INTEGER)
    parts = [fields.optional(_CONTEXT_MILLIS), fields.optional(_CONTEXT_MICROS)]
    fields.done()
    small = [int.from_bytes(part.body, "big") if part is not None else 0 for part in parts]
    whole = seconds.number() if seconds is not None else 0
    if whole < 0 or max(small) > 999:
        raise TokenError("malformed", "an accuracy out of range")
    return whole * 1_000_000 + small[0] * 1000 + small[1]


def algorithm_of(value: der.Value) -> str:
    """AlgorithmIdentifier without parameters, or with NULL."""
    fields = value.fields()
    name = fields.take(der.OID).dotted()
    parameters = fields.optional(der.NULL[0])
    fields.done()
    if parameters is not None and parameters.body:
        raise TokenError("malformed", "not DER: NULL holds something")
    return name


def with_certificates(token: bytes, certificates: list[bytes]) -> bytes:
    """The same token with other certificates in it, which no signature covers (RFC 5652, 5.1)."""
    outer = list(der.read(token).fields())
    fields = list(_explicit(outer[1], der.SEQUENCE).fields())
    held = der.sorted_set(certificates, der.context(0))
    kept = [v.raw for v in fields[3:] if v.tag not in {der.context(0), der.context(1)}]
    signed = der.sequence(*(v.raw for v in fields[:3]), held, *kept)
    return der.sequence(outer[0].raw, der.tlv(der.context(0), signed))


def _one(data: bytes, tag: int) -> der.Value:
    value = der.read(data)
    if value.tag != tag:
        raise TokenError("malformed", "another kind of value than a token")
    return value


def _explicit(outer: der.Value, tag: int) -> der.Value:
    fields = outer.fields()
    inner = fields.take(tag)
    fields.done()
    return inner


def _same(value: der.Value, name: str) -> None:
    if value.dotted() != name:
        raise TokenError("malformed", f"{value.dotted()} where {name} belongs")
