"""Containers: the frame of everything that goes over the pipes. Bytes in, values out.

Source: USB Still Image Capture Device Definition 1.0 (2000-07-11), appendix D, as MTP 1.1 uses it.
Integers are little-endian. Does no I/O, and does not know which container is due.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from devices.mtp.errors import ParseError

_HEADER: Final = struct.Struct("<IHHI")
HEADER_SIZE: Final = _HEADER.size
# A data phase whose size does not fit in 32 bits announces this; a short packet ends it.
LENGTH_UNKNOWN: Final = 0xFFFF_FFFF
MAX_PARAMETERS: Final = 5  # PIMA 15740, 9.3.3 and 9.3.5


class Kind(IntEnum):
    """Which phase of a transaction a container belongs to (Still Image 1.0, D.5.1.1)."""

    COMMAND = 1
    DATA = 2
    RESPONSE = 3
    EVENT = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The first 12 bytes of a container."""

    length: int  # bytes, header included, or LENGTH_UNKNOWN. As said: it may be wrong
    kind: Kind
    code: int  # of the operation, response or event
    transaction: int

    @property
    def payload(self) -> int | None:
        """Bytes that should follow the header; None where the recorder did not say."""
        return None if self.length == LENGTH_UNKNOWN else self.length - HEADER_SIZE


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A response or an event: a code and up to five numbers."""

    code: int
    transaction: int
    parameters: tuple[int, ...] = ()


def parse_header(data: bytes | memoryview) -> Header:
    """Read a header from the front of what came.

    Raises:
        ParseError: fewer than 12 bytes, an unknown kind, or a length that cannot hold its own header.
    """
    if len(data) < HEADER_SIZE:
        raise ParseError(f"{len(data)} bytes came, a container has at least {HEADER_SIZE}")
    length, kind, code, transaction = _HEADER.unpack_from(data)
    if length < HEADER_SIZE:
        raise ParseError(f"a container of {length} bytes cannot hold its own header")
    if kind not in {member.value for member in Kind}:
        raise ParseError(f"containers of kind {kind} do not exist")
    return Header(length=length, kind=Kind(kind), code=code, transaction=transaction)


def parse_message(data: bytes | memoryview, kind: Kind) -> Message:
    """Read a whole response or event.

    Raises:
        ParseError: another kind, more bytes announced than came, or parameters that are none.
    """
    header = parse_header(data)
    if header.kind is not kind:
        raise ParseError(f"a {header.kind.name} came instead of a {kind.name}")
    size = header.length - HEADER_SIZE
    if header.length > len(data) or size % 4 or size > 4 * MAX_PARAMETERS:
        raise ParseError(f"a {kind.name} of {header.length} bytes in {len(data)}")
    parameters = struct.unpack_from(f"<{size // 4}I", data, HEADER_SIZE)
    return Message(code=header.code, transaction=header.transaction, parameters=parameters)


def build_message(kind: Kind, code: int, transaction: int, *parameters: int) -> bytes:
    """A command, response or event. Five parameters at most."""
    payload = struct.pack(f"<{len(parameters)}I", *parameters)
    return build(kind, code, transaction, payload)


def build(kind: Kind, code: int, transaction: int, payload: bytes) -> bytes:
    """A container; one that is too long for its length field says so."""
    length = min(HEADER_SIZE + len(payload), LENGTH_UNKNOWN)
    return _HEADER.pack(length, kind, code, transaction) + payload
