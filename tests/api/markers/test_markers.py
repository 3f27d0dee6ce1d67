"""Markers and notes: kept with who said them, read by who knows the clip, taken away by nobody else."""

from __future__ import annotations

import pytest

from api.errors import InvalidInputError
from api.markers.marking import place_of
from tests.api.world import ORIGIN, World

MARKUP = "<script>alert(1)</script> 出示证件 & “x”"


def test_a_marker_is_text_beside_the_ledger_and_every_knower_of_the_clip_reads_it(
    world: World,
) -> None:
    path = world.clip("first") + "/markers"
    answer = world.client("chief").post(path, json={"text": MARKUP, "from_us": 12_500_000})
    assert answer.status_code == 201, answer.text
    marker = answer.json()
    entry = world.entries("marker.set")[-1]
    assert entry.data["marker"] == marker["marker"]
    assert (entry.data["kind"], entry.data["from_us"]) == ("marker", 12_500_000)
    assert b"script" not in entry.raw
    note = world.client("wang").post(path, json={"text": "whole clip"}).json()
    assert note["kind"] == "note"
    for user in ("chief", "wang", "archivist"):
        found = world.client(user).get(path).json()["markers"]
        assert [m["marker"] for m in found] == [note["marker"], marker["marker"]]
        assert found[1]["text"] == MARKUP
    assert [m["own"] for m in world.client("wang").get(path).json()["markers"]] == [True, False]
    assert world.client("southchief").get(path).status_code == 404


def test_markup_in_a_marker_is_words_on_the_page(world: World) -> None:
    path = world.clip("second") + "/markers"
    world.client("chief").post(path, json={"text": MARKUP, "from_us": 1_000_000})
    page = world.browser("chief").get(f"/clips/{world.ids['second']}").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert 'data-mark="1.000000"' in page


def test_only_who_put_it_takes_it_away_and_its_history_stays(world: World) -> None:
    path = world.clip("first") + "/markers"
    mine = world.client("wang").post(path, json={"text": "mine", "from_us": 0}).json()["marker"]
    refused = world.client("chief").delete(f"{path}/{mine}", json={})
    assert (refused.status_code, refused.json()["code"]) == (403, "P020")
    elsewhere = world.clip("second") + "/markers"
    assert world.client("wang").delete(f"{elsewhere}/{mine}", json={}).status_code == 404
    removed = world.client("wang").delete(f"{path}/{mine}", json={"reason": "wrong clip"})
    assert removed.status_code == 204
    assert mine not in [m["marker"] for m in world.client("wang").get(path).json()["markers"]]
    assert world.client("wang").delete(f"{path}/{mine}", json={}).status_code == 404
    custody = world.client("archivist").get(world.clip("first") + "/custody").json()["custody"]
    assert "wrong clip" in str(custody)
    assert "mine" in str(custody)


@pytest.mark.parametrize(
    "body",
    [
        {"text": "   ", "from_us": 0},
        {"text": "x", "from_us": 90_000_000},
        {"text": "x", "from_us": 5, "to_us": 5},
        {"text": "x", "to_us": 5},
        {"text": "x\x00"},
        {"text": "x" * 2001},
        {"text": "x", "colour": "red"},
        {"text": "x", "from_us": 1.5},
    ],
)
def test_a_marker_that_cannot_be_is_refused(world: World, body: dict[str, object]) -> None:
    before = len(world.entries("marker.set"))
    answer = world.client("chief").post(world.clip("first") + "/markers", json=body)
    assert answer.status_code == 422, answer.text
    assert len(world.entries("marker.set")) == before


def test_facts_alone_do_not_let_one_mark(world: World) -> None:
    path = world.clip("first") + "/markers"
    assert world.client("archivist").post(path, json={"text": "x"}).status_code == 403
    assert world.client("root").get(path).status_code == 403


def test_the_form_puts_and_takes_away_without_script(world: World) -> None:
    browser, clip = world.browser("chief"), world.ids["second"]
    path = f"/clips/{clip}/markers"
    put = {"do": "set", "at": "0:07.25", "text": "by form"}
    answer = browser.post(path, data=put, headers=ORIGIN)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/clips/{clip}#markers")
    entry = world.entries("marker.set")[-1]
    assert entry.data["from_us"] == 7_250_000
    taken = {"do": "remove", "marker": entry.data["marker"]}
    assert browser.post(path, data=taken, headers=ORIGIN).status_code == 303
    assert world.entries("marker.removed")[-1].data["marker"] == entry.data["marker"]
    assert browser.post(path, data={"do": "x"}, headers=ORIGIN).status_code == 422


def test_words_of_a_marker_find_the_clip(world: World) -> None:
    client = world.client("chief")
    client.post(world.clip("first") + "/markers", json={"text": "三轮车占道"})
    found = client.get("/api/v1/clips", params={"text": "三轮车"}).json()["clips"]
    assert [c["clip"] for c in found] == [world.ids["first"]]


@pytest.mark.parametrize(
    ("written", "place"),
    [("", None), ("12.5", 12_500_000), ("1:02.345", 62_345_000), ("1:00:02", 3_602_000_000)],
)
def test_times_are_read_as_people_write_them(written: str, place: int | None) -> None:
    assert place_of(written) == place


@pytest.mark.parametrize("written", ["x", "1:2:3:4", "-1", "1e3", "1.2.3"])
def test_what_is_no_time_is_refused(written: str) -> None:
    with pytest.raises(InvalidInputError):
        place_of(written)
