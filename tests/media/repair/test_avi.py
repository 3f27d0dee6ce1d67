"""AVI files whose recorder did not come to writing lengths and index, or that are cut or zeroed."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from ingest.media.errors import TaskRefusedError
from tests.media.repair.damage import all_from, heard, packets, repair, run, seen

CODECS = {
    "jpegs": ("-c:v", "mjpeg", "-q:v", "8", "-pix_fmt", "yuvj420p"),
    "mpeg4": ("-c:v", "mpeg4", "-q:v", "6", "-g", "12", "-vtag", "XVID"),
    "h264": ("-c:v", "libx264", "-preset", "ultrafast", "-g", "15", "-pix_fmt", "yuv420p"),
    "early": ("-c:v", "msmpeg4v2", "-q:v", "6", "-g", "12"),
}
SOUND = ("-c:a", "pcm_s16le", "-ac", "1", "-ar", "8000")


@pytest.fixture(scope="module", params=sorted(CODECS))
def whole(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An intact AVI of each codec."""
    out = tmp_path_factory.mktemp("avi") / f"{request.param}.avi"
    picture = "testsrc2=s=320x240:r=15:d=4,noise=alls=8:allf=t"
    inputs = ("-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", "sine=d=4:r=8000")
    return run(out, *inputs, *CODECS[request.param], *SOUND, "-threads", "1")


def unfinished(path: Path) -> bytearray:
    """Return an AVI as it is while it is recorded: no lengths, no counts, no index."""
    data = bytearray(path.read_bytes())
    index, media = data.rfind(b"idx1"), data.find(b"movi") - 8
    del data[index:]
    struct.pack_into("<I", data, 4, 0)
    struct.pack_into("<I", data, media + 4, 0)
    struct.pack_into("<I", data, data.find(b"avih") + 8 + 16, 0)
    return data


@pytest.mark.slow
def test_everything_comes_back_without_index_and_lengths(whole: Path, tmp_path: Path) -> None:
    repaired = repair(tmp_path, bytes(unfinished(whole)))
    assert repaired.answer["media_type"] == "video/x-msvideo"
    assert packets(repaired.path, "video") == packets(whole, "video")
    assert packets(repaired.path, "audio") == packets(whole, "audio")
    assert seen(repaired.path) == seen(whole)
    assert heard(repaired.path) == heard(whole)
    report = repaired.report
    assert report["recovered"]["frames"] == 60
    assert report["recovered"]["us"] == 4_000_000
    assert report["verified"] == {"frames": 60, "errors": 0}
    assert report["lost"] == {"us": None, "frames": None, "bytes": 0}
    assert report["complete"] is False


@pytest.mark.slow
def test_a_cut_avi_keeps_its_whole_chunks(whole: Path, tmp_path: Path) -> None:
    data = whole.read_bytes()
    repaired = repair(tmp_path, data[: len(data) * 6 // 10])
    pictures = packets(repaired.path, "video")
    assert pictures == packets(whole, "video")[: len(pictures)]
    assert len(pictures) > 20
    assert all_from(seen(repaired.path), seen(whole))
    report = repaired.report
    assert report["lost"]["frames"] == 60 - len(pictures)
    assert report["verified"] == {"frames": len(pictures), "errors": 0}
    assert report["dropped"][-1][1:] == [len(data) * 6 // 10, "cut_off"]


@pytest.mark.slow
def test_pictures_behind_zeros_come_back_with_the_next_key(whole: Path, tmp_path: Path) -> None:
    data = unfinished(whole)
    at = len(data) // 2 // 4096 * 4096
    data[at : at + 4096] = bytes(4096)
    repaired = repair(tmp_path, bytes(data))
    pictures = [digest for _, digest in seen(repaired.path)]
    assert all_from(pictures, [digest for _, digest in seen(whole)])
    assert 40 < len(pictures) < 60
    report = repaired.report
    assert report["verified"]["errors"] == 0
    assert "zero_filled" in {why for _, _, why in report["dropped"]}


def test_a_header_alone_is_refused(whole: Path, tmp_path: Path) -> None:
    data = whole.read_bytes()
    with pytest.raises(TaskRefusedError, match="nothing_recovered"):
        repair(tmp_path, data[: data.find(b"movi") + 4])
