"""DER (X.690, clause 10), the part that timestamps need: an encoder, and a reader of foreign bytes.

The reader takes what an encoder of DER may write and nothing else: definite lengths in their shortest form,
tags below 31. It never recurses and never copies more than it was given; whatever the bytes, it raises
TokenError("malformed") alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from archive.timestamps.errors import TokenError

BOOLEAN: Final = 0x01
INTEGER: Final = 0x02
BIT_STRING: Final = 0x03
OCTET_STRING: Final = 0x04
OID: Final = 0x06
UTF8: Final = 0x0C
GENERALIZED_TIME: Final = 0x18
SEQUENCE: Final = 0x30
SET: Final = 0x31
NULL: Final = b"\x05\x00"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def context(number: int) -> int:
    """The tag of a constructed, context-specific value."""
    return 0xA0 | number


# Encoding


def tlv(tag: int, *parts: bytes) -> bytes:
    """Tag, length, value (X.690, 8.1)."""
    body = b"".join(parts)
    size = len(body)
    if size < 0x80:
        return bytes((tag, size)) + body
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + body


def sequence(*parts: bytes) -> bytes:
    """SEQUENCE of encoded parts, in this order."""
    return tlv(SEQUENCE, *parts)


def sorted_set(items: Iterable[bytes], tag: int = SET) -> bytes:
    """SET OF encoded items, in the order of their bytes (X.690, 11.6)."""
    return tlv(tag, *sorted(items))


def integer(value: int) -> bytes:
    """INTEGER in its shortest form."""
    size = (value if value >= 0 else ~value).bit_length() // 8 + 1
    return tlv(INTEGER, value.to_bytes(size, "big", signed=True))


def oid(dotted: str) -> bytes:
    """OBJECT IDENTIFIER (X.690, 8.19). Raises ValueError where it is none."""
    arcs = [int(arc) for arc in dotted.split(".")]
    if len(arcs) < 2 or arcs[0] > 2 or (arcs[0] < 2 and arcs[1] > 39) or min(arcs) < 0:
        raise ValueError(dotted)
    return tlv(OID, *(_base128(arc) for arc in (arcs[0] * 40 + arcs[1], *arcs[2:])))


def _base128(value: int) -> bytes:
    out = [value & 0x7F]
    while value := value >> 7:
        out.append(0x80 | (value & 0x7F))
    return bytes(reversed(out))


def octets(data: bytes) -> bytes:
    """OCTET STRING."""
    return tlv(OCTET_STRING, data)


def utf8(text: str) -> bytes:
    """UTF8String."""
    return tlv(UTF8, text.encode())


def time_of(milliseconds: int) -> bytes:
    """GeneralizedTime, UTC, no trailing zero in the fraction (RFC 3161, 2.4.2). From the epoch on."""
    moment = _EPOCH + timedelta(milliseconds=milliseconds)
    fraction = f".{milliseconds % 1000:03}".rstrip("0").rstrip(".")
    return tlv(GENERALIZED_TIME, f"{moment:%Y%m%d%H%M%S}{fraction}Z".encode())


# Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One value."""

    tag: int
    raw: bytes  # with tag and length
    body: bytes

    def fields(self) -> Fields:
        """The values inside. Raises TokenError."""
        return Fields(values_in(self.body))

    def number(self) -> int:
        """An INTEGER's value. Raises TokenError."""
        _need(self.tag == INTEGER and 0 < len(self.body) <= 64, "no number")
        short = len(self.body) == 1 or self.body[0] not in {0x00, 0xFF}
        _need(short or (self.body[0] ^ self.body[1]) & 0x80 != 0, "a number is padded")
        return int.from_bytes(self.body, "big", signed=True)

    def dotted(self) -> str:
        """An OBJECT IDENTIFIER. Raises TokenError."""
        _need(self.tag == OID and 0 < len(self.body) <= 128 and self.body[-1] < 0x80, "no OID")
        arcs: list[int] = []
        arc = 0
        start = True
        for byte in self.body:
            _need(not (start and byte == 0x80), "an OID is padded")
            arc, start = arc << 7 | byte & 0x7F, byte < 0x80
            if start:
                arcs.append(arc)
                arc = 0
        first = min(arcs[0] // 40, 2)
        return ".".join(str(arc) for arc in (first, arcs[0] - 40 * first, *arcs[1:]))

    def moment(self) -> datetime:
        """A GeneralizedTime as RFC 3161 2.4.2 has it. Raises TokenError."""
        text = self.body.decode("ascii", "replace")
        whole, _, fraction = text.removesuffix("Z").partition(".")
        good = (
            self.tag == GENERALIZED_TIME
            and text.endswith("Z")
            and len(whole) == 14
            and whole.isdigit()
            and ("." not in text or (fraction.isdigit() and len(fraction) <= 9))
            and not (fraction or "1").endswith("0")
        )
        _need(good, "no time")
        try:
            second = datetime.strptime(whole + "+0000", "%Y%m%d%H%M%S%z")
        except ValueError as e:
            raise TokenError("malformed", "no such time") from e
        return second.replace(microsecond=int(f"{fraction or '0':0<6}"[:6]))


class Fields:
    """Values of a constructed one, taken in order. All raise TokenError."""

    def __init__(self, values: Iterator[Value]) -> None:
        self._left = list(values)
        self._left.reverse()

    def __iter__(self) -> Iterator[Value]:
        while self._left:
            yield self._left.pop()

    def take(self, tag: int) -> Value:
        """The next one, which has this tag."""
        found = self.optional(tag)
        if found is None:
            raise TokenError("malformed", f"a value with tag {tag:#x} is missing")
        return found

    def optional(self, tag: int) -> Value | None:
        """The next one where it has this tag."""
        if self._left and self._left[-1].tag == tag:
            return self._left.pop()
        return None

    def done(self) -> None:
        """Nothing is left."""
        _need(not self._left, "there is more than there may be")


def read(data: bytes) -> Value:
    """The one value that these bytes are. Raises TokenError."""
    values = list(values_in(data))
    _need(len(values) == 1, "not one value")
    return values[0]


def values_in(data: bytes) -> Iterator[Value]:
    """Values one behind the other. Raises TokenError."""
    at = 0
    while at < len(data):
        end, start = _end(data, at)
        yield Value(tag=data[at], raw=data[at:end], body=data[start:end])
        at = end


def _end(data: bytes, at: int) -> tuple[int, int]:
    """Where a value ends and where its body starts."""
    _need(data[at] & 0x1F != 0x1F and at + 2 <= len(data), "no tag and length")
    size, start = data[at + 1], at + 2
    if size >= 0x80:
        count = size & 0x7F
        _need(1 <= count <= 4 and start + count <= len(data), "no length")
        size = int.from_bytes(data[start : start + count], "big")
        _need(size >= 0x80 and data[start] != 0, "a length is longer than it need be")
        start += count
    _need(start + size <= len(data), "it is cut off")
    return start + size, start


def _need(holds: bool, what: str) -> None:
    if not holds:
        raise TokenError("malformed", f"not DER: {what}")
