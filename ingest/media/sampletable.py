"""One track's sample tables: where its samples lie in the file.

Answers positions and numbers only: how many samples, how far they reach, which bytes are theirs, whether they are
encrypted. A table that names more samples than there are sizes is cut to the sizes, as players do.
"""

from array import array
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ingest.media.boxes import MAX_ENTRIES, child, number
from ingest.media.errors import BoxError

Numbers = NDArray[np.uint64]

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
    sums: Numbers | None = None

    def between(self, firsts: Numbers, lasts: Numbers) -> Numbers:
        """Return how many bytes samples `firsts` to `lasts` have together."""
        if self.sums is None:
            return (lasts - firsts) * np.uint64(self.fixed)
        return self.sums[lasts] - self.sums[firsts]


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
        track.timed = int(_rows(stts, 8, 2 * number(stts, 4, 4), 4)[::2].sum())
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
    counts = _chunk_counts(stbl, len(offsets))
    offsets = offsets[: len(counts)]
    lasts = np.minimum(np.cumsum(counts, dtype=np.uint64), np.uint64(sizes.count))
    firsts = np.concatenate([np.zeros(1, np.uint64), lasts[:-1]])[: len(lasts)]
    lengths = sizes.between(firsts, lasts)
    starts = offsets[lengths > 0]
    ends = starts + lengths[lengths > 0]
    if (ends < starts).any():
        raise BoxError("a sample reaches past 2^64 bytes")
    if len(ends):
        track.end = int(ends.max())
        # where a chunk goes on right behind the one before, they are one run
        begins = np.append(True, starts[1:] != ends[:-1])
        track.starts = array("Q", starts[begins].tobytes())
        track.ends = array("Q", ends[np.append(begins[1:], True)].tobytes())


def _read_sizes(stbl: memoryview) -> _Sizes:
    # 8.7.3: stsz has one size for all, or one for each; stz2 packs them in 4, 8 or 16 bits
    stsz = child(stbl, b"stsz")
    if stsz is not None:
        fixed, count = number(stsz, 4, 4), number(stsz, 8, 4)
        if fixed:
            return _Sizes(count=count, fixed=fixed)
        return _summed(_rows(stsz, 12, count, 4))
    stz2 = child(stbl, b"stz2")
    if stz2 is None:
        return _Sizes(count=0, fixed=1)
    width, count = number(stz2, 7, 1), number(stz2, 8, 4)
    if width not in {8, 16}:
        raise BoxError(f"sample sizes of {width} bits")  # HOLE: 4 bits, never seen from a recorder
    return _summed(_rows(stz2, 12, count, width // 8))


def _summed(sizes: Numbers) -> _Sizes:
    sums = np.zeros(len(sizes) + 1, np.uint64)
    np.cumsum(sizes, out=sums[1:])
    return _Sizes(count=len(sizes), sums=sums)


def _read_offsets(stbl: memoryview) -> Numbers:
    # 8.7.5: stco in 32 bits or co64 in 64
    for name, width in ((b"stco", 4), (b"co64", 8)):
        box = child(stbl, name)
        if box is not None:
            return _rows(box, 8, number(box, 4, 4), width)
    return np.zeros(0, np.uint64)


def _chunk_counts(stbl: memoryview, chunks: int) -> Numbers:
    """Return how many samples each chunk has, for at most `chunks` of them."""
    # 8.7.4: rows of (first_chunk, samples_per_chunk, description); a row holds until the next
    stsc = child(stbl, b"stsc")
    if stsc is None:
        return np.zeros(0, np.uint64)
    rows = _rows(stsc, 8, number(stsc, 4, 4) * 3, 4).astype(np.int64)
    firsts, counts = rows[::3], rows[1::3]
    following = np.minimum(np.append(firsts[1:], chunks + 1)[: len(firsts)], chunks + 1)
    repeated = np.maximum(0, following - firsts)
    # a table may name more chunks than there are: what is too many is cut before it takes memory
    before = np.cumsum(repeated) - repeated
    repeated = np.clip(chunks - before, 0, repeated)
    return np.repeat(counts, repeated).astype(np.uint64)


def _rows(data: memoryview, offset: int, count: int, width: int) -> Numbers:
    """Read `count` big-endian numbers. Raises BoxError where they are not all there or too many."""
    if count > MAX_ENTRIES or offset + count * width > len(data):
        raise BoxError(f"a table of {count} rows does not fit its box")
    return np.frombuffer(data, f">u{width}", count, offset).astype(np.uint64)
