"""The case file over page and API: who may do what, what is refused, and what a stranger to the case never learns."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from archive.audit import audit
from archive.casefiles.signing import Signer
from archive.package.report import fonts
from oversight.registers.certificates import NewCertificate, certify
from tests.api.world import CASE, ORIGIN, Client, World, make_world
from tests.unit.oversight.files.certificates import certificate, write

ROUTE = f"/api/v1/cases/{CASE}"
CREDIT = "91350100M000100Y43"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = make_world(tmp_path_factory.mktemp("file") / "root")
    new = NewCertificate(
        kind="enforcement", number="34-1", first=date(2020, 1, 1), last=date(2099, 1, 1)
    )
    certify(made.archive, new, actor="local-0", officer=made.ids["wang"])
    made.archive.catalogue.catch_up()
    yield made
    made.close()


def subject(client: Client, name: str, number: str | None = None) -> str:
    body = {"kind": "organisation", "name": name, "number": number}
    answer = client.post("/api/v1/subjects", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["subject"])


def stage(client: Client, name: str, at: str, **more: str) -> int:
    return client.post(f"{ROUTE}/stages", json={"stage": name, "at": at, **more}).status_code


def signature(data: bytes, folder: Path) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    return Signer(write(folder / "own.pem", key, certificate("archivist", key)), None, None).sign(
        data
    )


def test_a_case_goes_its_way_over_the_api_and_is_signed_by_the_archivist(
    world: World, tmp_path: Path
) -> None:
    chief, archivist = world.client("chief"), world.client("archivist")
    one = subject(chief, "福州某公司", CREDIT)
    assert subject(chief, "同一公司", CREDIT) == one
    filed = chief.put(
        f"{ROUTE}/file",
        json={"act": "penalty", "subjects": [one], "officers": ["012345"]},
    )
    assert filed.status_code == 200, filed.text
    assert (filed.json()["act"], filed.json()["officers"]) == ("penalty", ["012345"])
    assert stage(chief, "decision", "2026-01-20") == 409
    assert stage(chief, "initiation", "2026-01-18T09:00:00+08:00") == 201
    assert stage(chief, "initiation", "2026-01-17") == 422
    assert stage(world.client("wang"), "investigation", "2026-01-19") == 201
    for name, day in (("decision", 20), ("service", 21), ("conclusion", 22)):
        assert stage(chief, name, f"2026-01-{day}") == 201
    assert chief.post(f"{ROUTE}/action-end", json={"at": "2026-01-22"}).status_code == 200
    # Who acts on the case does not close its volume, and who closes it does not act.
    data = archivist.get(f"{ROUTE}/catalogue").content
    made = signature(data, tmp_path)
    assert chief.post(f"{ROUTE}/closing", content=made).status_code == 403
    assert archivist.put(f"{ROUTE}/file", json={"act": "permit"}).status_code == 403
    assert archivist.post(f"{ROUTE}/closing", content=b"no signature").status_code == 409
    closed = archivist.post(f"{ROUTE}/closing", params={"file_number": "北-1"}, content=made)
    assert closed.status_code == 201, closed.text
    assert (closed.json()["state"], closed.json()["file_number"]) == ("closed", "北-1")
    assert "北-1" in world.browser("archivist").get(f"/cases/{CASE}/file").text
    assert archivist.get(f"{ROUTE}/catalogue").content == data
    assert archivist.get(f"{ROUTE}/catalogue/signature").content == made
    items = json.loads(data)["items"]
    assert [item["kind"] for item in items] == ["video"] * 3
    assert stage(chief, "enforcement", "2026-01-23", reason="late") == 409
    assert chief.post(f"{ROUTE}/reopening", json={"reason": "x"}).status_code == 403
    again = archivist.post(f"{ROUTE}/reopening", json={"reason": "补充材料"})
    assert (again.status_code, again.json()["state"]) == (200, "open")
    world.archive.ledger.publish()
    assert audit(world.archive.root).ok


def test_a_decision_that_does_not_stand_is_said_with_its_reason(world: World) -> None:
    chief = world.client("chief")
    body = {"how": "revoked", "at": "2026-01-19", "reason": "复议撤销"}
    assert chief.post(f"{ROUTE}/revocation", json=body).status_code == 422
    body["at"] = "2026-02-01"
    found = chief.post(f"{ROUTE}/revocation", json=body)
    assert [r["how"] for r in found.json()["revocations"]] == ["revoked"]
    assert chief.post(f"{ROUTE}/revocation", json=body).status_code == 409


def test_names_of_subjects_are_for_whoever_may_read_the_case(world: World) -> None:
    chief = world.client("chief")
    one = chief.get(f"{ROUTE}/file").json()["subjects"][0]["subject"]
    for user in ("chief", "wang", "archivist", "overseer"):
        found = world.client(user).get(f"/api/v1/subjects/{one}").json()
        assert [case["number"] for case in found["cases"]] == [CASE]
        assert (
            world.client(user).get("/api/v1/subjects", params={"text": "福州"}).json()["subjects"]
        )
    # The south's chief knows of the case by a clip of theirs: that is no reason to know whom it is about.
    for user in ("southchief", "reviewer"):
        client = world.client(user)
        assert client.get(f"/api/v1/subjects/{one}").status_code == 404
        assert client.get("/api/v1/subjects/subject-" + "0" * 26).status_code == 404
        assert client.get("/api/v1/subjects", params={"text": "福州"}).json() == {"subjects": []}
        assert client.get(f"{ROUTE}/file").status_code == 404
    # The history that they see of the case says nothing of the file either.
    told = {e["type"] for e in world.client("southchief").get(ROUTE).json()["custody"]}
    assert "case.opened" in told
    assert not told & {"case.filed_as", "case.stage_entered", "case.decision_revoked"}
    assert "case.filed_as" in {e["type"] for e in chief.get(ROUTE).json()["custody"]}
    assert world.client("root").get(f"/api/v1/subjects/{one}").status_code == 403


def test_r4_cases_of_a_merged_subject_are_told_as_far_as_they_may_be_read(world: World) -> None:
    chief, south, archivist = (world.client(u) for u in ("chief", "southchief", "archivist"))
    assert south.post("/api/v1/cases", json={"number": "南-1"}).status_code == 201
    theirs = subject(south, "福州公司南部")
    filed = south.put("/api/v1/cases/南-1/file", json={"act": "penalty", "subjects": [theirs]})
    assert filed.status_code == 200, filed.text
    one = chief.get(f"{ROUTE}/file").json()["subjects"][0]["subject"]
    assert chief.post(f"/api/v1/subjects/{theirs}/merge", json={}).status_code in {403, 422}
    merged = archivist.post(
        f"/api/v1/subjects/{theirs}/merge", json={"into": one, "reason": "同一执照"}
    )
    assert {c["number"] for c in merged.json()["cases"]} == {CASE, "南-1"}
    own = south.get(f"/api/v1/subjects/{theirs}").json()
    assert [c["number"] for c in own["cases"]] == ["南-1"]
    assert [s["name"] for s in own["same"]] == ["福州公司南部"]
    assert "某公司" not in south.get(f"/api/v1/subjects/{theirs}").text
    split = archivist.post(
        f"/api/v1/subjects/{theirs}/split", json={"out_of": one, "reason": "两家公司"}
    )
    assert [c["number"] for c in split.json()["cases"]] == ["南-1"]


def test_officers_of_another_unit_are_not_named(world: World) -> None:
    chief = world.client("chief")
    for badge in ("990001", "000000"):
        body = {"act": "penalty", "officers": [badge]}
        assert chief.put(f"{ROUTE}/file", json=body).status_code == 422
    # Of the own unit, but without a certificate.
    assert (
        chief.put(f"{ROUTE}/file", json={"act": "penalty", "officers": ["012346"]}).status_code
        == 409
    )


@pytest.mark.skipif(fonts.find() is None, reason="needs a font with Chinese: fonts-noto-cjk")
def test_a_form_is_filled_on_the_page_and_its_times_are_recorded(world: World) -> None:
    assert world.client("chief").post("/api/v1/cases", json={"number": "北-2"}).status_code == 201
    browser = world.browser("chief", lang="zh")
    address = "/cases/%E5%8C%97-2/file"
    filed = browser.post(
        address,
        data={
            "do": "file",
            "act": "penalty",
            "name": "李四",
            "kind": "person",
            "officers": "012345",
        },
        headers=ORIGIN,
    )
    assert (filed.status_code, filed.headers["location"]) == (303, f"{address}?done=file")
    typed = {
        "place": "询问室",
        "from": "2026-01-18T09:00",
        "to": "2026-01-18T10:30",
        "words": "问\n答",
    }
    made = browser.post(f"{address}/forms/inquiry", data=typed, headers=ORIGIN)
    assert made.status_code == 303, made.text
    document = made.headers["location"].removeprefix("/documents/")
    [time] = world.archive.catalogue.document_times(
        world.archive.catalogue.case_by_number("北-2").id  # type: ignore[union-attr]
    )
    assert (time.document, time.part) == (document, "inquiry")
    page = browser.get(address).text
    for said in ("李四", "询问笔录", "行政处罚", "证件有效至 2099-01-01", "必经"):
        assert said in page, said
    wrong = browser.post(
        f"{address}/forms/inquiry", data=typed | {"to": "2026-01-18T08:00"}, headers=ORIGIN
    )
    assert wrong.status_code == 422
    assert "A206" in wrong.text or "ends after it begins" in wrong.text
    back = browser.post(
        address, data={"do": "stage", "stage": "decision", "at": "2026-01-19"}, headers=ORIGIN
    )
    assert back.status_code == 409
    assert re.search(r'class="note bad"', back.text)
    put = world.client("chief").put(
        f"/api/v1/documents/{document}/times/inquiry", json={"from": None, "to": None}
    )
    assert put.status_code == 204
    assert world.archive.catalogue.document_times(time.case_id) == []
    # Of a scan the page says it.
    times = {
        "part": "inquiry",
        "from": "2026-01-18T09:00",
        "to": "2026-01-18T10:00",
        "place": "街面",
    }
    written = browser.post(f"/documents/{document}/times", data=times, headers=ORIGIN)
    assert written.status_code == 303, written.text
    shown = browser.get(f"/documents/{document}").text
    assert "街面" in shown
    assert "文书所载时间" in shown
    wrong = browser.post(
        f"/documents/{document}/times", data=times | {"to": "2026-01-18T08:00"}, headers=ORIGIN
    )
    assert wrong.status_code == 422
    back = browser.post(f"/documents/{document}/times", data={"part": "inquiry"}, headers=ORIGIN)
    assert back.status_code == 303
    assert "街面" not in browser.get(f"/documents/{document}").text
    client = world.browser("archivist")
    assert (
        client.post(f"/documents/{document}/times", data=times, headers=ORIGIN).status_code == 403
    )


def test_the_pages_are_there_in_both_languages(world: World) -> None:
    archivist = world.client("archivist")
    one = archivist.get(f"{ROUTE}/file").json()["subjects"][0]["subject"]
    for lang, words in (
        ("zh", ("执法过程", "卷内目录", "执法对象")),
        ("en", ("The way", "Volume", "Subject")),
    ):
        browser = world.browser("archivist", lang=lang)
        page = browser.get(f"/cases/{CASE}/file").text
        assert all(word in page for word in words[:2])
        assert "福州" in browser.get(f"/subjects/{one}").text
        assert words[2] in browser.get("/subjects?text=福州").text
    assert world.browser("southchief").get(f"/cases/{CASE}/file").status_code == 404


def test_the_catalogue_is_a_pdf_too(world: World) -> None:
    if fonts.find() is None:
        pytest.skip("needs a font with Chinese: fonts-noto-cjk")
    answer = world.client("chief").get(f"{ROUTE}/catalogue/pdf")
    assert answer.content.startswith(b"%PDF")
    assert world.client("southchief").get(f"{ROUTE}/catalogue").status_code == 404
    assert world.client("chief").get(f"{ROUTE}/catalogue/signature").status_code == 404
