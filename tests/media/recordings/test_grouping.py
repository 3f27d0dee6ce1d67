"""Which clips are one recording: tables of names, starts and media."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import permutations
from typing import Any

import pytest

from archive.catalogue.rows import ClipRow
from devices.profiles import load_profiles, parse_profile
from ingest.recordings.facts import times_of
from ingest.recordings.grouping import Segment, groups
from ingest.recordings.layout import laid_out
from ingest.recordings.parts import part_of
from tests.media.recordings.shelf import document, row

PROFILES = load_profiles()
Clip = tuple[ClipRow, dict[str, object]]


def _at(second: int) -> str:
    return f"2026-01-01T{12 + second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}Z"


def _dcam(second: int, tail: str = "", serial: str = "T1", badge: str = "77") -> str:
    return f"DCAM_{serial}_{badge}_20260101_12{second // 60:02}{second % 60:02}{tail}.mp4"


def _grouped(clips: Iterable[ClipRow | Clip]) -> list[tuple[Segment, ...]]:
    pairs = [(clip, {}) if isinstance(clip, ClipRow) else clip for clip in clips]
    parts = [part_of(c, times_of(json.dumps(facts).encode()), PROFILES) for c, facts in pairs]
    return groups(parts)


def _names(found: list[tuple[Segment, ...]]) -> list[list[str]]:
    return [[s.part.path.removeprefix("DCIM/") for s in group] for group in found]


def _members(clips: Iterable[ClipRow | Clip], name: str) -> list[Any]:
    [group] = _grouped(clips)
    return [segment.get(name) for segment in laid_out(group)["segments"]]


def test_segments_that_begin_where_the_one_before_ended_are_one_recording() -> None:
    clips = [row(_dcam(s, t), _at(s), 300.04) for s, t in ((0, ""), (300, "_IMP"), (600, ""))]
    alone = row(_dcam(1200), _at(1200), 300)
    assert _names(_grouped([*clips, alone])) == [[_dcam(0), _dcam(300, "_IMP"), _dcam(600)]]
    assert _members(clips, "from_ms") == [0, 300_040, 600_080]
    assert _members(clips, "gap_ms") == [None, -40, -40]
    assert _members(clips, "uncertainty_ms") == [None, 1000, 1000]
    assert _members(clips, "by") == [None, "names", "names"]


@pytest.mark.parametrize(
    "other",
    [
        {"recorder_id": "T2"},
        {"path": f"DCIM/{_dcam(300, badge='78')}"},
        {"path": f"DCIM/{_dcam(300, serial='T9')}"},
        {"video": "hevc"},
        {"container": "avi"},
        {"width": 640},
        {"height": 480},
        {"audio": None},
        {"kind": "audio"},
        {"start": _at(303)},
        {"start": _at(297)},
        {"start": None},
        {"facts": document(fps=30)},
    ],
    ids=str,
)
def test_another_recorder_name_medium_or_time_is_another_recording(other: dict[str, Any]) -> None:
    first = row(_dcam(0), _at(0), 300), document(frames=7500)
    same = row(_dcam(300), _at(300), 300), document(frames=7500)
    assert len(_grouped([first, same])) == 1
    facts = other.pop("facts", document(frames=7500))
    assert _grouped([first, (same[0]._replace(**other), facts)]) == []


def test_groups_do_not_hang_on_the_order_of_the_clips() -> None:
    clips = [row(_dcam(s), _at(s), 300) for s in (0, 300, 600, 1200, 1500)]
    clips += [row(f"GX0{n}0123.MP4", _at(n * 300), 300, start_source="container") for n in (1, 2)]
    found = _grouped(clips)
    assert [len(group) for group in found] == [3, 2, 2]
    assert all(_grouped([*clips[3:], *order]) == found for order in permutations(clips[:3]))
    assert _grouped(reversed(clips)) == found


def test_chapters_are_one_recording_by_their_number_and_a_missing_one_is_said() -> None:
    def gopro(name: str, second: int) -> ClipRow:
        return row(name, _at(second), 300, start_source="container")

    clips = [gopro(f"GX{n:02}0123.MP4", (n - 1) * 300) for n in (1, 2, 4)]
    assert _members(clips, "missing") == [None, None, 1]
    assert _members(clips, "gap_ms") == [None, 0, 300_000]
    assert _members(clips, "from_ms") == [0, 300_000, 900_000]
    assert len(_grouped([*clips, gopro("GX010124.MP4", 1200)])) == 1
    assert _members([gopro("GX020125.MP4", 0), gopro("GX030125.MP4", 300)], "missing") == [1, None]
    old = [gopro("GOPR0123.MP4", 0), gopro("GP010123.MP4", 300), gopro("GP020123.MP4", 600)]
    assert _names(_grouped(old)) == [["GOPR0123.MP4", "GP010123.MP4", "GP020123.MP4"]]
    # Some cameras give every chapter the time of the first.
    assert _members([gopro(f"GX{n:02}0123.MP4", 0) for n in (1, 2)], "gap_ms") == [None, None]


def test_a_number_that_comes_again_hours_later_is_another_recording() -> None:
    days = [
        row(f"GX{n:02}0123.MP4", _at(s + (n - 1) * 300), 300, sha256=f"{n} {s}")
        for s in (0, 18_000)
        for n in (1, 2)
    ]
    assert [len(group) for group in _grouped(days)] == [2, 2]
    assert _grouped([days[0], days[3]]) == []


def test_a_counter_that_jumps_over_the_time_of_a_segment_says_that_one_is_missing() -> None:
    clips = [
        row(_dcam(second, f"_{counter:03}"), _at(second), 300)
        for counter, second in ((7, 0), (8, 300), (10, 900), (12, 1200))
    ]
    # From 10 to 12 no time is missing: something else was counted, a photo.
    assert _members(clips, "missing") == [None, None, 1, None]
    assert _grouped([clips[0], row(_dcam(900, "_009"), _at(1000), 300)]) == []


def test_names_that_tell_when_the_recording_began_are_ordered_by_their_counter() -> None:
    clips = [
        row(_dcam(0, f"_{n:03}"), _at(0), 300, modified=_at(300 * n + n % 2)) for n in (2, 1, 3)
    ]
    assert _names(_grouped(clips)) == [[_dcam(0, f"_00{n}") for n in (1, 2, 3)]]
    assert _members(clips, "gap_ms") == [None, None, None]
    assert _members(clips, "by") == [None, None, None]
    assert _members(clips, "from_ms") == [0, 300_000, 600_000]


def test_lenses_of_a_recorder_are_recordings_of_their_own() -> None:
    # The second lens's files begin a second earlier by their names: as far from either lens's end.
    early = {"_2": 1}
    clips = [
        row(f"20260101_{12:02}{s:04}{lens}.mp4", _at(at), 300, modified=_at(at + 300))
        for s in (0, 500, 1000)
        for lens in ("F", "R", "_1", "_2")
        for at in [s * 3 // 5 - (early.get(lens, 0) if s else 0)]
    ]
    endings = sorted({name[15:-4] for name in names}.pop() for names in _names(_grouped(clips)))
    assert endings == ["F", "R", "_1", "_2"]
    assert [len(group) for group in _grouped(clips)] == [3] * 4


def test_the_end_that_a_dead_battery_left_is_the_last_segment() -> None:
    broken = dict.fromkeys(("container", "video", "audio", "width", "height", "rate"))
    clips = [
        row(_dcam(0), _at(0), 300),
        row(_dcam(300), _at(300), None, damaged=True, **broken),
        row(_dcam(330), _at(330), 300),
    ]
    assert _names(_grouped(clips)) == [[_dcam(0), _dcam(300)]]
    assert _members(clips, "length_ms") == [300_000, 0]
    assert _grouped([clips[0], clips[1]._replace(damaged=False)]) == []


def test_a_first_part_without_sound_is_said_to_be_before_the_event() -> None:
    def silent(*clips: ClipRow | Clip) -> object:
        [group] = _grouped(clips)
        return laid_out(group)["silent_before_ms"]

    mute, loud = row(_dcam(0), _at(0), 30, audio=None), row(_dcam(30), _at(30), 300)
    minute = row(_dcam(30), _at(30), 30)
    assert silent(mute, loud) == 30_000
    assert silent(mute, (loud, document(frames=7500, sound_us=5_000_000))) == 35_000
    late = row(_dcam(0), _at(0), 30), document(frames=750, sound_us=12_040_000)
    assert silent(late, minute) == 12_040
    prompt = row(_dcam(0), _at(0), 30), document(frames=750, sound_us=23_000)
    assert silent(prompt, minute) is None
    assert silent(mute, minute._replace(audio=None)) is None
    assert silent(loud, row(_dcam(330), _at(330), 0.2, audio=None)) is None


def test_a_transport_streams_times_go_on_where_their_33_bits_begin_anew() -> None:
    # 2^33 ticks of 90 kHz are 95443.717689 s.
    def stream(n: int, first_us: int, container: str = "mpegts") -> Clip:
        clip = row(f"REC{n}.ts", None, 300, container=container, modified=_at(n * 300))
        return clip, document(first_us=first_us, frames=7500)

    assert _members([stream(1, 95_300_000_000), stream(2, 156_382_311)], "gap_ms") == [None, 100]
    other = [stream(1, 95_300_000_000, "matroska"), stream(2, 156_382_311, "matroska")]
    assert _grouped(other) == []


def test_short_files_whose_times_begin_anew_do_not_overlap() -> None:
    def short(n: int, first_us: int, start: str | None = None) -> Clip:
        clip = row(f"REC{n}.mp4", start, 2, modified=_at(n * 2))
        return clip, document(first_us=first_us, frames=50)

    assert _grouped([short(1, 0), short(2, 80_000)]) == []
    timed = [short(1, 0, _at(2)), short(2, 80_000, _at(4))]
    assert _members(timed, "by") == [None, "names"]


def test_a_timecode_that_leaves_labels_out_counts_frames() -> None:
    # SMPTE ST 12-1: 10:00:59;29 is followed by 10:01:00;02.
    def film(n: int, label: str) -> Clip:
        facts = document(frames=1800, fps=30, timecode=label)
        for stream in facts["streams"]:  # type: ignore[attr-defined]
            stream["rate"] = "30000/1001"
        facts["frames"] = facts["frames"] | {"time_base": "1/30000", "runs": [[1800, 1001]]}  # type: ignore[operator]
        return row(f"REC{n}.mp4", None, 60, modified=_at(n * 60)), facts

    found = [film(1, "10:00:00;00"), film(2, "10:01:00;02"), film(3, "10:02:00;06")]
    assert _members(found, "gap_ms") == [None, 0, 67]


def test_a_rate_that_was_guessed_from_two_frames_is_not_believed() -> None:
    last = document(frames=2)
    last["streams"] = [{"index": 0, "type": "video", "start_us": 0, "rate": "50/1"}]
    clips = [
        (row(_dcam(0), _at(0), 300), document(frames=7500)),
        (row(_dcam(300), _at(300), 0.08), last),
    ]
    assert len(_grouped(clips)) == 1


def test_the_same_clip_may_follow_one_recording_only() -> None:
    clips = [row(_dcam(s), _at(s), 300, sha256=str(s)) for s in (0, 300)]
    clips.append(row(_dcam(301), _at(301), 300))
    assert _names(_grouped(clips)) == [[_dcam(0), _dcam(300)]]


def test_a_maker_whose_lengths_are_known_is_not_split_by_hand() -> None:
    raw = (
        'format = 1\nname = "five"\nmaker = "m"\ntitle = {en = "X", zh = "甲"}\n'
        'extends = "generic"\n[names]\npatterns = ["F{date}{time}"]\n'
        "[segments]\nlengths_s = [300]\ntolerance_ms = 1500\n"
    )
    profiles = [parse_profile(raw.encode(), PROFILES), PROFILES[-1]]

    def found(seconds: float) -> int:
        rows = [
            row("F20260101120000.mp4", _at(0), seconds),
            row("F20260101120500.mp4", _at(round(seconds)), 20),
        ]
        return len(groups([part_of(r, times_of(b"{}"), profiles) for r in rows]))

    assert [found(s) for s in (300, 301, 200, 299)] == [1, 1, 0, 1]


def test_more_segments_than_an_entry_holds_are_more_recordings() -> None:
    clips = [
        row(f"20260101_{12 + m // 60:02}{m % 60:02}00.mp4", _at(m * 60), 60) for m in range(303)
    ]
    found = _grouped([c._replace(clip="clip-" + "0" * 26) for c in reversed(clips)])
    assert [len(group) for group in found] == [300, 3]
    assert len(json.dumps(laid_out(found[0]))) < 60_000
