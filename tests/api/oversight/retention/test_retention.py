"""Retention, holds and disposals over HTTP: who may, what is told, and what is left of a clip that went."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from archive.audit import audit
from archive.cases import close_case, unlink_clip
from archive.catalogue.times import microseconds, moment_text
from archive.events import Event
from archive.holds import place
from archive.ids import new_id
from tests.api.world import CASE, ORIGIN, World, make_world
from tests.fakes.disposing import carried

RETENTION = f"/api/v1/cases/{CASE}/retention"
PAGE = f"/cases/{CASE}/retention"
WHY = {"reason": "复议期间"}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = make_world(tmp_path_factory.mktemp("retention") / "archive")
    yield world
    world.close()


def test_r8_a_case_says_until_when_each_clip_is_kept_and_by_which_clause(world: World) -> None:
    chief = world.client("chief")
    found = chief.get(RETENTION).json()
    states = {clip["clip"]: clip for clip in found["clips"]}
    assert world.ids["south"] not in states  # another unit's, which the chief may not know of
    first = states[world.ids["first"]]
    assert (first["state"], first["in_open_case"]) == ("for_ever", True)
    assert first["rule"]["clause"]["zh"] == "第十三条(一):永久保存"
    assert world.client("wang").get(RETENTION).status_code in {200, 404}
    assert world.client("root").get(RETENTION).status_code == 403


def test_a_hold_is_placed_told_and_lifted_with_its_reasons(world: World) -> None:
    chief = world.client("chief")
    first = world.ids["first"]
    made = chief.post("/api/v1/holds", json=WHY | {"about": first})
    assert made.status_code == 201, made.text
    hold = made.json()["hold"]
    whole = chief.post("/api/v1/holds", json=WHY | {"about": CASE})
    assert whole.status_code == 201
    told = chief.get(RETENTION).json()
    assert {row["about"] for row in told["holds"]} == {first, whole.json()["about"]}
    assert all(clip["held"] for clip in told["clips"])
    page = world.browser("chief", lang="zh").get(PAGE).text
    assert "复议期间" in page
    assert "冻结" in page
    lifted = chief.post(f"/api/v1/holds/{hold}/lifting", json={"reason": "已结束"})
    assert lifted.json()["lifted_reason"] == "已结束"
    again = chief.post(f"/api/v1/holds/{hold}/lifting", json={"reason": "已结束"})
    assert (again.status_code, again.json()["code"]) == (409, "A220")
    browser = world.browser("chief", lang="zh")
    form = {"do": "lift", "hold": whole.json()["hold"], "reason": "已结束"}
    assert browser.post(PAGE, data=form, headers=ORIGIN).status_code == 303
    assert "已解除冻结" in browser.get(f"{PAGE}?done=lifted").text
    assert world.client("archivist").get("/api/v1/holds").json() == {"holds": []}


def test_who_may_not_know_of_a_clip_may_not_hold_it_and_officers_hold_nothing(
    world: World,
) -> None:
    south = WHY | {"about": world.ids["south"]}
    assert world.client("chief").post("/api/v1/holds", json=south).status_code == 404
    for who in ("wang", "reviewer", "overseer", "root"):
        refused = world.client(who).post("/api/v1/holds", json=WHY | {"about": world.ids["first"]})
        assert refused.status_code == 403, who
    for who in ("chief", "wang", "reviewer", "root"):
        assert world.client(who).get("/api/v1/disposals").status_code == 403, who
        assert world.browser(who).get("/oversight/disposals").status_code == 403, who
    unknown = WHY | {"about": [world.ids["first"]], "categories": ["nothing_of_ours"]}
    answer = world.client("chief").post("/api/v1/classes", json=unknown)
    assert (answer.status_code, answer.json()["code"]) == (422, "O054")


def test_a_supervisor_does_not_lift_what_an_archivist_or_the_machine_holds(world: World) -> None:
    archivist, chief = world.client("archivist"), world.client("chief")
    made = archivist.post("/api/v1/holds", json=WHY | {"about": CASE})
    assert made.status_code == 201, made.text
    at_the_machine = place(world.archive, about=world.ids["first"], actor="local-0", reason="r")
    world.archive.catalogue.catch_up()
    before = len(world.entries("access.refused"))
    for hold in (made.json()["hold"], at_the_machine):
        answer = chief.post(f"/api/v1/holds/{hold}/lifting", json=WHY)
        assert answer.status_code == 403, answer.text
        assert "archivist" in answer.text or "归档" in answer.text
    assert len(world.entries("access.refused")) == before + 2
    for hold in (made.json()["hold"], at_the_machine):
        assert archivist.post(f"/api/v1/holds/{hold}/lifting", json=WHY).status_code == 200
    # A supervisor's own is an archivist's to lift too.
    own = chief.post("/api/v1/holds", json=WHY | {"about": CASE}).json()["hold"]
    assert archivist.post(f"/api/v1/holds/{own}/lifting", json=WHY).status_code == 200


def test_a_grant_to_look_neither_lifts_a_hold_nor_says_what_a_clip_is(world: World) -> None:
    archive, chief, south = world.archive, world.users["chief"].id, world.ids["south"]
    made = world.client("southchief").post("/api/v1/holds", json=WHY | {"about": south})
    assert made.status_code == 201
    lifting = f"/api/v1/holds/{made.json()['hold']}/lifting"
    classes = {"about": [south], "categories": ["ordinary"], "reason": "巡逻"}
    visitor = world.client("chief")
    assert visitor.post(lifting, json=WHY).status_code == 404
    assert visitor.post("/api/v1/classes", json=classes).status_code == 404
    until = moment_text(microseconds(datetime.now(UTC) + timedelta(hours=1)))
    kept = archive.catalogue.clip(world.ids["first"])
    assert kept is not None
    asked = {
        **{"account": chief, "clips": [south], "unit": world.ids["South"], "rule": "r"},
        **{"policy": {"object": kept.sha256, "size": kept.size}, "decided_by": "head"},
        **{"purpose": "p", "until": until},
    }
    request, size = new_id("request"), archive.reader.size()
    granted = {"by": "head", "until": until, "upto": size}
    head = world.users["southchief"].id
    archive.record(
        [
            Event(type="access.requested", subject=request, actor=chief, data=asked),
            Event(type="access.granted", subject=request, actor=head, data=granted),
        ]
    )
    archive.catalogue.catch_up()
    world.app.service.freshness.changed()  # type: ignore[attr-defined]  # as from another process, only sooner
    for address, body in ((lifting, WHY), ("/api/v1/classes", classes)):
        answer = visitor.post(address, json=body)
        assert answer.status_code == 403, answer.text
    # Whose unit it is, lifts it.
    assert world.client("southchief").post(lifting, json=WHY).status_code == 200


def test_a_disposal_is_approved_by_another_and_what_went_answers_410(world: World) -> None:
    archivist, oversight = world.client("archivist"), world.client("overseer")
    clip = world.ids["south"]
    answer = archivist.post("/api/v1/disposals", json={"reason": "期满"})
    assert (answer.status_code, answer.json()["code"]) == (409, "O050")
    loose = archivist.post(
        "/api/v1/classes", json=WHY | {"about": [clip], "categories": ["ordinary"]}
    )
    assert loose.json() == {"changed": 1}
    # Off the case, and that closed: what is linked to one is evidence, and what was waits for its end.
    unlink_clip(world.archive, actor="local-0", number=CASE, clip=clip, reason="误关联")
    waits = archivist.post("/api/v1/disposals", json={"reason": "期满", "until": "9999-12-31"})
    assert (waits.status_code, waits.json()["code"]) == (409, "O050")
    close_case(world.archive, actor="local-0", number=CASE)
    proposed = archivist.post("/api/v1/disposals", json={"reason": "期满", "until": "9999-12-31"})
    assert proposed.status_code == 201, proposed.text
    disposal = proposed.json()["disposal"]
    listed = oversight.get(f"/api/v1/disposals/{disposal}").json()
    assert [each["clip"] for each in listed["clips"]] == [clip]
    own = archivist.post(f"/api/v1/disposals/{disposal}/approval", json={"reason": "同意"})
    assert (own.status_code, own.json()["code"]) == (409, "O052")
    page = world.browser("archivist", lang="zh").get("/oversight/disposals").text
    assert "由他人批准" in page
    browser = world.browser("overseer", lang="zh")
    form = {"do": "approve", "reason": "同意"}
    sent = browser.post(f"/oversight/disposals/{disposal}", data=form, headers=ORIGIN)
    assert sent.status_code == 303
    assert "muniment disposal carry-out" in browser.get("/oversight/disposals").text
    address = f"/api/v1/clips/{clip}"
    far = world.client("southchief")
    assert far.get(f"{address}/original").status_code == 200
    assert carried(world.archive, disposal).done == [clip]
    for what in ("original", "renditions/poster"):
        gone = far.get(f"{address}/{what}")
        assert (gone.status_code, gone.json()["code"]) == (410, "P150"), what
    facts = far.get(address)
    assert facts.status_code == 200
    assert far.get(f"{address}/custody").status_code == 200
    shown = world.browser("southchief", lang="zh").get(f"/clips/{clip}")
    assert shown.status_code == 200
    assert "已依法销毁" in shown.text
    assert "<video" not in shown.text
    assert "/original" not in shown.text
    assert world.client("overseer").get("/api/v1/disposals").json()["disposals"][0]["done"] == 1


def test_looking_at_the_proofs_of_what_went_does_not_ask_for_its_bytes(world: World) -> None:
    """After the test above: its clip went."""
    clip = world.ids["south"]
    row = world.archive.catalogue.clip(clip)
    assert row is not None
    assert row.disposed_at is not None
    far = world.client("southchief")
    assert far.get(f"/api/v1/clips/{clip}/proof").status_code == 200
    assert far.get(f"/api/v1/clips/{clip}/evidence").status_code == 200
    viewed = [e for e in world.archive.reader.entries() if e.type == "clip.viewed"]
    last = next(entry for entry in reversed(viewed) if entry.subject == clip)
    assert last.data["what"] == "proof"
    assert "object" not in last.data
    # Archives have entries that name it: of a view that ended late, or of an older version.
    data = {"what": "original", "object": row.sha256, "size": row.size, "session": "session-x"}
    late = Event(type="clip.viewed", subject=clip, actor=world.users["southchief"].id, data=data)
    world.archive.record([late])
    world.archive.ledger.publish()
    assert world.archive.removals.needed([row.sha256]) == set()
    report = audit(world.archive.root)
    assert report.ok, report.findings
