"""Finds the whole chunks of an AVI, whatever its index and lengths say.

Microsoft's "AVI RIFF File Reference" and OpenDML 1.02: a list `hdrl` that describes the streams,
chunks of media named by their stream, an index. The chunks are found by walking over them, never by
an index. Walks over the chunks. Any bytes give chunks or `RepairError`.
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from ingest.media.repair.errors import RepairError
from ingest.media.repair.movie import MAX_SAMPLES
from ingest.media.repair.reading import Source
from ingest.media.repair.report import Dropped

_MOST_HEADER = 1 << 20  # bytes of hdrl
_MEDIA = re.compile(rb"[0-9]{2}(dc|db|wb|tx|pc|sb)")
_NEXT = re.compile(rb"(?=[0-9]{2}(?:dc|db|wb))")
_PASSED = frozenset({b"JUNK", b"idx1", b"strn", b"vedt"})
_ZEROS = 512  # in a row, in a coded picture: of a block that was never written
_PLAIN = frozenset({b"\0\0\0\0", b"YUY2", b"UYVY"})  # pictures that may be all zeros
_ALWAYS_KEY = _PLAIN | {b"MJPG", b"DVSD", b"HFYU"}
_MPEG4 = frozenset({b"XVID", b"DIVX", b"DX50", b"FMP4", b"MP4V", b"MP4S", b"M4S2"})
_EARLY = frozenset({b"MP42", b"MP43", b"DIV3", b"DIV2", b"DIV4", b"COL1"})
_H264 = frozenset({b"H264", b"X264", b"AVC1", b"DAVC"})


@dataclass(slots=True, kw_only=True)
class Stream:
    """One stream as `hdrl` describes it."""

    kind: bytes  # "vids", "auds", ...
    codec: bytes
    scale: int
    rate: int
    block: int  # dwSampleSize: 0 where chunks are the samples
    at: int  # of strh's payload in hdrl


@dataclass(slots=True, kw_only=True)
class Chunk:
    """One chunk of media."""

    stream: int
    at: int  # of its payload
    size: int
    name: bytes
    key: bool = True
    kept: bool = True


@dataclass(slots=True, kw_only=True)
class Avi:
    """What of a file is whole."""

    header: bytes  # hdrl's payload
    declared: int | None  # pictures that the header counts, None where it was never finished
    streams: list[Stream]
    media: int  # where chunks begin
    chunks: list[Chunk] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    resumed: int = 0


def read_avi(source: Source) -> Avi:
    """Walk over a file.

    Raises:
        RepairError: it has no header, or nothing that belongs to one of its streams.
    """
    if source.read(0, 4) != b"RIFF" or source.read(8, 4) != b"AVI ":
        raise RepairError("not an AVI")
    avi = _read_head(source)
    at = avi.media
    while at < source.size:
        step = _take(avi, source, at)
        if step:
            at += step
            continue
        found = _search(avi, source, at + 1)
        zeros = source.zeros_end(at, found)
        cut = found == source.size and zeros == at
        avi.dropped.append((at, zeros, "zero_filled"))
        avi.dropped.append((zeros, found, "cut_off" if cut else "unknown"))
        avi.resumed += found < source.size
        _mark_loss(avi)
        at = found
    _drop_dependent(avi)
    if not any(chunk.kept and chunk.size for chunk in avi.chunks):
        raise RepairError("not one whole chunk")
    return avi


def _read_head(source: Source) -> Avi:
    header: bytes | None = None
    at = 12
    while at + 12 <= source.size:
        name, size, kind = struct.unpack("<4sI4s", source.read(at, 12))
        if name == b"LIST" and kind == b"movi":
            if header is None:
                break
            avi = Avi(header=header, declared=None, streams=list(_streams(header)), media=at + 12)
            total = struct.unpack_from("<I", header, 8 + 16)[0] if header[:4] == b"avih" else 0
            avi.declared = total or None
            return avi
        if name == b"LIST" and kind == b"hdrl" and size <= _MOST_HEADER:
            header = source.read(at + 12, size - 4)
        at += 8 + size + size % 2
    raise RepairError("an AVI without header or media")


def _streams(header: bytes) -> Iterator[Stream]:
    """Yield the streams of hdrl: `LIST strl` with `strh` and `strf`."""
    for start, end in lists(header):
        stream: Stream | None = None
        for name, at, size in parts(header, start, end):
            if name == b"strh" and size >= 48:
                kind, codec = header[at : at + 4], header[at + 4 : at + 8].upper()
                scale, rate = struct.unpack_from("<II", header, at + 20)
                (block,) = struct.unpack_from("<I", header, at + 44)
                stream = Stream(
                    kind=kind, codec=codec, scale=scale or 1, rate=rate or 1, block=block, at=at
                )
            elif name == b"strf" and stream is not None and stream.kind == b"vids" and size >= 20:
                stream.codec = header[at + 16 : at + 20].upper()  # biCompression is the true one
        if stream is None:
            raise RepairError("a stream without a header")
        yield stream


def lists(header: bytes) -> Iterator[tuple[int, int]]:
    """Yield where the description of each stream lies in hdrl."""
    for name, at, size in parts(header, 0, len(header)):
        if name == b"LIST" and header[at : at + 4] == b"strl":
            yield at + 4, at + size


def parts(data: bytes, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, payload and size of each chunk in a range of a header.

    Raises:
        RepairError: one does not fit.
    """
    while at + 8 <= end:
        name, size = struct.unpack_from("<4sI", data, at)
        if at + 8 + size > end:
            raise RepairError("a header that does not fit its list")
        yield name, at + 8, size
        at += 8 + size + size % 2


def _take(avi: Avi, source: Source, at: int) -> int:
    """Take the chunk at a place in; return how far the next is, 0 where none fits."""
    head = source.read(at, 12)
    if len(head) < 8:
        return 0
    name, size = head[:4], int.from_bytes(head[4:8], "little")
    if name in {b"RIFF", b"LIST"} and head[8:12] in {b"AVIX", b"movi", b"rec "}:
        return 12
    end = at + 8 + size
    if name in _PASSED or name[:2] == b"ix":
        return min(end + size % 2, source.size) - at
    stream = int(name[:2]) if _MEDIA.fullmatch(name) else len(avi.streams)
    if stream >= len(avi.streams) or end > source.size:
        return 0
    coded = avi.streams[stream].kind == b"vids" and avi.streams[stream].codec not in _PLAIN
    zeroed = coded and bool(source.zero_runs(at + 8, end, _ZEROS))
    if zeroed:
        avi.dropped.append((at + 8, end, "zero_filled"))
    if len(avi.chunks) >= MAX_SAMPLES:
        raise RepairError("more chunks than are repaired")
    begun = source.read(at + 8, min(size, 256))
    key = _is_key(avi.streams[stream], begun)
    avi.chunks.append(
        Chunk(stream=stream, at=at + 8, size=size, name=name, key=key, kept=not zeroed)
    )
    return end + size % 2 - at


def _search(avi: Avi, source: Source, start: int) -> int:
    """Return where two chunks in a row begin, or the end of the file."""
    for place, piece in source.pieces(start, source.size, 8):
        for match in _NEXT.finditer(piece):
            at = place + match.start()
            size = int.from_bytes(source.read(at + 4, 4), "little")
            following = at + 8 + size + size % 2
            name = source.read(following, 4)
            if int(source.read(at, 2)) < len(avi.streams) and (
                _MEDIA.fullmatch(name) or following == source.size or name in _PASSED
            ):
                return at
    return source.size


def _is_key(stream: Stream, data: bytes) -> bool:
    if stream.kind != b"vids" or stream.codec in _ALWAYS_KEY:
        return True
    if stream.codec in _MPEG4:
        at = data.find(b"\0\0\1\xb6")  # ISO/IEC 14496-2, 6.2.5: vop_coding_type
        return at >= 0 and len(data) > at + 4 and data[at + 4] >> 6 == 0
    if stream.codec in _EARLY:
        return data[:1] != b"" and data[0] >> 6 == 0
    if stream.codec in _H264:
        return re.search(rb"\x00\x00\x01[\x25\x45\x65]", data) is not None
    return False


def _mark_loss(avi: Avi) -> None:
    """Put an empty chunk where pictures may be missing, after which a key picture is waited for."""
    for number, stream in enumerate(avi.streams):
        if stream.kind == b"vids":
            name = b"%02ddc" % number
            avi.chunks.append(Chunk(stream=number, at=0, size=0, name=name, kept=False))


def _drop_dependent(avi: Avi) -> None:
    for number, stream in enumerate(avi.streams):
        if stream.kind != b"vids":
            continue
        own = [chunk for chunk in avi.chunks if chunk.stream == number]
        known = any(chunk.key for chunk in own)  # of an unknown codec no chunk is: all are kept
        waits = False
        for chunk in own:
            waits = (waits or not chunk.kept) and not (chunk.key and chunk.kept)
            if waits and known and chunk.kept and chunk.size:
                chunk.kept = False
                avi.dropped.append((chunk.at, chunk.at + chunk.size, "depends_on_lost"))
    avi.chunks = [chunk for chunk in avi.chunks if chunk.kept or chunk.at]
