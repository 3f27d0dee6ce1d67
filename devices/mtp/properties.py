"""Values of properties, their descriptions, and lists of them (MTP 1.1, 5.3.2, appendices B and C).

Holds for any bytes: a value or ParseError; memory is bounded by what came. Only types that PIMA 15740,
5.3 names are read; a list with another type cannot be read past it, and is refused whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from devices.mtp.codes import DataType
from devices.mtp.datasets import Cursor
from devices.mtp.errors import ParseError

Value = int | str | tuple[int, ...]

_ARRAY: Final = 0x4000
_WHOLE: Final = {  # type: bytes, signed
    DataType.INT8: (1, True),
    DataType.UINT8: (1, False),
    DataType.INT16: (2, True),
    DataType.UINT16: (2, False),
    DataType.INT32: (4, True),
    DataType.UINT32: (4, False),
    DataType.INT64: (8, True),
    DataType.UINT64: (8, False),
    DataType.INT128: (16, True),
    DataType.UINT128: (16, False),
}
_RANGE, _ENUMERATION = 1, 2


def read_value(cursor: Cursor, type_: int) -> Value:
    """Read one value of a type.

    Raises:
        ParseError: no such type, or too few bytes.
    """
    if type_ == DataType.STR:
        return cursor.string()
    whole = _WHOLE.get(DataType(type_ & ~_ARRAY)) if type_ & ~_ARRAY <= DataType.UINT128 else None
    if whole is None:
        raise ParseError(f"values of type 0x{type_:04X} do not exist")
    size, signed = whole
    if type_ & _ARRAY:
        return cursor.array(size, signed=signed)
    return cursor.number(size, signed=signed)


@dataclass(frozen=True, slots=True, kw_only=True)
class PropertyDescription:
    """What a device property is and has (PIMA 15740, 13.3.3)."""

    code: int
    type: int
    settable: bool
    default: Value
    current: Value


def parse_property_description(data: bytes | memoryview) -> PropertyDescription:
    """Read a DevicePropDesc; its range or list of values is of no interest here. Raises ParseError."""
    c = Cursor(data)
    code, type_ = c.number(2), c.number(2)
    settable = c.number(1) == 1
    default, current = read_value(c, type_), read_value(c, type_)
    return PropertyDescription(
        code=code, type=type_, settable=settable, default=default, current=current
    )


def parse_property_value(data: bytes | memoryview, type_: int) -> Value:
    """Read a value that stands alone. Raises ParseError."""
    return read_value(Cursor(data), type_)


def parse_size(data: bytes | memoryview) -> int:
    """Read property 0xDC04. MTP 1.1, B.2.4 makes it 64 bits; some recorders send 32. Raises ParseError."""
    if len(data) not in {4, 8}:
        raise ParseError(f"a size of {len(data)} bytes")
    return int.from_bytes(bytes(data), "little")


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectProperty:
    """One row of an ObjectPropList."""

    handle: int
    code: int
    type: int
    value: Value


def parse_property_list(data: bytes | memoryview) -> list[ObjectProperty]:
    """Read an ObjectPropList (MTP 1.1, D.2.31).

    Raises:
        ParseError: a count that the bytes cannot hold, a type that does not exist, too few bytes.
    """
    c = Cursor(data)
    rows = []
    for _ in range(c.number(4)):  # ends where the bytes end, however many it says
        handle, code, type_ = c.number(4), c.number(2), c.number(2)
        rows.append(
            ObjectProperty(handle=handle, code=code, type=type_, value=read_value(c, type_))
        )
    return rows
