"""A movie's description from parameter sets that a stream carries in itself.

Where no healthy relative is known, some recorders still help: they repeat the parameter sets of
H.264 before key pictures. Sound has no such help, so it is left out.
"""

import re
import struct

from ingest.media.repair.avc import Avc, Sps
from ingest.media.repair.errors import RepairError
from ingest.media.repair.movie import Movie, Sample, Track
from ingest.media.repair.nal import HEAD
from ingest.media.repair.reading import Source

_SEARCHED = 256 << 20  # bytes; a recorder that helps does so before each key picture
_LONGEST = 1024  # bytes of a parameter set
# A length, the header of an SPS, a profile that encoders use
_SPS = re.compile(
    rb"(?=\0\0[\0-\3][\x04-\xff][\x27\x47\x67][\x42\x4d\x58\x64\x6e\x7a\xf4])", re.DOTALL
)
_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_USUAL = (25, 1)  # pictures, in so many seconds, where nothing says it


def movie_from_stream(source: Source, span: tuple[int, int]) -> Movie | None:
    """Return a movie whose video is configured as the stream says, or None where it does not say."""
    start, end = span[0], min(span[1], span[0] + _SEARCHED)
    for place, piece in source.pieces(start, end, 8):
        if piece.count(0) == len(piece):
            continue  # blocks that were never written
        for match in _SPS.finditer(piece):
            found = _parameters(source, place + match.start())
            if found is not None:
                return _movie(*found)
    return None


def _parameters(source: Source, at: int) -> tuple[Sps, bytes, bytes] | None:
    """Return the parameter sets that lie at a place, if a unit that is by them follows."""
    pictures, sets = Avc(), list[bytes]()
    try:
        for kind in (7, 8):
            size = int.from_bytes(source.read(at, 4))
            nal = source.read(at + 4, min(size, _LONGEST))
            if len(nal) != size or not nal or nal[0] & 0x1F != kind:
                return None
            pictures.learn(nal)
            sets.append(nal)
            at += 4 + size
        head = source.read(at, 4 + HEAD)
        pictures.unit(head[4:], int.from_bytes(head[:4]))
    except RepairError:
        return None
    return (pictures.sps, sets[0], sets[1]) if pictures.sps else None


def _movie(sps: Sps, sequence: bytes, picture: bytes) -> Movie:
    scale, length = sps.rate or _USUAL
    # ISO/IEC 14496-15, 5.3.3.1
    record = b"\1" + sequence[1:4] + b"\xff\xe1" + len(sequence).to_bytes(2) + sequence
    record += b"\1" + len(picture).to_bytes(2) + picture
    # ISO/IEC 14496-12, 12.1.3
    entry = bytes(6) + struct.pack(">H16xHHIII", 1, sps.width, sps.height, 0x480000, 0x480000, 0)
    entry += struct.pack(">H32xHH", 1, 24, 0xFFFF) + _box(b"avcC", record)
    stsd = _box(b"stsd", struct.pack(">II", 0, 1), _box(b"avc3", entry))
    stts = _box(b"stts", struct.pack(">IIII", 0, 1, 1, length))
    minf = _box(b"vmhd", struct.pack(">I8x", 1)) + _box(b"dinf") + _box(b"stbl", stsd, stts)
    # 8.4.2, 8.4.3, 8.3.2, 8.2.2
    mdhd = _box(b"mdhd", struct.pack(">IIIIIHH", 0, 0, 0, scale, 0, 0x55C4, 0))
    hdlr = _box(b"hdlr", struct.pack(">II4s12xx", 0, 0, b"vide"))
    tkhd = struct.pack(">IIIIII8x4H", 7, 0, 0, 1, 0, 0, 0, 0, 0, 0) + _MATRIX
    tkhd += struct.pack(">II", sps.width << 16, sps.height << 16)
    trak = _box(b"tkhd", tkhd) + _box(b"mdia", mdhd, hdlr, _box(b"minf", minf))
    mvhd = struct.pack(">IIIIIIH10x", 0, 0, 0, 1000, 0, 0x10000, 0x100) + _MATRIX + bytes(24)
    track = Track(
        trak=trak,
        number=1,
        handler="vide",
        codec="avc3",
        scale=scale,
        entry=entry,
        samples=[Sample(at=0, size=0, length=length)],
    )
    brands = b"isom\0\0\2\0isomiso2avc1mp41"
    return Movie(header=mvhd + struct.pack(">I", 2), tracks=[track], brands=brands)


def _box(kind: bytes, *parts: bytes) -> bytes:
    return struct.pack(">I4s", 8 + sum(map(len, parts)), kind) + b"".join(parts)
