"""Cases and links over HTTP."""

from __future__ import annotations

import time
from contextlib import closing
from threading import Thread
from urllib.parse import quote

import pytest
from httpx2 import Response

from api.deciding import PATIENCE
from api.freshness import CHECK_SECONDS
from archive import cases
from archive.ledger.lock import FileLock
from tests.api.world import CASE, World


def test_a_case_is_opened_listed_and_found_by_any_width_of_its_number(world: World) -> None:
    client = world.client("chief")
    body = {"number": " Ａ/7%2F ", "title": "占道", "officers": ["012345"]}
    opened = client.post("/api/v1/cases", json=body)
    assert opened.status_code == 201
    assert opened.json()["number"] == "Ａ/7%2F"
    assert opened.json()["officers"] == ["012345"]
    assert client.get(opened.headers["location"]).json()["title"] == "占道"
    for number in ("Ａ/7%2F", "A/7%2F"):
        segment = quote(number, safe="")
        assert client.get(f"/api/v1/cases/{segment}").json()["number"] == "Ａ/7%2F"
        assert world.browser("chief").get(f"/cases/{segment}").status_code == 200
    assert client.get("/api/v1/cases/A/7%2F").status_code == 404
    listed = [c["number"] for c in client.get("/api/v1/cases").json()["cases"]]
    assert "Ａ/7%2F" in listed
    again = client.post("/api/v1/cases", json={"number": "A/7%2F"})
    assert (again.status_code, again.json()["code"]) == (409, "A072")


def test_a_link_has_a_reason_is_idempotent_and_keeps_its_history(world: World) -> None:
    client = world.client("chief")
    client.post("/api/v1/cases", json={"number": "link-1"})
    path = f"/api/v1/cases/link-1/clips/{world.ids['first']}"
    assert client.put(path, json={}).status_code == 422
    assert client.put(path, json={"reason": "  "}).status_code == 422
    assert client.put(path, json={"reason": "同一现场"}).status_code == 201
    size = world.archive.reader.size()
    assert client.put(path, json={"reason": "again"}).status_code == 200
    assert world.archive.reader.size() == size
    found = client.get("/api/v1/cases/link-1").json()
    assert [c["clip"] for c in found["clips"]] == [world.ids["first"]]
    assert "link-1" in client.get(world.clip("first")).json()["cases"]
    assert client.delete(path, json={"reason": "误关联"}).status_code == 204
    assert client.delete(path, json={"reason": "twice"}).status_code == 404
    assert "link-1" not in client.get(world.clip("first")).json()["cases"]
    history = client.get(world.clip("first") + "/custody").json()["custody"]
    reasons = [e["text"].get("reason") for e in history if e["actor"] == world.users["chief"].id]
    assert [r for r in reasons if r] == ["同一现场", "误关联"]


def test_nobody_links_what_they_may_not_know_of(world: World) -> None:
    path = f"/api/v1/cases/{CASE}/clips/"
    body = {"reason": "x"}
    assert world.client("chief").put(path + world.ids["south"], json=body).status_code == 404
    assert world.client("wang").put(path + world.ids["second"], json=body).status_code == 404
    assert world.client("archivist").put(path + world.ids["first"], json=body).status_code == 403
    assert world.client("archivist").post("/api/v1/cases", json={"number": "n"}).status_code == 403
    assert world.client("root").post("/api/v1/cases", json={"number": "n"}).status_code == 403


def test_a_closed_case_takes_no_links(world: World) -> None:
    client = world.client("chief")
    client.post("/api/v1/cases", json={"number": "closed-1"})
    cases.close_case(world.archive, actor="local-0", number="closed-1")
    answer = client.put(f"/api/v1/cases/closed-1/clips/{world.ids['first']}", json={"reason": "x"})
    assert (answer.status_code, answer.json()["code"]) == (409, "A071")


def test_a_case_with_officers_and_a_time_takes_their_clips(world: World) -> None:
    body = {
        "number": "rule-1",
        "officers": ["012345"],
        "from": "2026-01-17T07:00:00Z",
        "to": "2026-01-17T12:00:00Z",
    }
    client = world.client("chief")
    assert client.post("/api/v1/cases", json=body).status_code == 201
    page = client.get("/api/v1/cases/rule-1").json()
    assert [c["clip"] for c in page["clips"]] == [world.ids["first"]]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"number": ""},
        {"number": "x" * 300},
        {"number": "a\nb"},
        {"number": "n1", "officers": ["nobody"]},
        {"number": "n1", "from": "soon"},
        {"number": "n1", "colour": "red"},
        [],
        "x",
    ],
)
def test_a_malformed_case_is_422_and_nothing_is_opened(world: World, body: object) -> None:
    before = len(world.entries("case.opened"))
    answer = world.client("chief").post("/api/v1/cases", json=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(world.entries("case.opened")) == before


def test_what_the_command_line_links_is_seen_at_once(world: World) -> None:
    client = world.client("chief")
    client.post("/api/v1/cases", json={"number": "cli-1"})
    cases.link_clip(
        world.archive, actor="local-0", number="cli-1", clip=world.ids["second"], reason="x"
    )
    time.sleep(CHECK_SECONDS + 0.02)
    assert client.get("/api/v1/clips", params={"case": "cli-1"}).json()["total"] == 1


def test_opening_a_case_is_a_search(world: World) -> None:
    before = len(world.entries("search.made"))
    world.client("chief").get(f"/api/v1/cases/{CASE}")
    world.browser("chief").get(f"/cases/{CASE}")
    assert len(world.entries("search.made")) == before + 2


def test_who_decides_does_not_wait_for_long_and_keeps_nobody_from_reading(world: World) -> None:
    client = world.client("chief")
    answers: list[Response] = []
    with closing(FileLock(world.archive.root / "cases.lock")) as lock, lock.held():
        begun = time.monotonic()
        threads = [
            Thread(
                target=lambda n=n: answers.append(
                    client.post("/api/v1/cases", json={"number": f"busy-{n}"})
                )
            )
            for n in range(8)
        ]
        for thread in threads:
            thread.start()
        time.sleep(0.5)
        assert client.get(world.clip("first") + "/custody").status_code == 200
        assert time.monotonic() - begun < PATIENCE
        for thread in threads:
            thread.join()
        assert time.monotonic() - begun < PATIENCE + 3
    assert {(a.status_code, a.json()["code"]) for a in answers} == {(503, "A042")}
    assert all(int(a.headers["retry-after"]) > 0 for a in answers)
    assert client.post("/api/v1/cases", json={"number": "busy-0"}).status_code == 201
