"""Searches kept under a name: each account's own, over HTTP and by form."""

from __future__ import annotations

import pytest

from api.finding import saved
from tests.api.world import ORIGIN, World


def test_a_search_is_kept_listed_replaced_and_forgotten(world: World) -> None:
    client = world.client("chief")
    made = client.post(
        "/api/v1/searches", json={"name": " 酒驾  今年 ", "filters": {"text": "酒驾"}}
    )
    assert made.status_code == 201
    assert made.json()["name"] == "酒驾 今年"
    assert made.headers["location"] == f"/api/v1/searches/{made.json()['id']}"
    client.post(
        "/api/v1/searches", json={"name": "酒驾 今年", "filters": {"text": "酒", "mark": "true"}}
    )
    (row,) = client.get("/api/v1/searches").json()["searches"]
    assert row["filters"] == {"text": "酒", "mark": "true"}
    assert client.delete(f"/api/v1/searches/{row['id']}").status_code == 204
    assert client.get("/api/v1/searches").json() == {"searches": []}
    assert client.delete(f"/api/v1/searches/{row['id']}").status_code == 404


def test_nobody_sees_or_removes_anothers(world: World) -> None:
    mine = world.client("wang").post(
        "/api/v1/searches", json={"name": "x", "filters": {"kind": "video"}}
    )
    other = world.client("southchief")
    assert other.get("/api/v1/searches").json() == {"searches": []}
    assert other.delete(f"/api/v1/searches/{mine.json()['id']}").status_code == 404
    assert len(world.client("wang").get("/api/v1/searches").json()["searches"]) == 1


@pytest.mark.parametrize(
    "body",
    [
        {"name": "", "filters": {"text": "x"}},
        {"name": " ", "filters": {"text": "x"}},
        {"name": "x" * 81, "filters": {"text": "x"}},
        {"name": "a\u202eb", "filters": {"text": "x"}},
        {"name": "x", "filters": {}},
        {"name": "x", "filters": {"nonsense": "1"}},
        {"name": "x", "filters": {"text": "x" * 201}},
        {"name": "x", "filters": {"text": 1}},
        {"name": "x", "filters": {"text": "x"}, "more": 1},
    ],
)
def test_what_is_no_search_is_not_kept(world: World, body: dict[str, object]) -> None:
    client = world.client("archivist")
    assert client.post("/api/v1/searches", json=body).status_code == 422
    assert client.get("/api/v1/searches").json() == {"searches": []}


def test_an_account_keeps_so_many_and_no_more(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saved, "MOST", 2)
    client = world.client("overseer")
    answers = [
        client.post("/api/v1/searches", json={"name": str(n), "filters": {"text": "x"}}).status_code
        for n in range(3)
    ]
    assert answers == [201, 201, 422]


def test_a_page_keeps_its_search_by_form(world: World) -> None:
    browser = world.browser("chief", lang="zh")
    page = browser.get("/", params={"unit": "North", "mark": "true"}).text
    assert 'value="unit=North&amp;mark=true"' in page
    kept = browser.post(
        "/searches",
        data={"query": "unit=North&mark=true&cursor=x&limit=3", "name": "<b>重点</b>"},
        headers=ORIGIN,
    )
    assert (kept.status_code, kept.headers["location"]) == (303, "/?unit=North&mark=true")
    page = browser.get(kept.headers["location"]).text
    assert "&lt;b&gt;重点&lt;/b&gt;" in page
    (row,) = world.client("chief").get("/api/v1/searches").json()["searches"]
    gone = browser.post(f"/searches/{row['id']}/remove", data={}, headers=ORIGIN)
    assert gone.status_code == 303
    assert world.client("chief").get("/api/v1/searches").json() == {"searches": []}


def test_a_form_from_elsewhere_keeps_nothing(world: World) -> None:
    browser = world.browser("chief")
    answer = browser.post(
        "/searches",
        data={"query": "unit=North", "name": "x"},
        headers={"Origin": "https://elsewhere.test"},
    )
    assert answer.status_code == 403
