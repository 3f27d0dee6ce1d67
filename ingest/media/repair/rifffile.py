"""Repairs AVI files that have no index, false lengths, or not all of their chunks.

What is written is an AVI of the same streams, with their description, an index and true lengths.
Empty chunks stand for lost pictures where it is known how many they were, so that sound stays in
time: players count them.
"""

import struct
from typing import BinaryIO

from ingest.media.repair.errors import RepairError
from ingest.media.repair.reading import PIECE, Source
from ingest.media.repair.report import Repair, rest
from ingest.media.repair.riff import Avi, Stream, lists, parts, read_avi

_MOST = (1 << 32) - (1 << 25)  # bytes of a file whose index has 32 bits
_KEY = 0x10  # AVIIF_KEYFRAME


def mend_avi(source: Source, out: BinaryIO) -> Repair:
    """Write what is whole of an AVI into `out`.

    Raises:
        RepairError: there is nothing, or more than an AVI of 4 GiB holds.
        OSError: it could not be written.
    """
    avi = read_avi(source)
    write_avi(avi, source, out)
    video = next((i for i, one in enumerate(avi.streams) if one.kind == b"vids"), None)
    sound = next((i for i, one in enumerate(avi.streams) if one.kind == b"auds"), None)
    kept = [chunk for chunk in avi.chunks if chunk.kept and chunk.size]
    frames = sum(chunk.stream == video for chunk in kept)
    ranges = [(chunk.at, chunk.at + chunk.size) for chunk in kept]
    heads = [(chunk.at - 8, chunk.at) for chunk in avi.chunks]
    dropped = [one for one in avi.dropped if one[1] > one[0]]
    loose = rest([(avi.media, source.size)], ranges + heads, dropped)
    dropped += [one for one in loose if one[1] - one[0] > 1]  # a chunk is padded to even bytes
    lost = None if avi.declared is None else max(0, avi.declared - frames)
    return Repair(
        method="whole_chunks",
        kept=ranges,
        dropped=dropped,
        frames=frames,
        audio_frames=0,
        us=_us(avi, video if video is not None else sound),
        lost_us=None if lost is None or video is None else _length(avi.streams[video], lost),
        lost_frames=lost,
        whole=lost == 0 and not dropped,
        notes={"resumed_after_loss"} if avi.resumed else set(),
    )


def write_avi(avi: Avi, source: Source, out: BinaryIO) -> None:
    """Write the chunks that are kept, with an index and true lengths.

    Raises:
        RepairError: they are more than 32 bits of index can name.
        OSError: it could not be written.
    """
    sizes = [(chunk.size if chunk.kept else 0) for chunk in avi.chunks]
    media = 4 + sum(8 + size + size % 2 for size in sizes)
    index = 16 * len(avi.chunks)
    header = _list(b"hdrl", _counted(avi))
    total = 4 + len(header) + 8 + media + 8 + index
    if total > _MOST:
        raise RepairError("more than an AVI with one index holds")
    out.write(struct.pack("<4sI4s", b"RIFF", total, b"AVI ") + header)
    out.write(struct.pack("<4sI4s", b"LIST", media, b"movi"))
    rows, place = list[bytes](), 4
    for chunk, size in zip(avi.chunks, sizes, strict=True):
        out.write(chunk.name + struct.pack("<I", size))
        for at in range(chunk.at, chunk.at + size, PIECE):
            out.write(source.read(at, min(PIECE, chunk.at + size - at)))
        out.write(bytes(size % 2))
        flags = _KEY if chunk.key and size else 0
        rows.append(chunk.name + struct.pack("<III", flags, place, size))
        place += 8 + size + size % 2
    out.write(struct.pack("<4sI", b"idx1", index) + b"".join(rows))
    out.flush()


def _counted(avi: Avi) -> bytes:
    """Return hdrl with the numbers of what is there."""
    header = bytearray(avi.header)
    for number, stream in enumerate(avi.streams):
        chunks = [chunk for chunk in avi.chunks if chunk.stream == number]
        held = sum(chunk.size for chunk in chunks if chunk.kept)
        count = held // stream.block if stream.block else len(chunks)
        struct.pack_into("<I", header, stream.at + 32, count)
        if stream.kind == b"vids" and header[:4] == b"avih" and len(header) >= 8 + 20:
            struct.pack_into("<I", header, 8 + 16, count)
    # OpenDML's counts and indexes are those of the file as it was
    for start, end in ((0, len(header)), *lists(avi.header)):
        for name, at, _ in parts(avi.header, start, end):
            if name == b"indx" or (name == b"LIST" and header[at : at + 4] == b"odml"):
                header[at - 8 : at - 4] = b"JUNK"
    return bytes(header)


def _us(avi: Avi, number: int | None) -> int:
    if number is None:
        return 0
    stream = avi.streams[number]
    own = [chunk for chunk in avi.chunks if chunk.stream == number]
    held = sum(chunk.size for chunk in own if chunk.kept)
    return _length(stream, held // stream.block if stream.block else len(own))


def _length(stream: Stream, count: int) -> int:
    return count * stream.scale * 1_000_000 // stream.rate


def _list(kind: bytes, payload: bytes) -> bytes:
    return (
        struct.pack("<4sI4s", b"LIST", 4 + len(payload), kind) + payload + bytes(len(payload) % 2)
    )
