"""What was played, and who has seen a clip: into the ledger, and out of it to those who may know."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.world import ORIGIN, World


def report(*spans: list[int], what: str = "original", played: int = 1000) -> dict[str, Any]:
    """A page's report."""
    return {"what": what, "spans": list(spans), "played_ms": played}


def test_what_was_played_is_an_entry_with_the_session_and_the_stretches(world: World) -> None:
    client = world.client("chief")
    answer = client.post(world.clip("first") + "/plays", json=report([0, 900], [950, 4000]))
    assert answer.status_code == 201, answer.text
    assert answer.json()["spans"] == [[0, 4000]]
    entry = world.entries("clip.played")[-1]
    assert entry.actor == world.users["chief"].id
    assert entry.subject == world.ids["first"]
    session = entry.data["session"]
    assert session.startswith("session-")
    rest = {"what": "original", "spans": [[0, 4000]], "played_ms": 1000}
    assert entry.data == {"session": session, **rest}


@pytest.mark.parametrize(
    "body",
    [
        report([0, 10], [5, 20]),
        report([0, 100_000]),
        report([0, 10], what="proxy"),
        report([0, 10], what="poster"),
        report([0, 10]) | {"more": 1},
        report([0, 10]) | {"spans": [[0, "10"]]},
        report([0, 10], played=-1),
    ],
    ids=["overlapping", "beyond", "not there", "no film", "unknown", "text", "negative"],
)
def test_a_report_that_cannot_be_is_refused(world: World, body: dict[str, Any]) -> None:
    before = len(world.entries("clip.played"))
    answer = world.client("chief").post(world.clip("first") + "/plays", json=body)
    assert answer.status_code == 422, answer.text
    assert len(world.entries("clip.played")) == before


def test_whoever_may_not_watch_reports_nothing(world: World) -> None:
    for user, status in (("archivist", 403), ("southchief", 404), ("root", 403)):
        answer = world.client(user).post(world.clip("first") + "/plays", json=report([0, 10]))
        assert answer.status_code == status


def test_too_many_reports_are_429_with_the_time_to_wait(world: World) -> None:
    client = world.client("chief")
    for _ in range(12):
        assert client.post(world.clip("second") + "/plays", json=report([0, 10])).status_code == 201
    refused = client.post(world.clip("second") + "/plays", json=report([0, 10]))
    assert (refused.status_code, refused.json()["code"]) == (429, "P080")
    assert int(refused.headers["retry-after"]) > 0


def test_who_has_seen_a_clip_is_told_to_its_supervisor_archivists_and_oversight_only(
    world: World,
) -> None:
    officer = world.client("wang")
    officer.get(world.clip("first") + "/original", headers={"Range": "bytes=0-9"})
    officer.post(world.clip("first") + "/plays", json=report([1000, 3000]))
    for user in ("chief", "archivist", "overseer"):
        answer = world.client(user).get(world.clip("first") + "/views")
        assert answer.status_code == 200, answer.text
        played, viewed = answer.json()["views"][:2]
        assert (played["type"], played["spans"]) == ("clip.played", [[1000, 3000]])
        assert (viewed["type"], viewed["what"], viewed["name"]) == (
            "clip.viewed",
            "original",
            "wang",
        )
        assert played["session"] == viewed["session"]
    refused = officer.get(world.clip("first") + "/views")
    assert (refused.status_code, refused.json()["code"]) == (403, "P020")
    assert world.entries("access.refused")[-1].data["clip"] == world.ids["first"]
    assert world.client("southchief").get(world.clip("first") + "/views").status_code == 404


def test_views_are_paged_and_each_is_told_once(world: World) -> None:
    client = world.client("chief")
    for kind in ("poster",):
        client.get(f"{world.clip('first')}/renditions/{kind}")
    whole = client.get(world.clip("first") + "/views").json()["views"]
    assert len(whole) >= 3
    found, cursor = [], ""
    while True:
        page = client.get(f"{world.clip('first')}/views?limit=2{cursor}").json()
        found += page["views"]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert [v["index"] for v in found] == [v["index"] for v in whole]
    assert client.get(world.clip("first") + "/views?cursor=x").status_code == 422


def test_the_page_shows_who_has_seen_it_to_those_who_may_know(world: World) -> None:
    officer = world.client("wang")
    officer.get(world.clip("first") + "/original")
    officer.post(world.clip("first") + "/plays", json=report([1000, 31_000], played=2000))
    page = world.browser("chief").get(f"/clips/{world.ids['first']}").text
    card = page[page.index('id="viewings"') :]
    assert "<strong>wang</strong>" in card
    assert "0:01.000 – 0:31.000" in card
    assert 'width="487.8"' in card  # thirty of 61.5 seconds
    assert 'id="viewings"' not in world.browser("wang").get(f"/clips/{world.ids['first']}").text


def test_a_form_from_elsewhere_reports_nothing(world: World) -> None:
    browser = world.browser("chief")
    answer = browser.post(
        world.clip("first") + "/plays",
        json=report([0, 10]),
        headers={"Origin": "http://elsewhere.test"},
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "P013")
    answer = browser.post(world.clip("first") + "/plays", json=report([0, 10]), headers=ORIGIN)
    assert answer.status_code == 201
