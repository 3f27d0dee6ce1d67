"""A clip that has its index, and not all of what the index names, or not where it says."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path

import pytest

from ingest.media.errors import TaskRefusedError
from tests.media.repair.conftest import Pair
from tests.media.repair.damage import (
    Repaired,
    all_from,
    boxes,
    heard,
    make,
    packets,
    repair,
    run,
    seen,
)

KINDS = (
    ("h264-b", "stereo"),
    ("hevc", "stereo"),
    ("h264-slices", "mono"),
    ("h264-baseline", "plain"),
)
FRAGMENTS = ("-movflags", "frag_keyframe+empty_moov+default_base_moof", "-frag_duration", "400000")


def first(path: Path, *flags: str) -> Path:
    """Return a copy of a clip with its index first."""
    out = path.with_name(f"first-{len(flags)}-{path.name}")
    flags = flags or ("-movflags", "faststart")
    return out if out.exists() else run(out, "-i", str(path), "-map", "0", "-c", "copy", *flags)


def check_part(repaired: Repaired, original: Path, *, least: int) -> None:
    """Hold a repaired clip against the intact one: nothing else, at its time, without an error."""
    pictures = packets(repaired.path, "video")
    assert all_from(pictures, packets(original, "video"))
    assert all_from(seen(repaired.path), seen(original))
    assert len(pictures) >= least
    sound, all_sound = packets(repaired.path, "audio"), packets(original, "audio")
    assert b"".join(data for data, _ in all_sound).startswith(b"".join(data for data, _ in sound))
    report = repaired.report
    assert report["complete"] is False
    assert report["verified"] == {"frames": len(pictures), "errors": 0}
    assert report["recovered"]["frames"] == len(pictures)


@pytest.mark.slow
@pytest.mark.parametrize(("picture", "sound"), KINDS)
def test_a_cut_clip_keeps_every_whole_picture_and_frame_of_sound(
    pair: Pair, tmp_path: Path, picture: str, sound: str
) -> None:
    whole = first(pair(picture, sound)[0])
    data = whole.read_bytes()
    at = len(data) * 6 // 10
    repaired = repair(tmp_path, data[:at])
    check_part(repaired, whole, least=30)
    report = repaired.report
    assert report["method"] == "whole_samples"
    assert report["lost"]["frames"] == 75 - report["recovered"]["frames"]
    assert report["lost"]["us"] > 500_000
    media = next((start, end) for kind, start, end in boxes(data) if kind == b"mdat")
    assert report["recovered"]["bytes"] + report["lost"]["bytes"] == media[1] - media[0] - 8
    assert report["kept"][0][0] == media[0] + 8
    assert all(stop <= at for _, stop in report["kept"])
    assert {why for _, _, why in report["dropped"]} <= {"cut_off", "depends_on_lost"}


@pytest.mark.slow
@pytest.mark.parametrize(("picture", "sound"), KINDS[:2])
def test_cut_fragments_keep_what_is_whole_of_the_last(
    pair: Pair, tmp_path: Path, picture: str, sound: str
) -> None:
    whole = first(pair(picture, sound)[0], *FRAGMENTS)
    data = whole.read_bytes()
    for at in (len(data) * 6 // 10, len(data) * 8 // 10):
        repaired = repair(tmp_path, data[:at])
        check_part(repaired, whole, least=25)
        assert repaired.report["method"] == "whole_fragments"
        assert repaired.report["lost"]["frames"] is None


@pytest.mark.slow
@pytest.mark.parametrize("relative", [True, False])
def test_a_fragment_that_was_taken_out_is_lost_time_and_never_complete(
    pair: Pair, tmp_path: Path, *, relative: bool
) -> None:
    # with places counted from the file's beginning, all fragments behind it name wrong ones
    flags = "frag_keyframe+empty_moov" + "+default_base_moof" * relative
    whole = run(
        tmp_path / "whole.mp4",
        *("-i", str(pair("h264-b", "stereo")[0]), "-map", "0", "-c", "copy", "-movflags", flags),
    )
    data = whole.read_bytes()
    fragments = [start for kind, start, _ in boxes(data) if kind == b"moof"]
    assert len(fragments) == 3
    repaired = repair(tmp_path, data[: fragments[1]] + data[fragments[2] :], damage=["bad_tables"])
    report = repaired.report
    assert report["method"] == "scanned_with_own_index" or relative
    assert report["complete"] is False
    assert report["lost"]["frames"] is None
    assert abs(report["lost"]["us"] - 1_000_000) < 50_000
    pictures = seen(repaired.path)
    assert len(pictures) == 50
    assert pictures[25][0] - pictures[24][0] > 1


@pytest.mark.slow
def test_a_fragment_that_contradicts_itself_ends_the_clip_before_it(
    pair: Pair, tmp_path: Path
) -> None:
    whole = first(pair("h264-b", "stereo")[0], *FRAGMENTS)
    data = bytearray(whole.read_bytes())
    fragment = [start for kind, start, _ in boxes(bytes(data)) if kind == b"moof"][3]
    run_of_sound = data.rfind(b"trun", fragment, data.find(b"mdat", fragment))
    data[run_of_sound + 8 : run_of_sound + 10] = (
        b"\xff\xff"  # samples, far more than it has room for
    )
    repaired = repair(tmp_path, bytes(data))
    check_part(repaired, whole, least=25)
    assert repaired.report["kept"][-1][1] <= fragment


@pytest.mark.slow
@pytest.mark.parametrize(("picture", "sound"), KINDS[:2])
def test_a_tail_of_zeros_is_left_out(pair: Pair, tmp_path: Path, picture: str, sound: str) -> None:
    whole = first(pair(picture, sound)[0])
    data = whole.read_bytes()
    at = len(data) * 6 // 10 // 4096 * 4096
    repaired = repair(tmp_path, data[:at] + bytes(len(data) - at))
    check_part(repaired, whole, least=30)
    low, high, why = repaired.report["dropped"][-1]
    assert (high, why) == (len(data), "zero_filled")
    assert low <= at


@pytest.mark.slow
def test_behind_a_hole_pictures_come_back_with_the_next_key_at_their_time(
    pair: Pair, tmp_path: Path
) -> None:
    whole = first(pair("h264-b", None)[0])
    data = bytearray(whole.read_bytes())
    at = len(data) // 2 // 4096 * 4096
    data[at : at + 8192] = bytes(8192)
    repaired = repair(tmp_path, bytes(data))
    assert all_from(seen(repaired.path), seen(whole))
    assert seen(repaired.path)[-1] == seen(whole)[-1]
    report = repaired.report
    assert 40 < report["recovered"]["frames"] < 75
    assert report["verified"] == {"frames": report["recovered"]["frames"], "errors": 0}
    assert {why for _, _, why in report["dropped"]} == {"zero_filled", "depends_on_lost"}


@pytest.mark.slow
@pytest.mark.parametrize("sound", [None, "stereo"])
def test_what_follows_a_lost_beginning_keeps_its_time(
    pair: Pair, tmp_path: Path, sound: str | None
) -> None:
    whole = first(pair("h264-b", sound)[0])
    data = bytearray(whole.read_bytes())
    at = data.find(b"mdat") + 4
    data[at : at + 9000] = bytes(9000)
    repaired = repair(tmp_path, bytes(data))
    pictures = seen(repaired.path)
    assert len(pictures) == 50
    assert all(
        abs(time - 1 - place * Fraction(1, 25)) < Fraction(1, 500)
        for place, (time, _) in enumerate(pictures)
    )
    assert all_from([one for _, one in pictures], [one for _, one in seen(whole)])


@pytest.mark.slow
@pytest.mark.parametrize(("picture", "sound"), KINDS[:3])
@pytest.mark.parametrize("table", [b"stco", b"stsz", b"stsc"])
def test_wrong_tables_are_made_anew_from_the_media(
    pair: Pair, tmp_path: Path, picture: str, sound: str, table: bytes
) -> None:
    whole, _ = pair(picture, sound)
    data = bytearray(whole.read_bytes())
    at = data.find(table)
    while at >= 0:
        rows = at + (16 if table == b"stsz" else 12)
        count = struct.unpack_from(">I", data, rows - 4)[0] * (3 if table == b"stsc" else 1)
        for index in range(1, count):
            (value,) = struct.unpack_from(">I", data, rows + 4 * index)
            struct.pack_into(">I", data, rows + 4 * index, max(1, value - 5 + index % 11))
        at = data.find(table, at + 4)
    repaired = repair(tmp_path, bytes(data), damage=["bad_tables"])
    assert packets(repaired.path, "video") == packets(whole, "video")
    assert packets(repaired.path, "audio") == packets(whole, "audio")
    assert seen(repaired.path) == seen(whole)
    assert heard(repaired.path) == heard(whole)
    assert repaired.report["method"] == "scanned_with_own_index"
    assert repaired.report["lost"]["bytes"] == 0


@pytest.mark.slow
def test_nothing_is_lost_of_a_clip_that_is_whole(pair: Pair, tmp_path: Path) -> None:
    whole, _ = pair("h264-b", "stereo")
    repaired = repair(tmp_path, whole.read_bytes())
    assert repaired.report["complete"] is True
    assert repaired.report["dropped"] == []
    assert seen(repaired.path) == seen(whole)
    assert heard(repaired.path) == heard(whole)


@pytest.mark.slow
def test_times_of_making_rotation_and_texts_stay(tmp_path: Path) -> None:
    told = ("-metadata", "creation_time=2024-05-06T07:08:09Z", "-metadata", "title=Probe")
    whole = make(tmp_path / "whole.mp4", "h264-baseline", None, *told)
    turned = run(
        tmp_path / "turned.mp4",
        *("-display_rotation:v:0", "90", "-i", str(whole), "-c", "copy", "-movflags", "faststart"),
        *("-map_metadata", "0"),
    )
    data = turned.read_bytes()
    written = repair(tmp_path, data[: len(data) // 2]).path.read_bytes()
    for name, old, new, size in ((b"mvhd", (8, 4), (8, 8), 8), (b"tkhd", (8, 4), (8, 8), 8)):
        before, after = data.find(name), written.find(name)
        time = int.from_bytes(data[before + old[0] : before + old[0] + old[1]])
        assert time > 3_000_000_000
        assert int.from_bytes(written[after + new[0] : after + new[0] + size]) == time
    matrix = data.find(b"tkhd") + 4 + 40
    assert data[matrix : matrix + 44] in written  # rotation, width and height
    assert b"Probe" in written


@pytest.mark.parametrize("data", [b"", bytes(100_000), b"text" * 5000, b"\0\0\0\x08moov" * 3])
def test_what_holds_no_media_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(TaskRefusedError):
        repair(tmp_path, data)


def test_encrypted_samples_are_left_alone(pair: Pair, tmp_path: Path) -> None:
    data = pair("h264-b", "stereo")[0].read_bytes().replace(b"avc1\0\0\0\0", b"encv\0\0\0\0", 1)
    with pytest.raises(TaskRefusedError, match="encrypted"):
        repair(tmp_path, data)
