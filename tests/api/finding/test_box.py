"""What the search box understands, and that it tells nobody of what they may not know."""

from __future__ import annotations

from datetime import date

import pytest

from api.finding import box
from api.finding.dates import days_of
from archive.texts import TextRef
from tests.api.world import CASE, World

_TODAY = date(2026, 11, 22)


def understood(world: World, user: str, typed: str) -> dict[str, str]:
    """What the API took a typed text for."""
    answer = world.client(user).get("/api/v1/clips", params={"q": typed})
    assert answer.status_code == 200, answer.text
    found: dict[str, str] = answer.json()["understood"]
    return found


@pytest.mark.parametrize(
    ("typed", "filters"),
    [
        (CASE, {"case": CASE}),
        (" ２０２６－０１１７ ", {"case": CASE}),
        ("6-01", {"number": "6-01"}),
        ("2026 - 0117", {"number": "2026-0117"}),
        ("012345", {"officer": "012345"}),
        ("０１２３４５", {"officer": "012345"}),
        ("T100", {"recorder": "T100"}),
        ("North", {"unit": "North"}),
        ("2026-01-17", {"from": "2026-01-17", "to": "2026-01-17"}),
        ("2026年1月 询问", {"from": "2026-01-01", "to": "2026-01-31", "text": "询问"}),
        ("012345 012346", {"officer": "012345", "text": "012346"}),
        ("京A·12345", {"text": "京A·12345"}),
        ("询问 <b>", {"text": "询问 <b>"}),
        ("999", {"text": "999"}),
        ("%", {"text": "%"}),
    ],
)
def test_the_box_takes_what_people_type(world: World, typed: str, filters: dict[str, str]) -> None:
    assert understood(world, "archivist", typed) == filters


@pytest.mark.parametrize("typed", ["990001", "T200", "South"])
def test_what_is_out_of_reach_is_only_words(world: World, typed: str) -> None:
    assert understood(world, "wang", typed) == {"text": typed}
    assert understood(world, "archivist", typed) != {"text": typed}


def test_a_part_that_very_many_numbers_have_is_only_words(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(box, "_MOST_CASES", 0)
    assert understood(world, "archivist", "6-01") == {"text": "6-01"}


def test_what_is_said_outright_counts_more_than_the_box(world: World) -> None:
    answer = world.client("archivist").get(
        "/api/v1/clips", params={"q": "012345", "officer": "012346"}
    )
    assert answer.json()["understood"] == {}
    assert [clip["officer"] for clip in answer.json()["clips"]] == ["012346"]


def test_a_search_by_the_box_is_recorded_as_what_it_was_taken_for(world: World) -> None:
    understood(world, "chief", "012345 秘密")
    entry = world.entries("search.made")[-1]
    assert entry.data["officer"] == world.ids["wang"]
    assert "秘密".encode() not in entry.raw
    assert entry.data["session"].startswith("session-")
    row = world.archive.texts.read(TextRef.from_data(entry.data["text"]))
    assert row is not None
    assert row["words"] == {"text": "秘密"}


@pytest.mark.parametrize(
    ("typed", "page"),
    [
        (CASE, f"/cases/{CASE}"),
        ("012345", "/?officer=012345"),
        ("6-01", "/?number=6-01"),
        ("酒驾 昨天", "/?from="),
    ],
)
def test_the_box_of_a_page_leads_to_what_it_understood(world: World, typed: str, page: str) -> None:
    answer = world.browser("chief").get("/", params={"q": typed})
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(page)


@pytest.mark.parametrize(
    ("typed", "first", "last"),
    [
        ("2026-01-17", "2026-01-17", "2026-01-17"),
        ("2026/1/7", "2026-01-07", "2026-01-07"),
        ("2026.01.07", "2026-01-07", "2026-01-07"),
        ("20260117", "2026-01-17", "2026-01-17"),
        ("2026年1月17日", "2026-01-17", "2026-01-17"),
        ("２０２６年２月", "2026-02-01", "2026-02-28"),
        ("2026-12", "2026-12-01", "2026-12-31"),
        ("2026", "2026-01-01", "2026-12-31"),
        ("2025年", "2025-01-01", "2025-12-31"),
        ("1月17日", "2026-01-17", "2026-01-17"),
        ("12月31日", "2025-12-31", "2025-12-31"),
        ("今天", "2026-11-22", "2026-11-22"),
        ("Yesterday", "2026-11-21", "2026-11-21"),
        ("2026-01-17..2026-01-20", "2026-01-17", "2026-01-20"),
        ("1月17日至1月20日", "2026-01-17", "2026-01-20"),
    ],
)
def test_a_date_is_read_as_it_is_typed(typed: str, first: str, last: str) -> None:
    assert days_of(typed, _TODAY) == (date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize(
    "typed",
    [
        "2026-13-01",
        "2026-02-30",
        "20269999",
        "12345678",
        "17",
        "1月",
        "x",
        "",
        "a..b",
        "2月30日",
        "2026-01-20..2026-01-17",
        "2026-01..",
        "٢٠٢٦-٠١-١٧",
        "0117-01-17",
    ],
)
def test_what_is_no_date_is_none(typed: str) -> None:
    assert days_of(typed, _TODAY) is None
