"""A clip whose recorder lost its power before it wrote the index."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from ingest.media.errors import TaskRefusedError
from tests.media.repair.conftest import Pair
from tests.media.repair.damage import (
    all_from,
    heard,
    make,
    packets,
    repair,
    run,
    seen,
    times,
    without_index,
)

KINDS = (
    ("h264-b", "stereo"),
    ("h264-slices", "mono"),
    ("h264-baseline", "stereo"),
    ("h264-fields", "mono"),
    ("hevc", "stereo"),
    ("h264-b", None),
)


@pytest.mark.slow
@pytest.mark.parametrize(("picture", "sound"), KINDS)
def test_every_picture_and_all_sound_come_back_at_their_times(
    pair: Pair, tmp_path: Path, picture: str, sound: str | None
) -> None:
    original, healthy = pair(picture, sound)
    repaired = repair(tmp_path, without_index(original), beside=[healthy])
    assert packets(repaired.path, "video") == packets(original, "video")
    assert packets(repaired.path, "audio") == packets(original, "audio")
    assert seen(repaired.path) == seen(original)
    assert heard(repaired.path) == heard(original)
    report = repaired.report
    assert report["method"] == "scanned_with_reference"
    assert report["reference"] == healthy.name
    assert report["dropped"] == []
    assert report["verified"] == {"frames": 75, "errors": 0}
    assert report["recovered"]["us"] in range(3_000_000, 3_100_000)


@pytest.mark.slow
@pytest.mark.parametrize("part", [10, 6])
def test_plain_sound_is_known_by_what_follows_it(pair: Pair, tmp_path: Path, part: int) -> None:
    original, healthy = pair("h264-baseline", "plain")
    data = without_index(original)
    repaired = repair(tmp_path, data[: len(data) * part // 10], beside=[healthy])
    sound = b"".join(one for one, _ in packets(repaired.path, "audio"))
    whole = b"".join(one for one, _ in packets(original, "audio"))
    assert whole.startswith(sound)
    assert len(sound) > len(whole) * (part - 1) // 10
    pictures = seen(repaired.path)
    assert pictures == seen(original)[: len(pictures)]
    assert repaired.report["recovered"]["us"] >= part * 280_000
    assert repaired.report["verified"]["errors"] == 0


@pytest.mark.slow
def test_it_is_never_called_complete(pair: Pair, tmp_path: Path) -> None:
    original, healthy = pair("h264-b", "stereo")
    report = repair(tmp_path, without_index(original), beside=[healthy]).report
    assert report["complete"] is False
    assert report["lost"] == {"us": None, "frames": None, "bytes": 0}
    assert report["notes"] == ["assumed_rate"]


@pytest.mark.slow
@pytest.mark.parametrize(("picture", "sound"), KINDS[:5])
def test_a_cut_in_the_middle_loses_what_is_behind_it(
    pair: Pair, tmp_path: Path, picture: str, sound: str | None
) -> None:
    original, healthy = pair(picture, sound)
    data = without_index(original)
    repaired = repair(tmp_path, data[: len(data) * 6 // 10], beside=[healthy])
    whole = packets(original, "video")
    kept = packets(repaired.path, "video")
    assert kept == whole[: len(kept)]
    assert len(kept) > 30
    told = packets(repaired.path, "audio")
    assert told == packets(original, "audio")[: len(told)]
    assert len(told) > 20
    assert all_from(seen(repaired.path), seen(original))
    report = repaired.report
    assert report["verified"] == {"frames": len(kept), "errors": 0}
    assert {why for _, _, why in report["dropped"]} <= {"cut_off"}
    assert report["lost"]["bytes"] < 20_000


@pytest.mark.slow
def test_zeros_behind_the_last_block_that_was_written_are_named(pair: Pair, tmp_path: Path) -> None:
    original, healthy = pair("h264-b", "stereo")
    data = without_index(original)
    end = len(data) * 6 // 10 // 4096 * 4096
    repaired = repair(tmp_path, data[:end] + bytes(len(data) - end), beside=[healthy])
    assert all_from(seen(repaired.path), seen(original))
    assert len(seen(repaired.path)) > 30
    report = repaired.report
    assert report["verified"]["errors"] == 0
    zeros = [(start, stop) for start, stop, why in report["dropped"] if why == "zero_filled"]
    assert zeros[-1][1] == len(data)
    assert zeros[-1][0] in range(end - 4096, end + 1)


@pytest.mark.slow
def test_pictures_behind_a_hole_wait_for_a_key_picture_and_keep_their_time(
    pair: Pair, tmp_path: Path
) -> None:
    original, healthy = pair("h264-baseline", "stereo")
    data = bytearray(without_index(original))
    hole = len(data) // 2 // 4096 * 4096
    data[hole : hole + 8192] = bytes(8192)
    repaired = repair(tmp_path, bytes(data), beside=[healthy])
    shown = [digest for _, digest in seen(repaired.path)]
    assert all_from(shown, [digest for _, digest in seen(original)])
    assert seen(repaired.path)[0] == seen(original)[0]
    for kind in ("video", "audio"):
        before, after = times(original, kind), times(repaired.path, kind)
        assert max(abs(after[one] - before[one]) for one in after) < Fraction(1, 10), kind
    report = repaired.report
    assert report["verified"] == {"frames": len(shown), "errors": 0}
    assert {"zero_filled", "depends_on_lost"} <= {why for _, _, why in report["dropped"]}
    assert "resumed_after_loss" in report["notes"]


@pytest.mark.slow
def test_the_same_clip_and_relative_give_the_same_file(pair: Pair, tmp_path: Path) -> None:
    original, healthy = pair("h264-b", "stereo")
    data = without_index(original)
    first = repair(tmp_path, data, beside=[healthy])
    written = first.path.read_bytes()
    again = repair(tmp_path, data, beside=[healthy])
    assert again.path.read_bytes() == written
    assert again.answer == first.answer


@pytest.mark.slow
def test_a_relative_of_other_settings_is_passed_over_for_a_fitting_one(
    pair: Pair, tmp_path: Path
) -> None:
    original, healthy = pair("h264-b", "stereo")
    _, other = pair("hevc", "stereo")
    repaired = repair(tmp_path, without_index(original), beside=[other, healthy])
    assert repaired.report["reference"] == healthy.name
    assert packets(repaired.path, "video") == packets(original, "video")


@pytest.mark.slow
def test_parameter_sets_in_the_stream_count_more_than_those_of_the_relative(
    pair: Pair, tmp_path: Path
) -> None:
    told = ("-bsf:v", "h264_mp4toannexb,h264_metadata", "-tag:v", "avc3", "-refs", "12")
    original = make(tmp_path / "told.mp4", "h264-inband", None, *told)  # more bits of frame_num
    repaired = repair(tmp_path, without_index(original), beside=[pair("h264-b", None)[1]])
    assert repaired.report["method"] == "scanned_with_reference"
    assert seen(repaired.path) == seen(original)


@pytest.mark.slow
def test_a_relative_of_another_picture_size_is_found_out_by_decoding(
    pair: Pair, tmp_path: Path
) -> None:
    original, healthy = pair("h264-b", "stereo")
    wide = make(tmp_path / "wide.mp4", "h264-b", "stereo", "-s", "480x272")
    repaired = repair(tmp_path, without_index(original), beside=[wide, healthy])
    assert repaired.report["reference"] == healthy.name
    assert seen(repaired.path) == seen(original)
    with pytest.raises(TaskRefusedError, match="does_not_decode"):
        repair(tmp_path, without_index(original), beside=[wide])


def test_without_a_relative_it_is_refused(pair: Pair, tmp_path: Path) -> None:
    original, _ = pair("h264-b", "stereo")
    with pytest.raises(TaskRefusedError, match="no_reference"):
        repair(tmp_path, without_index(original))


def test_a_relative_that_does_not_fit_gives_nothing(pair: Pair, tmp_path: Path) -> None:
    original, _ = pair("h264-b", "stereo")
    _, other = pair("hevc", "stereo")
    with pytest.raises(TaskRefusedError, match=r"nothing_recovered|does_not_decode"):
        repair(tmp_path, without_index(original), beside=[other])


def test_times_and_texts_of_the_relative_are_not_taken_over(pair: Pair, tmp_path: Path) -> None:
    original, healthy = pair("h264-b", "stereo")
    data = bytearray(healthy.read_bytes())
    at = data.find(b"mvhd") + 8
    data[at : at + 4] = b"\xe0\0\0\1"  # a day of making
    relative = tmp_path / "relative.mp4"
    relative.write_bytes(data)
    repaired = repair(tmp_path, without_index(original), beside=[relative])
    written = repaired.path.read_bytes()
    at = written.find(b"mvhd") + 4
    assert written[at] == 1
    assert written[at + 4 : at + 20] == bytes(16)
    assert b"udta" not in written


@pytest.mark.slow
def test_a_picture_that_lost_a_slice_is_no_picture(pair: Pair, tmp_path: Path) -> None:
    original, healthy = pair("h264-slices", None)
    data = bytearray(without_index(original))
    place = data.find(packets(original, "video")[40][0])
    end = place + len(packets(original, "video")[40][0])
    data[end - 40 : end - 4] = b"\0\0\1" * 12  # in its last slice, as no encoder writes it
    repaired = repair(tmp_path, bytes(data), beside=[healthy])
    assert all_from(seen(repaired.path), seen(original))
    assert [place, end] in [[start, stop] for start, stop, _ in repaired.report["dropped"]][:1]
    assert repaired.report["verified"]["errors"] == 0


@pytest.mark.slow
@pytest.mark.parametrize("sound", [None, "stereo"])
def test_pictures_that_describe_themselves_need_no_relative(
    tmp_path: Path, sound: str | None
) -> None:
    told = ("-bsf:v", "h264_mp4toannexb,h264_metadata", "-tag:v", "avc3")
    original = make(tmp_path / "told.mp4", "h264-inband", sound, *told)
    repaired = repair(tmp_path, without_index(original))
    assert repaired.report["method"] == "scanned_with_own_parameters"
    assert repaired.report["reference"] is None
    assert {"assumed_rate", "sound_not_identified"} <= set(repaired.report["notes"])
    assert seen(repaired.path) == seen(original)
    assert heard(repaired.path) == []


@pytest.mark.slow
@pytest.mark.parametrize("hole", [0, 3000])
def test_a_recording_of_sound_alone_comes_back(tmp_path: Path, hole: int) -> None:
    noise = (
        "-f",
        "lavfi",
        "-i",
        "anoisesrc=d=4:a=0.2:r=48000:seed=7",
        "-c:a",
        "aac",
        "-b:a",
        "64k",
    )
    original = run(tmp_path / "sound.m4a", *noise)
    data = bytearray(without_index(original))
    middle = len(data) // 2
    data[middle : middle + hole] = bytes(hole)
    repaired = repair(tmp_path, bytes(data), beside=[original])
    assert repaired.answer["media_type"] == "audio/mp4"
    told, whole = packets(repaired.path, "audio"), packets(original, "audio")
    assert all_from(told, whole)
    assert len(whole) - len(told) <= hole // 100
    assert repaired.report["verified"]["errors"] == 0
    assert repaired.report["recovered"]["audio_frames"] == len(told)
