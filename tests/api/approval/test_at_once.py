"""What the policy grants at once: by duty, in an emergency; loud, short, and looked at afterwards."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from api.approval.policy_reading import shipped
from api.identity import registering
from archive import cases
from archive.events import Event
from tests.api.approval.town import REQUESTS, ask, decide, footage, listed, look_again
from tests.api.world import CASE, World


def test_an_emergency_opens_at_once_raises_an_alarm_and_waits_for_its_review(own: World) -> None:
    (granted,) = ask(own, "southchief", case=CASE, purpose="danger", emergency=True)
    assert (granted["state"], granted["unit"]) == ("granted", "North")
    hours = datetime.fromisoformat(granted["granted_until"]) - datetime.now(UTC)
    assert timedelta(hours=3) < hours <= timedelta(hours=4)
    assert footage(own, "southchief", "first") == 200
    (alarm,) = own.entries("alarm.raised")
    assert (alarm.data["code"], alarm.data["account"]) == (
        "emergency_access",
        own.users["southchief"].id,
    )
    assert alarm.subject == alarm.data["request"] == granted["request"]
    (shown,) = own.client("chief").get("/api/v1/alarms").json()["alarms"]
    assert (shown["about"], shown["request"]) == ("southchief", granted["request"])
    assert granted["request"] not in own.client("root").get("/api/v1/alarms").text
    page = own.browser("southchief", lang="zh").get(f"/clips/{own.ids['first']}").text
    assert "紧急调阅中" in page
    (waiting,) = listed(own, "chief", "review")
    address = f"{REQUESTS}/{waiting['request']}/review"
    said = {"outcome": "not_justified", "reason": "并无危险"}
    assert own.client("southchief").post(address, json=said).status_code == 403  # their own
    assert own.client("chief").post(address, json={"outcome": "justified"}).status_code == 422
    assert own.client("chief").post(address, json=said).status_code == 200
    assert footage(own, "southchief", "first") == 404  # what was not justified ends
    assert listed(own, "chief", "review") == []
    assert own.client("chief").post(address, json=said).status_code == 409


def test_every_emergency_has_its_own_alarm_and_a_day_has_three_of_them(own: World) -> None:
    found: list[str] = []
    for clip in ("first", "second"):
        (granted,) = ask(own, "southchief", clip=clip, purpose="danger", emergency=True)
        found.append(granted["request"])
    # One that finds nothing is one of the three, so being refused tells nothing of what there is.
    (line,) = ask(own, "southchief", case="nothing", purpose="danger", emergency=True)
    raised = [e.data["request"] for e in own.entries("alarm.raised")]
    assert raised == [*found, line["request"]]
    for what in ({"clip": "first"}, {"case": "nothing"}):
        ask(own, "southchief", purpose="danger", emergency=True, status=429, **what)
    answer = own.client("southchief").post(
        REQUESTS,
        json={"case": CASE, "purpose": "danger", "reason": "急", "emergency": True},
    )
    assert answer.json()["code"] == "P077"
    assert "the head of the unit that collected it decides" in answer.json()["detail"]
    ask(own, "southchief", clip="first")  # of the head, as ever
    (granted, *_) = ask(own, "wang", clip="south", purpose="danger", emergency=True)
    assert granted["state"] == "granted", "each account has its own"


def test_a_policy_says_how_many_emergencies_a_day_has(own: World) -> None:
    text = shipped().data.decode().replace("a_day = 3 ", "a_day = 1 ")
    (own.archive.root / "policy.toml").write_text(text, "utf-8")
    ask(own, "southchief", case=CASE, purpose="danger", emergency=True)  # of two units, once
    ask(own, "southchief", clip="first", purpose="danger", emergency=True, status=429)


def test_legal_review_sees_by_duty_and_the_head_sees_that(own: World) -> None:
    found = ask(own, "reviewer", case=CASE, purpose="legal_review")
    assert {r["unit"] for r in found} == {"North", "South"}
    assert {r["decision"]["by"] for r in found} == {"reviewer"}
    assert footage(own, "reviewer", "first") == 200
    (shown,) = listed(own, "chief", "review")
    revoked = own.client("chief").delete(
        f"{REQUESTS}/{shown['request']}", json={"reason": "不同意"}
    )
    assert revoked.status_code == 403  # what is duty is not the head's to refuse
    ok = {"outcome": "justified", "reason": "正常审核"}
    assert (
        own.client("chief").post(f"{REQUESTS}/{shown['request']}/review", json=ok).status_code
        == 200
    )
    assert footage(own, "reviewer", "first") == 200


def test_archivist_and_oversight_see_footage_by_a_grant_only(own: World) -> None:
    assert footage(own, "archivist", "first") == 403
    (asked,) = ask(own, "archivist", clip="first", purpose="file")
    assert footage(own, "archivist", "first") == 403
    assert decide(own, "chief", asked["request"])[0] == 200
    assert footage(own, "archivist", "first") == 200
    assert footage(own, "archivist", "second") == 403
    poster = own.client("archivist").get(own.clip("first") + "/renditions/poster")
    assert poster.status_code == 200


def test_a_grant_ends_to_the_second(own: World) -> None:
    (asked,) = ask(own, "archivist", clip="first", purpose="file")
    decide(own, "chief", asked["request"])
    service = own.app.service  # type: ignore[attr-defined]  # ours
    (grant,) = service.grants.active(own.users["archivist"].id)
    now = [grant.until - 0.001]
    service.grants._clock = lambda: now[0]
    assert footage(own, "archivist", "first") == 200
    now[0] = grant.until
    assert footage(own, "archivist", "first") == 403


def test_a_grant_is_for_somebody_in_an_office_and_ends_with_it(own: World) -> None:
    (asked,) = ask(own, "archivist", clip="first", purpose="file")
    (other,) = ask(own, "archivist", clip="second", purpose="file")
    decide(own, "chief", asked["request"])
    account = own.users["archivist"]
    own.archive.record(
        [
            Event(
                type="account.changed",
                subject=account.id,
                actor="local-0",
                data={"role": "archivist", "unit": own.ids["South"], "officer": None},
            )
        ]
    )
    look_again(own)
    assert footage(own, "archivist", "first") == 403
    assert decide(own, "chief", other["request"])[0] == 409  # asked for in another office
    ended = own.entries("access.ended")
    assert {e.subject for e in ended} == {asked["request"], other["request"]}
    assert {e.data["why"] for e in ended} == {"account"}


def test_a_disabled_head_decides_no_more_and_the_one_above_does(own: World) -> None:
    ask(own, "southchief", clip="first")
    assert listed(own, "county", "work") == []
    registering.disable(own.archive, own.accounts, actor="local-0", name="chief")
    look_again(own)
    (waiting,) = listed(own, "county", "work")
    for user, count in (("county", 1), ("archivist", 1), ("southchief", 0)):
        alarms = own.client(user).get("/api/v1/alarms").json()["alarms"]
        assert [(a["code"], a["about"]) for a in alarms] == [("no_head", "North")] * count
    page = own.browser("county", lang="zh").get(f"/requests/{waiting['request']}").text
    assert "本单位负责人缺位，由上级单位负责人审批" in page
    assert decide(own, "county", waiting["request"])[0] == 200
    assert footage(own, "southchief", "first") == 200


def test_what_is_linked_after_the_decision_is_not_what_was_decided_on(own: World) -> None:
    cases.unlink_clip(
        own.archive, actor="local-0", number=CASE, clip=own.ids["second"], reason="误"
    )
    ask(own, "southchief", case=CASE)
    (waiting,) = listed(own, "chief", "work")
    decide(own, "chief", waiting["request"])
    assert footage(own, "southchief", "first") == 200
    cases.link_clip(own.archive, actor="local-0", number=CASE, clip=own.ids["second"], reason="再")
    look_again(own)
    assert footage(own, "southchief", "second") == 404
    cases.unlink_clip(own.archive, actor="local-0", number=CASE, clip=own.ids["first"], reason="移")
    look_again(own)
    assert footage(own, "southchief", "first") == 404
    page = own.browser("southchief", lang="zh").get(f"/clips/{own.ids['first']}")
    assert f"/requests/new?clips={own.ids['first']}" in page.text  # refused says how to ask
