"""Recordings over the API and as a page: each part by the visitor's own right to that clip."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from archive.events import Event
from archive.ids import new_id
from tests.api.world import CASE, World, make_world


@pytest.fixture(scope="module")
def joined(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, str]]:
    """A recording over clips of two officers and two units."""
    root: Path = tmp_path_factory.mktemp("joined") / "root"
    world, recording = make_world(root), new_id("recording")
    segments: list[dict[str, Any]] = [
        {"clip": world.ids["first"], "from_ms": 0, "length_ms": 61_500}
        | dict.fromkeys(("gap_ms", "uncertainty_ms", "by")),
        {"clip": world.ids["south"], "from_ms": 61_500, "length_ms": 61_500, "gap_ms": 400}
        | {"uncertainty_ms": 1000, "by": "names"},
        {"clip": world.ids["second"], "from_ms": 125_300, "length_ms": 61_500, "gap_ms": 2300}
        | {"uncertainty_ms": 1, "by": "timestamps", "missing": 2},
    ]
    data = {"recorder": world.ids["T100"], "segments": segments, "silent_before_ms": 15_000}
    event = Event(type="recording.joined", subject=recording, actor="local-0", data=data)
    world.archive.record([event])
    yield world, recording
    world.close()


def _seen(joined: tuple[World, str], user: str) -> dict[str, Any]:
    world, recording = joined
    answer = world.client(user).get(f"/api/v1/recordings/{recording}")
    assert answer.status_code == 200
    document: dict[str, Any] = answer.json()
    return document


def test_a_recording_says_where_its_parts_lie_and_what_is_between_them(
    joined: tuple[World, str],
) -> None:
    world, recording = joined
    document = _seen(joined, "archivist")
    assert document["recording"] == recording
    assert document["recorder"] == "T100"
    assert (document["length_ms"], document["silent_before_ms"]) == (186_800, 15_000)
    segments = document["segments"]
    assert [s["clip"] for s in segments] == [world.ids[n] for n in ("first", "south", "second")]
    assert [s["from_ms"] for s in segments] == [0, 61_500, 125_300]
    assert [s["finding"] for s in segments] == [None, "not_proven", "gap"]
    assert [s["missing"] for s in segments] == [0, 0, 2]
    assert [s["plays"] for s in segments] == [None] * 3  # facts, no footage
    assert world.archive.reader.entry(document["index"]).subject == recording


@pytest.mark.parametrize(
    ("user", "seen"),
    [
        ("chief", (True, False, True)),
        ("wang", (True, False, False)),
        ("southchief", (False, True, False)),
        ("overseer", (True, True, True)),
    ],
)
def test_of_a_part_that_one_may_not_know_there_is_its_place_and_nothing_else(
    joined: tuple[World, str], user: str, seen: tuple[bool, ...]
) -> None:
    world, recording = joined
    segments = _seen(joined, user)["segments"]
    for segment, known, name in zip(segments, seen, ("first", "south", "second"), strict=True):
        if known:
            assert segment["clip"] == world.ids[name]
            assert segment["plays"] == (
                None if user == "overseer" else f"{world.clip(name)}/original"
            )
        else:
            assert segment.keys() == {"clip", "from_ms", "length_ms"}
            assert segment["clip"] is None
    page = world.browser(user).get(f"/recordings/{recording}").text
    for known, name in zip(seen, ("first", "south", "second"), strict=True):
        assert (world.ids[name] in page) == known
        assert (f"{name} 询问" in page) == known


def test_who_may_know_none_of_its_parts_is_told_that_there_is_no_recording(
    joined: tuple[World, str],
) -> None:
    world, recording = joined
    for user, known in (("root", 403), ("reviewer", 404)):
        before = len(world.entries("access.refused"))
        answer = world.client(user).get(f"/api/v1/recordings/{recording}")
        assert answer.status_code == known
        assert len(world.entries("access.refused")) == before + 1
    nothing = world.client("chief").get(f"/api/v1/recordings/{new_id('recording')}")
    hidden = world.client("reviewer").get(f"/api/v1/recordings/{recording}")
    assert nothing.status_code == hidden.status_code == 404
    assert nothing.json()["detail"] == hidden.json()["detail"]
    assert world.client("chief").get("/api/v1/recordings/clip-1").status_code == 404
    assert world.browser("chief").get("/recordings/none").status_code == 404


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_says_gaps_missing_parts_and_silence_in_words(
    joined: tuple[World, str], lang: str
) -> None:
    world, recording = joined
    page = world.browser("chief", lang=lang).get(f"/recordings/{recording}").text
    wanted = {
        "zh": [
            *("共 3 段", "间隔 2.300 秒（±0.001 秒，依据媒体时间戳）", "缺少 2 段"),
            *("无权调阅", "预录", "发现 1 处间隔或重叠"),
        ],
        "en": [
            *(
                "3 parts",
                "2.300 s are missing (±0.001 s, by media time stamps)",
                "Parts missing: 2",
            ),
            *("may not see this part", "no sound", "1 gap or overlap found"),
        ],
    }
    for words in wanted[lang]:
        assert words in page
    assert f'src="{world.clip("first")}/original"' in page
    closed = world.browser("archivist", lang=lang).get(f"/recordings/{recording}").text
    assert "/original" not in closed


def test_a_clips_page_leads_to_the_recording_that_it_is_a_part_of(
    joined: tuple[World, str],
) -> None:
    world, recording = joined
    page = world.browser("chief").get(f"/clips/{world.ids['second']}").text
    assert f'href="/recordings/{recording}"' in page
    assert "Part 3 of 3 of a recording" in page
    for path in ("/?kind=video", f"/cases/{CASE}"):
        rows = world.browser("chief").get(path).text.partition('<ol class="clips">')[2]
        assert rows.count(f'href="/recordings/{recording}"') == 2
        assert "part 1 of 3" in rows


def test_looking_at_a_recording_is_no_view_of_its_footage(joined: tuple[World, str]) -> None:
    world, recording = joined
    world.browser("chief").get(f"/recordings/{recording}")
    assert not world.entries("clip.viewed")
