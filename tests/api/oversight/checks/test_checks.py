"""R7 over HTTP and as a page: what a case lacks, for those who may read it; why a recording stopped, by its own."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from archive.events import Event
from oversight.lists.publishing import Publication, publish
from oversight.lists.reading import read_list
from tests.api.approval.town import ask, decide, listed
from tests.api.world import CASE, ORIGIN, World

SAMPLE = Path(__file__).parents[4] / "oversight" / "lists" / "samples" / "recording.toml"
CHECKS = f"/api/v1/cases/{CASE}/checks"
STOPS = f"/api/v1/cases/{CASE}/stops"
PAGE = f"/cases/{CASE}/checks"


@pytest.fixture
def filed(fresh: World) -> World:
    """The case is one of compulsion, with a paper that says when; its clips begin at 8 and 9 h and last a minute."""
    found = read_list(SAMPLE.read_bytes(), "recording.toml")
    publish(
        fresh.archive,
        Publication(list=found, in_force=date(2020, 1, 1), drafted_by=None),
        actor="local-0",
    )
    case = fresh.archive.catalogue.case_by_number(CASE)
    assert case is not None
    say(fresh, case.id, "case.filed_as", act="compulsion", subjects=[])
    for stage, hour in (("enforcement", 7), ("conclusion", 20)):
        say(fresh, case.id, "case.stage_entered", stage=stage, at=f"2026-01-17T{hour:02}:00:00Z")
    for part, begin, end in (
        ("seizure", "08:00:00", "08:01:00"),
        ("demolition", "09:00:00", "09:05:00"),
    ):
        say(
            fresh,
            case.id,
            "document.timed",
            document="document-1",
            part=part,
            **{"from": f"2026-01-17T{begin}Z", "to": f"2026-01-17T{end}Z"},
        )
    fresh.ids["case"] = case.id
    return fresh


def say(world: World, case: str, type_: str, **data: Any) -> None:
    world.archive.record([Event(type=type_, subject=case, actor="local-0", data=data)])
    world.archive.catalogue.catch_up()


def test_r7_what_a_case_lacks_is_told_with_its_clause_to_those_who_may_read_it(
    filed: World,
) -> None:
    answer = filed.client("chief").get(CHECKS).json()
    assert (answer["list"]["version"], answer["open"]) == (1, 1)
    [finding] = answer["findings"]
    assert (finding["code"], finding["clip"]) == ("ends_before", filed.ids["second"])
    assert finding["by_us"] == 300_000_000 - 61_500_000
    assert "全程音像记录" in finding["clause"]["zh"]
    states = {r["id"]: r["state"] for r in answer["required"]}
    assert states == {"compulsion-seizure": "kept", "compulsion-demolition": "finding"}
    for name, status in (("archivist", 200), ("overseer", 200), ("wang", 404), ("southchief", 404)):
        assert filed.client(name).get(CHECKS).status_code == status
    assert filed.client("root").get(CHECKS).status_code == 403


def test_a_stated_reason_ends_a_finding_and_is_in_the_ledger(filed: World) -> None:
    chief = filed.client("chief")
    stop = {
        "code": "battery",
        "reason": "没电",
        "from": "2026-01-17T09:01:00Z",
        "to": "2026-01-17T09:05:00Z",
    }
    assert filed.client("overseer").post(STOPS, json=stop).status_code == 403
    assert chief.post(STOPS, json=stop | {"code": "tired"}).json()["code"] == "O024"
    assert chief.post(STOPS, json=stop | {"to": "later"}).status_code == 422
    assert chief.post(STOPS, json=stop | {"clip": "clip-none"}).status_code == 404
    assert filed.entries("stop.explained") == []
    done = chief.post(STOPS, json=stop)
    assert (done.status_code, done.json()["open"]) == (201, 0)
    [finding] = done.json()["findings"]
    assert (finding["explained"]["code"], finding["explained"]["reason"]) == ("battery", "没电")
    [entry] = filed.entries("stop.explained")
    assert "没电" not in str(entry.data), "free text is no part of an entry"


def test_who_was_granted_the_case_reads_its_checks_and_states_nothing(filed: World) -> None:
    ask(filed, "southchief", case=CASE)
    (waiting,) = listed(filed, "chief", "work")
    assert decide(filed, "chief", waiting["request"])[0] == 200
    south = filed.client("southchief")
    assert south.get(CHECKS).json()["open"] == 1
    stop = {"code": "fault", "reason": "故障", "clip": filed.ids["second"]}
    assert south.post(STOPS, json=stop).status_code == 403
    assert filed.entries("stop.explained") == []


def test_a_clip_that_is_named_stopped_there(filed: World) -> None:
    stop = {"code": "fault", "reason": "故障", "clip": filed.ids["second"]}
    assert filed.client("chief").post(STOPS, json=stop).json()["open"] == 0


def test_the_page_leads_to_the_moment_and_takes_a_reason_in_both_languages(filed: World) -> None:
    chief = filed.browser("chief")
    shown = chief.get(PAGE)
    assert "Ends 3 min 59 s before the time on the document" in shown.text
    assert f"/clips/{filed.ids['second']}?t=61.5" in shown.text
    assert "早 3 分 59 秒结束" in filed.browser("chief", lang="zh").get(PAGE).text
    assert 'value="2026-01-17T17:01:01"' in chief.get(f"{PAGE}?finding=0").text
    stop = {
        "code": "battery",
        "reason": "",
        "from": "2026-01-17T17:01:01",
        "to": "2026-01-17T17:05:00",
    }
    refused = chief.post(PAGE, data=stop, headers=ORIGIN)
    assert refused.status_code == 422
    assert 'value="2026-01-17T17:05:00"' in refused.text, "what was typed is not lost"
    done = chief.post(PAGE, data=stop | {"reason": "没电 <b>"}, headers=ORIGIN)
    assert done.headers["location"] == f"{PAGE}?done=explained"
    told = chief.get(done.headers["location"]).text
    assert "没电 &lt;b&gt;" in told
    assert "Stated: battery" in told
    assert f'href="{PAGE}"' in chief.get(f"/cases/{CASE}").text


def test_a_case_without_a_file_or_a_list_says_what_is_needed_first(fresh: World) -> None:
    chief = fresh.client("chief")
    assert [f["code"] for f in chief.get(CHECKS).json()["findings"]] == ["not_filed"]
    case = fresh.archive.catalogue.case_by_number(CASE)
    assert case is not None
    say(fresh, case.id, "case.filed_as", act="penalty", subjects=[])
    assert [f["code"] for f in chief.get(CHECKS).json()["findings"]] == ["no_list"]
    assert "Publish the list" in fresh.browser("chief").get(PAGE).text
