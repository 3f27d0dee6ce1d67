"""Matroska and WebM elements, as far as they say how long the file should be and whether its tracks are encrypted.

RFC 8794 (EBML) and RFC 9559 (Matroska). Reads the first `_READ` bytes only; any bytes give an answer or None. A file
that says nothing in them is neither called cut nor encrypted.
"""

import os
from collections.abc import Iterator
from typing import BinaryIO, Final

_READ: Final = 1 << 20
_MAX_ELEMENTS: Final = 4096  # looked at, of one parent
# RFC 9559, 5.1: what leads to a track's ContentEncryption
_SEGMENT: Final = b"\x18\x53\x80\x67"
_PATH: Final = (b"\x16\x54\xae\x6b", b"\xae", b"\x6d\x80", b"\x62\x40")
_ENCRYPTION: Final = b"\x50\x35"
_CLUSTER: Final = b"\x1f\x43\xb6\x75"


def segment_end(file: BinaryIO) -> int | None:
    """Return where the Segment says it ends; one past the file's end where its header is cut; None: it does not say.

    RFC 9559, 5: the Segment is the second element.
    """
    head, size = _head(file)
    header = vint(head, 4)
    if header is None:
        return size + 1
    start = header[1] + (header[0] or 0)
    if head[start : start + 4] != _SEGMENT:
        return size + 1 if start >= size else None
    segment = vint(head, start + 4)
    if segment is None:
        return size + 1
    length, payload = segment
    return None if length is None else payload + length


def encrypted(file: BinaryIO) -> bool:
    """Whether any track's content is encrypted (RFC 9559, 5.1.4.1.31)."""
    head, _ = _head(file)
    header = vint(head, 4)
    if header is None:
        return False
    start = header[1] + (header[0] or 0)
    segment = vint(head, start + 4)
    if head[start : start + 4] != _SEGMENT or segment is None:
        return False
    spans = [(segment[1], len(head))]
    for wanted in _PATH:
        spans = [
            (a, b) for span in spans for name, a, b in elements(head, *span) if name == wanted
        ][:64]
    return any(name == _ENCRYPTION for span in spans for name, _, _ in elements(head, *span))


def elements(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield the id of each element between two places, and where its content begins and ends."""
    for _ in range(_MAX_ELEMENTS):
        if start >= end or data[start] < 0x10:  # RFC 8794, 5: an id has at most four bytes
            return
        width = 9 - data[start].bit_length()
        name, size = data[start : start + width], vint(data, start + width)
        if size is None or name == _CLUSTER:
            return
        length, payload = size
        stop = end if length is None else min(end, payload + length)
        yield name, payload, stop
        start = payload + length if length is not None else end


def vint(data: bytes, offset: int) -> tuple[int | None, int] | None:
    """Return a variable-length size (None: unknown, the recorder streams) and where it ends."""
    if offset >= len(data) or data[offset] == 0:
        return None
    width = 9 - data[offset].bit_length()
    if offset + width > len(data):
        return None
    value = int.from_bytes(data[offset : offset + width]) - (1 << 7 * width)
    return (None if value == (1 << 7 * width) - 1 else value), offset + width


def _head(file: BinaryIO) -> tuple[bytes, int]:
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    return file.read(_READ), size
