"""Custody rows, damage and devices in words, which pages and the command line share."""

from __future__ import annotations

from typing import Any

import pytest

from api.custodywords import media_parts
from api.factswords import device
from api.mediawords import damage, repaired


@pytest.mark.parametrize(
    ("event", "data", "words"),
    [
        (
            "clip.assessed",
            {"findings": [{"code": "black"}, {"code": "silent"}, {"code": "black"}]},
            ["black picture", "silent"],
        ),
        ("clip.assessed", {"findings": []}, ["nothing to point out"]),
        (
            "rendition.failed",
            {"kind": "repair", "code": "nothing_recovered"},
            ["Repair", "nothing of it can be recovered"],
        ),
        ("clip.viewed", {"what": "strip-index"}, ["Key frame strip"]),
        (
            "clip.examined",
            {"container": "mp4", "duration_us": 8_000_000, "damage": ["cut_off"]},
            ["mp4", "0:08.0", "cut off"],
        ),
        ("rendition.made", {"kind": "proxy", "tool": "ffmpeg", "version": "8 (x)"}, None),
        (
            "object.damaged",
            {"digest": "0" * 64, "code": "object_changed", "found_by": "reading"},
            ["object_changed", "found while it was read"],
        ),
        ("object.sound", {"digest": "0" * 64, "found_by": "audit"}, ["found by an audit"]),
        ("clip.linked", {}, []),
    ],
)
def test_a_custody_row_says_what_was_found_and_made(
    event: str, data: dict[str, Any], words: list[str] | None
) -> None:
    assert media_parts("en", event, data) == (["Proxy", "ffmpeg 8"] if words is None else words)


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ({"make": "GoPro", "model": "GoPro Karma", "firmware": "1"}, ["GoPro Karma", "1"]),
        ({"make": "Recorder Co", "model": "BC-7"}, ["Recorder Co", "BC-7"]),
        ({"model": "BC-7"}, ["BC-7"]),
        ({"make": "Maker", "model": None}, ["Maker"]),
        (None, []),
    ],
)
def test_a_device_is_named_once(said: object, names: list[str]) -> None:
    assert device({"device": said}) == names


@pytest.mark.parametrize(
    ("report", "headline"),
    [
        ({"complete": True}, "complete"),
        ({"complete": False, "lost": {"us": None, "bytes": 0}}, "all_found"),
        ({"complete": False, "lost": {"us": None, "frames": 2, "bytes": 0}}, "partial"),
        ({"complete": False, "lost": {"bytes": 0}, "notes": ["resumed_after_loss"]}, "partial"),
        ({"complete": False, "lost": {}}, "partial"),
    ],
)
def test_a_repair_that_lost_nothing_of_the_file_is_not_called_a_part_of_it(
    report: dict[str, Any], headline: str
) -> None:
    assert repaired("en", report).headline == headline


def test_an_empty_file_is_said_to_be_empty() -> None:
    facts = {"size": 0, "damage": [{"code": "cut_off", "from": 0, "to": None}]}

    assert [said.words for said in damage("en", facts, ("cut_off",))] == [
        "The file is empty (0 bytes)."
    ]
    assert "空" in damage("zh", facts, ("cut_off",))[0].words
    assert damage("en", {"size": 0}, ()) == []


def test_what_is_wrong_with_the_whole_file_names_no_byte() -> None:
    facts = {"size": 6, "damage": [{"code": "undecodable", "from": 0, "to": None}]}

    assert "byte" not in damage("en", facts, ("undecodable",))[0].words
    facts["damage"] = [{"code": "undecodable", "from": 5, "to": None}]
    assert "from byte 5 on" in damage("en", facts, ("undecodable",))[0].words
