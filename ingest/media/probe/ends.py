"""Where a file says that it ends, in formats that say so beside their length: FLAC, MP3, Ogg, GIF, FLV, ASF, BMP, TIFF.

Plain bytes, read here and there; nothing is decoded. Any bytes give an answer. A file that does not say is neither
whole nor cut: `Ending` with both members None.
"""

import os
import struct
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import BinaryIO, Final

_TAIL: Final = 1 << 17
_MAX_GIF: Final = 64 << 20  # bytes; of larger ones nothing is said
_MAX_TAGS: Final = 4096  # of a TIFF's directory


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """`at`: where the file is whole, and what follows is not the format's. `missing`: where it should have ended."""

    at: int | None = None
    cut: bool = False
    missing: int | None = None


UNTOLD: Final = Ending()


def ending(file: BinaryIO, container: str | None) -> Ending:
    """Return where a file of this container ends by its own word."""
    check = _CHECKS.get(container or "")
    if check is None:
        return UNTOLD
    try:
        return check(file, file.seek(0, os.SEEK_END))
    except (struct.error, IndexError):  # it ends inside a number
        return UNTOLD


def _declared(end: int, size: int, *, slack: int = 0) -> Ending:
    return Ending(cut=True, missing=end) if end > size + slack else Ending(at=end)


def _at(file: BinaryIO, place: int, length: int) -> bytes:
    file.seek(max(0, place))
    return file.read(length)


def _mp3(file: BinaryIO, size: int) -> Ending:
    """Of a first frame that counts bytes (Xing's and LAME's header)."""
    head = _at(file, 0, 10)
    start = 0
    if head[:3] == b"ID3":  # ID3v2.4, 3.1: seven bits in each byte
        start = 10 + sum((letter & 0x7F) << 7 * n for n, letter in enumerate(reversed(head[6:10])))
    frame = _at(file, start, 64)
    if frame[:1] != b"\xff":
        return UNTOLD
    places = [at for name in (b"Xing", b"Info") if (at := frame.find(name, 4, 44)) >= 0]
    if not places:
        return UNTOLD
    flags = struct.unpack_from(">I", frame, places[0] + 4)[0]
    if flags & 3 != 3:
        return UNTOLD
    length: int = struct.unpack_from(">I", frame, places[0] + 12)[0]
    return _declared(start + length, size) if length else UNTOLD


def _ogg(file: BinaryIO, size: int) -> Ending:
    """RFC 3533, 6: the last page of a stream has the flag 4."""
    base = max(0, size - _TAIL)
    data, start = _at(file, base, _TAIL), 0
    while (start := data.find(b"OggS\0", start)) >= 0:
        page = data[start:]
        if len(page) < 27 or len(page) < 27 + page[26]:
            return Ending(cut=True)
        end = base + start + 27 + page[26] + sum(page[27 : 27 + page[26]])
        if end > size:
            return Ending(cut=True, missing=end)
        following = data[end - base : end - base + 5]
        if page[5] & 4 and following != b"OggS\0":
            return Ending(at=end)
        start = end - base if following == b"OggS\0" else start + 4
    return Ending(cut=True)


def _gif(file: BinaryIO, size: int) -> Ending:
    """GIF89a, appendix A: blocks up to the trailer. One that has all its blocks and no trailer is left in peace."""
    if size > _MAX_GIF:
        return UNTOLD
    data = _at(file, 0, size)
    position = 13 + _colours(data[10])
    while True:
        if position >= size or data[position] not in {0x21, 0x2C, 0x3B}:
            return UNTOLD
        if data[position] == 0x3B:
            return Ending(at=position + 1)
        if position + 10 > size:
            return Ending(cut=True)
        position += 2 if data[position] == 0x21 else 11 + _colours(data[position + 9])
        while position < size and data[position]:
            position += 1 + data[position]
        if position >= size:
            return Ending(cut=True)
        position += 1


def _colours(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _flv(file: BinaryIO, size: int) -> Ending:
    """Video File Format 10.1, E.3: each tag is followed by its size. Of files whose first tag is."""
    first = _at(file, 9, 15)
    length = int.from_bytes(first[5:8])
    told = _at(file, 13 + 11 + length, 4)
    if len(told) < 4 or int.from_bytes(told) != 11 + length:
        return UNTOLD
    last = int.from_bytes(_at(file, size - 4, 4))
    if not last:
        return UNTOLD  # zeros are somebody else's to judge
    tag = _at(file, size - 4 - last, 4)
    whole = last < size and tag[0] & 0x1F in {8, 9, 18} and int.from_bytes(tag[1:4]) == last - 11
    return Ending(at=size) if whole else Ending(cut=True)


def _asf(file: BinaryIO, size: int) -> Ending:
    """ASF specification, 3.2: the file's size, unless it was broadcast."""
    head = _at(file, 0, 1 << 16)
    place = head.find(bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365"))
    if place < 0 or head[place + 88] & 1:
        return UNTOLD
    declared: int = struct.unpack_from("<Q", head, place + 40)[0]
    return _declared(declared, size) if declared else UNTOLD


def asf_packet(file: BinaryIO) -> int | None:
    """Return the size of an ASF file's packets, which it pads with zeros."""
    head = _at(file, 0, 1 << 16)
    place = head.find(bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365"))
    if place < 0 or len(head) < place + 100:
        return None
    return int.from_bytes(head[place + 96 : place + 100], "little") or None


def pack(file: BinaryIO) -> int | None:
    """Return the size of a program stream's packs where all of the first are of one size (a DVD's are 2048)."""
    head, places, start = _at(file, 0, 1 << 16), [], 0
    while (start := head.find(b"\0\0\1\xba", start)) >= 0:
        places.append(start)
        start += 4
    steps = {b - a for a, b in pairwise(places)}
    return steps.pop() if len(steps) == 1 and len(places) > 4 else None


def _mpeg(file: BinaryIO, size: int) -> Ending:
    """Of packs that are all of one size: the last one is whole too."""
    step = pack(file)
    if step is None or size % step == 0:
        return UNTOLD
    last = _at(file, size - size % step, step)
    # ISO/IEC 13818-1, 2.5.3.1: an end code may follow; a pack that is there begins with its own code
    return Ending(cut=True) if last[:4] == b"\0\0\1\xba" and len(last) > 14 else UNTOLD


def _bmp(file: BinaryIO, size: int) -> Ending:
    """Of pixels that are not packed."""
    head = _at(file, 0, 54)
    begin, header = struct.unpack_from("<II", head, 10)
    if header < 40:
        return UNTOLD
    width, height, _, bits, packed = struct.unpack_from("<iiHHI", head, 18)
    if packed not in {0, 3}:
        return UNTOLD
    return _declared(begin + (width * bits + 31) // 32 * 4 * abs(height), size)


def _tiff(file: BinaryIO, size: int) -> Ending:
    """TIFF 6.0, section 8: the strips of the first picture that are in the file."""
    head = _at(file, 0, 8)
    order = "<" if head[:1] == b"I" else ">"
    if struct.unpack_from(order + "H", head, 2)[0] != 42:
        return UNTOLD
    place: int = struct.unpack_from(order + "I", head, 4)[0]
    if place >= size:
        return Ending(cut=True, missing=place)
    count = struct.unpack(order + "H", _at(file, place, 2))[0]
    rows = _at(file, place + 2, 12 * min(count, _MAX_TAGS))
    tags = {}
    for row in range(len(rows) // 12):
        tag, kind, number = struct.unpack_from(order + "HHI", rows, 12 * row)
        tags[tag] = (kind, number, rows[12 * row + 8 : 12 * row + 12])
    for places, lengths in ((273, 279), (324, 325)):
        if places in tags and lengths in tags:
            starts, counts = (_values(file, order, tags[name]) for name in (places, lengths))
            end = max((a + b for a, b in zip(starts, counts, strict=False)), default=0)
            return Ending(cut=True, missing=end) if end > size else UNTOLD
    return UNTOLD


def _values(file: BinaryIO, order: str, entry: tuple[int, int, bytes]) -> tuple[int, ...]:
    kind, count, inline = entry
    letter, width = {3: ("H", 2), 4: ("I", 4)}.get(kind, ("", 0))
    if not width or count > 1 << 20:
        return ()
    data = inline
    if count * width > 4:
        data = _at(file, struct.unpack(order + "I", inline)[0], count * width)
    return struct.unpack_from(f"{order}{min(count, len(data) // width)}{letter}", data)


_CHECKS: Final[dict[str, Callable[[BinaryIO, int], Ending]]] = {
    "mp3": _mp3,
    "ogg": _ogg,
    "gif": _gif,
    "flv": _flv,
    "asf": _asf,
    "mpeg": _mpeg,
    "bmp": _bmp,
    "tiff": _tiff,
}
