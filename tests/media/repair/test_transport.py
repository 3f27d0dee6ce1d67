"""Transport streams that lost packets on their way, or end too early."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from tests.media.repair.damage import heard, make, repair, seen

STEP = 188


@pytest.fixture(scope="module", params=["h264-b", "hevc"])
def whole(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An intact transport stream."""
    return make(tmp_path_factory.mktemp("ts") / f"{request.param}.ts", request.param, "stereo")


def pid(data: bytes, at: int) -> int:
    return (data[at + 1] & 0x1F) << 8 | data[at + 2]


def from_start(found: list[tuple[Fraction, str]], zero: Fraction) -> set[tuple[Fraction, str]]:
    """Return pictures with their times from the first of all."""
    return {(at - zero, digest) for at, digest in found}


@pytest.mark.slow
def test_pictures_with_a_lost_packet_are_left_out_and_the_rest_keeps_its_time(
    whole: Path, tmp_path: Path
) -> None:
    data = whole.read_bytes()
    places = [at for at in range(0, len(data), STEP) if pid(data, at) == 0x100]
    lost = {places[len(places) // 2], places[len(places) // 2 + 1]}
    damaged = b"".join(data[at : at + STEP] for at in range(0, len(data), STEP) if at not in lost)
    repaired = repair(tmp_path, damaged)
    pictures, all_pictures = seen(repaired.path), seen(whole)
    assert 40 < len(pictures) < 75
    # their first one is whole, so both begin with it
    assert from_start(pictures, pictures[0][0]) <= from_start(all_pictures, all_pictures[0][0])
    assert pictures[0][1] == all_pictures[0][1]
    assert len(heard(repaired.path)) == len(heard(whole))
    report = repaired.report
    assert report["method"] == "whole_packets"
    assert report["verified"] == {"frames": len(pictures), "errors": 0}
    assert report["lost"]["frames"] == 75 - len(pictures)
    assert {why for _, _, why in report["dropped"]} == {"lost_packets", "depends_on_lost"}
    assert report["complete"] is False


@pytest.mark.slow
def test_a_cut_stream_keeps_its_whole_pictures(whole: Path, tmp_path: Path) -> None:
    data = whole.read_bytes()
    at = len(data) * 6 // 10
    repaired = repair(tmp_path, data[: at - at % STEP + 77], damage=["cut_off"])
    pictures, all_pictures = seen(repaired.path), seen(whole)
    assert len(pictures) > 30
    shown = from_start(pictures, pictures[0][0])
    assert shown <= from_start(all_pictures, all_pictures[0][0])
    assert repaired.report["verified"]["errors"] == 0
    assert repaired.report["complete"] is False


@pytest.mark.slow
def test_the_same_stream_gives_the_same_file(whole: Path, tmp_path: Path) -> None:
    data = whole.read_bytes()[: STEP * 400]
    first = repair(tmp_path, data, damage=["cut_off"]).path.read_bytes()
    assert repair(tmp_path, data, damage=["cut_off"]).path.read_bytes() == first


@pytest.mark.slow
@pytest.mark.parametrize("zeros", [20_000, 300_000])
def test_a_tail_of_zeros_ends_the_stream_before_it(whole: Path, tmp_path: Path, zeros: int) -> None:
    data = whole.read_bytes()
    at = len(data) * 6 // 10 // STEP * STEP
    repaired = repair(tmp_path, data[:at] + bytes(zeros), damage=["zero_filled"])
    pictures, all_pictures = seen(repaired.path), seen(whole)
    assert len(pictures) > 30
    shown = from_start(pictures, pictures[0][0])
    assert shown <= from_start(all_pictures, all_pictures[0][0])
    report = repaired.report
    assert report["verified"] == {"frames": len(pictures), "errors": 0}
    assert [at, at + zeros, "zero_filled"] in report["dropped"]
    assert report["lost"]["us"] is None
    assert report["complete"] is False


@pytest.mark.slow
def test_behind_a_long_hole_of_zeros_pictures_come_back_at_their_time(
    whole: Path, tmp_path: Path
) -> None:
    data = whole.read_bytes()
    at = len(data) * 4 // 10 // STEP * STEP
    # longer than what libavformat looks through before it gives up
    repaired = repair(tmp_path, data[:at] + bytes(STEP * 800) + data[at:])
    pictures, all_pictures = seen(repaired.path), seen(whole)
    assert from_start(pictures, pictures[0][0]) <= from_start(all_pictures, all_pictures[0][0])
    assert pictures[-1][1] == all_pictures[-1][1]
    assert repaired.report["verified"]["errors"] == 0
    assert repaired.report["complete"] is False


@pytest.mark.slow
def test_times_go_on_where_the_clock_starts_anew(whole: Path, tmp_path: Path) -> None:
    data = whole.read_bytes()
    repaired = repair(tmp_path, data + data + data, damage=["lost_packets"])
    pictures, every = seen(repaired.path), [digest for _, digest in seen(whole)]
    report = repaired.report
    assert "clock_restarted" in report["notes"]
    assert report["verified"] == {"frames": len(pictures), "errors": 0}
    assert 200 < len(pictures) <= 225
    assert {digest for _, digest in pictures} == set(every)
    times = [time for time, _ in pictures]
    assert times == sorted(set(times))
    assert 8 < times[-1] - times[0] < 10
    assert report["complete"] is False
    assert report["lost"]["us"] is None  # nobody knows how long the recorder was off
    sound = [time for time, _ in heard(repaired.path)]
    assert abs((sound[-1] - sound[0]) - (times[-1] - times[0])) < 1


@pytest.mark.slow
def test_nothing_is_lost_of_a_stream_that_is_whole(whole: Path, tmp_path: Path) -> None:
    report = repair(tmp_path, whole.read_bytes()).report
    assert report["complete"] is True
    assert report["lost"] == {"us": 0, "frames": 0, "bytes": 0}
    assert "clock_restarted" not in report["notes"]
