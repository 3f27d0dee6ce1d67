"""Makes telemetry by hand, from the formats' own words: GPMF items, MP4 files around them, NMEA sentences."""

import struct
from collections.abc import Sequence
from functools import reduce
from operator import xor


def item(key: bytes, kind: bytes, size: int, body: bytes, *, repeat: int | None = None) -> bytes:
    """One GPMF item; its samples are `size` bytes each."""
    count = len(body) // size if repeat is None else repeat
    return key + kind + struct.pack(">BH", size, count) + body + bytes(-len(body) % 4)


def text(key: bytes, words: str) -> bytes:
    return item(key, b"c", 1, words.encode("latin-1"))


def nest(key: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return item(key, b"\0", 1, body)


def longs(key: bytes, *numbers: int) -> bytes:
    return item(key, b"l", 4, struct.pack(f">{len(numbers)}l", *numbers))


def gps5(
    rows: Sequence[tuple[int, int, int, int, int]],
    *,
    utc: str = "261122083000.500",
    fix: int = 3,
    dop: int = 210,
) -> bytes:
    """A stream of GPS5 as a camera writes it: degrees × 10⁷, mm, mm/s, cm/s."""
    return nest(
        b"STRM",
        text(b"STNM", "GPS (Lat., Long., Alt., 2D speed, 3D speed)"),
        item(b"GPSF", b"L", 4, struct.pack(">L", fix)),
        item(b"GPSU", b"U", 16, utc.encode()),
        item(b"GPSP", b"S", 2, struct.pack(">H", dop)),
        longs(b"SCAL", 10**7, 10**7, 1000, 1000, 100),
        item(b"GPS5", b"l", 20, b"".join(struct.pack(">5l", *row) for row in rows)),
    )


def gps9(rows: Sequence[tuple[int, ...]]) -> bytes:
    """A stream of GPS9: as GPS5, then days since 2000, ms since midnight, DOP × 100, fix."""
    return nest(
        b"STRM",
        text(b"TYPE", "lllllllSS"),
        longs(b"SCAL", 10**7, 10**7, 1000, 1000, 100, 1, 1000, 100, 1),
        item(b"GPS9", b"?", 32, b"".join(struct.pack(">7l2H", *row) for row in rows)),
    )


def payload(*streams: bytes, name: str = "Hero7 Black") -> bytes:
    return nest(b"DEVC", longs(b"DVID", 1), text(b"DVNM", name), *streams)


def box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I", len(body) + 8) + kind + body


def full(kind: bytes, *parts: bytes) -> bytes:
    return box(kind, bytes(4), *parts)


def movie(payloads: Sequence[bytes] = (), *, udta: bytes = b"", meta: bytes = b"") -> bytes:
    """An MP4 with one telemetry track whose samples last a second each, and what else `moov` is to hold."""
    ftyp = box(b"ftyp", b"mp41", bytes(4), b"mp41")
    media = b"".join(payloads)
    matrix = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
    length = len(payloads) * 1000
    mvhd = full(
        b"mvhd",
        struct.pack(">4IIH", 0, 0, 1000, length, 0x10000, 0x100),
        bytes(10),
        matrix,
        bytes(24),
        struct.pack(">I", 2),
    )
    tkhd = full(b"tkhd", struct.pack(">5I", 0, 0, 1, 0, length), bytes(16), matrix, bytes(8))
    sizes = struct.pack(f">II{len(payloads)}I", 0, len(payloads), *map(len, payloads))
    stbl = box(
        b"stbl",
        full(b"stsd", struct.pack(">I", 1), box(b"gpmd", bytes(6), struct.pack(">HI", 1, 0))),
        full(b"stts", struct.pack(">3I", 1, len(payloads), 1000)),
        full(b"stsc", struct.pack(">4I", 1, 1, max(1, len(payloads)), 1)),
        full(b"stsz", sizes),
        full(b"stco", struct.pack(">2I", 1, len(ftyp) + 8)),
    )
    url = box(b"url ", struct.pack(">I", 1))
    minf = box(
        b"minf",
        box(b"gmhd", box(b"gpmd", bytes(4))),
        box(b"dinf", full(b"dref", struct.pack(">I", 1), url)),
        stbl,
    )
    mdhd = full(b"mdhd", struct.pack(">4IHH", 0, 0, 1000, length, 0x55C4, 0))
    hdlr = full(b"hdlr", b"mhlrmeta", bytes(12), b"\x09GoPro MET")
    trak = box(b"trak", tkhd, box(b"mdia", mdhd, hdlr, minf))
    parts = [mvhd, *([trak] if payloads else [])]
    parts += [box(b"udta", udta)] if udta else []
    parts += [meta] if meta else []
    return ftyp + box(b"mdat", media) + box(b"moov", *parts)


def sentence(words: str) -> str:
    """An NMEA sentence with its checksum."""
    return f"${words}*{reduce(xor, words.encode(), 0):02X}\r\n"
