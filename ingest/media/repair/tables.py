"""Reads a movie's boxes: its tracks and every sample with place, size and times.

ISO/IEC 14496-12; clauses in the comments. Any bytes give tracks or `BoxError`, in memory bounded by
`MAX_SAMPLES` and by what the boxes really hold. Samples that lie past the end of the file are
returned as the tables name them; what is there is for the caller to see.
"""

from array import array
from collections import Counter
from collections.abc import Iterator

from ingest.media.boxes import child, children, number, table
from ingest.media.errors import BoxError
from ingest.media.repair.movie import MAX_SAMPLES, Sample, Track

# Sample entries of sound whose every sample is a few bytes of equal size
PCM = frozenset(
    {"sowt", "twos", "raw ", "lpcm", "in24", "in32", "fl32", "fl64", "ipcm", "fpcm", "alaw", "ulaw"}
)
_MOST = (1 << 32) - 1


def read_track(trak: memoryview) -> Track:
    """Read a trak box without its samples.

    Raises:
        BoxError: it is malformed.
    """
    tkhd, mdhd = _needed(trak, b"tkhd"), _needed(trak, b"mdia", b"mdhd")
    handler, stsd = (
        _needed(trak, b"mdia", b"hdlr"),
        _needed(trak, b"mdia", b"minf", b"stbl", b"stsd"),
    )
    # 8.3.2, 8.4.2: version 1 has two times of 64 bits before what is wanted
    scale = number(mdhd, 20 if number(mdhd, 0, 1) == 1 else 12, 4)
    entry = next(iter(children(stsd[8:])), None)
    if not scale or entry is None:
        raise BoxError("a track without a time scale or sample entry")
    dref = child(trak, b"mdia", b"minf", b"dinf", b"dref")
    track = Track(
        trak=bytes(trak),
        number=number(tkhd, 20 if number(tkhd, 0, 1) == 1 else 12, 4),
        handler=_letters(handler, 8),
        codec=entry[0].decode("latin-1"),
        scale=scale,
        external=dref is not None and len(dref) >= 20 and not number(dref, 17, 3) & 1,
        entry=bytes(entry[1]),
    )
    _read_edits(track, child(trak, b"edts", b"elst"))
    return track


def read_samples(track: Track) -> None:
    """Put the samples that the track's own tables name into it.

    Raises:
        BoxError: the tables contradict themselves.
    """
    stbl = _needed(memoryview(track.trak), b"mdia", b"minf", b"stbl")
    if track.codec in PCM:
        _read_blocks(track, stbl)
        return
    sizes = _sizes(stbl)
    keys = _keys(stbl)
    times, shifts = _runs(child(stbl, b"stts")), _shifts(child(stbl, b"ctts"))
    when = length = 0
    samples = track.samples
    for index, (at, size) in enumerate(_places(stbl, sizes)):
        length = next(times, length)
        samples.append(
            Sample(
                at=at,
                size=size,
                when=when,
                length=length,
                shift=next(shifts, 0),
                key=keys is None or index + 1 in keys,
            )
        )
        when += length


def lengths(track: Track) -> Counter[int]:
    """Return how many samples have which length, by the table alone.

    Raises:
        BoxError: it does not fit its box.
    """
    counted = Counter[int]()
    stts = child(memoryview(track.trak), b"mdia", b"minf", b"stbl", b"stts")
    if stts is not None:
        rows = table(stts, 8, number(stts, 4, 4) * 2, 4)
        for index in range(0, len(rows), 2):
            counted[rows[index + 1]] += rows[index]
    return counted


def block(track: Track) -> tuple[int, int]:
    """Return the bytes and the ticks of one sample of plain sound, at least one each.

    Raises:
        BoxError: it has no table of sizes.
    """
    stbl = _needed(memoryview(track.trak), b"mdia", b"minf", b"stbl")
    size = number(_needed(stbl, b"stsz"), 4, 4)
    return max(1, size), max(1, next(_runs(child(stbl, b"stts")), 1))


def _read_blocks(track: Track, stbl: memoryview) -> None:
    """Take each chunk of plain sound as one sample: its own samples are a few bytes each."""
    size, length = block(track)
    left = number(_needed(stbl, b"stsz"), 8, 4)
    offsets, when = _offsets(child(stbl, b"stco"), child(stbl, b"co64")), 0
    for at, count in zip(offsets, _chunk_counts(stbl, len(offsets)), strict=False):
        taken = min(count, left)
        if not taken:
            return
        track.samples.append(
            Sample(at=at, size=taken * size, when=when, length=min(taken * length, _MOST))
        )
        when, left = when + taken * length, left - taken


def _read_edits(track: Track, elst: memoryview | None) -> None:
    # 8.6.6: (length in the movie's ticks, media time or -1 for an empty edit, rate)
    if elst is None:
        return
    long = number(elst, 0, 1) == 1
    row, width = (20, 8) if long else (12, 4)
    for index in range(min(number(elst, 4, 4), 16)):
        at = 8 + index * row
        media = number(elst, at + width, width)
        if media == (1 << 8 * width) - 1:
            track.empty += number(elst, at, width)
        else:
            track.first_shown = media if media < 1 << 62 else None
            break
    track.empty = min(track.empty, 1 << 62)


def _places(stbl: memoryview, sizes: "array[int]") -> Iterator[tuple[int, int]]:
    # 8.7.4, 8.7.5: chunks of samples; a row of stsc holds until the next one's first chunk
    offsets = _offsets(child(stbl, b"stco"), child(stbl, b"co64"))
    done = 0
    for chunk, count in zip(offsets, _chunk_counts(stbl, len(offsets)), strict=False):
        place = chunk
        for size in sizes[done : done + count]:
            yield place, size
            place += size
        done += count


def _offsets(stco: memoryview | None, co64: memoryview | None) -> "array[int]":
    if stco is not None:
        return table(stco, 8, number(stco, 4, 4), 4)
    if co64 is not None:
        return table(co64, 8, number(co64, 4, 4), 8)
    return array("Q")


def _chunk_counts(stbl: memoryview, chunks: int) -> Iterator[int]:
    stsc = _needed(stbl, b"stsc")
    rows = table(stsc, 8, number(stsc, 4, 4) * 3, 4)
    for index in range(0, len(rows), 3):
        first = rows[index]
        following = rows[index + 3] if index + 3 < len(rows) else chunks + 1
        for _ in range(max(0, min(following, chunks + 1) - first)):
            yield rows[index + 1]


def _sizes(stbl: memoryview) -> "array[int]":
    # 8.7.3
    stsz = child(stbl, b"stsz")
    if stsz is None:
        raise BoxError("a track without sizes")
    fixed, count = number(stsz, 4, 4), number(stsz, 8, 4)
    if count > MAX_SAMPLES:
        raise BoxError(f"{count} samples")
    return array("I", [fixed]) * count if fixed else table(stsz, 12, count, 4)


def _keys(stbl: memoryview) -> set[int] | None:
    stss = child(stbl, b"stss")  # 8.6.2; without it every sample is a key
    return None if stss is None else set(table(stss, 8, number(stss, 4, 4), 4))


def _runs(stts: memoryview | None) -> Iterator[int]:
    if stts is None:
        return
    rows = table(stts, 8, number(stts, 4, 4) * 2, 4)  # 8.6.1.2
    for index in range(0, len(rows), 2):
        for _ in range(rows[index]):
            yield rows[index + 1]


def _shifts(ctts: memoryview | None) -> Iterator[int]:
    # 8.6.1.3; version 1 is signed, and so do files of version 0 mean it
    for value in _runs(ctts):
        yield value - (1 << 32 if value >> 31 else 0)


def _needed(data: memoryview, *path: bytes) -> memoryview:
    found = child(data, *path)
    if found is None:
        raise BoxError(f"a track without {path[-1]!r}")
    return found


def _letters(data: memoryview, offset: int) -> str:
    return bytes(data[offset : offset + 4]).decode("latin-1")
