"""Histories: whole by pages, and a case's with what was linked to it and taken off it."""

from __future__ import annotations

from typing import Any

import pytest

from api.history import PAGE
from archive.events import Event
from tests.api.world import CASE, World


def links(world: World, user: str) -> list[tuple[str, str]]:
    """Type and clip of each link event in the case's history, as a user is told."""
    names = {v: k for k, v in world.ids.items()}
    events = world.client(user).get(f"/api/v1/cases/{CASE}").json()["custody"]
    return [(e["type"], names[e["subject"]]) for e in events if e["type"].startswith("clip.")]


def test_a_case_tells_what_was_linked_to_it_and_taken_off_it(fresh: World) -> None:
    client = fresh.client("chief")
    body = {"reason": "<i>wrong case"}
    client.post("/api/v1/cases", json={"number": "other"})
    for name in ("first", "second"):
        client.put(f"/api/v1/cases/other/clips/{fresh.ids[name]}", json={"reason": "of another"})
    client.request("DELETE", f"/api/v1/cases/{CASE}/clips/{fresh.ids['second']}", json=body)
    told = [("clip.linked", "first"), ("clip.linked", "second"), ("clip.unlinked", "second")]
    assert links(fresh, "chief") == told
    page = fresh.browser("chief").get(f"/cases/{CASE}").text
    assert "Unlinked from a case" in page
    assert "DCIM/second 询问 &lt;b&gt;.mp4 · &lt;i&gt;wrong case" in page


@pytest.mark.parametrize(
    ("user", "names"),
    [
        ("chief", ["first", "second"]),
        ("southchief", ["south"]),
        ("wang", ["first"]),
        ("archivist", ["first", "second", "south"]),
    ],
)
def test_a_cases_history_names_no_clip_outside_the_visitors_reach(
    world: World, user: str, names: list[str]
) -> None:
    assert [name for _, name in links(world, user)] == names


def walk(world: World, path: str, parameter: str, following: str) -> list[dict[str, Any]]:
    """All events of a paged history."""
    found: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        page = world.client("chief").get(path, params={parameter: cursor}).json()
        assert len(page["custody"]) <= PAGE
        found += page["custody"]
        cursor = page[following]
    return found


def test_what_one_opening_of_a_page_showed_is_one_row_that_names_every_entry(fresh: World) -> None:
    clip, chief = fresh.ids["first"], fresh.users["chief"].id
    other = fresh.users["archivist"].id
    told = (
        ("poster", chief),
        ("strip", chief),
        ("track", chief),
        ("strip", chief),
        ("poster", other),
    )
    fresh.archive.record(
        [
            Event(
                type="clip.viewed",
                subject=clip,
                actor=actor,
                data={"what": what, "object": "0" * 64, "size": 1},
            )
            for what, actor in told
        ]
    )
    page = fresh.browser("chief").get(f"/clips/{clip}").text
    assert "Poster · Key frame strip · Track" in page
    assert page.count('<td class="nowrap">Viewed</td>') == 3
    for entry in fresh.entries("clip.viewed")[-5:]:
        assert f'/custody/{entry.index}"' in page
        assert f"/custody/{entry.index}/proof" in page


def test_a_long_history_is_walked_by_cursor_and_lacks_nothing(fresh: World) -> None:
    clip, chief = fresh.ids["first"], fresh.users["chief"].id
    data = {"what": "poster", "object": "0" * 64, "size": 1}
    seen = Event(type="clip.viewed", subject=clip, actor=chief, data=data)
    fresh.archive.record([seen] * (PAGE + 5))
    events = walk(fresh, fresh.clip("first") + "/custody", "cursor", "next")
    assert [e["index"] for e in events] == [
        e.index for e in fresh.archive.reader.entries() if e.subject == clip
    ]
    first = fresh.browser("chief").get(f"/clips/{clip}").text
    assert first.count("tlog-proof</a>") == PAGE
    more = first.partition(f'href="/clips/{clip}?custody=')[2].partition('"')[0]
    rest = fresh.browser("chief").get(f"/clips/{clip}?custody={more}").text
    assert rest.count("tlog-proof</a>") == len(events) - PAGE


def test_a_long_history_of_a_case_too(fresh: World) -> None:
    clip, case = fresh.ids["first"], fresh.archive.catalogue.case_by_number(CASE)
    assert case is not None
    for _ in range(PAGE // 2 + 3):
        for type_ in ("clip.unlinked", "clip.linked"):
            data = {"case": case.id, "by": "hand", "rule": None}
            fresh.archive.record([Event(type=type_, subject=clip, actor="local-0", data=data)])
    events = walk(fresh, f"/api/v1/cases/{CASE}", "custody_cursor", "custody_next")
    linked = [e for e in events if e["subject"] == clip]
    assert len(linked) == PAGE + 7
    assert [e["index"] for e in events] == sorted({e["index"] for e in events})


def test_a_cursor_of_nobodys_is_refused(world: World) -> None:
    for path in (
        world.clip("first") + "/custody?cursor=x",
        f"/api/v1/cases/{CASE}?custody_cursor=x",
    ):
        answer = world.client("chief").get(path)
        assert (answer.status_code, answer.json()["code"]) == (422, "A063"), path
