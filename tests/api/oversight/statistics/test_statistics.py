"""Statistics over HTTP: counted from the catalogue, of the own unit or of all, as JSON, CSV and charts."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest

from archive.cases import unlink_clip
from archive.events import Event
from archive.ids import new_id
from oversight.statistics.months import MonthsError, months_of
from tests.api.world import CASE, World, make_world

API = "/api/v1/statistics"
PAGE = "/oversight/statistics"
JANUARY = {"from": "2026-01", "to": "2026-02"}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = make_world(tmp_path_factory.mktemp("statistics") / "archive")
    for name in ("first", "south"):
        unlink_clip(world.archive, actor="local-0", number=CASE, clip=world.ids[name], reason="x")
    world.client("chief").post("/api/v1/cases", json={"number": "N-1"})
    late_and_damaged(world)
    yield world
    world.close()


def late_and_damaged(world: World) -> None:
    """A clip of March, of an officer whom no register names."""
    clip, start = new_id("clip"), "2026-03-31T15:59:59.500Z"  # the last second of March in China
    with world.archive.store.writing() as writing:
        stored = writing.put([b"late"])[0]
        data: dict[str, Any] = {
            "docking": new_id("docking"),
            "recorder": world.ids["T100"],
            "officer": new_id("officer"),
            "unit": world.ids["North"],
            "original": {"object": stored.digest, "size": stored.size},
            "modified": start,
            "kind": "video",
            "start": start,
            "start_source": "name",
            "offset_ms": None,
            "uncertainty_ms": None,
            "marked": False,
            "late": True,
            "same_as": None,
            "resumed": None,
            "quarantined": False,
        }
        text = {"path": "a.mp4", "start_raw": None, "belongs_to": None}
        examined = {"kind": "video", "duration_us": 1, "damaged": True, "damage": ["cut"]}
        examined |= {"playable": True, "tool": "t", "version": "1"}
        world.archive.record(
            [
                Event(type="clip.ingested", subject=clip, actor="local-0", data=data, text=text),
                Event(type="clip.examined", subject=clip, actor="local-0", data=examined),
            ]
        )
    world.archive.catalogue.catch_up()


def asked(world: World, user: str, table: str) -> dict[str, Any]:
    found = world.client(user).get(API, params=JANUARY)
    assert found.status_code == 200, found.text
    return {line["name"]: line["counts"] for line in found.json()["tables"][table]}


def test_clips_are_counted_by_month_unit_and_person(world: World) -> None:
    months = asked(world, "overseer", "month")
    assert months["2026-01"] == {"clips": 3, "late": 0, "damaged": 0, "unlinked": 2}
    assert months["2026-02"] == {}
    units = asked(world, "overseer", "unit")
    assert (units["North"]["clips"], units["South"]["clips"]) == (2, 1)
    assert (units["North"]["unlinked"], units["North"]["bare_cases"]) == (1, 1)
    assert {name: c["clips"] for name, c in asked(world, "archivist", "officer").items()} == {
        "012345": 1,
        "012346": 1,
        "990001": 1,
    }
    assert asked(world, "archivist", "recorder")["T100"]["clips"] == 2


def test_a_supervisor_is_told_of_the_own_unit_and_others_of_nothing(world: World) -> None:
    assert set(asked(world, "chief", "unit")) == {"North"}
    assert asked(world, "southchief", "month")["2026-01"]["clips"] == 1
    assert set(asked(world, "southchief", "officer")) == {"990001"}
    assert set(asked(world, "southchief", "recorder")) == {"T200"}
    for user in ("wang", "reviewer", "root"):
        assert world.client(user).get(API).status_code == 403


def test_who_watched_how_many_different_clips_is_counted_by_unit(world: World) -> None:
    now = datetime.now(UTC) + timedelta(hours=8)
    month = f"{now.year}-{now.month:02}"
    for clip in ("first", "first", "second", "south"):
        played = Event(
            type="clip.played",
            subject=world.ids[clip],
            actor=world.users["chief"].id,
            data={"session": "session-1", "what": "proxy", "spans": [[0, 9]], "played_ms": 9},
        )
        world.archive.record([played])
    world.archive.catalogue.catch_up()
    for user, count, plays in (("overseer", 3, 4), ("chief", 2, 3)):
        found = world.client(user).get(API, params={"from": month, "to": month}).json()
        (line,) = found["tables"]["viewer"]
        counts = {"watched": count, "views": plays, "views_unasked": plays}
        assert (line["name"], line["counts"]) == ("chief", counts)
    assert asked(world, "overseer", "viewer") == {}


def test_the_page_draws_its_charts_itself_and_the_csv_says_the_same(world: World) -> None:
    page = world.browser("overseer", lang="zh").get(f"{PAGE}?from=2026-01&to=2026-02")
    assert page.status_code == 200
    assert "<svg" in page.text
    assert "<title>2026-01: 3</title>" in page.text
    assert "缺录像的在办案件" in page.text
    assert "http://" not in page.text.replace("http://127.0.0.1:8000", "")
    assert world.browser("overseer").get(f"{PAGE}?from=2026-13").status_code == 422
    sheet = world.browser("overseer").get(f"{PAGE}/csv?from=2026-01&to=2026-02")
    rows = list(csv.reader(io.StringIO(sheet.content.decode("utf-8-sig"))))
    assert ["month", "2026-01", "2026-01", "clips", "3"] in rows
    assert ["unit", world.ids["South"], "South", "unlinked", "1"] in rows


@pytest.mark.parametrize(
    ("month", "states"),
    [("2026-01", {"linked=false"}), ("2026-03", {"linked=false", "late=true", "damage=true"})],
)
def test_each_figure_of_clips_leads_to_the_search_that_finds_just_these(
    world: World, month: str, states: set[str]
) -> None:
    browser = world.browser("overseer")
    page = browser.get(f"{PAGE}?from={month}&to={month}").text
    links = {
        unescape(href): int(count)
        for href, count in re.findall(r'<a href="(/\?[^"]+)">(\d+)</a>', page)
    }
    found_states = {word for href in links for word in href.split("&") if word in states}
    assert found_states == states
    for href, count in links.items():
        assert "officer-" not in href, "a search knows names"
        found = world.client("overseer").get("/api/v1/clips" + href[1:])
        assert found.status_code == 200, (href, found.text)
        assert len(found.json()["clips"]) == count, href
        assert browser.get(href).status_code == 200


@pytest.mark.parametrize(
    ("lang", "stops", "plays"),
    [
        ("zh", "该时段内没有未说明的中断。", "该时段内没有无申请的他人记录调阅。"),
        ("en", "No stop without a stated reason", "Nobody played footage of others"),
    ],
)
def test_months_in_which_nothing_was_weak_say_so(
    world: World, lang: str, stops: str, plays: str
) -> None:
    page = world.browser("chief", lang=lang).get(f"{PAGE}?from=2020-01&to=2020-02").text
    assert stops in page
    assert plays in page
    assert "statistics." not in page.replace("statistics.css", "")


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2026-02", "2026-01"),
        ("2026-1", "2026-02"),
        ("2020-01", "2026-01"),
        ("x", "2026-01"),
        ("0001-01", "0001-02"),
        ("9999-01", "9999-12"),
    ],
)
def test_months_that_are_none_are_refused(first: str, last: str) -> None:
    with pytest.raises(MonthsError):
        months_of(first, last)


def test_months_go_on_over_the_year(world: World) -> None:
    assert list(months_of("2025-11", "2026-02").each()) == [202511, 202512, 202601, 202602]
    assert world.client("chief").get(API, params={"to": "2026-02"}).json()["from"] == "2025-02"
    assert world.client("chief").get(API).status_code == 200
    assert world.client("chief").get(API, params={"to": "x"}).json()["code"] == "O065"
