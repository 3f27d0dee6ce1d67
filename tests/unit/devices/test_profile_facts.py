"""What names on a recorder say, with the profiles that are shipped."""

from __future__ import annotations

import os
from datetime import datetime

import pytest

from devices.folder import FoundClip
from devices.profiles import ClipFacts, Profile, choose, load_profiles, order

PROFILES = {profile.name: profile for profile in load_profiles()}


def read(profile: str, path: str | bytes) -> ClipFacts:
    raw = os.fsencode(path)
    return PROFILES[profile].read([raw])[raw]


def start(text: str) -> datetime:
    return datetime.fromisoformat(text)


def clip(path: str, mtime: int = 0) -> FoundClip:
    return FoundClip(path=path.encode(), size=1, mtime_ns=mtime * 10**9, dev=1, ino=1)


def test_the_shipped_profiles_end_with_the_generic_one_and_are_named_in_both_languages() -> None:
    assert [profile.name for profile in load_profiles()] == ["dcam", "dcim", "generic"]
    assert all(profile.title_en and profile.title_zh for profile in PROFILES.values())


def test_a_dcam_name_tells_recorder_badge_start_and_mark() -> None:
    assert read("dcam", "DCIM/DCAM_K9-0007_012345_20260117_101112_IMP.mp4") == ClipFacts(
        kind="video",
        start_raw="20260117_101112",
        start=start("2026-01-17T10:11:12"),
        recorder="K9-0007",
        badge="012345",
        marked=True,
    )


@pytest.mark.parametrize(
    ("path", "recorder", "badge", "marked"),
    [
        ("DCAM_7_警号01_20260117_101112.MP4", "7", "警号01", False),
        ("dcam_7_8_20260117_101112_imp.mp4", "7", "8", True),
        ("DCAM_7_8_20260117_101112_0003_IMP.mp4", "7", "8", True),
        ("DCAM_7_8_20260117101112.mp4", "7", "8", False),
        ("DCAM_7_20260117_101112.mp4", "7", None, False),
        ("DCAM_7_8/20260117_101112.mp4", "7", "8", False),
        ("DCAM_7/RO/20260117_101112.mp4", "7", None, True),
        ("DCAM_9/DCAM_7_8_20260117_101112.mp4", "7", "8", False),
        (b"DCAM_\xff_8_20260117_101112.mp4", r"\xff", "8", False),
    ],
)
def test_dcam_names_and_folders_of_every_shape(
    path: str | bytes, recorder: str, badge: str | None, *, marked: bool
) -> None:
    facts = read("dcam", path)
    assert (facts.recorder, facts.badge, facts.marked) == (recorder, badge, marked)
    assert facts.start == start("2026-01-17T10:11:12")


@pytest.mark.parametrize(
    ("stem", "raw"),
    [
        ("20260117101112", "20260117101112"),
        ("现场 2026-01-17 10-11-12 东门", "2026-01-17 10-11-12"),
        ("cam1_20260117_101112_0001", "20260117_101112"),
        ("2026.01.17T10.11.12", "2026.01.17T10.11.12"),
        ("x20260117-101112x", "20260117-101112"),
        ("20260117_20260117_101112", "20260117_101112"),
        ("20260117_101112_20260117_103000", "20260117_101112"),
    ],
)
def test_a_start_is_found_anywhere_in_a_name(stem: str, raw: str) -> None:
    facts = read("generic", f"{stem}.mp4")
    assert (facts.start_raw, facts.start) == (raw, start("2026-01-17T10:11:12"))


@pytest.mark.parametrize(
    "stem",
    [
        "12345202601171011129",  # a serial of twenty digits
        "202601171011123",
        "1234520260117101112",
        "20260117_101112" + "x" * 300,  # before the last 255 bytes
        "19990117_101112",
        "20261317_101112",
        "20260117_241112",
        "20260117_106012",
        "2026-01_17_101112",
        "20260117",
        "",
        "DSC00012",
    ],
)
def test_digits_that_are_no_start_are_left_alone(stem: str) -> None:
    facts = read("generic", f"{stem}.mp4")
    assert (facts.start_raw, facts.start) == (None, None)


@pytest.mark.parametrize(
    "digits", ["20260230_101112", "20261399_101112", "19691231_235959", "21000101_000000"]
)
def test_digits_that_are_no_real_date_are_kept_but_no_start(digits: str) -> None:
    facts = read("dcam", f"DCAM_1_2_{digits}.mp4")
    assert (facts.start_raw, facts.start) == (digits, None)


def test_a_clock_that_was_never_set_is_still_what_the_clock_said() -> None:
    facts = read("dcam", "DCAM_1_2_19700101_000003.mp4")
    assert facts.start == start("1970-01-01T00:00:03")


@pytest.mark.parametrize(
    ("stem", "raw"),
    [
        ("VID_20260117_101112", "20260117_101112"),
        ("IMG_20260117_101112_HDR", "20260117_101112"),
        ("20260117_101112", "20260117_101112"),
        ("DJI_20260117101112_0001_D", "20260117101112"),
        ("GX010123", None),
        ("DSC_0001", None),
    ],
)
def test_names_of_dcim_cameras(stem: str, raw: str | None) -> None:
    facts = read("dcim", f"DCIM/100MEDIA/{stem}.MP4")
    assert (facts.start_raw, facts.kind) == (raw, "video")


@pytest.mark.parametrize(
    ("path", "marked"),
    [
        ("RO/a.mp4", True),
        ("DCIM/event_locked/100/a.mp4", True),
        ("重点文件/a.mp4", True),
        ("a_IMP.mp4", True),
        ("a-lock.mp4", True),
        ("a_重点.mp4", True),
        ("IMP.mp4", False),
        ("a_IMPORT.mp4", False),
        ("aIMP.mp4", False),
        ("ROAD/a.mp4", False),
        ("UNLOCKED/a.mp4", False),
        ("RO", False),
    ],
)
def test_marks_are_last_words_and_whole_folder_names(path: str, *, marked: bool) -> None:
    assert read("generic", path).marked is marked


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.MP4", "video"),
        ("a.JpG", "photo"),
        ("a.wav", "audio"),
        ("a.OFD", "document"),
        ("a.gpx", "data"),
        ("a.mp4.exe", "unknown"),
        ("a", "unknown"),
        (".mp4", "unknown"),
        ("a.", "unknown"),
    ],
)
def test_kinds_go_by_the_extension(name: str, kind: str) -> None:
    assert read("generic", name).kind == kind


@pytest.mark.parametrize(
    ("side", "others", "owner"),
    [
        ("d/a.THM", ["d/a.MP4"], "d/a.MP4"),
        ("d/A.thm", ["d/a.MP4"], "d/a.MP4"),
        ("d/a.mp4.log", ["d/a.mp4", "d/a.mov"], "d/a.mp4"),
        ("d/a.srt", ["d/a.mov", "d/a.mp4"], "d/a.mov"),
        ("d/a.wav", ["d/a.jpg", "d/a.mp4"], "d/a.mp4"),
        ("d/a.wav", ["d/a.jpg"], "d/a.jpg"),
        ("d/a.jpg", ["d/a.wav"], None),
        ("d/a.thm", ["d/a_IMP.mp4"], "d/a_IMP.mp4"),
        ("d/a_IMP.thm", ["d/a.mp4"], "d/a.mp4"),
        ("d/a.thm", ["e/a.mp4"], None),
        ("d/a.thm", ["d/ab.mp4"], None),
        ("d/a.pdf", ["d/a.mp4"], None),
        ("d/a.mov", ["d/a.mp4"], None),
        ("d/a.log", ["d/a.txt"], None),
        ("d/GL010123.LRV", ["d/GX010123.MP4"], "d/GX010123.MP4"),
        ("d/GL010123.LRV", ["d/GH010123.MP4"], "d/GH010123.MP4"),
    ],
)
def test_side_files_find_their_clip(side: str, others: list[str], owner: str | None) -> None:
    paths = [path.encode() for path in [side, *others]]
    facts = PROFILES["dcim"].read(paths)
    assert facts[side.encode()].belongs_to == (owner.encode() if owner else None)
    assert all(facts[path.encode()].belongs_to is None for path in others if path == owner)


def test_a_side_file_shares_the_mark_of_its_clip() -> None:
    facts = PROFILES["generic"].read([b"a.thm", b"a_IMP.mp4", b"b.thm"])
    assert [facts[p].marked for p in (b"a.thm", b"a_IMP.mp4", b"b.thm")] == [True, True, False]


DCAM = b"DCIM/100MEDIA/DCAM_7_8_20260117_101112.mp4"


@pytest.mark.parametrize(
    ("paths", "name"),
    [
        ([DCAM, b"x.bin"], "dcam"),
        ([DCAM, b"DCIM/100MEDIA/x.mp4", b"DCIM/100MEDIA/y.mp4"], "dcam"),
        ([b"DCIM/100MEDIA/VID_20260117_101112.mp4"], "dcim"),
        ([b"dcim/whatever.mp4"], "dcim"),
        ([DCAM, b"GX010001.MP4", b"GX010002.MP4"], "dcim"),
        ([b"video/a.mp4", b"\xff"], "generic"),
        ([b"notDCIM/a.mp4"], "generic"),
        ([], "generic"),
    ],
)
def test_the_profile_that_most_names_speak_for_is_chosen(paths: list[bytes], name: str) -> None:
    for listing in (paths, paths[::-1], paths[1:] + paths[:1]):
        assert choose(load_profiles(), listing).name == name


def ordered(clips: list[FoundClip], profile: Profile = PROFILES["dcam"]) -> list[str]:
    facts = profile.read([c.path for c in clips])
    return [c.path.decode() for c in order(clips, facts)]


def test_marked_clips_come_first_then_the_oldest_then_by_path() -> None:
    clips = [
        clip("z.mp4", 3),
        clip("b.mp4", 2),
        clip("a.mp4", 2),
        clip("new_IMP.mp4", 9),
        clip("RO/old.mp4", 8),
    ]
    assert ordered(clips) == ["RO/old.mp4", "new_IMP.mp4", "a.mp4", "b.mp4", "z.mp4"]


def test_the_start_in_the_name_counts_more_than_the_files_time() -> None:
    clips = [
        clip("DCAM_1_2_20260117_101112.mp4", 1),
        clip("DCAM_1_2_20260116_101112.mp4", 2),
        clip("x.mp4", int(start("2026-01-16T20:00:00").timestamp())),
    ]
    assert ordered(clips) == [clips[1].path.decode(), "x.mp4", clips[0].path.decode()]


def test_side_files_follow_their_clip_whatever_their_time() -> None:
    clips = [clip("b.thm", 0), clip("b.log", 99), clip("a.mp4", 1), clip("b.mp4", 5)]
    assert ordered(clips) == ["a.mp4", "b.mp4", "b.log", "b.thm"]


def test_a_side_file_whose_clip_is_not_taken_is_taken_all_the_same() -> None:
    facts = PROFILES["generic"].read([b"a.mp4", b"a.thm"])
    assert order([clip("a.thm")], facts) == [clip("a.thm")]
    assert order([clip("unread")], facts) == [clip("unread")]
