"""Facets, totals and pages over HTTP: within reach, in the ledger first, and no slower for a large case."""

from __future__ import annotations

import time
from typing import Any

import pytest

from archive import cases
from archive.catalogue.search import Filters, FindQuery, build, page_sql
from archive.events import Event
from archive.ids import new_id
from tests.api.world import CASE, World


def facets(world: World, user: str, **filters: str) -> dict[str, Any]:
    """What a search could be narrowed by."""
    answer = world.client(user).get("/api/v1/clips/facets", params=filters)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_every_choice_says_how_many_it_would_find(world: World) -> None:
    found = facets(world, "archivist")
    assert (found["total"], found["total_is"]) == (3, "exact")
    assert found["units"] == [{"unit": "North", "clips": 2}, {"unit": "South", "clips": 1}]
    assert found["kinds"] == [{"kind": "video", "clips": 3}]
    assert found["states"]["marked"] == 1
    assert found["states"]["unlinked"] == 0
    assert found["time"]["grain"] == "hour"
    assert found["time"]["bins"] == [
        {"from": f"2026-01-17T{h:02}:00:00Z", "to": f"2026-01-17T{h + 1:02}:00:00Z", "clips": 1}
        for h in (8, 9, 10)
    ]


@pytest.mark.parametrize(
    "filters",
    [{}, {"case": CASE}, {"unit": "North"}, {"mark": "true"}, {"text": "询问"}, {"q": "012345"}],
)
@pytest.mark.parametrize("user", ["chief", "southchief", "wang", "archivist", "reviewer"])
def test_facets_count_what_a_search_finds(world: World, user: str, filters: dict[str, str]) -> None:
    found = world.client(user).get("/api/v1/clips", params=filters).json()
    assert facets(world, user, **filters)["total"] == found["total"] == len(found["clips"])


def test_counts_are_a_search_in_the_ledger(world: World) -> None:
    facets(world, "chief", case=CASE)
    entry = world.entries("search.made")[-1]
    assert entry.data["facets"] is True
    assert entry.data["total"] == 2
    case = world.archive.catalogue.case_by_number(CASE)
    assert case is not None
    assert entry.data["case"] == case.id


def test_a_page_with_rows_and_counts_is_one_search(world: World) -> None:
    before = len(world.entries("search.made"))
    page = world.browser("chief").get("/", params={"unit": "North"})
    assert page.status_code == 200
    assert len(world.entries("search.made")) == before + 1
    assert "facets" not in world.entries("search.made")[-1].data


def test_an_administrator_counts_nothing(world: World) -> None:
    for path in ("/api/v1/clips/facets", "/api/v1/searches"):
        assert world.client("root").get(path).status_code == 403


def test_a_filter_that_is_wrong_counts_nothing(world: World) -> None:
    before = len(world.entries("search.made"))
    for query in ("damage=perhaps", "nonsense=1", "linked=true&linked=true"):
        assert world.client("chief").get(f"/api/v1/clips/facets?{query}").status_code == 422
    assert len(world.entries("search.made")) == before


def test_the_later_pages_of_a_case_are_not_counted_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(world, "big-1", 120)
    client, asked = world.client("archivist"), []
    whole = type(world.archive.catalogue).find

    def find(catalogue: Any, query: FindQuery) -> Any:
        asked.append(query)
        return whole(catalogue, query)

    monkeypatch.setattr(type(world.archive.catalogue), "find", find)
    first = client.get("/api/v1/clips", params={"case": "big-1", "limit": "50"}).json()
    second = client.get(
        "/api/v1/clips", params={"case": "big-1", "limit": "50", "cursor": first["next"]}
    ).json()
    assert (first["total"], second["total"]) == (120, 120)
    assert [query.total for query in asked] == [None, 120]
    assert not {c["clip"] for c in first["clips"]} & {c["clip"] for c in second["clips"]}


def test_a_page_of_a_case_reads_one_stretch_of_one_index(world: World) -> None:
    query = FindQuery(case="big-1", limit=50, cursor=None)
    sql, params = page_sql(build(Filters(query=query)), query)
    plan = world.archive.catalogue._database.rows(f"EXPLAIN QUERY PLAN {sql}", params)
    # But for the look-up of the number, which sorts the one or two cases that have it.
    said = " ".join(str(row[3]) for row in plan if row[1] == 0)
    assert "links_case" in said
    assert "TEMP B-TREE" not in said


def fill(world: World, number: str, clips: int) -> None:
    """A case of many clips."""
    archive, unit = world.archive, world.ids["North"]
    cases.open_case(archive, actor="local-0", number=number, unit=unit)
    archive.catalogue.catch_up()
    case = archive.catalogue.case_by_number(number)
    assert case is not None
    began = time.time()
    events = []
    for n in range(clips):
        clip = new_id("clip")
        start = f"2026-02-01T{n // 60:02}:{n % 60:02}:00Z"
        data = {
            "docking": new_id("docking"),
            "recorder": world.ids["T100"],
            "officer": world.ids["wang"],
            "unit": unit,
            "original": {"object": f"{int(began) + n:064x}", "size": 1},
            "modified": start,
            "kind": "video",
            "start": start,
            "start_source": "name",
            "offset_ms": None,
            "uncertainty_ms": None,
            "marked": False,
            "late": False,
            "same_as": None,
            "resumed": None,
            "quarantined": False,
        }
        text = {"path": f"{n}.mp4", "start_raw": None, "belongs_to": None}
        events.append(
            Event(type="clip.ingested", subject=clip, actor="local-0", data=data, text=text)
        )
        link = {"case": case.id, "by": "hand", "rule": None}
        events.append(
            Event(
                type="clip.linked", subject=clip, actor="local-0", data=link, text={"reason": "x"}
            )
        )
    archive.record(events)
    archive.catalogue.catch_up()
