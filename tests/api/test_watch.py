"""The page of one clip: what plays and why, damage and repairs in words, what was made and how, who may see it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from api.mediawords import damage, findings, moment, repaired
from api.messages import LANGS, Lang
from api.playing import ways
from archive.catalogue.rows import Assessment, Finding
from archive.events import Event
from archive.ids import new_id
from ingest.deriving.wanted import Want, Wanted
from tests.api.world import JPEG, ORIGIN, World

VTT = b"WEBVTT\n\n00:00.000 --> 00:01.000\nstrip#xywh=0,0,160,90\n"
FACTS: dict[str, Any] = {
    "format": 2,
    "declared_us": 60_000_000,
    "measured_us": 47_600_000,
    "frames": {
        "count": 1190,
        "digest": "f" * 64,
        "keys": [0, 25],
        "runs": [[1190, 1]],
        "time_base": "1/25",
        "first": 0,
    },
    "damage": [
        {
            "code": "cut_off",
            "from": 1000,
            "to": 2000,
            "from_us": 47_600_000,
            "to_us": 60_000_000,
        }
    ],
    "clocks": [{"source": "gps", "raw": "2026-01-17T08:00:01Z at 0 ms", "utc": None}],
    "device": {"make": "<b>Maker</b>", "model": "M1"},
    "streams": [{"index": 0, "type": "video", "codec": "hevc", "bit_depth": 10, "hdr": "hlg"}],
}
REPORT: dict[str, Any] = {
    "format": 1,
    "method": "scanned_with_reference",
    "reference": "a" * 64,
    "complete": False,
    "recovered": {"us": 3_900_000, "frames": 117, "audio_frames": 166, "bytes": 1_990_859},
    "lost": {"us": None, "frames": None, "bytes": 9093},
    "kept": [[48, 1_990_907]],
    "dropped": [[1_990_907, 2_000_000, "cut_off"]],
    "verified": {"frames": 117, "errors": 0},
    "notes": ["assumed_rate"],
}
COMMAND = json.dumps(["ffmpeg", "-i", "{original}", "a file", "{out}"])


def derive(world: World, name: str, *, playable: bool, kinds: dict[str, dict[str, Any]]) -> None:
    """Enter facts, a check, and renditions of these kinds with these parameters."""
    clip, actor = world.ids[name], world.archive.settings.station
    with world.archive.store.writing() as writing:
        kept = writing.put([json.dumps(FACTS).encode(), json.dumps(REPORT).encode(), VTT])
        facts, report, cues = ({"object": s.digest, "size": s.size} for s in kept)
        events = [
            Event(
                type="clip.examined",
                subject=clip,
                actor=actor,
                data={
                    "kind": "video",
                    "container": "mp4",
                    "video": "hevc",
                    "damaged": True,
                    "damage": ["cut_off"],
                    "playable": playable,
                    "facts": facts,
                    "due": [*kinds, "waveform"],
                },
            ),
            Event(
                type="clip.assessed",
                subject=clip,
                actor=actor,
                data={
                    "findings": [{"code": "black", "from_ms": 1500, "to_ms": 4000}],
                    "tool": "t",
                    "version": "1",
                },
            ),
        ]
        for kind, parameters in kinds.items():
            made = writing.put([JPEG + kind.encode()])[0]
            index = {"repair": {**report, "media_type": "application/json"}}.get(kind)
            index = {**cues, "media_type": "text/vtt"} if kind == "strip" else index
            data = {
                "kind": kind,
                "rendition": {"object": made.digest, "size": made.size},
                "media_type": "image/jpeg" if kind == "strip" else "video/mp4",
                "tool": "maker",
                "version": "7 (lib 1)",
                "parameters": parameters,
                "of": "0" * 64,
            }
            if index is not None:
                data["index"] = index
            events.append(Event(type="rendition.made", subject=clip, actor=actor, data=data))
        world.archive.record(events)


@pytest.fixture(scope="module", autouse=True)
def derived(world: World) -> None:
    """The first clip plays and has a repair; the second plays by its proxy only."""
    derive(
        world,
        "first",
        playable=True,
        kinds={"repair": {"method": "whole_samples"}, "strip": {"tiles": 1}},
    )
    derive(world, "second", playable=False, kinds={"proxy": {"command": COMMAND}})


def page(world: World, name: str, *, user: str = "chief", lang: str = "en", show: str = "") -> str:
    """The page's text."""
    answer = world.browser(user, lang=lang).get(f"/clips/{world.ids[name]}{show}")
    assert answer.status_code == 200
    return answer.text


def test_the_original_plays_where_it_can_and_the_repair_only_when_chosen_and_named(
    world: World,
) -> None:
    text = page(world, "first")
    assert f'src="{world.clip("first")}/original"' in text
    assert "not the original" not in text
    assert '<a href="?show=repair" class="repaired">Repaired</a>' in text
    chosen = page(world, "first", show="?show=repair")
    assert f'src="{world.clip("first")}/renditions/repair"' in chosen
    assert "This is the repaired rendition, not the original." in chosen
    # The strip has the original's times: beside the repaired file it would point to wrong moments.
    assert "data-strip" in text
    assert "data-strip" not in chosen


def test_a_proxy_says_that_it_is_one_and_why(world: World) -> None:
    text = page(world, "second")
    assert f'src="{world.clip("second")}/renditions/proxy"' in text
    assert "browsers do not play the original&#39;s codec (hevc)" in text


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        (
            "en",
            "The end of the file is missing: the last 12.4 s (0:47.600 to 1:00.000),"
            " bytes 1,000 to 2,000 (1 kB).",
        ),
        (
            "zh",
            "文件末尾缺失：缺少最后 12.4 秒（0:47.600 至 1:00.000），缺少字节 1,000–2,000（1 kB）。",
        ),
    ],
)
def test_damage_is_told_in_words_with_its_time_and_bytes(
    world: World, lang: str, words: str
) -> None:
    text = page(world, "first", lang=lang)
    assert words in text
    assert 'data-span="47.6,60.0" data-tone="bad"' in text


def test_what_a_repair_recovered_and_lost_is_told(world: World) -> None:
    text = page(world, "first")
    assert "Part of the recording was recovered, not all of it." in text
    assert "3.900 s, 117 frames, 166 frames of sound, 1.99 MB" in text
    assert "9.09 kB of the file&#39;s media, how much time is missing altogether" in text
    assert "1,990,907 – 2,000,000 (9.09 kB) its end is not in the file" in text


def test_a_check_is_advice_with_a_place_to_go_to(world: World) -> None:
    text = page(world, "first")
    assert "black picture 0:01.500 – 0:04.000" in text
    assert 'data-seek="1.5"' in text
    assert "advice, never a verdict" in text


def test_each_rendition_tells_its_original_tool_and_exact_command(world: World) -> None:
    text = page(world, "second")
    assert "ffmpeg -i &#39;{original}&#39; &#39;a file&#39; &#39;{out}&#39;" in text
    assert "maker 7 (lib 1)" in text
    assert "0000000000…000000" in text


def test_facts_of_the_file_are_text_and_never_markup(world: World) -> None:
    text = page(world, "first")
    assert "&lt;b&gt;Maker&lt;/b&gt; · M1" in text
    assert "<b>Maker" not in text
    assert "1,190 (2 key frames)" in text
    assert "10 bits · HDR (HLG)" in text


def test_what_is_due_comes_first_once_somebody_looks(world: World) -> None:
    assert 'data-waiting="waveform"' in page(world, "first")
    assert Want(world.ids["first"], "waveform") in Wanted(world.archive.root).pending()


def test_a_clip_that_nobody_has_looked_into_is_looked_into_once_somebody_opens_it(
    fresh: World,
) -> None:
    clip, actor = new_id("clip"), fresh.archive.settings.station
    ingested = next(e for e in fresh.entries("clip.ingested") if e.subject == fresh.ids["first"])
    data = {name: value for name, value in ingested.data.items() if name != "text"}
    text = {"path": "new.mp4", "start_raw": None, "belongs_to": None}
    event = Event(type="clip.ingested", subject=clip, actor=actor, data=data, text=text)
    fresh.archive.record([event])
    fresh.ids["new"] = clip
    assert 'data-waiting="examine"' in page(fresh, "new")
    assert Want(clip, "poster") in Wanted(fresh.archive.root).pending()


def test_without_the_right_to_footage_the_page_names_none_and_asks_for_nothing(
    world: World,
) -> None:
    wanted = Wanted(world.archive.root)
    for want in wanted.pending():
        wanted.done(want)
    text = page(world, "first", user="archivist")
    assert "The end of the file is missing" in text
    for hidden in ("/renditions/", "<video", "data-strip", "proxy-low", "117 frames"):
        assert hidden not in text
    assert not wanted.pending()


def test_media_facts_are_for_whoever_may_know_of_the_clip(world: World) -> None:
    path = world.clip("first") + "/facts"
    answer = world.client("archivist").get(path)
    assert answer.json() == FACTS
    statuses = {u: world.client(u).get(path).status_code for u in ("chief", "southchief", "root")}
    assert statuses == {"chief": 200, "southchief": 404, "root": 403}
    assert world.client().get(path).status_code == 401
    assert world.client("archivist").get(world.clip("south") + "/facts").status_code == 404


def test_a_low_bit_rate_proxy_is_asked_for_by_a_plain_form(world: World) -> None:
    form = f"/clips/{world.ids['second']}/renditions"
    assert f'action="{form}"' in page(world, "second")
    answer = world.browser("chief").post(form, data={"kind": "proxy-low"}, headers=ORIGIN)
    assert answer.status_code == 303
    assert Want(world.ids["second"], "proxy-low") in Wanted(world.archive.root).pending()
    after = page(world, "second")
    assert 'data-waiting="proxy-low"' in after
    assert f'action="{form}"' not in after
    refused = {
        user: world.browser(user).post(form, data={"kind": "proxy-low"}, headers=ORIGIN).status_code
        for user in ("archivist", "root", "southchief")
    }
    assert refused == {"archivist": 403, "root": 403, "southchief": 404}
    elsewhere = {"Origin": "https://elsewhere.example"}
    asked = world.browser("chief").post(form, data={"kind": "proxy-low"}, headers=elsewhere)
    assert asked.status_code == 403


def test_what_was_made_of_the_repaired_file_is_never_shown_as_the_original(world: World) -> None:
    catalogue = world.archive.catalogue
    clip = catalogue.clip(world.ids["first"])
    assert clip is not None
    rows = catalogue.renditions(clip.clip)
    repair = next(row for row in rows if row.kind == "repair")
    derive(world, "south", playable=False, kinds={"repair": {}, "proxy": {"source": repair.sha256}})
    catalogue.catch_up()
    south = catalogue.clip(world.ids["south"])
    assert south is not None
    found = ways(south, catalogue.renditions(south.clip))
    assert [(way.kind, way.name, way.repaired) for way in found] == [("proxy", "repair", True)]


@pytest.mark.parametrize("lang", LANGS)
def test_a_code_of_a_later_version_is_shown_as_it_is(lang: Lang) -> None:
    assert "melted" in damage(lang, {"damage": [{"code": "melted"}]}, ())[0].words
    assert "melted" in damage(lang, {}, ("melted",))[0].words
    seen = Assessment(
        clip="c",
        findings=(Finding(code="melted", from_ms=0, to_ms=1),),
        clock=None,
        clock_at_ms=None,
        tool=None,
        version=None,
        assessed_at="",
    )
    assert "melted" in findings(lang, seen)[0].words
    report = repaired(
        lang, {"method": "melted", "notes": ["odd"], "dropped": [[0, 9, "melted"], 3]}
    )
    assert (report.method, report.notes) == ("melted", ["odd"])
    assert [why for _, why in report.dropped] == ["melted"]
    assert not report.complete


def test_a_moment_is_exact_to_the_millisecond() -> None:
    assert [moment(s) for s in (0, 59.9996, 3661.5)] == ["0:00.000", "1:00.000", "1:01:01.500"]
