"""Is the clip whole, as far as its own structure tells?

Finds what a probe's return code does not: an index that names samples past the end of the file, a
file whose declared length is not there, zeros where a power cut left unwritten blocks. It does not
find changed bytes: only the digest does. Everything here is plain bytes; no decoder runs.
"""

import os
import struct
from collections.abc import Iterator
from typing import BinaryIO

from ingest.media.facts import Fault
from ingest.media.layout import Layout
from ingest.media.probe.ebml import segment_end
from ingest.media.probe.zeros import SHORTEST, ZeroRuns
from ingest.media.sampletable import Track
from ingest.media.sniff import Sniffed

Runs = list[tuple[int, int]]

_BLOCK = 1 << 20
_TAIL = 4096
# Files that no demuxer walks are searched for zeros whole up to this size; of larger ones the first and the last part.
# HOLE: zeros in the middle of a larger clip are found by a decoder or a person, not here.
_SEARCHED = 1 << 30
# H.264 and H.265 never hold more than a few zeros in a row (ISO/IEC 14496-10, 7.4.1.1: emulation
# prevention); other codecs and interleaved PCM may.
_NAL_CODECS = frozenset({"avc1", "avc3", "hvc1", "hev1", "dvh1", "dvhe"})
_NAL_ZEROS, _OTHER_ZEROS = SHORTEST, 1 << 20
_END_ZEROS = 64  # at the end of the last sample: shorter than a run, and still no media
MAX_FAULTS = 1000  # of one kind
_MAX_SEGMENTS = 65_536  # and fill bytes, before a JPEG's picture


def structure(file: BinaryIO, sniffed: Sniffed) -> list[Fault]:
    """Return how a file that is no MP4 is cut, by its own lengths."""
    size = file.seek(0, os.SEEK_END)
    checks = {"avi": _riff_cut, "wav": _riff_cut, "webp": _riff_cut, "jpeg": _jpeg_cut}
    checks |= {"png": _png_cut, "matroska": _ebml_cut, "webm": _ebml_cut}
    check = checks.get(sniffed.container or "")
    return check(file, size) if check is not None else []


def mp4_structure(layout: Layout) -> list[Fault]:
    """Return what an MP4's boxes say about it: no index, cut, tables that contradict the boxes."""
    found = []
    if not layout.has_index:
        found.append(Fault(code="no_index"))
    if layout.cut_off:
        reach = max(layout.boxes_end, layout.samples_end)
        found.append(Fault(code="cut_off", start=layout.size, end=reach))
    # of texts and timecodes, makers have their own ways
    for track in (track for track in layout.tracks if track.handler in {"vide", "soun"}):
        if track.timed is not None and track.timed != track.samples and not layout.fragmented:
            found.append(
                Fault(code="bad_tables", detail="counts", count=abs(track.timed - track.samples))
            )
        outside = 0 if track.external else _outside(track, layout)
        if outside:
            found.append(Fault(code="bad_tables", detail="places", count=outside))
        if track.external and track.samples:
            found.append(Fault(code="bad_tables", detail="elsewhere"))
    return found


def photo_structure(layout: Layout) -> list[Fault]:
    """Return whether a photo in boxes is cut."""
    return _cut(layout.size, layout.boxes_end) if layout.cut_off else []


def zeros(file: BinaryIO, sniffed: Sniffed, layout: Layout | None, seen: Runs) -> list[Fault]:
    """Return which of the runs of zeros in a file are damage."""
    size = file.seek(0, os.SEEK_END)
    if layout is not None:
        runs = _mp4_zeros(file, layout, seen)
    elif sniffed.container in {"wav", "flac"}:
        return []
    else:
        tail = seen[-1] if seen and sniffed.kind == "video" and seen[-1][1] == size else None
        runs = [run for run in seen if run[1] - run[0] >= _OTHER_ZEROS or run == tail]
    return [Fault(code="zero_filled", start=start, end=end) for start, end in runs[:MAX_FAULTS]]


def search(file: BinaryIO) -> Runs:
    """Return the runs of zeros of a file that no demuxer walks."""
    size = file.seek(0, os.SEEK_END)
    parts = [(0, size)]
    if size > _SEARCHED:
        parts = [(0, _SEARCHED // 2), (size - _SEARCHED // 2, size)]
    found = ZeroRuns()
    for position, block in _blocks(file, parts, 0):
        found.see(position, block)
    return found.runs()


def _outside(track: Track, layout: Layout) -> int:
    """Count runs of samples that begin in a box that holds no media."""
    return sum(any(a <= start < b for a, b in layout.index) for start in track.starts[:MAX_FAULTS])


def _mp4_zeros(file: BinaryIO, layout: Layout, seen: Runs) -> Runs:
    if not layout.has_index:
        return [run for run in seen if run[1] == layout.size]
    found: Runs = []
    for track in layout.tracks:
        if track.handler == "vide" and not track.external:
            found += _track_zeros(file, track, layout, seen)
    if layout.fragmented:
        videos = {track.codec for track in layout.tracks if track.handler == "vide"}
        nal = bool(videos) and videos <= _NAL_CODECS and _no_pcm(layout)
        found += _within(seen, layout.media, _NAL_ZEROS if nal else _OTHER_ZEROS)
    return sorted(set(found))


def _track_zeros(file: BinaryIO, track: Track, layout: Layout, seen: Runs) -> Runs:
    nal = track.codec in _NAL_CODECS
    extents = [
        (start, min(end, layout.size))
        for start, end in zip(track.starts, track.ends, strict=True)
        if start < layout.size
    ]
    found = _within(seen, extents, _NAL_ZEROS if nal else _OTHER_ZEROS)
    if nal and extents and not found and extents[-1][1] - extents[-1][0] >= _END_ZEROS:
        start, end = extents[-1]
        file.seek(max(start, end - SHORTEST))
        last = file.read(end - max(start, end - SHORTEST))
        zeros_there = len(last) - len(last.rstrip(b"\0"))
        if zeros_there >= _END_ZEROS:
            found.append((end - zeros_there, end))
    return found


def _within(seen: Runs, extents: Runs, shortest: int) -> Runs:
    """Return the runs of which enough lies in extents, from the first such byte to the last."""
    found, at, joined = [], 0, _joined(extents)
    for start, end in seen:
        while at < len(joined) and joined[at][1] <= start:
            at += 1
        inside, first, last, look = 0, end, start, at
        while look < len(joined) and joined[look][0] < end:
            low, high = max(start, joined[look][0]), min(end, joined[look][1])
            inside, first, last = inside + high - low, min(first, low), max(last, high)
            look += 1
        if inside >= shortest:
            found.append((first, last))
    return found


def _joined(extents: Runs) -> Runs:
    joined: Runs = []
    for start, end in sorted(extents):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _no_pcm(layout: Layout) -> bool:
    return all(t.codec in {"mp4a", "Opus", ".mp3"} for t in layout.tracks if t.handler == "soun")


def _blocks(file: BinaryIO, parts: Runs, overlap: int) -> Iterator[tuple[int, bytes]]:
    """Yield what lies in `parts`, in blocks that overlap, each with its place."""
    for start, end in parts:
        position = start
        while position < end:
            file.seek(position)
            yield position, file.read(min(end - position, _BLOCK + overlap))
            position += _BLOCK


def _cut(size: int, end: int | None = None) -> list[Fault]:
    return [Fault(code="cut_off", start=size, end=end)]


def _riff_cut(file: BinaryIO, size: int) -> list[Fault]:
    # RIFF: four letters, a length, a form; OpenDML files (over 1 GiB) are several in a row
    position = 0
    while position + 12 <= size:
        file.seek(position)
        letters, length = struct.unpack("<4sI", file.read(8))
        if letters != b"RIFF":
            return []  # what follows the last RIFF is not the format's
        if length in {0, 0xFFFFFFFF}:
            # written when recording starts and filled in when it stops; streamed WAV leaves it
            return [Fault(code="no_index")] if length == 0 else []
        if position + 8 + length > size:
            return _cut(size, position + 8 + length)
        position += 8 + length + length % 2
    return _cut(size) if size < 12 else []


def _jpeg_cut(file: BinaryIO, size: int) -> list[Fault]:
    # ITU-T T.81, B.1.1: segments up to SOS, then entropy-coded data up to EOI
    position = 2
    for _ in range(_MAX_SEGMENTS):
        file.seek(position)
        head = file.read(4)
        if len(head) < 4:
            break
        mark, code, length = struct.unpack(">BBH", head)
        if mark != 0xFF:
            return _cut(size)
        if code == 0xFF:  # B.1.1.2: fill bytes
            position += 1
            continue
        position += 2 + length
        if code == 0xDA:
            break
    last = b""
    for place, block in _blocks(file, [(position, size)], 1):
        hole = block.find(bytes(SHORTEST))
        if hole >= 0 and b"\xff\xd9" not in last + block:
            return [*_cut(size), Fault(code="zero_filled", start=place + hole, end=size)]
        if b"\xff\xd9" in block:
            return []
        last = block[-1:]
    return _cut(size)


def _png_cut(file: BinaryIO, size: int) -> list[Fault]:
    position = 8
    while position + 12 <= size:  # length, type, data, CRC
        file.seek(position)
        length, kind = struct.unpack(">I4s", file.read(8))
        position += 12 + length
        if kind == b"IEND" and position <= size:
            return []
    return _cut(size, position if position > size else None)


def _ebml_cut(file: BinaryIO, size: int) -> list[Fault]:
    end = segment_end(file)
    if end is None or end <= size:
        return []
    return _cut(size, end)
