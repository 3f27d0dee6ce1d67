"""Reads movie fragments: the samples of every `moof` with place, size and times.

ISO/IEC 14496-12, 8.8. Any bytes give samples or `BoxError`. Samples that lie past the end of the
file are returned as the runs name them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ingest.media.boxes import children, number
from ingest.media.errors import BoxError
from ingest.media.repair.movie import MAX_SAMPLES, Sample, Track

_NOT_KEY = 0x10000  # 8.8.3.1: sample_is_non_sync_sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """What a run does not say of its samples."""

    length: int
    size: int
    flags: int


def read_defaults(mvex: memoryview) -> dict[int, Defaults]:
    """Return each track's defaults (8.8.3.2).

    Raises:
        BoxError: they are malformed.
    """
    return {
        number(body, 4, 4): Defaults(
            length=number(body, 12, 4), size=number(body, 16, 4), flags=number(body, 20, 4)
        )
        for kind, body in children(mvex)
        if kind == b"trex"
    }


def read_fragment(
    moof: bytes, start: int, tracks: Mapping[int, Track], defaults: Mapping[int, Defaults]
) -> None:
    """Add the samples of a moof that begins at `start` to the tracks.

    Raises:
        BoxError: its runs contradict themselves, or there are too many samples.
    """
    cursor = start
    for kind, traf in children(memoryview(moof)):
        if kind == b"traf":
            cursor = _read_traf(traf, start, cursor, tracks, defaults)


def _read_traf(
    traf: memoryview,
    start: int,
    cursor: int,
    tracks: Mapping[int, Track],
    defaults: Mapping[int, Defaults],
) -> int:
    track: Track | None = None
    base, preset, when = cursor, Defaults(length=0, size=0, flags=0), 0
    for name, body in children(traf):
        if name == b"tfhd":
            number_ = number(body, 4, 4)
            track = tracks.get(number_)
            if track is None:
                raise BoxError(f"a fragment of track {number_}, which there is not")
            base, preset = _read_tfhd(body, start, cursor, defaults.get(number_, preset))
            cursor = base
            last = track.samples[-1] if track.samples else None
            when = last.when + last.length if last else 0
        elif name == b"tfdt":
            # 8.8.12; a fragment never begins before the one before it
            when = max(number(body, 4, 8 if number(body, 0, 1) == 1 else 4), _latest(track))
            if when - _latest(track) >> 32 and track and track.samples:
                raise BoxError("a fragment that begins in another age")
        elif name == b"trun" and track is not None:
            cursor, when = _read_trun(body, base, (cursor, when), preset, track)
    return cursor


def _read_tfhd(tfhd: memoryview, start: int, base: int, preset: Defaults) -> tuple[int, Defaults]:
    # 8.8.7.1; without a base the data follow those of the track before
    flags, position = number(tfhd, 1, 3), 8
    if flags & 0x1:
        base, position = number(tfhd, position, 8), position + 8
    elif flags & 0x020000:
        base = start
    position += 4 * bool(flags & 0x2)
    for bit, name in ((0x8, "length"), (0x10, "size"), (0x20, "flags")):
        if flags & bit:
            preset = replace(preset, **{name: number(tfhd, position, 4)})
            position += 4
    return base, preset


def _read_trun(
    trun: memoryview, base: int, at: tuple[int, int], preset: Defaults, track: Track
) -> tuple[int, int]:
    cursor, when = at
    # 8.8.8.1
    flags, count, position = number(trun, 1, 3), number(trun, 4, 4), 8
    if flags & 0x1:
        cursor, position = base + _signed(number(trun, position, 4)), position + 4
    first_flags = None
    if flags & 0x4:
        first_flags, position = number(trun, position, 4), position + 4
    fields = [bit for bit in (0x100, 0x200, 0x400, 0x800) if flags & bit]
    if position + 4 * len(fields) * count > len(trun) or count + len(track.samples) > MAX_SAMPLES:
        raise BoxError(f"a run of {count} samples does not fit its box")
    for index in range(count):
        row = {}
        for bit in fields:
            row[bit], position = number(trun, position, 4), position + 4
        marks = row.get(0x400, preset.flags)
        if index == 0 and first_flags is not None:
            marks = first_flags
        sample = Sample(
            at=cursor,
            size=row.get(0x200, preset.size),
            when=when,
            length=row.get(0x100, preset.length),
            shift=_signed(row.get(0x800, 0)),
            key=not marks & _NOT_KEY,
        )
        track.samples.append(sample)
        cursor, when = cursor + sample.size, when + sample.length
    return cursor, when


def _latest(track: Track | None) -> int:
    return track.samples[-1].when if track and track.samples else 0


def _signed(value: int) -> int:
    return value - (1 << 32 if value >> 31 else 0)
