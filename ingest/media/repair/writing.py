"""Writes a movie: index first, then its samples, copied from the damaged file in the order they lie there.

ISO/IEC 14496-12. The same movie and bytes give the same file. Sample entries, pictures' sizes and
rotation are written as the tracks have them; times, sizes and places anew. Times of making are
those of the file itself or, where the index is another clip's, none.
"""

import struct
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import attrgetter
from typing import BinaryIO

from ingest.media.boxes import child, children
from ingest.media.repair.movie import Movie, Sample, Track
from ingest.media.repair.reading import PIECE, Source

_SELF = struct.pack(">III4sI", 0, 1, 12, b"url ", 1)  # 8.7.2: media in this very file
_LONG = 1 << 32
_LONGEST = (1 << 63) - 1
_Placed = tuple[Track, Sample]


def write_movie(movie: Movie, source: Source, out: BinaryIO, *, own: bool) -> int:
    """Write the movie's samples from `source` into `out`.

    Args:
        movie: tracks without samples are left out.
        source: the damaged file.
        out: an empty file.
        own: the movie's boxes are the damaged file's own, so that their times and texts are true of it.

    Returns:
        The size of the file.

    Raises:
        OSError: it could not be written. What is in `out` is worth nothing.
    """
    tracks = [track for track in movie.tracks if track.samples]
    placed = sorted(
        ((track, sample) for track in tracks for sample in track.samples), key=lambda one: one[1].at
    )
    total = sum(sample.size for _, sample in placed)
    head = _box(b"ftyp", movie.brands)
    media_head = struct.pack(">I4sQ", 1, b"mdat", total + 16)
    index = _index(movie, tracks, placed, 0, own=own)
    start = len(head) + len(index) + len(media_head)
    out.write(head)
    out.write(_index(movie, tracks, placed, start, own=own))
    out.write(media_head)
    for at, end in ranges(sample for _, sample in placed):
        for place in range(at, end, PIECE):
            out.write(source.read(place, min(PIECE, end - place)))
    out.flush()
    return start + total


def ranges(samples: Iterable[Sample]) -> Iterator[tuple[int, int]]:
    """Yield the byte ranges of samples that are in the order of their places, joined where they touch."""
    start = end = -1
    for sample in samples:
        if sample.at != end:
            if end > start:
                yield start, end
            start = sample.at
        end = sample.at + sample.size
    if end > start:
        yield start, end


def _index(
    movie: Movie, tracks: list[Track], placed: list[_Placed], start: int, *, own: bool
) -> bytes:
    chunks: dict[int, list[tuple[int, int]]] = {track.number: [] for track in tracks}
    place = start
    for number, group in groupby(placed, key=lambda one: one[0].number):
        run = [sample.size for _, sample in group]
        chunks[number].append((place, len(run)))
        place += sum(run)
    scale = _scale(movie.header)
    lengths = {track.number: _shown(track, scale) for track in tracks}
    header = _timed(movie.header, max(lengths.values(), default=0), own=own, at=(16, 24))
    traks = [
        _trak(track, chunks[track.number], lengths[track.number], scale, own) for track in tracks
    ]
    extra = [_box(kind, body) for kind, body in movie.extra] if own else []
    return _box(b"moov", _box(b"mvhd", header), *traks, *extra)


def _scale(header: bytes) -> int:
    at = 20 if header[:1] == b"\1" else 12
    return int.from_bytes(header[at : at + 4]) or 1000


def _start(track: Track) -> tuple[int, int]:
    """Return where in the written track showing begins, and how much later that is than it was.

    A track is written from its first sample on, so one that lost its beginning needs an empty edit.
    """
    first, shown = track.samples[0].when, track.first_shown or 0
    if not first:
        return shown, 0
    least = min(sample.when + sample.shift for sample in track.samples)
    return max(0, max(shown, least) - first), max(0, least - shown)


def _shown(track: Track, scale: int) -> int:
    """Return how long a track is shown, in the movie's ticks."""
    end = max(sample.when + sample.shift + sample.length for sample in track.samples)
    length = end - track.samples[0].when - _start(track)[0]
    return min(max(0, length) * scale // track.scale, _LONGEST >> 1)


def _timed(box: bytes, length: int, *, own: bool, at: tuple[int, int]) -> bytes:
    """Return a mvhd, tkhd or mdhd with another length; in version 1, which has room for long ones.

    `at` is where the length stands in versions 0 and 1 (8.2.2, 8.3.2, 8.4.2).
    """
    long = box[:1] == b"\1"
    times = (
        (box[4:20] if long else bytes(4) + box[4:8] + bytes(4) + box[8:12]) if own else bytes(16)
    )
    between = box[20 : at[1]] if long else box[12 : at[0]]
    rest = box[at[1] + 8 :] if long else box[at[0] + 4 :]
    return b"\1" + box[1:4] + times + between + struct.pack(">Q", length) + rest


def _trak(track: Track, chunks: list[tuple[int, int]], shown: int, scale: int, own: bool) -> bytes:
    trak = memoryview(track.trak)
    late = _start(track)[1] * scale // track.scale
    tkhd = bytes(child(trak, b"tkhd") or b"")
    tkhd = _timed(tkhd, shown + track.empty + late, own=own, at=(20, 28))
    parts = [_box(b"tkhd", tkhd), _edits(track, shown, scale)]
    for kind, body in children(trak):
        if kind == b"mdia":
            parts.append(_box(b"mdia", *_mdia(track, body, chunks, own=own)))
    return _box(b"trak", *parts)


def _edits(track: Track, shown: int, scale: int) -> bytes:
    # 8.6.6
    start, late = _start(track)
    empty = min(track.empty + late * scale // track.scale, _LONGEST)
    rows = [struct.pack(">QqI", empty, -1, 0x10000)] if empty else []
    if track.first_shown or rows:
        rows.append(struct.pack(">QqI", shown, start, 0x10000))
    return _box(b"edts", _full(b"elst", 1, len(rows), *rows)) if rows else b""


def _mdia(
    track: Track, mdia: memoryview, chunks: list[tuple[int, int]], *, own: bool
) -> Iterator[bytes]:
    for kind, body in children(mdia):
        if kind == b"mdhd":
            yield _box(b"mdhd", _timed(bytes(body), track.length, own=own, at=(16, 24)))
        elif kind == b"minf":
            yield _box(b"minf", *_minf(track, body, chunks))
        else:
            yield _box(kind, bytes(body))


def _minf(track: Track, minf: memoryview, chunks: list[tuple[int, int]]) -> Iterator[bytes]:
    for kind, body in children(minf):
        if kind == b"dinf":
            yield _box(b"dinf", _box(b"dref", _SELF))
        elif kind == b"stbl":
            stsd = next(_box(name, bytes(data)) for name, data in children(body) if name == b"stsd")
            yield _box(b"stbl", stsd, *_tables(track.samples, chunks))
        else:
            yield _box(kind, bytes(body))


def _tables(samples: list[Sample], chunks: list[tuple[int, int]]) -> Iterator[bytes]:
    after = [sample.when for sample in samples[1:]] + [samples[-1].when + samples[-1].length]
    lengths = (end - sample.when for sample, end in zip(samples, after, strict=True))
    yield _run_table(b"stts", 0, lengths)
    if any(sample.shift for sample in samples):
        negative = any(sample.shift < 0 for sample in samples)
        yield _run_table(b"ctts", int(negative), (sample.shift % _LONG for sample in samples))
    keys = [index for index, sample in enumerate(samples, 1) if sample.key]
    if len(keys) < len(samples):
        yield _full(b"stss", 0, len(keys), *(struct.pack(">I", key) for key in keys))
    sizes = list(map(attrgetter("size"), samples))
    yield _box(b"stsz", struct.pack(f">III{len(sizes)}I", 0, 0, len(sizes), *sizes))
    counts = [count for _, count in chunks]
    firsts = [
        index for index in range(len(counts)) if index == 0 or counts[index] != counts[index - 1]
    ]
    rows = (struct.pack(">III", index + 1, counts[index], 1) for index in firsts)
    yield _full(b"stsc", 0, len(firsts), *rows)
    yield _full(b"co64", 0, len(chunks), *(struct.pack(">Q", place) for place, _ in chunks))


def _run_table(kind: bytes, version: int, values: Iterable[int]) -> bytes:
    rows = [(len(list(group)), value) for value, group in groupby(values)]
    return _full(kind, version, len(rows), *(struct.pack(">II", *row) for row in rows))


def _full(kind: bytes, version: int, count: int, *rows: bytes) -> bytes:
    return _box(kind, struct.pack(">II", version << 24, count), *rows)


def _box(kind: bytes, *parts: bytes) -> bytes:
    length = 8 + sum(map(len, parts))
    if length >= _LONG:
        raise ValueError("an index of 4 GiB")
    return struct.pack(">I4s", length, kind) + b"".join(parts)
