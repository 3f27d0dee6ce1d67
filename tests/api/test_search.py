"""Searching: filters, pages, and what the ledger keeps of who asked what."""

from __future__ import annotations

import json
import time

import pytest

from archive import cases
from archive.opening import open_archive
from archive.texts import TextRef
from tests.api.world import CASE, World


def found(world: World, user: str, **filters: str) -> list[str]:
    """Names of the clips that a search finds."""
    answer = world.client(user).get("/api/v1/clips", params=filters)
    assert answer.status_code == 200, answer.text
    names = {v: k for k, v in world.ids.items()}
    return [names[clip["clip"]] for clip in answer.json()["clips"]]


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({"case": CASE}, ["first", "second", "south"]),
        ({"case": f" {CASE} "}, ["first", "second", "south"]),
        ({"officer": "012345"}, ["first"]),
        ({"unit": "South"}, ["south"]),
        ({"recorder": "T100"}, ["first", "second"]),
        ({"mark": "true"}, ["first"]),
        ({"mark": "false"}, ["second", "south"]),
        ({"from": "2026-01-17T09:00:00Z"}, ["second", "south"]),
        ({"to": "2026-01-17T08:30:00Z"}, ["first"]),
        ({"from": "2026-01-18"}, []),
        ({"kind": "photo"}, []),
        ({"text": "询问"}, ["first", "second", "south"]),
        ({"text": "公司", "officer": "012346"}, ["second"]),
        ({"case": "no such"}, []),
    ],
)
def test_each_filter_narrows(world: World, filters: dict[str, str], names: list[str]) -> None:
    assert found(world, "archivist", **filters) == names


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("offcer=1", "P024"),
        ("mark=perhaps", "P024"),
        ("limit=0", "P024"),
        ("limit=1e9", "P024"),
        ("case=1&case=2", "P024"),
        ("from=yesterday", "A062"),
        ("cursor=nonsense", "A063"),
        ("text=" + "x" * 300, "P024"),
        ("text=%00", "P024"),
    ],
)
def test_a_filter_that_is_wrong_is_an_error_and_no_search(
    world: World, query: str, code: str
) -> None:
    before = len(world.entries("search.made"))
    answer = world.client("chief").get(f"/api/v1/clips?{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert len(world.entries("search.made")) == before


def test_pages_are_walked_by_cursor(world: World) -> None:
    client, seen, cursor = world.client("archivist"), [], ""
    for _ in range(3):
        page = client.get("/api/v1/clips", params={"limit": "1", "cursor": cursor}).json()
        assert page["total"] == 3
        seen += [clip["clip"] for clip in page["clips"]]
        cursor = page["next"]
    assert seen == [world.ids[n] for n in ("first", "second", "south")]
    assert cursor is None


def test_a_search_is_in_the_ledger_with_ids_and_without_words(world: World) -> None:
    found(world, "chief", case=CASE, officer="012345", mark="true")
    entry = world.entries("search.made")[-1]
    case = world.archive.catalogue.case_by_number(CASE)
    assert case is not None
    assert entry.actor == entry.subject == world.users["chief"].id
    assert entry.data["case"] == case.id
    assert entry.data["officer"] == world.ids["wang"]
    assert entry.data["mark"] is True
    assert entry.data["total"] == 1
    assert "text" not in entry.data


def test_words_that_are_no_id_of_ours_are_kept_outside_the_entry(world: World) -> None:
    found(world, "chief", case="秘密案号", text="询问", kind="video")
    entry = world.entries("search.made")[-1]
    assert "秘密".encode() not in entry.raw
    assert entry.data["case"] is None
    row = world.archive.texts.read(TextRef.from_data(entry.data["text"]))
    assert row is not None
    assert row["words"] == {"case": "秘密案号", "text": "询问"}


def test_the_answer_is_one_json_document_with_what_a_script_needs(world: World) -> None:
    answer = world.client("chief").get("/api/v1/clips", params={"case": CASE})
    assert answer.headers["content-type"] == "application/json"
    clip = json.loads(answer.content)["clips"][0]
    assert clip["officer"] == "012345"
    assert clip["recorder"] == "T100"
    assert clip["start"] == "2026-01-17T08:00:00Z"
    assert clip["duration"] == 61.5
    assert clip["cases"] == [CASE]


def test_facts_custody_and_proof_agree_with_the_ledger(world: World) -> None:
    client = world.client("chief")
    facts = client.get(world.clip("first")).json()
    assert facts["media"]["video"] == "h264"
    assert [r["kind"] for r in facts["renditions"]] == ["poster"]
    history = client.get(world.clip("first") + "/custody").json()["custody"]
    assert [e["type"] for e in history][:5] == [
        "clip.ingested",
        "clip.examined",
        "rendition.made",
        "clip.verified",
        "clip.linked",
    ]
    index = history[0]["index"]
    one = client.get(f"{world.clip('first')}/custody/{index}").json()
    assert one["leaf"] == world.archive.reader.entry(index).leaf.hex()
    proof = client.get(world.clip("first") + "/proof")
    assert proof.text.startswith(f"c2sp.org/tlog-proof@v1\nindex {index}\n")
    assert client.get(f"{world.clip('first')}/custody/0").status_code == 404


def test_a_search_made_again_is_recorded_again_and_sees_what_changed(fresh: World) -> None:
    client, link = fresh.client("chief"), f"/api/v1/cases/{CASE}/clips/{fresh.ids['second']}"
    totals = [client.get("/api/v1/clips", params={"case": CASE}).json()["total"] for _ in range(3)]
    client.request("DELETE", link, json={"reason": "wrong case"})
    totals.append(client.get("/api/v1/clips", params={"case": CASE}).json()["total"])
    client.put(link, json={"reason": "right after all"})
    totals.append(client.get("/api/v1/clips", params={"case": CASE}).json()["total"])
    assert totals == [2, 2, 2, 1, 2]
    assert [e.data["total"] for e in fresh.entries("search.made")] == totals
    # The same words of somebody else are another search.
    assert (
        fresh.client("archivist").get("/api/v1/clips", params={"case": CASE}).json()["total"] == 3
    )


def test_what_another_process_appends_is_found_too(fresh: World) -> None:
    client = fresh.client("archivist")
    assert client.get("/api/v1/clips", params={"case": CASE}).json()["total"] == 3
    with open_archive(fresh.archive.root, write=True) as other:
        cases.unlink_clip(
            other, actor="local-0", number=CASE, clip=fresh.ids["south"], reason="elsewhere"
        )
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        if client.get("/api/v1/clips", params={"case": CASE}).json()["total"] == 2:
            return
    raise AssertionError("the search never saw it")


@pytest.mark.parametrize("limit", [1, 2, 3, 4])
def test_the_total_is_whole_whether_or_not_the_page_is_full(world: World, limit: int) -> None:
    client = world.client("archivist")
    page = client.get("/api/v1/clips", params={"case": CASE, "limit": str(limit)}).json()
    assert page["total"] == 3
    assert len(page["clips"]) == min(limit, 3)
    assert (page["next"] is None) == (limit >= 3)
