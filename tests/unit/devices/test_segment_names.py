"""What names say of segments: which belong to one series, and what counts them."""

from __future__ import annotations

import pytest

from devices.profiles import load_profiles

PROFILES = {profile.name: profile for profile in load_profiles()}


@pytest.mark.parametrize(
    ("profile", "names"),
    [
        ("dcim", [b"DCIM/100GOPRO/GX010123.MP4", b"DCIM/101GOPRO/GX020123.MP4"]),
        ("dcim", [b"GOPR0123.MP4", b"GP010123.MP4", b"GP020123.MP4"]),
        ("dcim", [b"DJI_20230101120000_0001_D.MP4", b"DJI_20230101120500_0002_D.MP4"]),
        ("dcim", [b"VID_20260101_120000_00_001.mp4", b"VID_20260101_120500_00_002.mp4"]),
        (
            "dcam",
            [b"a/DCAM_T1_77_20260101_120000.mp4", b"b/DCAM_T1_77_20260101_120500_IMP.MP4"],
        ),
        ("dcam", [b"DCAM_T1_77_20260101_120000_001.mp4", b"DCAM_T1_77_20260101_120000_002.mp4"]),
        ("generic", [b"REC0001.ts", b"rec0002.ts"]),
        ("generic", [b"20260101120000F.mp4", b"20260101120300F.mp4"]),
    ],
)
def test_names_of_one_recording_are_of_one_series(profile: str, names: list[bytes]) -> None:
    assert len({PROFILES[profile].segment(name).series for name in names}) == 1


@pytest.mark.parametrize(
    ("profile", "names"),
    [
        ("dcim", [b"GX010123.MP4", b"GX010124.MP4"]),
        ("dcam", [b"DCAM_T1_77_20260101_120000.mp4", b"DCAM_T1_78_20260101_120500.mp4"]),
        ("dcam", [b"DCAM_T1_77_20260101_120000.mp4", b"DCAM_T2_77_20260101_120500.mp4"]),
        ("generic", [b"20260101120000F.mp4", b"20260101120300R.mp4"]),
        ("generic", [b"kitchen.mp4", b"yard.mp4"]),
    ],
)
def test_names_of_another_number_badge_device_or_lens_are_of_another_series(
    profile: str, names: list[bytes]
) -> None:
    assert len({PROFILES[profile].segment(name).series for name in names}) == len(names)


def test_chapters_and_counters_are_read() -> None:
    dcim, generic = PROFILES["dcim"], PROFILES["generic"]
    assert [
        dcim.segment(n).chapter for n in (b"GOPR0123.MP4", b"GP010123.MP4", b"GX120123.MP4")
    ] == [*(0, 1, 12)]
    assert dcim.segment(b"DJI_20230101120500_0002_D.MP4").sequence == 2
    assert generic.segment(b"REC0041.ts").sequence == 41
    assert generic.segment(b"20260101120000.mp4").sequence is None
