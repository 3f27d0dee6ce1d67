"""Where an MP4's samples lie: a bounded walk over the file's ISO/IEC 14496-12 boxes.

Reads headers, `moov` and `moof` only, never a sample. Any bytes give a `Layout` or `BoxError`, in
memory bounded by `MAX_TABLE_BOX`: every count is held against the bytes that are there before
anything is allocated for it. Decodes nothing, follows no data reference and repairs nothing.
"""

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from ingest.media.boxes import children, number
from ingest.media.errors import BoxError
from ingest.media.fragments import read_moof, read_trex
from ingest.media.sampletable import Track, read_trak

MAX_TABLE_BOX = 128 << 20  # bytes; a day of 30 fps video has tables of about 40 MiB
_HEADERS = frozenset({b"ftyp", b"styp", b"moov", b"moof", b"sidx", b"mfra"})
_MAX_HEADERS = (
    64  # that samples are held against; in fragments they are placed relative to their own
)
MAX_BOXES = 400_000  # boxes at the top of the file; a day in one-second fragments has 172,800


@dataclass(slots=True, kw_only=True)
class Layout:
    """What the boxes say about where the media are."""

    size: int  # bytes in the file
    has_index: bool = False  # a whole moov was read
    fragmented: bool = False
    boxes_end: int = 0  # where the last box says it ends; past `size` when the file is cut
    junk_at: int | None = None  # offset of the first bytes that are no box
    samples_end: int = 0  # the furthest byte that a sample reaches
    samples: int = 0
    tracks: list[Track] = field(default_factory=list)
    media: list[tuple[int, int]] = field(default_factory=list)  # mdat payloads: start, end
    index: list[tuple[int, int]] = field(default_factory=list)  # whole boxes that hold no sample
    movie_us: int | None = None  # how long the movie header says it is
    brand: str | None = None  # ISO/IEC 14496-12, 4.3
    indexed: bool = False  # there is an index over fragments: sidx or mfra

    @property
    def cut_off(self) -> bool:
        """Whether a box or a sample reaches past the end of the file."""
        return max(self.boxes_end, self.samples_end) > self.size


def read_layout(file: BinaryIO) -> Layout:
    """Walk the boxes of an open file.

    Raises:
        BoxError: the boxes contradict themselves or are larger than any recorder writes.
    """
    layout = Layout(size=file.seek(0, os.SEEK_END))
    defaults: dict[int, int] = {}
    for kind, start, payload, end in _top_boxes(file, layout):
        if kind in _HEADERS and len(layout.index) < _MAX_HEADERS:
            layout.index.append((start, end))
        layout.indexed |= kind in {b"sidx", b"mfra"}
        if kind == b"mdat":
            layout.media.append((payload, min(end, layout.size)))
        elif kind == b"ftyp":
            file.seek(payload)
            layout.brand = file.read(4).decode("latin-1").strip()
        elif end > layout.size:
            continue  # cut inside: nothing in it can be trusted
        elif kind == b"moov":
            _take_moov(layout, defaults, _read(file, payload, end))
        elif kind == b"moof":
            count, reach = read_moof(_read(file, payload, end), start, defaults)
            layout.fragmented = True
            layout.samples += count
            layout.samples_end = max(layout.samples_end, reach)
    return layout


def _top_boxes(file: BinaryIO, layout: Layout) -> Iterator[tuple[bytes, int, int, int]]:
    position, count = 0, 0
    while position < layout.size:
        count += 1
        if count > MAX_BOXES:
            raise BoxError("more boxes than any recorder writes")
        file.seek(position)
        header = file.read(16)
        kind = header[4:8]
        if len(header) < 8 or not all(0x20 <= letter < 0x7F or letter == 0xA9 for letter in kind):
            layout.junk_at = position
            return
        payload, end = _extent(header, position, layout.size)
        layout.boxes_end = max(layout.boxes_end, end)
        yield kind, position, payload, end
        position = end


def _extent(header: bytes, position: int, size: int) -> tuple[int, int]:
    # ISO/IEC 14496-12, 4.2: 1 means a 64-bit size follows, 0 means to the end of the file
    length: int = struct.unpack_from(">I", header)[0]
    if length == 0:
        return position + 8, size
    head = 8
    if length == 1:
        if len(header) < 16:
            return size, size + 1  # the header itself is cut off
        length, head = struct.unpack_from(">Q", header, 8)[0], 16
    if length < head:
        raise BoxError(f"a box of {length} bytes at {position}")
    return position + head, position + length


def _read(file: BinaryIO, start: int, end: int) -> bytes:
    if end - start > MAX_TABLE_BOX:
        raise BoxError(f"an index of {end - start} bytes at {start}")
    file.seek(start)
    data = file.read(end - start)
    if len(data) != end - start:
        raise BoxError("the file became shorter while it was read")
    return data


def _take_moov(layout: Layout, defaults: dict[int, int], moov: bytes) -> None:
    layout.has_index = True
    for kind, body in children(memoryview(moov)):
        if kind == b"trak":
            track = read_trak(body)
            layout.tracks.append(track)
            layout.samples += track.samples
            layout.samples_end = max(layout.samples_end, track.end)
        elif kind == b"mvhd":
            layout.movie_us = _movie_us(body)
        elif kind == b"mvex":
            layout.fragmented = True
            defaults.update(read_trex(body))


def _movie_us(mvhd: memoryview) -> int | None:
    # ISO/IEC 14496-12, 8.2.2.2; all ones where it is not known
    width = 8 if number(mvhd, 0, 1) == 1 else 4
    place = 4 + 2 * width
    scale, length = number(mvhd, place, 4), number(mvhd, place + 4, width)
    if not scale or length == (1 << 8 * width) - 1:
        return None
    return length * 1_000_000 // scale
