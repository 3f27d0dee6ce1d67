"""ISO/IEC 14496-12 boxes in memory: any bytes give boxes or `BoxError`.

Bounds are checked before anything is allocated for a count that the bytes claim. Knows no file and
no meaning of any box.
"""

import struct
import sys
from array import array
from collections.abc import Iterator

from ingest.media.errors import BoxError

MAX_ENTRIES = 8_000_000  # rows of one table; a day of 60 fps video has 5,184,000 samples
MAX_CHILDREN = 65_536  # boxes in one box


def children(data: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """Yield the type and payload of each box in `data`.

    Raises:
        BoxError: a box is shorter than its header, reaches past `data`, or there are too many.
    """
    position, count = 0, 0
    while position + 8 <= len(data):
        count += 1
        length, kind = struct.unpack_from(">I4s", data, position)
        head = 8
        if length == 1:
            length, head = number(data, position + 8, 8), 16
        elif length == 0:
            length = len(data) - position
        if length < head or position + length > len(data) or count > MAX_CHILDREN:
            raise BoxError(f"box {kind!r} of {length} bytes does not fit")
        yield kind, data[position + head : position + length]
        position += length


def child(data: memoryview, *path: bytes) -> memoryview | None:
    """Return the payload of the first box along `path`, or None."""
    for name in path:
        found = next((body for kind, body in children(data) if kind == name), None)
        if found is None:
            return None
        data = found
    return data


def number(data: memoryview, offset: int, size: int) -> int:
    """Read a big-endian unsigned number.

    Raises:
        BoxError: `data` ends before it.
    """
    if offset + size > len(data):
        raise BoxError("a box ends inside a number")
    return int.from_bytes(data[offset : offset + size])


def table(data: memoryview, offset: int, count: int, width: int) -> "array[int]":
    """Read `count` big-endian numbers of `width` (4 or 8) bytes.

    Raises:
        BoxError: they are not all there, or are more than `MAX_ENTRIES`.
    """
    if count > MAX_ENTRIES or offset + count * width > len(data):
        raise BoxError(f"a table of {count} rows does not fit its box")
    numbers = array("I" if width == 4 else "Q")
    numbers.frombytes(data[offset : offset + count * width])
    if sys.byteorder == "little":
        numbers.byteswap()
    return numbers
