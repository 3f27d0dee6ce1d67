"""The public site shows what is public, to everybody, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # it has no types
import pytest
from starlette.testclient import TestClient

from api.public import reading
from api.public.app import create_public_app
from archive.ids import new_id
from archive.opening import create_archive, open_archive
from oversight.lists import publishing
from oversight.lists.reading import read_list
from oversight.lists.samples import sample_of
from oversight.publication import site, steps
from oversight.publication.public_db import FOLDER, looking
from oversight.registers.certificates import NewCertificate, certify, withdraw
from oversight.report import annual
from tests.unit.oversight.publication.press import CHECKER, HEAD, Press

PUBLIC = "http://gongshi.test"


@pytest.fixture(scope="module")
def press(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Press]:
    """An archive with something public of every kind."""
    root = tmp_path_factory.mktemp("public") / "root"
    create_archive(root, origin="station.test/archive", unit="北区分局")
    archive = open_archive(root, write=True)
    yield Press(archive=archive)
    archive.close()


@pytest.fixture(scope="module")
def client(press: Press) -> TestClient:
    """A browser at the public site."""
    site.write(press.archive)
    return TestClient(create_public_app(press.archive.root / FOLDER), base_url=PUBLIC)


def test_a_decision_is_found_by_number_subject_act_and_day(
    press: Press, client: TestClient
) -> None:
    number = press.case(name="丙贸易有限公司", act="permit")
    row = press.published(number, title="准予许可", document="北许〔2026〕1号")
    press.published(press.case())
    site.write(press.archive)
    for query in (
        {"number": number},
        {"number": "北许〔2026〕1号"},
        {"act": "permit"},
        {"subject": "organisation"},
    ):
        page = client.get("/", params=query)
        assert page.status_code == 200
        assert row.id in page.text
        assert page.text.count("/decisions/") == 1
    assert "/decisions/" not in client.get("/", params={"since": "2999-01-01"}).text
    found = client.get(f"/decisions/{row.id}")
    assert "丙贸易有限公司" in found.text
    assert "准予许可" in found.text


def test_a_withdrawn_decision_shows_its_trace_and_no_word_of_it(
    press: Press, client: TestClient
) -> None:
    number = press.case()
    row = press.published(number, conclusion="没收全部货物")
    site.write(press.archive)
    assert "没收全部货物" in client.get(f"/decisions/{row.id}").text
    steps.withdraw(press.archive, row.id, actor=HEAD, why="revoked", reason="复议决定撤销")
    site.write(press.archive)
    page = client.get(f"/decisions/{row.id}", params={"lang": "en"})
    day = datetime.now(UTC).astimezone(press.archive.settings.zone).date().isoformat()
    assert f"withdrawn on {day}" in page.text
    assert "复议决定撤销" in page.text
    assert "没收全部货物" not in page.text
    assert "张某某" not in page.text


def test_what_expired_answers_that_it_is_over(press: Press, client: TestClient) -> None:
    row = press.published(press.case())
    assert row.expires is not None
    steps.expire(press.archive, date.fromisoformat(row.expires), actor="station-1")
    site.write(press.archive)
    page = client.get(f"/decisions/{row.id}")
    assert page.status_code == 410
    assert "张某某" not in page.text


def test_a_certificate_is_checked_by_its_whole_number(press: Press, client: TestClient) -> None:
    officer = new_id("officer")
    data = {"unit": press.archive.settings.unit}
    press.event("officer.registered", officer, data, {"badge": "034001", "name": "王一"})
    for number, last in (("皖G-1", date(2099, 1, 1)), ("皖G-0", date(2021, 1, 1))):
        new = NewCertificate(kind="enforcement", number=number, first=date(2020, 1, 1), last=last)
        certify(press.archive, new, actor=HEAD, officer=officer)
    site.write(press.archive)
    good = client.get("/certificate", params={"number": " 皖G-1 ", "lang": "en"})
    assert (good.status_code, "Valid" in good.text, "王一" in good.text) == (200, True, True)
    assert "北区分局" in good.text
    old = client.get("/certificate", params={"number": "皖G-0", "lang": "en"})
    assert 'class="card held expired"' in old.text
    none = client.get("/certificate", params={"number": "皖G"})
    assert (none.status_code, "王一" in none.text) == (404, False)
    code = client.get("/certificate.svg", params={"number": "皖G-1"})
    assert code.headers["content-type"] == "image/svg+xml"
    assert code.text.startswith("<svg")
    withdraw(press.archive, actor=HEAD, officer=officer, kind="enforcement", reason="调离")
    site.write(press.archive)
    assert "held withdrawn" in client.get("/certificate", params={"number": "皖G-1"}).text


def test_lists_and_reports_are_shown_whole(press: Press, client: TestClient) -> None:
    found = read_list(sample_of("recording"), "sample.toml")
    new = publishing.Publication(list=found, in_force=date(2026, 1, 1), drafted_by=None)
    publishing.publish(press.archive, new, actor=HEAD)
    year = datetime.now(UTC).year - 1
    row = annual.propose(press.archive, year, actor="account-clerk")
    steps.check(press.archive, row.id, steps.Checking(), actor=CHECKER)
    steps.approve(press.archive, row.id, actor=HEAD)
    site.write(press.archive)
    assert "/lists/recording/1" in client.get("/lists").text
    assert str(found.rows[0]["name"]) in client.get("/lists/recording/1").text
    assert row.id in client.get("/reports").text
    assert f"{year}" in client.get(f"/reports/{row.id}").text
    assert client.get(f"/reports/{row.id}/figures.csv").text.startswith("\ufeff单位")
    assert client.get("/lists/recording/99999999999999999999").status_code == 404


def test_the_feed_is_complete_and_as_its_schema_says(client: TestClient) -> None:
    schema = client.get("/feed/schema.json").json()
    check = jsonschema.Draft202012Validator(schema)
    first = client.get("/feed", params={"limit": 1}).json()
    items: list[dict[str, Any]] = first["items"]
    while len(items) < first["length"]:
        more = client.get("/feed", params={"after": items[-1]["item"]["number"]}).json()["items"]
        assert more
        items += more
    assert [each["item"]["number"] for each in items] == list(range(1, first["length"] + 1))
    for each in items:
        check.validate(each)
    assert client.get("/feed/keys").text.startswith("station.test/archive+")
    assert json.dumps(items).find("张三丰") < 0


def test_no_answer_sets_a_cookie_runs_a_script_or_leads_into_the_archive(
    press: Press, client: TestClient
) -> None:
    public = create_public_app(press.archive.root / FOLDER)
    paths = {route.path for route in public.routes}  # type: ignore[attr-defined]  # each is a Route
    for path in ("/", "/lists", "/certificate", "/reports", "/feed", "/healthz", "/none"):
        for lang in ("zh", "en"):
            answer = client.get(path, params={"lang": lang})
            assert "set-cookie" not in answer.headers
            assert "<script" not in answer.text
            assert "default-src 'none'" in answer.headers["content-security-policy"]
            assert answer.headers["cache-control"] == "no-cache"
    for path in ("/api/v1/session", "/sign-in", "/ledger/checkpoint", "/cases/1", "/clips/1"):
        assert client.get(path).status_code == 404
    assert client.post("/").status_code == 405
    assert client.get("/", params={"number": "x" * 3000}).status_code == 414
    assert not paths & {"/sign-in", "/metrics"}


@pytest.mark.parametrize(
    "query",
    [
        {"page": "99999999999999999999"},
        {"page": "-1"},
        {"since": "gestern"},
        {"act": "' OR 1=1 --"},
        {"number": "%"},
        {"lang": "xx"},
    ],
)
def test_nonsense_finds_nothing_and_breaks_nothing(
    client: TestClient, query: dict[str, str]
) -> None:
    assert client.get("/", params=query).status_code == 200


def test_without_its_file_it_says_that_it_is_away(tmp_path: Any) -> None:
    away = TestClient(create_public_app(tmp_path), base_url=PUBLIC)
    assert away.get("/").status_code == 503
    assert away.get("/healthz").status_code == 503


def test_what_ends_today_is_not_shown_though_nobody_ended_it(press: Press) -> None:
    row = press.published(press.case())
    site.write(press.archive)
    assert row.expires is not None
    with looking(press.archive.root / FOLDER) as db:
        last = date.fromisoformat(row.expires)
        before = reading.record(db, row.id, last - timedelta(days=1))
        after = reading.record(db, row.id, last)
        wish = reading.Wish(number=press.record(row).case)
        found = [len(reading.find(db, wish, day)[0]) for day in (last - timedelta(days=1), last)]
    assert found == [1, 0]
    assert before is not None
    assert after is not None
    assert (before["state"], after["state"], after["record"]) == ("published", "expired", None)
