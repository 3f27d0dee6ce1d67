"""Positions and names in an MP4's own boxes, outside of its samples.

`udta/©xyz` (QuickTime), `udta/loci` (3GPP TS 26.244, 8.10), `meta` with Apple's `com.apple.quicktime.location.ISO6709`,
and GoPro's `udta/GPMF`, `FIRM` and `CAME`. Reads `moov/udta` and `moov/meta` only, bounded; a box that is not what it
says is passed over, because the rest of the file may be well.
"""

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, Final

from ingest.media.boxes import children
from ingest.media.errors import BoxError
from ingest.media.telemetry.errors import TelemetryError
from ingest.media.telemetry.iso6709 import position
from ingest.media.telemetry.klv import items, nests
from ingest.media.telemetry.points import Point, impossible

MOST_BOXES: Final = 65_536
LARGEST: Final = 1 << 20  # bytes of udta or meta
_TEXT: Final = 1024  # bytes of one text
_APPLE_PLACE: Final = "com.apple.quicktime.location.ISO6709"
_APPLE_DEVICE: Final = {
    "com.apple.quicktime.make": "make",
    "com.apple.quicktime.model": "model",
    "com.apple.quicktime.software": "firmware",
}
_GOPRO: Final = {b"MINF": "model", b"CASN": "serial", b"FMWR": "firmware"}


@dataclass(slots=True, kw_only=True)
class Atoms:
    """What the boxes say. `raw`: the boxes that hold positions, as they are in the file, one after the other."""

    points: list[Point] = field(default_factory=list)
    device: dict[str, str] = field(default_factory=dict)
    raw: bytes = b""

    def place(self, point: Point | None, raw: bytes) -> None:
        """Keep a position that can be one, with its box."""
        if point is not None and impossible(point) is None:
            self.points.append(point)
            self.raw += raw

    def name(self, member: str, text: str) -> None:
        """Keep what the device says of itself; what was said first stays."""
        if text:
            self.device.setdefault(member, text)


def read_atoms(file: BinaryIO) -> Atoms:
    """Look for positions and names in the boxes of an open MP4; in anything else there are none.

    Raises:
        OSError: the file cannot be read.
    """
    found = Atoms()
    size = file.seek(0, os.SEEK_END)
    for kind, start, end in _boxes(file, 0, size):
        if kind != b"moov":
            continue
        for inner, begin, stop in _boxes(file, start, end):
            if inner in {b"udta", b"meta"} and stop - begin <= LARGEST:
                file.seek(begin)
                _take(found, inner, file.read(stop - begin))
        break
    return found


def _boxes(file: BinaryIO, position: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield each box's type and where its payload begins and ends; stops at the first that does not fit."""
    for _ in range(MOST_BOXES):
        if position + 8 > end:
            return
        file.seek(position)
        header = file.read(16)
        if len(header) < 8:
            return
        length, head = int.from_bytes(header[:4]), 8
        if length == 1:
            length, head = int.from_bytes(header[8:16]), 16
        elif length == 0:
            length = end - position
        if length < head or position + length > end:
            return
        yield header[4:8], position + head, position + length
        position += length


def _take(found: Atoms, kind: bytes, data: bytes) -> None:
    try:
        if kind == b"meta":
            _take_meta(found, memoryview(data))
        else:
            _take_udta(found, memoryview(data))
    except (BoxError, TelemetryError):
        return  # what was found before it stays


def _take_udta(found: Atoms, data: memoryview) -> None:
    for kind, body in children(data):
        whole = struct.pack(">I", len(body) + 8) + kind + bytes(body[:LARGEST])
        if kind == b"\xa9xyz":
            found.place(_xyz(body), whole)
        elif kind == b"loci":
            found.place(_loci(bytes(body)), whole)
        elif kind == b"FIRM":
            found.name("make", "GoPro")
            found.name("firmware", _text(body))
        elif kind == b"CAME" and any(body[:16]):
            found.name("serial", bytes(body[:16]).hex())
        elif kind == b"GPMF":
            _take_gpmf(found, body)
        elif kind == b"meta":
            _take_meta(found, body)


def _xyz(body: memoryview) -> Point | None:
    # QTFF, "User data text strings": length, language, text
    if len(body) < 4:
        return None
    length = int.from_bytes(body[:2])
    return position(bytes(body[4 : 4 + min(length, _TEXT)]).decode("latin-1"))


def _loci(body: bytes) -> Point | None:
    """Read a LocationInformationBox: version and flags, language, name, role, then 16.16 numbers."""
    at = 6
    if body[at : at + 2] == b"\xfe\xff":  # the name is UTF-16 then
        end = next((i for i in range(at, len(body) - 1, 2) if body[i : i + 2] == b"\0\0"), -1)
        at = end + 2 if end >= 0 else len(body)
    else:
        at = body.find(b"\0", at) + 1 or len(body)
    if len(body) < at + 13:
        return None
    longitude, latitude, altitude = struct.unpack_from(">iii", body, at + 1)
    return Point(
        lat_e7=(latitude * 10**7 + 0x8000) >> 16,
        lon_e7=(longitude * 10**7 + 0x8000) >> 16,
        alt_mm=(altitude * 1000 + 0x8000) >> 16,
    )


def _take_meta(found: Atoms, data: memoryview) -> None:
    # QuickTime's is a plain box, ISO/IEC 14496-12, 8.11.1's has version and flags first
    if bytes(data[4:8]) != b"hdlr":
        data = data[4:]
    boxes = dict(children(data))
    names = _keys(boxes.get(b"keys", memoryview(b"")))
    for index, item in children(boxes.get(b"ilst", memoryview(b""))):
        name = names.get(int.from_bytes(index))
        if name != _APPLE_PLACE and name not in _APPLE_DEVICE:
            continue
        # "data" has its type and locale before the value
        text = next((_text(body[8:]) for kind, body in children(item) if kind == b"data"), "")
        if name == _APPLE_PLACE:
            whole = struct.pack(">I", len(item) + 8) + index + bytes(item)
            found.place(position(text), whole)
        else:
            found.name(_APPLE_DEVICE[name], text)


def _keys(data: memoryview) -> dict[int, str]:
    """Return the names in a `keys` box by their number, which begins with 1."""
    return {
        number: _text(body)
        for number, (_, body) in enumerate(children(data[8:]), start=1)
        if number <= MOST_BOXES
    }


def _take_gpmf(found: Atoms, data: memoryview) -> None:
    for device in nests(data, b"DEVC"):
        for item in items(device):
            if item.key in _GOPRO:
                found.name("make", "GoPro")
                found.name(_GOPRO[item.key], item.text())


def _text(body: memoryview) -> str:
    return bytes(body[:_TEXT]).split(b"\0", 1)[0].decode("utf-8", "replace").strip()
