"""Legal review over HTTP: who asks, who reviews and sees, who settles; page and API do the same."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from api.freshness import CHECK_SECONDS
from api.identity.registering import add_account
from archive import cases
from archive.canonical import encode
from archive.casefiles.filing import reopen
from archive.events import Event, drafts
from archive.ids import new_id
from oversight.registers.certificates import Kind, NewCertificate, certify, withdraw
from tests.api.world import ORIGIN, PASSWORD, World, make_world

ROW = {
    "id": "1",
    "act": "penalty",
    "name": "较大数额罚款",
    "basis": "行政处罚法第五十八条",
    "at_least": 5_000_000,
}


def person(world: World, name: str, role: str, kind: Kind | None, unit: str | None) -> None:
    """An account of an officer with a certificate."""
    officer = world.ids.setdefault(name, new_id("officer"))
    if kind is not None:
        if world.archive.catalogue.officer(officer) is None:
            event = Event(
                type="officer.registered",
                subject=officer,
                actor="local-0",
                data={"unit": None},
                text={"badge": f"F-{name}"},
            )
            world.archive.record([event])
            world.archive.catalogue.catch_up()
        new = NewCertificate(
            kind=kind, number=f"{kind}-{name}", first=date(2020, 1, 1), last=date(2099, 1, 1)
        )
        certify(world.archive, new, actor="local-0", officer=officer)
    if name not in world.users:
        world.users[name] = add_account(
            world.archive,
            world.accounts,
            actor="local-0",
            name=name,
            role=role,
            password=PASSWORD,
            unit=unit,
            officer=officer if kind is not None else None,
        )


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """An officer of the unit is certified, two reviewers are qualified, a catalogue is in force."""
    world = make_world(tmp_path_factory.mktemp("legal") / "archive")
    archive = world.archive
    person(world, "wang", "officer", "enforcement", None)
    person(world, "fa", "reviewer", "reviewer", None)
    person(world, "lv", "reviewer", "reviewer", None)
    county = new_id("unit")
    with archive.store.writing() as writing:
        [listed] = writing.put([encode({"format": 1, "kind": "review", "rows": [ROW]})])
        events = [
            Event(type="unit.registered", subject=county, actor="local-0", text={"name": "县局"}),
            Event(
                type="unit.placed",
                subject=world.ids["North"],
                actor="local-0",
                data={"parent": county, "level": None, "proposed": None},
            ),
            Event(
                type="list.published",
                subject=new_id("list"),
                actor="local-0",
                data={
                    "kind": "review",
                    "version": 1,
                    "list": {"object": listed.digest, "size": listed.size},
                    "in_force": "2020-01-01",
                },
            ),
        ]
        archive.ledger.append(drafts(writing, events))
    archive.catalogue.catch_up()
    person(world, "countychief", "supervisor", None, county)
    yield world
    world.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A case of its own for each test: a penalty, with a document and a clip of either unit."""

    number: str
    document: str

    @property
    def reviews(self) -> str:
        """The API's address of its reviews."""
        return f"/api/v1/cases/{self.number}/reviews"

    @property
    def page(self) -> str:
        """The page of its review."""
        return f"/cases/{self.number}/review"


@pytest.fixture
def case(world: World) -> Case:
    archive, document = world.archive, new_id("document")
    number = f"2026-{document[-8:]}"
    id_ = cases.open_case(
        archive,
        actor="local-0",
        number=number,
        unit=world.ids["North"],
        officers=[world.ids["wang"]],
    )
    archive.catalogue.catch_up()
    for clip in ("first", "south"):
        cases.link_clip(
            archive, actor="local-0", number=number, clip=world.ids[clip], reason="办案"
        )
    filed = {"act": "penalty", "subjects": []}
    with archive.store.writing() as writing:
        [paper] = writing.put([f"%PDF-1.4 {number}".encode()])
        added = {
            "document": document,
            "original": {"object": paper.digest, "size": paper.size},
            "media_type": "application/pdf",
            "pages": 2,
        }
        events = [
            Event(type="case.filed_as", subject=id_, actor="local-0", data=filed),
            Event(
                type="document.added",
                subject=id_,
                actor="local-0",
                data=added,
                text={"name": "处罚决定书.pdf"},
            ),
        ]
        archive.ledger.append(drafts(writing, events))
    archive.catalogue.catch_up()
    return Case(number=number, document=document)


def sheet(world: World, case: Case, who: str = "chief") -> dict[str, Any]:
    found: dict[str, Any] = world.client(who).get(case.reviews).json()
    return found


def submitted(world: World, case: Case) -> str:
    answer = world.client("wang").post(case.reviews, json={"question": "罚款幅度"})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["review"])


def taken(world: World, case: Case) -> str:
    review = submitted(world, case)
    answer = world.client("fa").post(f"/api/v1/reviews/{review}/taking")
    assert answer.status_code == 200, answer.text
    return review


def whole(world: World, case: Case, outcome: str = "agree") -> dict[str, Any]:
    found = sheet(world, case, "fa")
    (document,), clip = found["rounds"][-1]["documents"], found["rounds"][-1]["clips"][0]
    points = [
        {"point": p["point"], "ok": True, "document": document, "page": 2, "clip": clip}
        | {"at_us": 1_500_000}
        for p in found["points"]
    ]
    if outcome != "agree":
        points[3] |= {"ok": False, "note": "证据不足"}
    return {"outcome": outcome, "reason": "经审核", "points": points}


def test_r12_a_case_goes_through_review_and_the_gate_opens(world: World, case: Case) -> None:
    gate = sheet(world, case)["gate"]
    assert (gate["open"], gate["code"], gate["unknown"]) == (False, "not_reviewed", ["amount"])
    intended = world.client("chief").put(
        f"/api/v1/cases/{case.number}/intention", json={"measure": None, "amount": 8_000_000}
    )
    assert intended.json()["gate"]["unknown"] == []
    review = taken(world, case)
    said = world.client("fa").post(f"/api/v1/reviews/{review}/answer", json=whole(world, case))
    assert (said.status_code, said.json()["result"]) == (200, "agree"), said.text
    assert sheet(world, case)["gate"]["open"]
    entry = world.entries("review.answered")[-1]
    assert "经审核" not in str(entry.data)
    assert entry.data["points"][0]["at_us"] == 1_500_000


def test_r12_the_reviewer_sees_the_case_while_the_review_is_theirs(
    world: World, case: Case
) -> None:
    fa, clip = world.client("fa"), world.clip("first")
    asked = (clip, f"{clip}/renditions/poster", f"/api/v1/documents/{case.document}")
    assert [fa.get(path).status_code for path in asked] == [404, 404, 404]
    review = taken(world, case)
    assert [fa.get(path).status_code for path in asked] == [200, 200, 200]
    # The other unit's footage of the same case too, and each view is on record with its grant.
    assert fa.get(world.clip("south") + "/renditions/poster").status_code == 200
    viewed = world.entries("clip.viewed")[-1]
    assert viewed.data["request"].startswith("request-")
    assert world.client("lv").get(asked[1]).status_code == 404
    fa.post(f"/api/v1/reviews/{review}/answer", json=whole(world, case))
    assert [fa.get(path).status_code for path in asked] == [404, 404, 404]
    assert {e.data["why"] for e in world.entries("access.ended")} == {"withdrawn"}


def test_in_a_closed_case_a_reviewer_does_not_go_on_seeing(world: World, case: Case) -> None:
    review = taken(world, case)
    fa, before = world.browser("fa"), len(world.entries("access.granted"))
    assert fa.post(case.page, data={"do": "see"}, headers=ORIGIN).status_code == 303
    again = len(world.entries("access.granted"))
    assert again > before
    cases.close_case(world.archive, actor="local-0", number=case.number)
    world.archive.catalogue.catch_up()
    assert fa.post(case.page, data={"do": "see"}, headers=ORIGIN).status_code in {409, 422}
    assert len(world.entries("access.granted")) == again
    reopen(world.archive, case.number, "补充", actor="local-0")
    world.archive.catalogue.catch_up()
    said = world.client("fa").post(f"/api/v1/reviews/{review}/answer", json=whole(world, case))
    assert said.status_code == 200, said.text


def test_r14_a_reviewer_who_lost_the_qualification_loses_the_review_and_the_view(
    world: World, case: Case
) -> None:
    review, fa = taken(world, case), world.client("fa")
    said = whole(world, case)
    officer = world.ids["fa"]
    withdraw(world.archive, actor="local-0", officer=officer, kind="reviewer", reason="调离")
    refused = fa.post(f"/api/v1/reviews/{review}/answer", json=said)
    assert (refused.status_code, refused.json()["code"]) == (409, "O070")
    waiting = world.client("lv").get("/api/v1/reviews").json()["reviews"]
    assert [row["free"] for row in waiting if row["case"] == case.number] == [True]
    again = world.client("lv").post(f"/api/v1/reviews/{review}/taking")
    assert again.status_code == 200, again.text
    assert fa.get(world.clip("first") + "/renditions/poster").status_code == 404
    lv = world.client("lv")
    assert lv.get(world.clip("first") + "/renditions/poster").status_code == 200
    lv.post(f"/api/v1/reviews/{review}/answer", json=said)
    again_qualified = NewCertificate(
        kind="reviewer", number="F-again", first=date(2020, 1, 1), last=date(2099, 1, 1)
    )
    certify(world.archive, again_qualified, actor="local-0", officer=officer)


def test_r12_each_step_is_somebody_s_and_a_refusal_is_on_record(world: World, case: Case) -> None:
    assert world.client("southchief").get(case.reviews).status_code == 404
    for who in ("overseer", "archivist"):
        assert world.client(who).post(case.reviews, json={}).status_code == 403, who
    # Whom no case waits for, a reviewer does not know of it.
    assert world.client("fa").get(case.reviews).status_code == 404
    assert world.client("fa").post(case.reviews, json={}).status_code == 404
    review = submitted(world, case)
    taking = f"/api/v1/reviews/{review}/taking"
    # The reviewer of the world has no badge number.
    for who in ("chief", "wang", "reviewer", "root"):
        assert world.client(who).post(taking).status_code in {403, 404}, who
    assert world.client("fa").post(taking).status_code == 200
    answering = f"/api/v1/reviews/{review}/answer"
    assert world.client("lv").post(answering, json=whole(world, case)).json()["code"] == "O032"
    assert world.client("chief").post(answering, json=whole(world, case)).status_code == 403
    assert world.entries("access.refused")[-1].data["case"] is not None
    missing = whole(world, case)
    missing["points"].pop()
    assert world.client("fa").post(answering, json=missing).json()["code"] == "O033"


def test_whoever_was_granted_a_case_reads_its_reviews_and_asks_for_none(
    world: World, case: Case
) -> None:
    archive, account = world.archive, world.users["southchief"].id
    row = archive.catalogue.case_by_number(case.number)
    assert row is not None
    chief = world.client("southchief")
    assert chief.get(case.reviews).status_code == 404
    request, until = new_id("request"), "2099-01-01T00:00:00Z"
    asked = {
        "account": account,
        "case": row.id,
        "unit": world.ids["North"],
        "rule": "other-unit",
        "policy": {"object": "0" * 64, "size": 1},
        "decided_by": "head",
        "purpose": "case",
        "until": until,
    }
    granted = {"by": "head", "until": until, "upto": archive.reader.size()}
    text = {"reason": "串案"}
    archive.record(
        [
            Event(type="access.requested", subject=request, actor=account, data=asked, text=text),
            Event(type="access.granted", subject=request, actor="local-0", data=granted),
        ]
    )
    time.sleep(CHECK_SECONDS)  # what others append is seen within so long
    assert chief.get(case.reviews).status_code == 200
    assert chief.post(case.reviews, json={}).status_code == 403
    intention = f"/api/v1/cases/{case.number}/intention"
    assert chief.put(intention, json={"measure": None, "amount": 1}).status_code == 403


def test_r12_a_dispute_goes_to_the_head_above(world: World, case: Case) -> None:
    review = taken(world, case)
    answering = f"/api/v1/reviews/{review}/answer"
    said = world.client("fa").post(answering, json=whole(world, case, "correct"))
    assert said.json()["result"] == "correct"
    disputing, settling = (f"/api/v1/reviews/{review}/{what}" for what in ("dispute", "settlement"))
    assert world.client("fa").post(disputing, json={"reason": "x"}).status_code == 403
    assert world.client("chief").post(disputing, json={"reason": "证据充分"}).status_code == 200
    body = {"outcome": "agree", "reason": "集体讨论决定"}
    assert world.client("chief").post(settling, json=body).status_code == 403
    assert world.client("fa").post(settling, json=body).status_code == 403
    assert sheet(world, case)["gate"]["code"] == "disputed"
    settled = world.client("countychief").post(settling, json=body)
    assert (settled.status_code, settled.json()["result"]) == (200, "agree"), settled.text
    assert sheet(world, case)["gate"]["open"]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_sheet_works_by_forms_alone_and_keeps_what_was_typed(
    world: World, case: Case, lang: str
) -> None:
    officer, fa = world.browser("wang", lang=lang), world.browser("fa", lang=lang)

    def sent(who: Any, **fields: str) -> Any:
        return who.post(case.page, data=fields, headers=ORIGIN)

    assert sent(officer, do="intend", measure="", amount="80,000.00").status_code == 303
    assert sent(officer, do="intend", measure="", amount="1.005").status_code == 422
    assert sent(officer, do="request", question="罚款幅度").status_code == 303
    assert case.number in fa.get("/oversight/reviews").text
    assert sent(fa, do="take").status_code == 303
    page = fa.get(case.page).text
    assert "处罚决定书.pdf" in page
    assert {"zh": "行政执法主体是否合法", "en": "Is the agency entitled to act"}[lang] in page
    points, fields = [p["point"] for p in sheet(world, case)["points"]], dict[str, str]()
    (document,) = sheet(world, case)["rounds"][-1]["documents"]
    for point in points:
        fields |= {f"ok_{point}": "yes", f"document_{point}": document, f"page_{point}": "2"}
    fields |= {"outcome": "agree", "reason": "经审核，同意", f"note_{points[0]}": "主体适格"}
    looked = sent(fa, show=points[0], **fields)
    assert looked.status_code == 200
    assert "主体适格" in looked.text
    assert f"/api/v1/documents/{document}/pages/2" in looked.text
    short = {k: v for k, v in fields.items() if k != f"ok_{points[2]}"}
    refused = sent(fa, do="answer", **short)
    assert refused.status_code == 422
    assert "主体适格" in refused.text
    assert sent(fa, do="answer", **fields).status_code == 303
    shown = officer.get(case.page).text
    assert {"zh": "可以作出决定", "en": "It may be made"}[lang] in shown
    assert "主体适格" in shown
    assert sent(fa, do="nothing").status_code == 422
