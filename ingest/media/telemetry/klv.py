"""GPMF, GoPro's key-length-value format, as its makers describe it (GPMF introduction, "KLV Design").

Any bytes give items or `TelemetryError`. Counts are held against the bytes that are there before anything is
allocated for them. Knows the numbers and texts of an item, not what they mean.
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ingest.media.telemetry.errors import TelemetryError

MOST_ITEMS: Final = 20_000  # of one nest
DEEPEST: Final = 8  # nests; cameras write three
MOST_FIELDS: Final = 256  # of one sample, which is 255 bytes at most
_NEST: Final = 0
_STRUCTURE: Final = ord("?")
_FORMATS: Final = {  # one big-endian number of each type; the rest are texts and identifiers
    **{"b": "b", "B": "B", "s": "h", "S": "H", "l": "i", "L": "I"},
    **{"j": "q", "J": "Q", "f": "f", "d": "d", "q": "i", "Q": "q"},
}
_FRACTIONS: Final = {"q": 1 << 16, "Q": 1 << 32}  # fixed point
_WIDTHS: Final = {"F": 4, "G": 16, "U": 16, "c": 1}  # types that are no number
_LAYOUT = re.compile(r"([a-zA-Z])(?:\[(\d{1,3})\])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One key with its value, still as bytes."""

    key: bytes
    type: int
    size: int  # bytes of one sample
    repeat: int  # samples
    body: memoryview
    whole: memoryview  # header, value and padding, as they are in the file

    @property
    def nested(self) -> bool:
        """Whether the value is items itself."""
        return self.type == _NEST

    def text(self) -> str:
        """Return the value as text: up to its first NUL, Latin-1, which every byte is."""
        return bytes(self.body[:1024]).split(b"\0", 1)[0].decode("latin-1").strip()


def items(data: memoryview) -> Iterator[Item]:
    """Yield the items of one nest.

    Raises:
        TelemetryError: an item reaches past its nest, or there are too many.
    """
    position = count = 0
    while position + 8 <= len(data):
        key = bytes(data[position : position + 4])
        if key == b"\0\0\0\0":  # padding: nothing comes after it
            return
        kind, size, repeat = struct.unpack_from(">BBH", data, position + 4)
        length, count = size * repeat, count + 1
        if position + 8 + length > len(data) or count > MOST_ITEMS:
            raise TelemetryError(f"{length} bytes of {key!r} do not fit")
        body = data[position + 8 : position + 8 + length]
        end = position + 8 + (length + 3) // 4 * 4  # all data are 32-bit aligned
        whole = data[position:end]
        yield Item(key=key, type=kind, size=size, repeat=repeat, body=body, whole=whole)
        position = end


def nests(data: memoryview, key: bytes, *, depth: int = 0) -> Iterator[memoryview]:
    """Yield the value of every nest called `key`, wherever it is, but not those inside it.

    Raises:
        TelemetryError: as `items`, or nested too deep.
    """
    if depth > DEEPEST:
        raise TelemetryError("nested too deep")
    for item in items(data):
        if item.nested and item.key == key:
            yield item.body
        elif item.nested:
            yield from nests(item.body, key, depth=depth + 1)


def samples(item: Item, layout: str | None = None) -> list[tuple[int | float, ...]]:
    """Return the numbers of each sample.

    Args:
        item: what holds them.
        layout: the text of the TYPE item that stands before a structure ("?").

    Raises:
        TelemetryError: it is no item of numbers, or its samples are not of the length that its types have.
    """
    if item.size == 0 or item.repeat == 0:
        return []
    types = _types(item, layout)
    form = struct.Struct(">" + "".join(_form(kind) for kind in types))
    if form.size != item.size:
        raise TelemetryError(f"samples of {item.size} bytes hold types of {form.size}")
    numbers = [kind for kind in types if kind in _FORMATS]
    return [
        tuple(
            value / _FRACTIONS[kind] if kind in _FRACTIONS else value
            for kind, value in zip(numbers, row, strict=True)
        )
        for row in form.iter_unpack(item.body)
    ]


def _types(item: Item, layout: str | None) -> list[str]:
    if item.type != _STRUCTURE:
        kind = chr(item.type)
        width = struct.calcsize(">" + _form(kind))
        if item.size % width:
            raise TelemetryError(f"samples of {item.size} bytes are not of type {kind}")
        return [kind] * (item.size // width)
    if layout is None:
        raise TelemetryError("a structure without a TYPE")
    types: list[str] = []
    for kind, count in _LAYOUT.findall(layout):
        types += [kind] * min(int(count or 1), MOST_FIELDS + 1)
        if len(types) > MOST_FIELDS:
            raise TelemetryError("a structure of too many fields")
    return types


def _form(kind: str) -> str:
    if kind in _FORMATS:
        return _FORMATS[kind]
    if kind in _WIDTHS:
        return f"{_WIDTHS[kind]}x"  # skipped: no number
    raise TelemetryError(f"no type is called {kind!r}")
