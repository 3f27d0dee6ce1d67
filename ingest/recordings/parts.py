"""A clip as grouping sees it: its name's place in a series, its recorder's clock, its media, its own time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from archive.catalogue.rows import ClipRow
from archive.catalogue.times import UNKNOWN_START, known_us
from devices.profiles import Profile, SegmentName, Segments, choose
from ingest.recordings.facts import Times

_CLOCKS: Final = ("name", "container")  # what says when a clip begins; a modification time does not
_NO_NAME: Final = SegmentName(series="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """What has to be the same for two clips to be one recording; None: not known."""

    kind: str | None
    container: str | None
    video: str | None
    audio: str | None
    width: int | None
    height: int | None
    rate: float | None  # frames a second, where it is constant


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A clip that may be a segment."""

    clip: str
    recorder: str
    series: tuple[str, str]  # profile, and what the names of a recording have in common
    name: SegmentName
    rules: Segments
    path: str
    order_us: int  # by the recorder's own clock, the best there is
    written_us: int | None  # when it was last written to: about its end
    clock_us: int | None  # begin by the recorder's own clock, where name or container says it
    clock_by: str | None  # "names", "container"
    clock_step_us: int  # what that clock counts in
    length_us: int | None
    media: Media
    times: Times
    damaged: bool


def part_of(row: ClipRow, times: Times, profiles: Sequence[Profile]) -> Part:
    """Make one.

    Args:
        row: the clip.
        times: what its facts say.
        profiles: as `load_profiles` gives them.
    """
    raw = row.raw_path
    # By this name alone and not by its docking's other clips: it must not matter what it came with.
    profile = choose(profiles, [] if raw is None else [raw])
    name = _NO_NAME if raw is None else profile.segment(raw)
    clock, by, step = _clock(row, times)
    written = known_us(row.modified)
    known = written if clock is None else clock
    length = times.length_us
    if length is None and row.duration:
        length = round(row.duration * 1_000_000)
    return Part(
        clip=row.clip,
        recorder=row.recorder_id or "",
        series=(profile.name, name.series),
        name=name,
        rules=profile.segments,
        path=row.path or row.path_base64 or "",
        order_us=UNKNOWN_START if known is None else known,
        written_us=written,
        clock_us=clock,
        clock_by=by,
        clock_step_us=step,
        length_us=length,
        media=Media(
            kind=row.kind,
            container=row.container,
            video=row.video,
            audio=row.audio,
            width=row.width,
            height=row.height,
            rate=None if times.rate is None else float(times.rate),
        ),
        times=times,
        damaged=row.damaged,
    )


def _clock(row: ClipRow, times: Times) -> tuple[int | None, str | None, int]:
    """Begin of a clip by its recorder's own clock: what was added for that clock's error is taken off again.

    Two dockings measure two errors, and of one recording's segments some may have come later.
    """
    start = known_us(row.start)
    if start is not None and row.start_source in _CLOCKS:
        own = start - (row.offset_ms or 0) * 1000
        return own, "names" if row.start_source == "name" else "container", _step(own)
    if times.created_us is not None:
        return times.created_us, "container", _step(times.created_us)
    return None, None, 0


def _step(moment_us: int) -> int:
    """Whole seconds unless it says more. A fraction of zero says nothing: MP4 counts seconds and is shown with one."""
    return 1_000_000 if moment_us % 1_000_000 == 0 else 1000
