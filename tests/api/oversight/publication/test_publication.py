"""Publication over API and page: who proposes, checks, approves and withdraws, and what they are shown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from archive import cases
from archive.events import Event
from archive.ids import new_id
from oversight.publication.public_db import FOLDER, looking
from tests.api.world import ORIGIN, Client, World, make_world

CASE = "2026-0200"
SAID = {"title": "占道经营案", "conclusion": "罚款二百元", "facts": "电话13800138000,在路口"}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The north unit's case has a decision about a person."""
    made = make_world(tmp_path_factory.mktemp("publication") / "root")
    archive = made.archive
    cases.open_case(
        archive,
        actor="local-0",
        number=CASE,
        unit=made.ids["North"],
        officers=[made.ids["wang"]],
    )
    archive.catalogue.catch_up()
    case = archive.catalogue.case_by_number(CASE)
    assert case is not None
    subject, at = new_id("subject"), datetime.now(UTC) - timedelta(hours=1)
    told: tuple[tuple[str, str, dict[str, Any], dict[str, Any] | None], ...] = (
        ("subject.registered", subject, {"kind": "person"}, {"name": "张三丰"}),
        ("case.filed_as", case.id, {"act": "penalty", "subjects": [subject]}, None),
        (
            "case.stage_entered",
            case.id,
            {"stage": "decision", "at": at.isoformat().replace("+00:00", "Z")},
            None,
        ),
    )
    archive.record(
        [Event(type=t, subject=s, actor="local-0", data=d, text=x) for t, s, d, x in told]
    )
    archive.catalogue.catch_up()
    yield made
    made.close()


def _post(client: Client, path: str, body: dict[str, Any], status: int) -> dict[str, Any]:
    answer = client.post(path, json=body, headers=ORIGIN)
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_r13_a_decision_goes_from_its_officer_to_the_public_and_back(world: World) -> None:
    wang, chief, overseer = (world.browser(name) for name in ("wang", "chief", "overseer"))
    row = _post(wang, f"/api/v1/cases/{CASE}/publications", SAID, 201)
    one = f"/api/v1/publications/{row['id']}"
    whole = wang.get(one).json()
    assert whole["record"]["subjects"][0]["name"] == "张某某"
    (found,) = whole["found"]
    assert (found["kind"], found["words"]) == ("phone", "13800138000")
    assert _post(wang, f"{one}/check", {}, 409)["code"] == "O043"
    mark = {"field": "facts", "begin": found["from"], "end": found["to"]}
    assert _post(wang, f"{one}/check", {"marks": [mark]}, 200)["redactions"] == 1
    assert _post(wang, f"{one}/approval", {}, 403)["code"] == "P020"
    assert _post(overseer, f"{one}/approval", {}, 200)["state"] == "published"
    with looking(world.archive.root / FOLDER) as db:
        (told,) = db.execute("SELECT state, record FROM records").fetchall()
    assert told["state"] == "published"
    assert "13800138000" not in told["record"]
    why = {"why": "error", "reason": "有误"}
    assert _post(chief, f"{one}/withdrawal", why, 200)["state"] == "withdrawn"
    assert _post(chief, f"{one}/withdrawal", why, 409)["code"] == "O040"
    with looking(world.archive.root / FOLDER) as db:
        (told,) = db.execute("SELECT state, record FROM records").fetchall()
    assert (told["state"], told["record"]) == ("withdrawn", None)


def test_other_units_and_reviewers_know_nothing_of_it(world: World) -> None:
    wang, south = world.browser("wang"), world.browser("southchief")
    (row,) = wang.get("/api/v1/publications").json()["publications"]
    assert south.get("/api/v1/publications").json()["publications"] == []
    assert south.get(f"/api/v1/publications/{row['id']}").status_code == 404
    assert south.get(f"/cases/{CASE}/publication").status_code == 404
    assert world.browser("reviewer").get("/api/v1/publications").status_code == 403
    token = world.client("wang")
    assert token.get("/api/v1/publications?state=lost").status_code == 422


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_pages_lead_through_the_steps_without_a_script(world: World, lang: str) -> None:
    wang, chief = world.browser("wang", lang=lang), world.browser("chief", lang=lang)
    page = wang.get(f"/cases/{CASE}/publication")
    assert page.status_code == 200
    answer = wang.post(f"/cases/{CASE}/publication", data=SAID, headers=ORIGIN)
    assert answer.status_code == 303
    path = answer.headers["location"].partition("?")[0]
    shown = wang.get(path).text
    cut = re.search(r'name="(cut_[^"]+)"', shown)
    assert cut is not None
    assert wang.post(path, data={"do": "check"}, headers=ORIGIN).status_code == 409
    nowhere = {"do": "check", cut[1]: "1", "words": "不在其中"}
    assert wang.post(path, data=nowhere, headers=ORIGIN).status_code == 422
    checked = {"do": "check", cut[1]: "1", "words": "路口"}
    assert wang.post(path, data=checked, headers=ORIGIN).status_code == 303
    assert "路口" not in wang.get(path).text
    assert 'value="approve"' not in wang.get(path).text
    assert chief.post(path, data={"do": "approve"}, headers=ORIGIN).status_code == 303
    assert path in chief.get("/oversight/publications").text
    gone = {"do": "withdraw", "why": "error", "reason": "有误"}
    assert chief.post(path, data=gone, headers=ORIGIN).status_code == 303
    assert "有误" in chief.get(path).text


def test_r13_each_figure_of_the_year_leads_to_its_cases(world: World) -> None:
    overseer, south = world.browser("overseer"), world.browser("southchief")
    year = datetime.now(UTC).astimezone(world.archive.settings.zone).year
    data = overseer.get(f"/api/v1/reports/{year}").json()
    assert data["total"]["decided"] == 1
    page = overseer.get(f"/oversight/reports/{year}").text
    for link in set(re.findall(r'href="(/oversight/reports/[0-9]+/cases[^"]+)"', page)):
        assert f">{CASE}</a>" in overseer.get(link.replace("&amp;", "&")).text
    path = f"/api/v1/reports/{year}/cases?figure=decided"
    assert overseer.get(path).json()["count"] == 1
    assert south.get(path).json()["count"] == 0
    assert south.get(f"/api/v1/reports/{year}").json()["total"]["decided"] == 0
    assert overseer.get(f"/oversight/reports/{year}/figures.csv").content[:3] == b"\xef\xbb\xbf"
    assert overseer.get(f"/oversight/reports/{year}/report.pdf").content[:4] == b"%PDF"
    assert overseer.get(f"/api/v1/reports/{year}/cases?figure=x").status_code == 409
    proposed = overseer.post(f"/oversight/reports/{year}", headers=ORIGIN)
    assert proposed.status_code == 409
    row = _post(overseer, f"/api/v1/reports/{year - 1}/publication", {}, 201)
    assert (row["kind"], row["state"]) == ("report", "proposed")
    assert overseer.get(f"/oversight/publications/{row['id']}").status_code == 200
