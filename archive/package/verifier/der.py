"""DER (X.690): bytes in, nodes out. Bounded by the bytes given: no length leads outside, nothing is copied.

Holds: whatever the bytes, the only error is DerError. Tags above 30 and indefinite lengths are refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from re import compile as regex
from typing import NamedTuple

from archive.package.verifier.found import VerifierError

BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, NULL, OID = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06
ENUMERATED, UTC_TIME, GENERALIZED_TIME, SEQUENCE, SET = 0x0A, 0x17, 0x18, 0x30, 0x31
CONTEXT = 0x80  # [0], primitive
CONTEXT_CONSTRUCTED = 0xA0  # [0], constructed
_UTC_TIME = regex(rb"(\d{2})(\d{10})Z")
_GENERALIZED_TIME = regex(rb"(\d{14})(?:\.(\d{1,9}))?Z")


class DerError(VerifierError):
    """Bytes that are no DER, or no DER of the kind asked for."""


class Node(NamedTuple):
    """One element: its tag, what it holds, and all its bytes."""

    tag: int
    body: bytes
    raw: bytes


def der_node(data: bytes, at: int = 0) -> tuple[Node, int]:
    """The element that starts at `at`, and where it ends. Raises DerError."""
    if len(data) - at < 2:
        raise DerError("der.short")
    tag, length, body = data[at], data[at + 1], at + 2
    if tag & 0x1F == 0x1F:
        raise DerError("der.tag")
    if length >= 0x80:
        octets = length & 0x7F
        if not 1 <= octets <= 4 or len(data) - body < octets:
            raise DerError("der.length")
        length = int.from_bytes(data[body : body + octets], "big")
        if length < 0x80 or length >> 8 * (octets - 1) == 0:  # X.690, 10.1: shortest form
            raise DerError("der.length")
        body += octets
    end = body + length
    if end > len(data):
        raise DerError("der.short")
    return Node(tag, data[body:end], data[at:end]), end


def der_whole(data: bytes, tag: int) -> Node:
    """The one element that `data` is. Raises DerError: other bytes after it, or another tag."""
    node, end = der_node(data)
    if end != len(data):
        raise DerError("der.trailing")
    return expect(node, tag)


def expect(node: Node, tag: int) -> Node:
    """The node, of this kind. Raises DerError."""
    if node.tag != tag:
        raise DerError("der.kind")
    return node


class Children:
    """What an element holds, taken one after the other."""

    def __init__(self, node: Node) -> None:
        self._data = node.body
        self._at = 0

    def take(self, tag: int) -> Node:
        """The next, of this kind. Raises DerError."""
        node = self.any()
        return expect(node, tag)

    def any(self) -> Node:
        """The next. Raises DerError: there is none."""
        node, self._at = der_node(self._data, self._at)
        return node

    def maybe(self, tag: int) -> Node | None:
        """The next where it is of this kind. Raises DerError."""
        if self._at < len(self._data) and self._data[self._at] == tag:
            return self.any()
        return None

    def more(self) -> bool:
        """Whether something is left."""
        return self._at < len(self._data)

    def end(self) -> None:
        """Raises DerError: something is left."""
        if self.more():
            raise DerError("der.trailing")

    def rest(self) -> Iterator[Node]:
        """All that is left. Raises DerError."""
        while self.more():
            yield self.any()


def der_integer(node: Node, tag: int = INTEGER) -> int:
    """A number. Raises DerError."""
    body = expect(node, tag).body
    if not body or (len(body) > 1 and body[0] in {0, 0xFF} and (body[0] ^ body[1]) & 0x80 == 0):
        raise DerError("der.integer")
    return int.from_bytes(body, "big", signed=True)


def der_boolean(node: Node) -> bool:
    """Yes or no. Raises DerError."""
    if expect(node, BOOLEAN).body not in {b"\0", b"\xff"}:
        raise DerError("der.boolean")
    return node.body == b"\xff"


def der_bits(node: Node) -> bytes:
    """A bit string of whole bytes. Raises DerError."""
    body = expect(node, BIT_STRING).body
    if not body or body[0] != 0:
        raise DerError("der.bits")
    return body[1:]


def der_oid(node: Node) -> str:
    """An object identifier, dotted. Raises DerError."""
    body = expect(node, OID).body
    if not body or body[-1] & 0x80 or len(body) > 64:
        raise DerError("der.oid")
    numbers, value, fresh = [], 0, True
    for octet in body:
        if fresh and octet == 0x80:
            raise DerError("der.oid")
        value, fresh = value << 7 | octet & 0x7F, not octet & 0x80
        if fresh:
            numbers.append(value)
            value = 0
    first = min(numbers[0] // 40, 2)
    return ".".join(str(n) for n in (first, numbers[0] - 40 * first, *numbers[1:]))


def der_time(node: Node) -> datetime:
    """UTCTime or GeneralizedTime, in UTC (RFC 5280, 4.1.2.5). Raises DerError."""
    if node.tag == UTC_TIME:
        short = _UTC_TIME.fullmatch(node.body)
        if short is None:
            raise DerError("der.time")
        century = b"19" if int(short[1]) >= 50 else b"20"
        digits, fraction = century + short[1] + short[2], b""
    else:
        long = _GENERALIZED_TIME.fullmatch(expect(node, GENERALIZED_TIME).body)
        if long is None:
            raise DerError("der.time")
        digits, fraction = long[1], long[2] or b""
    text = digits.decode()
    parts = [int(text[:4])] + [int(text[at : at + 2]) for at in range(4, 14, 2)]
    micro = int(fraction.ljust(6, b"0")[:6] or b"0")
    try:
        return datetime(
            parts[0], parts[1], parts[2], parts[3], parts[4], parts[5], micro, timezone.utc
        )
    except ValueError as e:
        raise DerError("der.time") from e
