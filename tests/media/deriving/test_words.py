"""What people are told of media on the command line: the same in both languages, exact, and harmless to a terminal."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.media.deriving.card import names


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
            ["no index", "Repair (repair)", "of the original", "of its repair", "with text/vtt"],
        ),
        ("zh", ["缺少索引", "修复件 (repair)", "取自原始文件", "取自修复件", "附 text/vtt"]),
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


def test_deriving_says_what_it_made_and_what_it_could_not(derived: Path) -> None:
    assert "Looked into 0 clips. Made: nothing." in told(derived, "--lang", "en", "derive")
    document = json.loads(told(derived, "--json", "derive"))
    assert document["made"] == {}
    assert document["unmade"] == []
