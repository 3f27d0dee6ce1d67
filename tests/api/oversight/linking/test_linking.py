"""Proposed links and imports over HTTP: who sees and decides which, what is refused, and the page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from api.errors import NotFoundError
from tests.api.world import CASE, ORIGIN, World, make_world

PROPOSALS = "/api/v1/proposals"
DECISIONS = f"{PROPOSALS}/decisions"
PAGE = "/oversight/linking"
HEAD = "编号,案号,接报时间,结束时间,警号,记录仪编号\n"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = make_world(tmp_path_factory.mktemp("linking") / "archive")
    # All three clips wait; two cases of two units, and dispatches about them.
    for name in ("first", "second", "south"):
        world.client("chief" if name != "south" else "southchief").delete(
            f"/api/v1/cases/{CASE}/clips/{world.ids[name]}", json={"reason": "x"}
        )
    for user, number in (("chief", "N-1"), ("chief", "N-2"), ("southchief", "S-1")):
        officers = ["012345"] if number == "N-1" else []
        body = {"number": number, "officers": officers}
        made = world.client(user).post("/api/v1/cases", json=body)
        assert made.status_code == 201, made.text
    yield world
    world.close()


def send(world: World, user: str, rows: str, **params: Any) -> Any:
    return world.client(user).post(
        "/api/v1/dispatch",
        params={"name": "派单.csv", **params},
        content=(HEAD + rows).encode("gb18030"),
    )


def listed(world: World, user: str, **params: Any) -> list[tuple[str, str]]:
    found = world.client(user).get(PROPOSALS, params=params)
    assert found.status_code == 200, found.text
    return [(row["clip"], row["case"]) for row in found.json()["proposals"]]


def decide(
    world: World, user: str, decision: str, *pairs: tuple[str, str], reason: str | None = None
) -> Any:
    body = {
        "decision": decision,
        "pairs": [{"clip": clip, "case": case} for clip, case in pairs],
        "reason": reason,
    }
    return world.client(user).post(DECISIONS, json=body)


def test_who_may_brings_data_in_and_a_mistake_is_told_with_its_line(world: World) -> None:
    row = "J1,N-1,2026-01-17 16:00,2026-01-17 17:05,012345,T100\n"
    for user in ("wang", "overseer", "reviewer", "root"):
        assert send(world, user, row).status_code == 403
    refused = send(world, "chief", row + "J2,N-1,gestern,,,\n")
    assert refused.status_code == 422
    assert refused.json()["code"] == "O060"
    assert "line 3: from" in refused.json()["detail"]
    assert world.client("chief").get("/api/v1/dispatch").json() == {"imports": []}
    done = send(world, "chief", row + "J2,N-1,gestern,,,\n", skip_bad=True)
    assert done.status_code == 201, done.text
    told = done.json()
    assert (told["rows"], told["encoding"], told["proposed"]) == (1, "gb18030", 2)
    assert [m["line"] for m in told["mistakes"]] == [3]
    more = "K1,N-2,2026-01-17 16:00,2026-01-17 17:05,012345,T100\nK2,S-1,2026-01-17 18:00,,990001,T200\n"
    assert send(world, "archivist", more).json()["proposed"] >= 2
    assert len(world.client("archivist").get("/api/v1/dispatch").json()["imports"]) == 2


def test_everybody_is_shown_what_they_may_know_of_both_of(world: World) -> None:
    first, second, south = (world.ids[name] for name in ("first", "second", "south"))
    assert (first, "N-1") in listed(world, "chief")
    assert (first, "N-2") in listed(world, "chief")
    assert south not in {clip for clip, _ in listed(world, "chief")}
    assert {clip for clip, _ in listed(world, "southchief")} == {south}
    assert {clip for clip, _ in listed(world, "wang")} == {first}
    assert (
        {first, second, south} >= {clip for clip, _ in listed(world, "archivist")} >= {first, south}
    )
    assert listed(world, "reviewer") == []
    assert world.client("root").get(PROPOSALS).status_code == 403
    assert listed(world, "chief", case="S-1") == []
    assert set(listed(world, "chief", conflicts=True)) >= {(first, "N-1"), (first, "N-2")}
    assert listed(world, "chief", least=1000) == []
    assert listed(world, "chief", rule="nosuch") == []
    assert world.client("chief").get(PROPOSALS, params={"limit": 0}).status_code == 422


def test_pages_of_proposals_follow_each_other_without_gap(world: World) -> None:
    client, found, cursor = world.client("archivist"), list[tuple[str, str]](), None
    while True:
        params = {"limit": 1} | ({} if cursor is None else {"cursor": cursor})
        page = client.get(PROPOSALS, params=params).json()
        found += [(row["clip"], row["case"]) for row in page["proposals"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert found == listed(world, "archivist")
    assert client.get(PROPOSALS, params={"cursor": "x"}).status_code == 422


def test_the_page_shows_score_and_reason_in_the_readers_language(world: World) -> None:
    zh = world.browser("chief", lang="zh").get(PAGE)
    assert zh.status_code == 200
    assert "执法人员 012345 属于本案" in zh.text
    assert "待确认" in zh.text
    en = world.browser("chief").get(PAGE).text
    assert "officer 012345 is on the case" in en
    assert "执法人员 012345 属于本案" not in en
    for which in ("conflicts", "unlinked", "unclassified", "cases", "imports", "nosuch"):
        assert world.browser("chief", lang="zh").get(f"{PAGE}?list={which}").status_code == 200
    assert world.ids["second"] in world.browser("chief").get(f"{PAGE}?list=unlinked").text
    assert "S-1" not in world.browser("chief").get(f"{PAGE}?list=cases").text
    assert 'name="do"' not in world.browser("archivist").get(PAGE).text


def test_only_who_may_know_of_both_decides_and_one_refusal_stops_no_other(world: World) -> None:
    first, south = world.ids["first"], world.ids["south"]
    assert decide(world, "archivist", "confirm", (first, "N-1")).status_code == 403
    found = decide(world, "southchief", "confirm", (first, "N-1"), (south, "S-1"))
    assert [(row["done"], row["code"]) for row in found.json()["decisions"]] == [
        (False, NotFoundError.code),
        (True, None),
    ]
    other = decide(world, "southchief", "confirm", (first, "S-1")).json()["decisions"][0]
    assert other["code"] == NotFoundError.code  # whether it was proposed is not told either
    assert decide(world, "chief", "decline", (first, "N-2")).status_code == 422  # no reason
    gone = decide(world, "chief", "decline", (first, "N-2"), reason="另一现场").json()
    assert gone["decisions"][0]["done"] is True
    assert (first, "N-2") not in listed(world, "chief")
    again = decide(world, "chief", "confirm", (first, "N-2")).json()
    assert again["decisions"][0]["code"] == "O062"
    twice = decide(world, "chief", "confirm", (first, "N-1"), (first, "N-1"))
    assert twice.status_code == 422


def test_what_is_ticked_on_the_page_is_confirmed_at_once(world: World) -> None:
    browser, first = world.browser("wang"), world.ids["first"]
    form = {"pair1": f"{first} N-1", "do": "confirm", "reason": "是本案现场"}
    refused = browser.post(PAGE, data={"do": "confirm"}, headers=ORIGIN)
    assert refused.status_code in {400, 422}
    done = browser.post(PAGE, data=form, headers=ORIGIN)
    assert done.status_code == 303, done.text
    assert done.headers["location"] == f"{PAGE}?done=confirmed"
    entry = world.entries("clip.linked")[-1]
    assert (entry.subject, entry.data["by"], entry.data["rule"]) == (first, "hand", "dispatch")
    assert entry.actor == world.users["wang"].id
    assert listed(world, "wang") == []
    assert browser.post(PAGE, data=form, headers=ORIGIN).status_code in {404, 409}


def test_a_case_that_is_opened_gets_its_proposals_at_once(world: World) -> None:
    body = {"number": "N-9", "from": "2026-01-17 16:50", "to": "2026-01-17 17:10", "officers": []}
    assert world.client("chief").post("/api/v1/cases", json=body).status_code == 201
    second = world.ids["second"]
    assert (second, "N-9") in listed(world, "chief")
    (world.archive.root / "linking.toml").write_text("format = 0\n")
    again = world.client("chief").post("/api/v1/cases", json=body | {"number": "N-10"})
    (world.archive.root / "linking.toml").unlink()
    assert again.status_code == 201
    assert listed(world, "chief", case="N-10") == []


def test_a_file_is_brought_in_on_the_page_and_its_mistakes_are_told(world: World) -> None:
    browser = world.browser("chief", lang="zh")
    bad = {"file": ("a.csv", (HEAD + "J9,,昨天,,,\n").encode(), "text/csv")}
    refused = browser.post(f"{PAGE}/file", files=bad, data={"kind": "dispatch"}, headers=ORIGIN)
    assert refused.status_code == 422
    assert "第 2 行" in refused.text
    good = {"file": ("a.csv", (HEAD + "J9,,2026-01-17 16:00,,,\n").encode(), "text/csv")}
    done = browser.post(f"{PAGE}/file", files=good, data={"kind": "dispatch"}, headers=ORIGIN)
    assert done.status_code == 303, done.text
    assert world.browser("wang").post(f"{PAGE}/file", files=good, headers=ORIGIN).status_code == 403
