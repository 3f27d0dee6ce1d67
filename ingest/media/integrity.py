"""Is the clip whole, as far as its own structure tells?

Finds what a probe's return code does not: an index that names samples past the end of the file, a
file whose declared length is not there, zeros where a power cut left unwritten blocks. It does not
find changed bytes: only the digest does. Everything here is plain bytes; no decoder runs.
"""

import os
import struct
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from ingest.media.facts import Fault
from ingest.media.layout import Layout
from ingest.media.probe.ebml import segment_end
from ingest.media.probe.ends import ending
from ingest.media.probe.holes import NEVER, may_hold_zeros
from ingest.media.probe.jpegs import scan_without_zeros
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
_PHOTO_ZEROS = 1 << 14
_END_ZEROS = 64  # at the end of the last sample: shorter than a run, and still no media
MAX_FAULTS = 1000  # of one kind
_PHOTO = 64 << 20  # bytes of a photo in which zeros are judged
_MAX_SEGMENTS = 65_536  # and fill bytes, before a JPEG's picture; parts of an OpenDML file


def structure(file: BinaryIO, sniffed: Sniffed) -> list[Fault]:
    """Return how a file that is no MP4 is cut, by its own lengths."""
    size = file.seek(0, os.SEEK_END)
    checks = {"avi": _riff_cut, "wav": _riff_cut, "webp": _riff_cut, "jpeg": _jpeg_cut}
    checks |= {"png": _png_cut, "matroska": _ebml_cut, "webm": _ebml_cut}
    check = checks.get(sniffed.container or "")
    if check is not None:
        return check(file, size)
    end = ending(file, sniffed.container)
    return _cut(size, end.missing) if end.cut else []


def whole(file: BinaryIO, sniffed: Sniffed, layout: Layout | None) -> int | None:
    """Return where a file ends by its own word; what follows may be a recorder's padding."""
    if layout is not None:
        return layout.junk_at
    if sniffed.demuxer == "matroska":
        return segment_end(file)
    if sniffed.container in {"avi", "wav", "webp"}:
        return _riff_end(file)
    return ending(file, sniffed.container).at


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


def photo_structure(file: BinaryIO, layout: Layout) -> list[Fault]:
    """Return whether a photo in boxes is cut, or has zeros where its picture should be."""
    if layout.cut_off:
        return _cut(layout.size, layout.boxes_end)
    # HOLE: shorter zeros, which a maker's notes beside the picture may hold
    return faults(_within(search(file), layout.media, _PHOTO_ZEROS))


def zeros(
    file: BinaryIO,
    sniffed: Sniffed,
    layout: Layout | None,
    seen: Runs,
    codecs: Sequence[str | None] = (),
) -> list[Fault]:
    """Return which of the runs of zeros in a file are damage, as far as its boxes and its kind tell.

    `codecs` are those of its streams, in order, where they are known.
    """
    size = file.seek(0, os.SEEK_END)
    if layout is not None:
        runs = _mp4_zeros(file, layout, seen, codecs)
    elif sniffed.kind == "photo":
        runs = _photo_zeros(file, sniffed, seen)
    elif sniffed.container in {"wav", "flac"} or any(may_hold_zeros(each) for each in codecs):
        return []
    else:
        tail = seen[-1] if seen and sniffed.kind == "video" and seen[-1][1] == size else None
        runs = [run for run in seen if run[1] - run[0] >= _OTHER_ZEROS or run == tail]
    return faults(runs)


def faults(runs: Runs) -> list[Fault]:
    """Return runs of zeros as damage."""
    return [Fault(code="zero_filled", start=start, end=end) for start, end in runs[:MAX_FAULTS]]


def _photo_zeros(file: BinaryIO, sniffed: Sniffed, seen: Runs) -> Runs:
    """Return the zeros in a photo's packed picture: its texts and its maker's notes may hold some."""
    first, last = 0, file.seek(0, os.SEEK_END)
    if not seen or sniffed.container not in {"jpeg", "webp", "gif"}:
        return []
    file.seek(0)
    if sniffed.container == "jpeg":
        data = file.read(min(last, _PHOTO))
        scan = scan_without_zeros(data)
        mark = -1 if scan is None else data.find(b"\xff\xd9", scan)
        if scan is None or mark < 0:
            return []  # without its mark at the end it is cut, which is said already
        first, last = scan, mark
    elif sniffed.container == "webp":
        # RFC 9649, 2.5: a picture that is packed with loss; see-through parts may be zeros
        head = file.read(20)
        if head[12:16] != b"VP8 ":
            return []
        first, last = 20, min(last, 20 + int.from_bytes(head[16:20], "little"))
    else:
        last = ending(file, "gif").at or last
    return [run for run in seen if run[0] >= first and run[0] + SHORTEST <= last]


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


def _mp4_zeros(
    file: BinaryIO, layout: Layout, seen: Runs, codecs: Sequence[str | None] = ()
) -> Runs:
    if not layout.has_index:
        return [run for run in seen if run[1] == layout.size]
    found: Runs = []
    known = codecs if len(codecs) == len(layout.tracks) else [""] * len(layout.tracks)
    for track, codec in zip(layout.tracks, known, strict=True):
        if track.external or track.protected:
            continue
        if (track.handler == "vide" and not may_hold_zeros(codec)) or (
            track.handler == "soun" and codec in NEVER
        ):
            found += _track_zeros(file, track, layout, seen, never=codec in NEVER)
    if layout.fragmented:
        videos = {track.codec for track in layout.tracks if track.handler == "vide"}
        nal = bool(videos) and videos <= _NAL_CODECS and _no_pcm(layout)
        if nal or not any(may_hold_zeros(codec) for codec in known):
            found += _within(seen, layout.media, _NAL_ZEROS if nal else _OTHER_ZEROS)
        found += _unwritten(file, layout, seen)
    return sorted(set(found))


def _unwritten(file: BinaryIO, layout: Layout, seen: Runs) -> Runs:
    """Return zeros behind the last fragment: of a file that was finished, they are padding."""
    if layout.junk_at is None:
        return []
    file.seek(max(0, layout.junk_at - 16))  # ISO/IEC 14496-12, 8.8.11: mfro is the last box
    finished = file.read(16)[4:8] == b"mfro"
    runs = [run for run in seen if run[0] <= layout.junk_at and run[1] == layout.size]
    return [] if finished else [(layout.junk_at, end) for _, end in runs]


def _track_zeros(file: BinaryIO, track: Track, layout: Layout, seen: Runs, *, never: bool) -> Runs:
    nal = track.codec in _NAL_CODECS
    extents = [
        (start, min(end, layout.size))
        for start, end in zip(track.starts, track.ends, strict=True)
        if start < layout.size
    ]
    found = _within(seen, extents, _NAL_ZEROS if nal or never else _OTHER_ZEROS)
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


def _riff_end(file: BinaryIO) -> int | None:
    position, end = 0, None
    for _ in range(_MAX_SEGMENTS):
        file.seek(position)
        head = file.read(8)
        if len(head) < 8 or head[:4] != b"RIFF":
            return end
        length = int.from_bytes(head[4:], "little")
        if length in {0, 0xFFFFFFFF}:
            return None
        end = position + 8 + length
        position = end + length % 2
    return end


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
