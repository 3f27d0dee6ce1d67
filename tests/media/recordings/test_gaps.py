"""Gaps between real segments, to the millisecond: cut from a film at known places, or made at known times."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from archive.catalogue.recording_queries import SegmentRow
from devices.profiles import load_profiles
from ingest.media.child import MediaChild
from ingest.recordings.facts import Times, times_of
from ingest.recordings.grouping import groups
from ingest.recordings.layout import laid_out
from ingest.recordings.parts import part_of
from tests.fakes import segments
from tests.media.recordings.shelf import row

PROFILES = load_profiles()
Told = Callable[..., list[SegmentRow]]


@pytest.fixture(scope="module")
def child() -> Iterator[MediaChild]:
    with MediaChild() as started:
        yield started


@pytest.fixture
def told(child: MediaChild) -> Told:
    """What is said of files that a recorder named one after the other; starts are by its clock, in seconds."""

    def tell(files: list[Path], starts: list[str | None] | None = None) -> list[SegmentRow]:
        parts = []
        for number, file in enumerate(files):
            examined = child.examine(file, name=file.name, out=None)
            start = starts[number] if starts else None
            clip = row(
                f"REC{number:04}{file.suffix}",
                start,
                None,
                container=examined.facts.container,
                audio=examined.facts.audio_codec,
                video=examined.facts.video_codec,
                width=320,
                height=240,
                modified=f"2026-01-01T12:00:{number:02}Z",
            )
            parts.append(part_of(clip, times_of(json.dumps(examined.document).encode()), PROFILES))
        found = groups(reversed(parts))
        if not found:
            return []
        [group] = found
        return [
            SegmentRow(position=n, **({"missing": None} | s))
            for n, s in enumerate(laid_out(group)["segments"])
        ]

    return tell


def _gaps(rows: list[SegmentRow]) -> list[tuple[int | None, int | None, str | None, Any]]:
    return [(r.gap_ms, r.uncertainty_ms, r.by, r.finding) for r in rows[1:]]


def test_a_transport_stream_cut_where_no_frame_is_lost_is_continuous(
    told: Told, tmp_path: Path
) -> None:
    whole = segments.film(tmp_path / "film.mkv", seconds=8)
    files = segments.cut(whole, tmp_path, times=[2, 4, 6], suffix="ts")
    found = told(files)
    assert _gaps(found) == [(0, 1, "timestamps", None)] * 3
    assert [(r.from_ms, r.length_ms) for r in found] == [(n * 2000, 2000) for n in range(4)]
    # The third one is not here: its time is.
    assert _gaps(told([files[0], files[1], files[3]])) == [
        (0, 1, "timestamps", None),
        (2000, 1, "timestamps", "gap"),
    ]


def test_frames_that_were_lost_between_two_segments_are_a_gap_of_exactly_their_time(
    told: Told, tmp_path: Path
) -> None:
    whole = segments.film(tmp_path / "film.mkv", seconds=6, without=(75, 77))
    files = segments.cut(whole, tmp_path, times=[3], suffix="ts")
    assert _gaps(told(files)) == [(120, 1, "timestamps", "gap")]


@pytest.mark.parametrize(
    ("begins", "fps", "said"),
    [
        (12.04, 25, (40, None)),  # one frame: GA/T 947.2 lets it pass
        (12.08, 25, (80, "gap")),
        (12.0667, 15, (67, "gap")),
        (11.5, 25, (-500, "overlap")),
        (11.96, 25, (-40, None)),
        (13.9, 25, (1900, "gap")),
    ],
)
def test_gap_and_overlap_of_transport_streams_are_measured_to_the_millisecond(
    told: Told, tmp_path: Path, begins: float, fps: int, said: tuple[int, str | None]
) -> None:
    files = [
        segments.piece(tmp_path / "a.ts", frames=2 * fps, begins=10, fps=fps),
        segments.piece(tmp_path / "b.ts", frames=2 * fps, begins=begins, fps=fps),
    ]
    [(gap_ms, doubt_ms, by, finding)] = _gaps(told(files))
    assert (gap_ms, finding) == said
    assert (doubt_ms, by) == (1, "timestamps")


def test_fragments_whose_decode_times_go_on_tell_their_gap(told: Told, tmp_path: Path) -> None:
    files = [
        segments.fragments(tmp_path / f"{n}.mp4", frames=50, begins=begins)
        for n, begins in enumerate((600, 602, 604.2))
    ]
    assert _gaps(told(files)) == [(0, 1, "timestamps", None), (200, 1, "timestamps", "gap")]


def test_times_that_begin_anew_with_each_file_say_nothing_and_the_recorders_clock_does(
    told: Told, tmp_path: Path
) -> None:
    files = [segments.piece(tmp_path / f"{n}.mp4", frames=50) for n in (1, 2)]
    assert told(files) == []
    clock: list[str | None] = ["2026-01-01T12:00:00Z", "2026-01-01T12:00:03Z"]
    assert _gaps(told(files, clock)) == [(1000, 1000, "names", "not_proven")]
    clock[1] = "2026-01-01T12:00:04Z"
    assert _gaps(told(files, clock)) == [(2000, 1000, "names", "gap")]
    exact: list[str | None] = ["2026-01-01T12:00:00.250Z", "2026-01-01T12:00:02.275Z"]
    assert _gaps(told(files, exact)) == [(25, 1, "names", None)]


def test_timecode_tells_to_the_frame_unless_the_recorders_clock_says_otherwise(
    told: Told, tmp_path: Path
) -> None:
    files = [
        segments.piece(tmp_path / f"{n}.mp4", frames=50, timecode=code)
        for n, code in enumerate(["23:59:59:00", "00:00:01:03", "00:00:01:00"])
    ]
    assert _gaps(told(files[:2])) == [(120, 40, "timecode", "gap")]
    assert _gaps(told([files[0], files[2]])) == [(0, 40, "timecode", None)]
    near: list[str | None] = ["2026-01-01T12:00:00Z", "2026-01-01T12:00:02Z"]
    assert [g[2] for g in _gaps(told(files[:2], near))] == ["timecode"]
    frozen = [files[0], segments.piece(tmp_path / "f.mp4", frames=50, timecode="12:00:00:00")]
    assert [g[2] for g in _gaps(told(frozen, near))] == ["names"]


def test_a_first_segment_without_sound_is_the_part_before_the_event(
    told: Told, tmp_path: Path
) -> None:
    files = [
        segments.piece(tmp_path / "a.ts", frames=50, begins=10, sound=False),
        segments.piece(tmp_path / "b.ts", frames=50, begins=12),
    ]
    assert _gaps(told(files)) == [(0, 1, "timestamps", None)]
    assert told([files[1], files[0]]) == []


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        b'{"frames": 1, "streams": {}, "clocks": [1]}',
        b'{"streams": [{"type": "video", "index": 0, "start_us": true, "rate": "1/0"}],'
        b' "frames": {"stream": 0, "time_base": "1/0", "first": 0, "runs": [[0]], "count": 1}}',
        b'{"streams": [{"type": "video", "index": 0}], "frames": {"stream": 0, "first": 0,'
        b' "time_base": "1/1", "runs": [[1, 5], [-1, 5]], "count": 1}}',
    ],
)
def test_facts_that_are_none_say_nothing(raw: bytes) -> None:
    assert times_of(raw) in {Times(), Times(first_us=0)}
