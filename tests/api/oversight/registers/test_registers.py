"""The registers over HTTP: who may say what, and what the page shows of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.api.world import ORIGIN, World, make_world

REGISTERS = "/api/v1/registers"
PAGE = "/oversight/registers"
CERTIFICATE = {"officer": "012345", "number": "皖 1", "from": "2020-01-01", "until": "2099-12-31"}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = make_world(tmp_path_factory.mktemp("registers") / "archive")
    yield world
    world.close()


def officers(world: World, who: str = "root") -> dict[str, Any]:
    rows = world.client(who).get(f"{REGISTERS}/officers").json()["officers"]
    return {row["officer"]: row for row in rows}


def test_r14_a_clip_says_that_its_officer_was_not_certified(world: World) -> None:
    root, chief = world.client("root"), world.client("chief")
    assert chief.get(world.clip("first")).json()["officer_certificate"] is None
    # 2026-01-17 is when the clips were recorded.
    over = {"officer": "012345", "number": "皖 7", "from": "2020-01-01", "until": "2026-01-16"}
    assert root.post(f"{REGISTERS}/certificates", json=over).status_code == 201
    assert chief.get(world.clip("first")).json()["officer_certificate"] == "expired"
    page = world.browser("chief", lang="zh").get(f"/clips/{world.ids['first']}").text
    assert "录制时执法证已过期" in page
    longer = over | {"number": "皖 8", "from": "2026-01-17", "until": "2026-01-17"}
    assert root.post(f"{REGISTERS}/certificates", json=longer).status_code == 201
    assert chief.get(world.clip("first")).json()["officer_certificate"] == "valid"
    page = world.browser("chief", lang="zh").get(f"/clips/{world.ids['first']}").text
    assert "录制时执法证已过期" not in page


def test_r14_an_administrator_enters_and_withdraws_certificates(world: World) -> None:
    root = world.client("root")
    entered = root.post(f"{REGISTERS}/certificates", json=CERTIFICATE)
    assert entered.status_code == 201, entered.text
    assert entered.json()["until"] == "2099-12-31"
    assert officers(world)["012345"]["enforcement"] == {"state": "valid", "until": "2099-12-31"}
    taken = root.post(f"{REGISTERS}/certificates", json=CERTIFICATE | {"officer": "012346"})
    assert (taken.status_code, taken.json()["code"]) == (409, "O072")
    unknown = root.post(f"{REGISTERS}/certificates", json=CERTIFICATE | {"officer": "nobody"})
    assert unknown.status_code == 404
    wrong = root.post(f"{REGISTERS}/certificates", json=CERTIFICATE | {"from": "soon"})
    assert wrong.status_code == 422
    reason = {"officer": "012345", "reason": "调离"}
    assert root.post(f"{REGISTERS}/withdrawals", json=reason).status_code == 204
    assert officers(world)["012345"]["enforcement"]["state"] == "withdrawn"
    (entry,) = world.entries("officer.certificate_withdrawn")
    assert entry.data.keys() == {"kind", "text"}


def test_certificates_are_an_administrator_s_to_enter(world: World) -> None:
    for who in ("chief", "archivist", "wang", "reviewer"):
        refused = world.client(who).post(f"{REGISTERS}/certificates", json=CERTIFICATE)
        assert refused.status_code == 403, who


def test_r8_a_supervisor_hands_over_what_the_unit_has(world: World) -> None:
    chief = world.client("chief")
    over = {"recorder": "T100", "to": "012345", "reason": "上岗"}
    # Nobody of the unit has it yet, and it is no unit's.
    assert chief.post(f"{REGISTERS}/hand-overs", json=over).status_code == 404
    given = world.client("archivist").post(f"{REGISTERS}/hand-overs", json=over)
    assert given.status_code == 201, given.text
    passed = chief.post(f"{REGISTERS}/hand-overs", json=over | {"to": "012346"})
    assert (passed.json()["by"], passed.json()["to"]) == ("012345", "012346")
    foreign = world.client("southchief").post(f"{REGISTERS}/hand-overs", json=over)
    assert foreign.status_code == 404
    again = chief.post(f"{REGISTERS}/hand-overs", json=over | {"to": "012346"})
    assert (again.status_code, again.json()["code"]) == (409, "O074")
    (row,) = chief.get(f"{REGISTERS}/recorders").json()["recorders"]
    assert [step["to"] for step in row["hand_overs"]] == ["012346", "012345"]


def test_r8_a_look_before_duty_is_on_record_with_what_was_wrong(world: World) -> None:
    look = {"recorder": "T200", "battery": 10, "free_bytes": None, "offset_ms": 500}
    found = world.client("archivist").post(f"{REGISTERS}/checks", json=look).json()
    assert (found["ok"], found["codes"]) == (False, ["battery_low", "card_not_looked_at"])
    rows = world.client("overseer").get(f"{REGISTERS}/recorders").json()["recorders"]
    assert {row["recorder"]: row["check"] and row["check"]["ok"] for row in rows} == {
        "T100": None,
        "T200": False,
    }


def test_r12_the_share_of_reviewers_stands_beside_what_the_rules_ask_for(world: World) -> None:
    new = {"officer": "990001", "number": "E9", "from": "2020-01-01", "until": "2099-12-31"}
    root = world.client("root")
    assert root.post(f"{REGISTERS}/certificates", json=new).status_code == 201
    share = world.client("overseer").get(REGISTERS).json()["share"]
    assert (share["officers"], share["reviewers"], share["met"]) == (1, 0, False)
    legal = new | {"kind": "reviewer", "number": "F9"}
    assert root.post(f"{REGISTERS}/certificates", json=legal).status_code == 201
    share = world.client("overseer").get(REGISTERS).json()["share"]
    assert (share["per_mille"], share["percent"], share["met"]) == (1000, 5, True)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_works_by_forms_alone(world: World, lang: str) -> None:
    root = world.browser("root", lang=lang)
    new = {"do": "certify", "kind": "enforcement", "officer": "012346", "number": f"N-{lang}"}
    days = {"from": "2021-01-01", "until": "2030-01-01", "issuer": ""}
    sent = root.post(f"{PAGE}/certificates", data=new | days, headers=ORIGIN)
    assert (sent.status_code, sent.headers["location"]) == (303, f"{PAGE}?done=certified")
    again = root.post(f"{PAGE}/certificates", data=new | days, headers=ORIGIN)
    assert again.status_code == 409
    page = root.get(f"{PAGE}?done=certified").text
    assert {"zh": "证件已登记", "en": "is entered"}[lang] in page
    assert f"N-{lang}" in page
    station = world.browser("archivist", lang=lang)
    charged = station.post(f"{PAGE}/stations", data={"officer": "012346"}, headers=ORIGIN)
    assert charged.status_code == 303
    look = {"do": "check", "recorder": "T100", "battery": "90", "free": "20000", "clock": "-0.5"}
    fit = station.post(f"{PAGE}/recorders", data=look, headers=ORIGIN)
    assert fit.headers["location"].endswith("fit")
    wrong = station.post(f"{PAGE}/recorders", data=look | {"clock": "x"}, headers=ORIGIN)
    assert wrong.status_code == 422
    assert world.browser("wang").get(PAGE).status_code == 403
    assert "012346" in station.get(PAGE).text
