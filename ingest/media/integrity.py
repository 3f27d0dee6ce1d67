"""Is the clip whole, as far as its own structure tells?

Finds what a probe's return code does not: an index that names samples past the end of the file, a
file whose declared length is not there, zeros where a power cut left unwritten blocks. It does not
find changed bytes: only the digest does. Everything here is plain bytes; no decoder runs.
"""

import os
import struct
from collections.abc import Iterator
from typing import BinaryIO

from ingest.media.errors import BoxError
from ingest.media.facts import Damage
from ingest.media.layout import Layout, read_layout
from ingest.media.sampletable import Track
from ingest.media.sniff import Sniffed

_BLOCK = 1 << 20
_TAIL = 4096
# Files up to this size are searched for zeros whole; of larger ones the first and the last part.
# HOLE: zeros in the middle of a larger clip are found by a decoder or a person, not here.
_SEARCHED = 64 << 20
# H.264 and H.265 never hold more than a few zeros in a row (ISO/IEC 14496-10, 7.4.1.1: emulation
# prevention); other codecs and interleaved PCM may.
_NAL_CODECS = frozenset({"avc1", "avc3", "hvc1", "hev1", "dvh1", "dvhe"})
_NAL_ZEROS, _OTHER_ZEROS = bytes(4096), bytes(1 << 20)


def find_damage(file: BinaryIO, sniffed: Sniffed) -> tuple[Damage, ...]:
    """Return what is structurally wrong with an open media file, in a fixed order."""
    size = file.seek(0, os.SEEK_END)
    if sniffed.demuxer == "mov":
        return _mp4_damage(file)
    found: set[Damage] = set()
    checks = {"avi": _riff_cut, "wav": _riff_cut, "webp": _riff_cut, "jpeg": _jpeg_cut}
    checks |= {"png": _png_cut, "matroska": _ebml_cut, "webm": _ebml_cut, "mpegts": _ts_cut}
    check = checks.get(sniffed.container or "")
    if check is not None:
        found |= check(file, size)
    if sniffed.kind == "photo":
        if found and _zero_tail(file, size):
            found.add("zero_filled")
    elif (sniffed.kind == "video" and _zero_tail(file, size)) or (
        sniffed.container not in {"wav", "flac"} and _zeros_in(file, [(0, size)], _OTHER_ZEROS)
    ):
        found.add("zero_filled")
    return ordered(found)


def ordered(found: set[Damage]) -> tuple[Damage, ...]:
    """Return damage codes in the order in which people read them."""
    order: tuple[Damage, ...] = (
        "no_index",
        "cut_off",
        "zero_filled",
        "undecodable",
        "parser_timeout",
        "parser_crashed",
    )
    return tuple(code for code in order if code in found)


def _mp4_damage(file: BinaryIO) -> tuple[Damage, ...]:
    found: set[Damage] = set()
    try:
        layout = read_layout(file)
    except BoxError:
        return ("undecodable",)
    if not layout.has_index:
        found.add("no_index")
    if layout.cut_off:
        found.add("cut_off")
    if _mp4_zeros(file, layout):
        found.add("zero_filled")
    return ordered(found)


def _mp4_zeros(file: BinaryIO, layout: Layout) -> bool:
    if not layout.has_index:
        return _zero_tail(file, layout.size)
    for track in layout.tracks:
        if track.handler == "vide" and not track.external and _track_zeros(file, track, layout):
            return True
    if layout.fragmented:
        videos = {track.codec for track in layout.tracks if track.handler == "vide"}
        zeros = _NAL_ZEROS if videos and videos <= _NAL_CODECS and _no_pcm(layout) else _OTHER_ZEROS
        return _zeros_in(file, layout.media, zeros)
    return False


def _track_zeros(file: BinaryIO, track: Track, layout: Layout) -> bool:
    nal = track.codec in _NAL_CODECS
    runs = [
        (start, min(end, layout.size))
        for start, end in zip(track.starts, track.ends, strict=True)
        if start < layout.size
    ]
    if nal and runs and runs[-1][1] - runs[-1][0] >= 64:
        start, end = runs[-1]
        file.seek(max(start, end - 64))
        if not any(file.read(64)):
            return True  # the last sample ends in zeros: shorter than the search below would see
    return _zeros_in(file, runs, _NAL_ZEROS if nal else _OTHER_ZEROS)


def _no_pcm(layout: Layout) -> bool:
    return all(t.codec in {"mp4a", "Opus", ".mp3"} for t in layout.tracks if t.handler == "soun")


def _zeros_in(file: BinaryIO, runs: list[tuple[int, int]], zeros: bytes) -> bool:
    return any(zeros in block for block in _blocks(file, runs, len(zeros)))


def _blocks(file: BinaryIO, runs: list[tuple[int, int]], overlap: int) -> Iterator[bytes]:
    """Yield what lies in `runs`, in blocks that overlap, within the searched parts of the file."""
    size = file.seek(0, os.SEEK_END)
    parts = [(0, size)]
    if size > _SEARCHED:
        parts = [(0, _SEARCHED // 2), (size - _SEARCHED // 2, size)]
    for low, high in parts:
        for start, end in runs:
            position, stop = max(start, low), min(end, high)
            while position < stop:
                file.seek(position)
                yield file.read(min(stop - position, _BLOCK + overlap))
                position += _BLOCK


def _zero_tail(file: BinaryIO, size: int) -> bool:
    file.seek(max(0, size - _TAIL))
    return size > 0 and not any(file.read(_TAIL))


def _riff_cut(file: BinaryIO, size: int) -> set[Damage]:
    # RIFF: four letters, a length, a form; OpenDML files (over 1 GiB) are several in a row
    position = 0
    while position + 12 <= size:
        file.seek(position)
        letters, length = struct.unpack("<4sI", file.read(8))
        if letters != b"RIFF":
            return set()  # what follows the last RIFF is not the format's
        if length in {0, 0xFFFFFFFF}:
            # written when recording starts and filled in when it stops; streamed WAV leaves it
            return {"no_index"} if length == 0 else set()
        if position + 8 + length > size:
            return {"cut_off"}
        position += 8 + length + length % 2
    return {"cut_off"} if size < 12 else set()


def _jpeg_cut(file: BinaryIO, size: int) -> set[Damage]:
    # ITU-T T.81, B.1.1: segments up to SOS, then entropy-coded data up to EOI
    position = 2
    while position + 4 <= size:
        file.seek(position)
        mark, code, length = struct.unpack(">BBH", file.read(4))
        if mark != 0xFF:
            return {"cut_off"}
        if code == 0xFF:  # B.1.1.2: fill bytes
            position += 1
            continue
        position += 2 + length
        if code == 0xDA:
            break
    last = b""
    for block in _blocks(file, [(position, size)], 1):
        if _NAL_ZEROS in block and b"\xff\xd9" not in last + block:
            return {"cut_off", "zero_filled"}
        if b"\xff\xd9" in block:
            return set()
        last = block[-1:]
    return {"cut_off"}


def _png_cut(file: BinaryIO, size: int) -> set[Damage]:
    position = 8
    while position + 12 <= size:  # length, type, data, CRC
        file.seek(position)
        length, kind = struct.unpack(">I4s", file.read(8))
        position += 12 + length
        if kind == b"IEND" and position <= size:
            return set()
    return {"cut_off"}


def _ebml_cut(file: BinaryIO, size: int) -> set[Damage]:
    # RFC 8794, 4: element IDs and sizes; RFC 9559, 5: the Segment is the second element
    file.seek(0)
    head = file.read(4096)
    header = _vint(head, 4)
    if header is None:
        return {"cut_off"}
    position = header[1] + (header[0] or 0)
    if head[position : position + 4] != b"\x18\x53\x80\x67":
        return {"cut_off"} if position >= size else {"undecodable"}
    segment = _vint(head, position + 4)
    if segment is None:
        return {"cut_off"}
    length, start = segment
    return {"cut_off"} if length is not None and start + length > size else set()


def _vint(data: bytes, offset: int) -> tuple[int | None, int] | None:
    """Return a variable-length size (None: unknown, the recorder streams) and where it ends."""
    if offset >= len(data) or data[offset] == 0:
        return None
    width = 9 - data[offset].bit_length()
    if offset + width > len(data):
        return None
    value = int.from_bytes(data[offset : offset + width]) - (1 << 7 * width)
    return (None if value == (1 << 7 * width) - 1 else value), offset + width


def _ts_cut(file: BinaryIO, size: int) -> set[Damage]:
    file.seek(0)
    step = 188 if file.read(1) == b"\x47" else 192
    return {"cut_off"} if size % step else set()
