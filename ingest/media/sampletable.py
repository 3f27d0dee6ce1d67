"""One track's sample tables: where its samples lie in the file.

Answers positions and numbers only: how many samples, how far they reach, which bytes are theirs, whether they are
encrypted. A table that names more samples than there are sizes is cut to the sizes, as players do.
"""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate

from ingest.media.boxes import child, number, table
from ingest.media.errors import BoxError

# ISO/IEC 14496-12, 8.12: sample entries of encrypted tracks; the last two are an older system's
PROTECTED = frozenset({"encv", "enca", "encs", "enct", "encm", "drmi", "drms"})
_LOOKED_AT = 4096  # bytes of a sample entry; parameter sets come before


@dataclass(slots=True, kw_only=True)
class Track:
    """One track of a moov."""

    handler: str = ""  # "vide", "soun", "meta", ...
    codec: str = ""  # the sample entry's four letters, "avc1"
    samples: int = 0
    timed: int | None = None  # samples that have a duration; None without a table of them
    end: int = 0  # the furthest byte that a sample reaches
    external: bool = False  # its media are said to be in another file
    protected: bool = False  # its samples are encrypted
    dolby_vision: bool = False
    edited: bool = False  # there is an edit list: not all samples need be shown
    starts: "array[int]" = field(
        default_factory=lambda: array("Q")
    )  # runs of samples, file offsets
    ends: "array[int]" = field(default_factory=lambda: array("Q"))


@dataclass(slots=True, kw_only=True)
class _Sizes:
    """Sample sizes as sums, so that a chunk's length is one subtraction."""

    count: int
    fixed: int = 0
    sums: "array[int]" = field(default_factory=lambda: array("Q"))

    def between(self, first: int, last: int) -> int:
        if self.fixed:
            return (last - first) * self.fixed
        return self.sums[last] - self.sums[first]


def read_trak(trak: memoryview) -> Track:
    """Read a trak box.

    Raises:
        BoxError: its tables contradict themselves.
    """
    track = Track(edited=child(trak, b"edts", b"elst") is not None)
    handler = child(trak, b"mdia", b"hdlr")
    if handler is not None:
        # ISO/IEC 14496-12, 8.4.3.2: version and flags, pre_defined, handler_type
        track.handler = _letters(handler, 8)
    minf = child(trak, b"mdia", b"minf")
    if minf is None:
        return track
    track.external = _is_external(minf)
    stbl = child(minf, b"stbl")
    if stbl is None:
        return track
    stsd = child(stbl, b"stsd")
    if stsd is not None and number(stsd, 4, 4):
        track.codec = _letters(stsd, 12)  # 8.5.2.2: the first entry's type
        track.protected = track.codec in PROTECTED
        entry = bytes(stsd[16 : 16 + _LOOKED_AT])
        track.dolby_vision = b"dvcC" in entry or b"dvvC" in entry
    stts = child(stbl, b"stts")
    if stts is not None:
        # 8.6.1.2: rows of (sample_count, sample_delta)
        track.timed = sum(table(stts, 8, 2 * number(stts, 4, 4), 4)[::2])
    _place_samples(track, stbl)
    return track


def _letters(data: memoryview, offset: int) -> str:
    return bytes(data[offset : offset + 4]).decode("latin-1")


def _is_external(minf: memoryview) -> bool:
    # 8.7.2: flag 1 of a data entry means "in this file"; without it, the entry names another
    dref = child(minf, b"dinf", b"dref")
    if dref is None or len(dref) < 20:
        return False
    return number(dref, 17, 3) & 1 == 0


def _place_samples(track: Track, stbl: memoryview) -> None:
    sizes = _read_sizes(stbl)
    track.samples = sizes.count
    offsets = _read_offsets(stbl)
    done = 0
    for offset, per_chunk in zip(offsets, _chunk_counts(stbl, len(offsets)), strict=False):
        last = min(sizes.count, done + per_chunk)
        length = sizes.between(done, last)
        if length:
            track.end = max(track.end, offset + length)
            _add_run(track, offset, offset + length)
        done = last
        if done == sizes.count:
            break


def _add_run(track: Track, start: int, end: int) -> None:
    if end >= 1 << 64:
        raise BoxError("a sample reaches past 2^64 bytes")
    if track.ends and track.ends[-1] == start:
        track.ends[-1] = end
    else:
        track.starts.append(start)
        track.ends.append(end)


def _read_sizes(stbl: memoryview) -> _Sizes:
    # 8.7.3: stsz has one size for all, or one for each; stz2 packs them in 4, 8 or 16 bits
    stsz = child(stbl, b"stsz")
    if stsz is not None:
        fixed, count = number(stsz, 4, 4), number(stsz, 8, 4)
        if fixed:
            return _Sizes(count=count, fixed=fixed)
        return _summed(table(stsz, 12, count, 4))
    stz2 = child(stbl, b"stz2")
    if stz2 is None:
        return _Sizes(count=0, fixed=1)
    width, count = number(stz2, 7, 1), number(stz2, 8, 4)
    if width not in {8, 16}:
        raise BoxError(f"sample sizes of {width} bits")  # HOLE: 4 bits, never seen from a recorder
    step = width // 8
    if 12 + count * step > len(stz2):
        raise BoxError("a table of sample sizes does not fit its box")
    return _summed(array("I", (number(stz2, 12 + i * step, step) for i in range(count))))


def _summed(sizes: "array[int]") -> _Sizes:
    return _Sizes(count=len(sizes), sums=array("Q", accumulate(sizes, initial=0)))


def _read_offsets(stbl: memoryview) -> "array[int]":
    # 8.7.5: stco in 32 bits or co64 in 64
    for name, width in ((b"stco", 4), (b"co64", 8)):
        box = child(stbl, name)
        if box is not None:
            return table(box, 8, number(box, 4, 4), width)
    return array("Q")


def _chunk_counts(stbl: memoryview, chunks: int) -> Iterator[int]:
    # 8.7.4: rows of (first_chunk, samples_per_chunk, description); a row holds until the next
    stsc = child(stbl, b"stsc")
    if stsc is None:
        return
    rows = table(stsc, 8, number(stsc, 4, 4) * 3, 4)
    for index in range(0, len(rows), 3):
        first = rows[index]
        following = rows[index + 3] if index + 3 < len(rows) else chunks + 1
        for _ in range(max(0, min(following, chunks + 1) - first)):
            yield rows[index + 1]
