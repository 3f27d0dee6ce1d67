"""Lists over HTTP and as pages: who may read, write and publish; what is refused says why."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from httpx2 import Response

from tests.api.world import ORIGIN, Client, World

SAMPLES = Path(__file__).parents[4] / "oversight" / "lists" / "samples"
RECORDING = (SAMPLES / "recording.toml").read_bytes()
LISTS = "/api/v1/lists"


def tomorrow() -> str:
    return (datetime.now(UTC).date() + timedelta(days=2)).isoformat()


def test_a_list_is_drafted_by_one_person_published_by_another_and_read_by_all(
    fresh: World,
) -> None:
    chief, overseer, wang = (fresh.client(name) for name in ("chief", "overseer", "wang"))
    assert wang.get(f"{LISTS}/recording").status_code == 404
    draft = f"{LISTS}/recording/draft"
    assert wang.put(draft, content=RECORDING).status_code == 403
    saved = chief.put(f"{draft}?name=recording.toml", content=RECORDING)
    assert (saved.status_code, saved.json()["saved_by"]) == (200, fresh.users["chief"].id)
    publication = f"{LISTS}/recording/publication"
    assert chief.post(publication, json={"in_force": "2020-01-01"}).status_code == 403
    overseer.put(f"{draft}?name=recording.toml", content=RECORDING)
    own = overseer.post(publication, json={"in_force": "2020-01-01"})
    assert (own.status_code, own.json()["code"]) == (409, "O023")
    chief.put(f"{draft}?name=recording.toml", content=RECORDING)
    assert overseer.post(publication, json={"in_force": "yesterday."}).status_code == 422
    read_before = {"in_force": "2020-01-01", "digest": "0" * 64}
    assert overseer.post(publication, json=read_before).json()["code"] == "O021"
    digest = overseer.get(draft).json()["digest"]
    made = overseer.post(publication, json={"in_force": "2020-01-01", "digest": digest})
    assert (made.status_code, made.json()["version"]) == (201, 1)
    assert chief.get(draft).status_code == 404, "what was published is no draft any more"
    read = wang.get(f"{LISTS}/recording").json()
    assert (read["in_force"], len(read["list"]["rows"])) == ("2020-01-01", 7)
    [event] = fresh.entries("list.published")
    assert event.data["drafted_by"] == fresh.users["chief"].id


def test_a_file_with_a_mistake_is_refused_with_its_line(fresh: World) -> None:
    chief = fresh.client("chief")
    wrong = RECORDING.replace(b'stage = "service"', 'stage = "晚上"'.encode())
    answer = chief.put(f"{LISTS}/recording/draft?name=x.toml", content=wrong)
    assert (answer.status_code, answer.json()["code"]) == (422, "O020")
    assert "stage" in answer.json()["detail"]
    assert chief.get(f"{LISTS}/recording/draft").status_code == 404
    large = b" " * 200_000 + RECORDING
    assert chief.put(f"{LISTS}/recording/draft?name=x.toml", content=large).status_code == 200


def test_versions_are_compared_taken_back_and_said_to_be_due(fresh: World) -> None:
    chief, overseer = fresh.client("chief"), fresh.client("overseer")
    later = RECORDING.replace(b"tolerance_seconds = 60", b"tolerance_seconds = 90")
    for data, day in ((RECORDING, "2020-01-01"), (later, tomorrow())):
        chief.put(f"{LISTS}/recording/draft?name=x.toml", content=data)
        done = overseer.post(f"{LISTS}/recording/publication", json={"in_force": day})
        assert done.status_code == 201, done.text
    found = chief.get(f"{LISTS}/recording?version=2&against=1").json()
    assert [c["key"] for c in found["changes"]["head"]] == ["tolerance_seconds"]
    assert chief.get(f"{LISTS}/recording").json()["version"] == 1
    assert chief.get(f"{LISTS}/recording?version=9").status_code == 404
    assert chief.get(f"{LISTS}/recording?version=0").status_code == 404
    assert chief.get(f"{LISTS}/nothing").status_code == 404
    withdrawal = f"{LISTS}/recording/withdrawal"
    gap = overseer.post(withdrawal, json={"version": 1, "reason": "错"})
    assert (gap.status_code, gap.json()["code"]) == (409, "O021")
    assert overseer.post(withdrawal, json={"version": 2, "reason": "错"}).status_code == 204
    change = f"{LISTS}/recording/change"
    assert chief.post(change, json={"reason": "上级修订", "at": "soon"}).status_code == 422
    assert chief.post(change, json={"reason": "上级修订"}).status_code == 204
    states = {v["version"]: v["withdrawn_reason"] for v in chief.get(LISTS).json()["versions"]}
    assert states == {1: None, 2: "错"}


def test_a_list_is_written_row_by_row_on_a_page_and_nothing_wrong_is_saved(fresh: World) -> None:
    chief, page = fresh.browser("chief"), "/oversight/lists/review/draft"
    review = (SAMPLES / "review.toml").read_bytes()
    sent = chief.post(f"{page}/file", files={"file": ("目录.toml", review)}, headers=ORIGIN)
    assert sent.status_code == 303
    row = {
        "do": "row",
        "was": "penalty-fine-person",
        "id": "penalty-fine-person",
        "act": "penalty",
        "name": "较大数额罚款",
        "subject": "person",
        "at_least": "２００００.5",
        "basis": "第五十八条",
    }
    assert chief.post(page, data=row, headers=ORIGIN).status_code == 303
    wrong = chief.post(page, data=row | {"at_least": "many"}, headers=ORIGIN)
    assert wrong.status_code == 422
    assert "at_least" in wrong.text
    assert 'value="many"' in wrong.text, "what was typed is not lost"
    assert (
        chief.post(
            page, data={"do": "remove", "was": "compulsion-demolition"}, headers=ORIGIN
        ).status_code
        == 303
    )
    head = {"do": "head", "title": "目录", "agency": "执法局", "gap_seconds": "5"}
    assert chief.post(page, data=head, headers=ORIGIN).status_code == 303
    assert chief.post(page, data=head | {"gap_seconds": "x"}, headers=ORIGIN).status_code == 422
    assert chief.post(page, data={"do": "dance"}, headers=ORIGIN).status_code == 422
    found = fresh.client("chief").get(f"{LISTS}/review/draft").json()["list"]
    assert (found["title"], found["agency"], found["gap_seconds"]) == (
        {"zh": "目录", "en": "目录"},
        "执法局",
        5,
    )
    assert [(r["id"], r["at_least"]) for r in found["rows"]] == [
        ("penalty-fine-person", 2_000_050),
        ("penalty-fine-organisation", 10_000_000),
    ]
    assert "20000.50" in chief.get(page).text
    assert chief.post(page, data={"do": "give_up"}, headers=ORIGIN).status_code == 303
    assert "penalty-fine" not in chief.get(page).text


def publish(who: Client, page: str, day: str, *, digest: str | None = None) -> Response:
    """Send the form as it stands on the page."""
    shown = re.search(r'name="digest" value="([0-9a-f]{64})"', who.get(f"{page}/draft").text)
    assert shown is not None
    form = {"in_force": day, "digest": shown[1] if digest is None else digest}
    return who.post(f"{page}/publication", data=form, headers=ORIGIN)


def test_the_pages_lead_from_the_list_to_its_draft_and_its_next_version(fresh: World) -> None:
    chief, overseer = fresh.browser("chief"), fresh.browser("overseer", lang="zh")
    page = "/oversight/lists/recording"
    assert "清单" in overseer.get("/oversight").text
    assert chief.post(page, data={"do": "begin"}, headers=ORIGIN).status_code == 404
    chief.post(f"{page}/draft/file", files={"file": ("a.toml", RECORDING)}, headers=ORIGIN)
    assert "another person" in chief.get(f"{page}/draft").text
    bad = overseer.post(f"{page}/publication", data={"in_force": "x"}, headers=ORIGIN)
    assert bad.status_code == 422
    assert publish(overseer, page, "2020-01-01", digest="another").status_code == 409
    done = publish(overseer, page, "2020-01-01")
    assert done.headers["location"] == f"{page}?done=published"
    shown = overseer.get(done.headers["location"]).text
    assert "已公布" in shown
    assert "强制拆除" in shown
    assert chief.post(page, data={"do": "begin"}, headers=ORIGIN).status_code == 303
    edit = chief.get(f"{page}/draft?row=penalty-inquiry")
    assert 'value="penalty-inquiry"' in edit.text
    row = {"do": "remove", "was": "penalty-inquiry"}
    assert chief.post(f"{page}/draft", data=row, headers=ORIGIN).status_code == 303
    assert "删除" in overseer.get(f"{page}/draft").text, "what it changes is shown before"
    assert publish(overseer, page, tomorrow()).status_code == 303
    compared = overseer.get(f"{page}?version=2").text
    assert "删除" in compared
    taken = {"version": "2", "reason": "条款有误"}
    assert overseer.post(f"{page}/withdrawal", data=taken, headers=ORIGIN).status_code == 303
    assert overseer.post(f"{page}/withdrawal", data=taken, headers=ORIGIN).status_code == 404
    due = {"do": "outdate", "reason": "法规修订"}
    assert chief.post(page, data=due, headers=ORIGIN).status_code == 303
    assert "法规修订" in overseer.get(page).text
    assert overseer.get("/oversight/lists").status_code == 200
    assert overseer.get(f"{page}?version=9").status_code == 404
