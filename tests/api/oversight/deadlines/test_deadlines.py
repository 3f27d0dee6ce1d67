"""Deadlines over HTTP and on pages: who is told of which, how they stand, and who may say why one is late."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.identity.registering import add_account
from archive import cases
from archive.events import Event
from tests.api.world import CASE, ORIGIN, PASSWORD, World, make_world

ALL = "/api/v1/oversight/deadlines"
OF_CASE = f"/api/v1/cases/{CASE}/deadlines"
EXCUSES = "/api/v1/oversight/excuses"
LONG_AGO = "2026-01-05T08:00:00Z"


def say(world: World, type_: str, subject: str, data: dict[str, Any], **text: str) -> None:
    event = Event(type=type_, subject=subject, actor="local-0", data=data, text=text or None)
    world.archive.record([event])


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """North's case is over since January and has no file; south's one is decided, and nothing is public."""
    made = make_world(tmp_path_factory.mktemp("deadlines") / "root")
    made.archive.catalogue.catch_up()
    row = made.archive.catalogue.case_by_number(CASE)
    assert row is not None
    made.ids["case"] = row.id
    south = cases.open_case(
        made.archive,
        actor="local-0",
        number="S-1",
        unit=made.ids["South"],
        officers=[made.ids["wang"]],
    )
    say(made, "case.action_ended", row.id, {"at": LONG_AGO})
    say(made, "case.filed_as", south, {"act": "penalty"})
    say(made, "case.stage_entered", south, {"stage": "decision", "at": LONG_AGO})
    say(made, "list.outdated", "list-01", {"at": LONG_AGO}, reason="法规修改")
    made.archive.catalogue.catch_up()
    yield made
    made.close()


def told(world: World, user: str, **params: str) -> set[tuple[str | None, str, str]]:
    answer = world.client(user).get(ALL, params=params)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found["counted"] == "now"
    return {
        (d["case"] or d["clip"] or d["list"], d["rule"], d["state"]) for d in found["deadlines"]
    }


def test_everybody_is_told_of_what_is_theirs_to_look_after(world: World) -> None:
    north = (CASE, "file", "missed")
    south = ("S-1", "publish_permit_or_penalty", "missed")
    lists = ("list-01", "update_lists", "missed")
    assert told(world, "overseer") == told(world, "archivist") == {north, south, lists}
    assert told(world, "chief") == {north}
    assert told(world, "southchief") == {south}
    assert told(world, "wang") == {south}, "named in it as an officer"
    assert told(world, "reviewer") == set()
    assert world.client("root").get(ALL).status_code == 403


def test_clips_that_came_too_late_are_told_to_those_they_belong_to(world: World) -> None:
    late = {(world.ids[name], "upload", "late") for name in ("first", "second", "south")}
    assert told(world, "overseer", state="late") == late
    assert told(world, "wang", state="late") == {(world.ids["first"], "upload", "late")}
    assert told(world, "chief", state="late,running") == late - {
        (world.ids["south"], "upload", "late")
    }


def test_a_page_goes_on_where_the_last_one_ended(world: World) -> None:
    client, found, cursor = world.client("overseer"), [], None
    while True:
        params = {"limit": 1, "state": "missed,late"} | ({"cursor": cursor} if cursor else {})
        answer = client.get(ALL, params=params).json()
        found += [(d["due"], d["rule"]) for d in answer["deadlines"]]
        cursor = answer["next"]
        if cursor is None:
            break
    assert len(found) == 6
    assert found == sorted(found, key=lambda row: row[0])


@pytest.mark.parametrize("params", [{"state": "sleeping"}, {"limit": "0"}, {"cursor": "x"}])
def test_what_makes_no_sense_is_refused(world: World, params: dict[str, str]) -> None:
    assert world.client("chief").get(ALL, params=params).status_code in {400, 422}


def test_a_case_says_what_is_due_with_clause_and_source(world: World) -> None:
    found = world.client("chief").get(OF_CASE).json()["deadlines"]
    file = found[0]
    assert (file["case"], file["ends"], file["state"]) == (CASE, "filed", "missed")
    assert "30日" in file["clause"]["zh"]
    assert file["source"]["en"] == "Plan of Tongling Suburban District"
    assert file["due"] == "2026-02-04T16:00:00Z"
    assert {d["clip"] for d in found[1:]} == {world.ids["first"], world.ids["second"]}, (
        "not south's"
    )
    # He knows of the case by his own clip: that says nothing of how far it is.
    assert world.client("wang").get(OF_CASE).status_code == 404
    assert world.browser("wang").get(f"/cases/{CASE}/deadlines").status_code == 404
    everything = world.client("overseer").get(OF_CASE).json()["deadlines"]
    assert {d["clip"] for d in everything[1:]} == {
        world.ids[n] for n in ("first", "second", "south")
    }


def test_a_clip_says_until_when_it_had_to_be_here(world: World) -> None:
    (row,) = world.client("wang").get(f"{world.clip('first')}/deadlines").json()["deadlines"]
    assert (row["rule"], row["state"], row["due"]) == (
        "upload",
        "late",
        "2026-01-18T08:01:01.500000Z",
    )
    assert world.client("wang").get(f"{world.clip('south')}/deadlines").status_code == 404


def test_the_desk_and_the_case_say_it_in_both_languages(world: World) -> None:
    for lang, missed, by_unit in (("zh", "已逾期", "按单位"), ("en", "Missed", "By unit")):
        browser = world.browser("overseer", lang=lang)
        desk = browser.get("/oversight").text
        assert missed in desk
        assert by_unit in desk
        assert f'href="/cases/{CASE}/deadlines"' in desk
        assert missed in browser.get(f"/cases/{CASE}").text
        for state in ("missed", "nearing", "running", "late", "excused"):
            assert browser.get(f"/oversight/deadlines?state={state}").status_code == 200
    assert "S-1" not in world.browser("chief").get("/oversight").text
    assert "deadlines" not in world.browser("root").get("/oversight").text


def test_metrics_count_deadlines_by_rule_and_state(world: World) -> None:
    world.client("overseer").get(ALL)
    text = world.client().get("/metrics").text
    assert 'muniment_deadlines{kind="file",state="missed"} 1.0' in text
    assert 'muniment_deadlines{kind="upload",state="late"}' in text


def test_a_supervisor_states_why_something_of_the_unit_is_late(world: World) -> None:
    clip = world.ids["first"]
    said = {"clip": clip, "rule": "upload", "kind": 0, "reason": "连续执勤三日 <b>"}
    for user, status in (("wang", 403), ("archivist", 403), ("southchief", 404), ("root", 403)):
        assert world.client(user).post(EXCUSES, json=said).status_code == status, user
    known = {
        "case": CASE,
        "rule": "file",
        "kind": 0,
        "reason": "x",
    }  # for a clip of the south in it
    assert world.client("southchief").post(EXCUSES, json=known).json()["code"] == "P020"
    assert world.entries("deadline.excused") == []
    wrong = (
        ({**said, "kind": 3}, "O011"),
        ({**said, "rule": "file"}, "O011"),
        ({**said, "reason": "   "}, "O012"),
        (
            {"case": CASE, "rule": "file", "kind": 0, "reason": "x"},
            "O011",
        ),  # the law knows no excuse
        ({"case": CASE, **said}, "P024"),
    )
    for body, code in wrong:
        answer = world.client("chief").post(EXCUSES, json=body)
        assert answer.json()["code"] == code, body
    answer = world.client("chief").post(EXCUSES, json=said)
    assert answer.status_code == 201, answer.text
    assert answer.json()["state"] == "excused"
    entry = world.entries("deadline.excused")[0]
    assert entry.data["rule"] == "upload"
    assert "连续执勤" not in entry.raw.decode(), "a person's words are in a text row"
    assert (clip, "upload", "excused") in told(world, "chief", state="excused")
    page = world.browser("chief", lang="zh").get(f"/cases/{CASE}/deadlines").text
    assert "连续执勤三日 &lt;b&gt;" in page


def test_the_same_by_form(world: World) -> None:
    browser = world.browser("chief")
    page = browser.get("/oversight/deadlines?state=late").text
    assert 'action="/oversight/excuses"' in page
    form = {
        "clip": world.ids["second"],
        "rule": "upload",
        "kind": "1",
        "reason": "broken",
        "back": CASE,
    }
    answer = browser.post("/oversight/excuses", data=form, headers=ORIGIN)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/cases/{CASE}/deadlines")
    form["kind"] = "x"
    assert browser.post("/oversight/excuses", data=form, headers=ORIGIN).status_code == 422


def test_nobody_excuses_their_own(world: World) -> None:
    own = cases.open_case(
        world.archive,
        actor="local-0",
        number="N-2",
        unit=world.ids["North"],
        officers=[world.ids["li"]],
    )
    say(world, "case.filed_as", own, {"act": "penalty"})
    say(world, "case.stage_entered", own, {"stage": "decision", "at": LONG_AGO})
    add_account(
        world.archive,
        world.accounts,
        actor="local-0",
        name="boss",
        role="supervisor",
        password=PASSWORD,
        unit=world.ids["North"],
        officer=world.ids["li"],
    )
    world.archive.catalogue.catch_up()
    body = {"case": "N-2", "rule": "publish_permit_or_penalty", "kind": 1, "reason": "商业秘密"}
    assert world.client("boss").post(EXCUSES, json=body).json()["code"] == "P020"
    answer = world.client("chief").post(EXCUSES, json=body)
    assert answer.status_code == 201, answer.text
    assert answer.json()["state"] == "excused"


def test_the_desk_is_quick_when_nothing_changed(world: World) -> None:
    browser = world.browser("overseer")
    browser.get("/oversight")
    began = time.perf_counter()
    browser.get("/oversight")
    assert time.perf_counter() - began < 2, (
        "a bench says how quick; this, that nothing is counted anew"
    )


def test_a_rule_file_that_cannot_be_read_is_said_and_hides_nothing_else(tmp_path: Path) -> None:
    spoilt = make_world(tmp_path / "root")
    try:
        (tmp_path / "root" / "rules").mkdir()
        (tmp_path / "root" / "rules" / "agency.toml").write_text("format = 7")
        assert spoilt.browser("overseer").get(f"/cases/{CASE}").status_code == 200
        assert spoilt.client("overseer").get(ALL).json()["code"] == "O001"
        assert spoilt.client().get("/metrics").status_code == 200
    finally:
        spoilt.close()
