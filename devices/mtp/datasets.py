"""Datasets of PTP and MTP: bytes in, values out (PIMA 15740, 5.5; MTP 1.1, 5).

Holds for any bytes: a value or ParseError; no count is believed before the bytes for it are there, so
memory is bounded by what came. Bytes after a dataset's end are left alone: vendors append fields.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from devices.mtp.errors import ParseError
from devices.mtp.strings import parse_string


class Cursor:
    """Reads one value after another from bytes that somebody else wrote. Raises ParseError only."""

    __slots__ = ("_data", "_offset")

    def __init__(self, data: bytes | memoryview) -> None:
        self._data = data
        self._offset = 0

    @property
    def left(self) -> int:
        """Bytes not read yet."""
        return len(self._data) - self._offset

    def number(self, size: int, *, signed: bool = False) -> int:
        """An integer of so many bytes."""
        return int.from_bytes(self.take(size), "little", signed=signed)

    def take(self, size: int) -> bytes:
        """So many bytes."""
        if size > self.left:
            raise ParseError(f"{size} bytes expected, {self.left} there")
        start, self._offset = self._offset, self._offset + size
        return bytes(self._data[start : self._offset])

    def string(self) -> str:
        """An MTP string."""
        text, self._offset = parse_string(self._data, self._offset)
        return text

    def array(self, size: int, *, signed: bool = False) -> tuple[int, ...]:
        """An array of integers of so many bytes each: a 32-bit count, then the elements."""
        count = self.number(4)
        data = self.take(count * size)  # which looks first whether they are there
        if size in _LETTERS and not signed:
            return struct.unpack(f"<{count}{_LETTERS[size]}", data)
        return tuple(
            int.from_bytes(data[at : at + size], "little", signed=signed)
            for at in range(0, len(data), size)
        )


_LETTERS: Final = {1: "B", 2: "H", 4: "I", 8: "Q"}


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceInfo:
    """What a recorder says of itself (PIMA 15740, 5.5.1; MTP 1.1, 5.1.1)."""

    standard_version: int
    vendor_extension: int  # 6: Microsoft, that is MTP
    vendor_version: int
    extensions: str  # "microsoft.com: 1.0; android.com: 1.0;"
    functional_mode: int
    operations: frozenset[int]
    events: frozenset[int]
    device_properties: frozenset[int]
    capture_formats: tuple[int, ...]
    formats: tuple[int, ...]
    manufacturer: str
    model: str
    version: str
    serial: str


def parse_device_info(data: bytes | memoryview) -> DeviceInfo:
    """Read a DeviceInfo. Raises ParseError."""
    c = Cursor(data)
    return DeviceInfo(
        standard_version=c.number(2),
        vendor_extension=c.number(4),
        vendor_version=c.number(2),
        extensions=c.string(),
        functional_mode=c.number(2),
        operations=frozenset(c.array(2)),
        events=frozenset(c.array(2)),
        device_properties=frozenset(c.array(2)),
        capture_formats=c.array(2),
        formats=c.array(2),
        manufacturer=c.string(),
        model=c.string(),
        version=c.string(),
        serial=c.string(),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageInfo:
    """One storage (PIMA 15740, 5.5.3; MTP 1.1, 5.2.2)."""

    type: int
    filesystem: int
    access: int  # 0 read and write, 1 read only, 2 read only but deletion
    capacity: int  # bytes, as said
    free: int  # bytes, as said
    free_objects: int
    description: str
    volume: str


def parse_storage_info(data: bytes | memoryview) -> StorageInfo:
    """Read a StorageInfo. Raises ParseError."""
    c = Cursor(data)
    return StorageInfo(
        type=c.number(2),
        filesystem=c.number(2),
        access=c.number(2),
        capacity=c.number(8),
        free=c.number(8),
        free_objects=c.number(4),
        description=c.string(),
        volume=c.string(),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectInfo:
    """One object (PIMA 15740, 5.5.2; MTP 1.1, 5.3.1)."""

    storage: int
    format: int
    protection: int
    size: int  # bytes modulo 2^32, or 0xFFFFFFFF: never to be believed alone
    parent: int  # 0 at the top, mostly
    association: int
    name: str
    captured: str
    modified: str


def parse_object_info(data: bytes | memoryview) -> ObjectInfo:
    """Read an ObjectInfo. Raises ParseError."""
    c = Cursor(data)
    storage, format_, protection, size = c.number(4), c.number(2), c.number(2), c.number(4)
    c.take(26)  # thumbnail and picture: format, sizes, widths, heights, depth
    return ObjectInfo(
        storage=storage,
        format=format_,
        protection=protection,
        size=size,
        parent=c.number(4),
        association=(c.number(2), c.take(8))[0],  # then its description and a sequence number
        name=c.string(),
        captured=c.string(),
        modified=c.string(),
    )


def parse_handles(data: bytes | memoryview) -> tuple[int, ...]:
    """Read an array of storage IDs or object handles. Raises ParseError."""
    return Cursor(data).array(4)


def parse_codes(data: bytes | memoryview) -> tuple[int, ...]:
    """Read an array of codes. Raises ParseError."""
    return Cursor(data).array(2)
