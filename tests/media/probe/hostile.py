"""Files that mean harm, or were made by something that broke. Small, made from nothing or from one whole clip."""

import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

FTYP = struct.pack(">I4s4sI", 16, b"ftyp", b"isom", 0)
NESTED = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl"})


def box(kind: bytes, *parts: bytes) -> bytes:
    """One ISO box."""
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def mvhd(duration: int = 1000) -> bytes:
    """A movie header of version 0 with a thousand ticks a second."""
    return box(b"mvhd", struct.pack(">IIIII", 0, 0, 0, 1000, duration), bytes(80))


def track(
    *, samples: int = 1, place: int = 0, size: int = 10, handler: bytes = b"vide", times: int = 1
) -> bytes:
    """A track with tables and nothing behind them."""
    entry = box(b"avc1", bytes(78))
    stbl = box(
        b"stbl",
        box(b"stsd", struct.pack(">II", 0, 1), entry),
        box(b"stts", struct.pack(">IIII", 0, 1, times, 40)),
        box(b"stsc", struct.pack(">IIIII", 0, 1, 1, samples, 1)),
        box(b"stsz", struct.pack(">III", 0, size, samples)),
        box(b"stco", struct.pack(">III", 0, 1, place)),
    )
    mdhd = box(b"mdhd", struct.pack(">IIIIII", 0, 0, 0, 1000, 40, 0))
    hdlr = box(b"hdlr", bytes(8), handler, bytes(13))
    tkhd = box(b"tkhd", struct.pack(">IIIIII", 0, 0, 0, 1, 0, 40), bytes(60))
    return box(b"trak", tkhd, box(b"mdia", mdhd, hdlr, box(b"minf", stbl)))


def nested(depth: int) -> bytes:
    """Boxes in boxes in boxes."""
    body = b""
    for _ in range(depth):
        body = box(b"moov", body)
    return body


def tracks_in_tracks(depth: int) -> bytes:
    """A track whose first box is a track, and so on."""
    body = track()
    for _ in range(depth):
        body = box(b"trak", body, box(b"mdia"))
    return box(b"moov", mvhd(), body)


def png(width: int, height: int) -> bytes:
    """A black picture of one bit a pixel: small in the file, large in memory."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        check = zlib.crc32(kind + body)
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", check)

    packer, packed = zlib.compressobj(9), b""
    row = bytes(1 + (width + 7) // 8)
    for _ in range(height):
        packed += packer.compress(row)
    packed += packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    signature = b"\x89PNG\r\n\x1a\n"
    return signature + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def sparse(path: Path, head: bytes, size: int) -> None:
    """A file that says it is large and has nothing on the disk."""
    with path.open("wb") as file:
        file.write(head)
        file.truncate(size)


def boxes(content: bytes, start: int = 0, end: int | None = None) -> Iterator[tuple[bytes, int]]:
    """Every box of a whole MP4 and where its payload begins, those inside others too."""
    end = len(content) if end is None else end
    while start + 8 <= end:
        size, kind = struct.unpack_from(">I4s", content, start)
        yield kind, start + 8
        if kind in NESTED:
            yield from boxes(content, start + 8, start + size)
        start += size


def patched(content: bytes, kind: bytes, offset: int, number: int, *, all_of: bool = True) -> bytes:
    """The same file with 32 bits of each box of a kind overwritten."""
    changed = bytearray(content)
    for name, at in boxes(content):
        if name == kind:
            struct.pack_into(">I", changed, at + offset, number)
            if not all_of:
                break
    return bytes(changed)


def moved(content: bytes, by: Callable[[int], int]) -> bytes:
    """The same file with every chunk of its first track said to be elsewhere."""
    changed = bytearray(content)
    at = next(at for kind, at in boxes(content) if kind == b"stco")
    count: int = struct.unpack_from(">I", content, at + 4)[0]
    for index in range(count):
        place = at + 8 + 4 * index
        struct.pack_into(">I", changed, place, by(struct.unpack_from(">I", content, place)[0]))
    return bytes(changed)


def without_packets(content: bytes, numbers: set[int], *, step: int = 188) -> bytes:
    """A transport stream that lost some of its packets."""
    kept = (
        content[at : at + step] for at in range(0, len(content), step) if at // step not in numbers
    )
    return b"".join(kept)


def scrambled(content: bytes) -> bytes:
    """A transport stream whose packets of pictures and sound say that they are encrypted."""
    changed = bytearray(content)
    for at in range(0, len(content), 188):
        pid = (content[at + 1] & 0x1F) << 8 | content[at + 2]
        if pid in {0x100, 0x101}:
            changed[at + 3] |= 0x80
    return bytes(changed)
