"""Whether the last packet of a walked clip is all there, where nothing in front says how long the file should be.

FLAC by its count of samples and the check sum of its last frame, AAC by the length in its last header, live Matroska
by its last element. Reads the file's end only; any bytes give an answer.
"""

from typing import BinaryIO, Final

import numpy as np

from ingest.media.facts import Fault
from ingest.media.probe.ebml import segment_end, vint
from ingest.media.probe.walk import Column, Walk

_US: Final = 1_000_000
_LONGEST: Final = 1 << 18  # bytes of a frame that are checked
_BLOCK_HEAD: Final = 4  # RFC 9559, 10.1: track, time and flags, where there is no lacing
_EBML_NEXT: Final = (b"\xa3", b"\xa0", b"\x1f\x43\xb6\x75")  # SimpleBlock, BlockGroup, Cluster


def _crc_table() -> tuple[int, ...]:
    """RFC 9639, 9.3: the polynomial x^16 + x^15 + x^2 + 1."""
    table = []
    for letter in range(256):
        value = letter << 8
        for _ in range(8):
            value = value << 1 ^ (0x18005 if value & 0x8000 else 0)
        table.append(value)
    return tuple(table)


def last_packet(
    file: BinaryIO, size: int, container: str | None, walked: Walk, end_us: int | None
) -> list[Fault]:
    """Return what is cut off; `end_us`: when the last of the sound ends."""
    column = next(iter(walked.columns.values()), None)
    if column is None or not len(column.sizes):
        return []
    cut = False
    if container == "flac":
        cut = _flac(file, column, end_us)
    elif container == "aac":
        cut = _aac(file, size, _place(column))
    elif container in {"matroska", "webm"} and segment_end(file) is None:
        cut = _live(file, size, walked)
    return [Fault(code="cut_off", start=size)] if cut else []


def _place(column: Column) -> tuple[int, int]:
    places = np.frombuffer(column.positions, np.int64)
    at = int(places.argmax())
    return int(places[at]), column.sizes[at]


def _flac(file: BinaryIO, column: Column, end_us: int | None) -> bool:
    """RFC 9639, 8.2: STREAMINFO is the first block; 9.3: CRC-16 ends a frame."""
    file.seek(0)
    head = file.read(42)
    if head[:4] != b"fLaC" or len(head) < 42 or end_us is None:
        return False
    most = int.from_bytes(head[10:12])
    rate, total = int.from_bytes(head[18:21]) >> 4, int.from_bytes(head[21:26]) & (1 << 36) - 1
    if not rate or not total:
        return False
    if total * _US - end_us * rate > most * _US:
        return True
    place, length = _place(column)
    if place < 0 or length > _LONGEST:
        return False
    file.seek(place)
    return not _ends_in_crc(file.read(length))


def _ends_in_crc(frame: bytes) -> bool:
    """Whether a frame ends somewhere in these bytes: tags may follow it."""
    crc = 0
    for place, letter in enumerate(frame):
        crc = (crc << 8) & 0xFFFF ^ _CRC[crc >> 8 ^ letter]
        if not crc and place > 8:
            return True
    return False


def _aac(file: BinaryIO, size: int, last: tuple[int, int]) -> bool:
    """ISO/IEC 13818-7, 6.2: every frame's header has its length, and 28 bits that are all alike."""
    file.seek(0)
    first = file.read(4)
    for place in (last[0], sum(last)):
        file.seek(max(0, place))
        head = file.read(7)
        alike = head[:2] == first[:2] and head[2:3] == first[2:3]
        if len(head) == 7 and alike and first[0] == 0xFF and (head[3] ^ first[3]) & 0xC0 == 0:
            length = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
            if place + length > size:
                return True
    return False


def _live(file: BinaryIO, size: int, walked: Walk) -> bool:
    """Whether an element begins behind the last packet and does not end in the file."""
    place, length = max(_place(column) for column in walked.columns.values() if column.sizes)
    for start in (place + length, place + length + _BLOCK_HEAD):
        file.seek(start)
        head = file.read(16)
        name = next((name for name in _EBML_NEXT if head.startswith(name)), None)
        told = vint(head, len(name)) if name else None
        if told is not None and told[0] is not None:
            return start + told[1] + told[0] > size
    return False


_CRC: Final = _crc_table()
