"""What is derived, over HTTP: there, being made, impossible, or asked for; with what belongs to it."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from archive.events import Event
from ingest.deriving.wanted import Want, Wanted
from tests.api.world import JPEG, World

VTT = b"WEBVTT\n\n00:00.000 --> 00:01.000\nstrip#xywh=0,0,160,90\n"
TRACK = b'{"type":"Feature"}'
RAW = b"<html><script>alert(1)</script>"
FACTS: dict[str, Any] = {
    "format": 2,
    "frames": {"count": 1500, "digest": "f" * 64, "keys": [0, 25], "runs": [[1500, 1]]},
    "damage": [{"code": "cut_off", "from": 1000, "to": 2000, "from_us": 0, "to_us": None}],
    "clocks": [{"source": "container", "raw": "2026", "utc": None}],
    "streams": [],
}


@pytest.fixture(scope="module", autouse=True)
def examined(world: World) -> None:
    """The first clip has facts, a strip and a track; a waveform is due and a page was tried."""
    clip, actor = world.ids["first"], world.archive.settings.station
    with world.archive.store.writing() as writing:
        kept = writing.put([JPEG + b"strip", VTT, TRACK, RAW, json.dumps(FACTS).encode()])
        strip, vtt, track, raw, facts = ({"object": s.digest, "size": s.size} for s in kept)
        data = {"kind": "video", "due": ["waveform"], "facts": facts, "playable": True}
        by = {"tool": "pyav", "version": "18", "parameters": {"tiles": 9}, "of": "0" * 64}
        types = {"strip": "image/jpeg", "track": "application/geo+json"}
        indexes = {
            "strip": {**vtt, "media_type": "text/vtt"},
            "track": {**raw, "media_type": "text/html"},
        }
        made = [
            Event(
                type="rendition.made",
                subject=clip,
                actor=actor,
                data={
                    **by,
                    "kind": kind,
                    "rendition": {"strip": strip, "track": track}[kind],
                    "media_type": types[kind],
                    "index": indexes[kind],
                },
            )
            for kind in ("strip", "track")
        ]
        failed = {"kind": "page", "code": "undecodable", "tool": "t", "version": "1"}
        found = [{"code": "black", "from_ms": 0, "to_ms": 900}]
        world.archive.record(
            [
                Event(type="clip.examined", subject=clip, actor=actor, data=data),
                *made,
                Event(type="rendition.failed", subject=clip, actor=actor, data=failed),
                Event(
                    type="clip.assessed",
                    subject=clip,
                    actor=actor,
                    data={"findings": found, "tool": "t", "version": "1"},
                    text={"clock": "12:00:01"},
                ),
            ]
        )


def test_what_belongs_to_a_rendition_is_served_exactly_with_ranges_and_a_view_of_its_own(
    world: World,
) -> None:
    client, path = world.client("chief"), world.clip("first") + "/renditions/strip/index"
    answer = client.get(path)
    assert (answer.status_code, answer.content) == (200, VTT)
    assert answer.headers["content-type"] == "text/vtt"
    assert answer.headers["etag"] == f'"{hashlib.sha256(VTT).hexdigest()}"'
    part = client.get(path, headers={"Range": "bytes=0-5"})
    assert (part.status_code, part.content) == (206, b"WEBVTT")
    view = world.entries("clip.viewed")[-1].data
    assert (view["what"], view["size"]) == ("strip-index", len(VTT))


def test_a_strip_and_its_cues_are_one_view(world: World) -> None:
    client, path = world.client("wang"), world.clip("first") + "/renditions/strip"
    before = len(world.entries("clip.viewed"))
    assert client.get(path).status_code == client.get(f"{path}/index").status_code == 200
    assert [e.data["what"] for e in world.entries("clip.viewed")[before:]] == ["strip"]


def test_foreign_bytes_beside_a_rendition_are_never_a_page(world: World) -> None:
    client = world.client("chief")
    answer = client.get(world.clip("first") + "/renditions/track/index")
    assert answer.content == RAW
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")
    track = client.get(world.clip("first") + "/renditions/track")
    assert track.headers["content-type"] == "application/geo+json"


def test_the_poster_has_nothing_that_belongs_to_it(world: World) -> None:
    answer = world.client("chief").get(world.clip("first") + "/renditions/poster/index")
    assert (answer.status_code, answer.json()["code"]) == (404, "P021")


def test_what_is_due_says_so_and_comes_first_from_then_on(world: World) -> None:
    answer = world.client("chief").get(world.clip("first") + "/renditions/waveform")
    assert (answer.status_code, answer.json()["code"]) == (404, "P028")
    assert answer.headers["retry-after"] == "2"
    assert Want(world.ids["first"], "waveform") in Wanted(world.archive.root).pending()


def test_what_cannot_be_made_and_what_is_never_made_are_told_apart(world: World) -> None:
    client = world.client("chief")
    codes = {
        kind: client.get(f"{world.clip('first')}/renditions/{kind}").json()["code"]
        for kind in ("page", "proxy", "nonsense")
    }
    assert codes == {"page": "P029", "proxy": "P021", "nonsense": "P021"}


def test_a_rendition_can_be_asked_for_by_whoever_may_see_it(world: World) -> None:
    path = world.clip("first") + "/renditions"
    chief = world.client("chief")
    states = {}
    for kind in ("strip", "waveform", "proxy-low", "page"):
        answer = chief.post(f"{path}/{kind}")
        assert answer.status_code == 202
        states[kind] = answer.json()["state"]
    assert states == {
        "strip": "made",
        "waveform": "wanted",
        "proxy-low": "wanted",
        "page": "failed",
    }
    assert Want(world.ids["first"], "proxy-low") in Wanted(world.archive.root).pending()
    waiting = chief.get(f"{path}/proxy-low")
    assert (waiting.status_code, waiting.json()["code"]) == (404, "P028")
    assert chief.post(f"{path}/proxy").status_code == 404
    assert chief.post(f"{path}/nonsense").status_code == 404
    for user in ("root", "southchief"):
        assert world.client(user).post(f"{path}/proxy-low").status_code in {403, 404}
    assert world.client().post(f"{path}/proxy-low").status_code == 401


def test_a_clips_facts_tell_how_each_rendition_was_made_and_what_was_found(world: World) -> None:
    facts = world.client("chief").get(world.clip("first")).json()
    strip = next(r for r in facts["renditions"] if r["kind"] == "strip")
    assert strip["index"]["media_type"] == "text/vtt"
    assert strip["of"] == "0" * 64
    assert strip["made_at"].startswith("20")
    assert facts["due"] == ["waveform"]
    details = facts["media"]["details"]
    assert details["frames"] == {
        **dict.fromkeys(("stream", "time_base", "first")),
        "count": 1500,
        "digest": "f" * 64,
        "keys": 2,
    }
    assert details["damage"] == FACTS["damage"]
    assert facts["assessment"]["findings"] == [{"code": "black", "from_ms": 0, "to_ms": 900}]
    assert facts["assessment"]["clock"] == "12:00:01"
    assert [(f["kind"], f["code"]) for f in facts["failures"]] == [("page", "undecodable")]
    assert facts["recording"] is None
