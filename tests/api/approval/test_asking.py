"""Asking to see another's footage, and what asking tells of what there is."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

from tests.api.approval.town import REQUESTS, add_user, ask, decide, footage, listed
from tests.api.world import CASE, World


def test_a_head_grants_another_units_chief_one_case_and_no_more(own: World) -> None:
    assert footage(own, "southchief", "first") == 404
    (line,) = ask(own, "southchief", case=CASE)
    assert (line["sought"], line["clips"], line["unit"]) == (CASE, [], None)
    (waiting,) = listed(own, "chief", "work")
    assert (waiting["case"], waiting["unit"], waiting["may"]) == (CASE, "North", ["decide"])
    assert footage(own, "southchief", "first") == 404
    status, granted = decide(own, "chief", waiting["request"], reason="同意")
    assert (status, granted["in_force"]) == (200, True)
    assert footage(own, "southchief", "first") == 200
    assert footage(own, "southchief", "second") == 200
    views = [e for e in own.entries("clip.viewed") if e.data.get("request")]
    assert {e.data["request"] for e in views} <= {waiting["request"]}
    found = own.client("southchief").get("/api/v1/clips", params={"case": CASE}).json()
    assert found["total"] == 3
    assert footage(own, "wang", "second") == 404


def test_who_may_not_know_of_a_case_learns_nothing_by_asking(town: World) -> None:
    """What exists and what does not are answered, listed and asked again alike."""
    answers = []
    for number in ("2099-9999", CASE):
        (line,) = ask(town, "southchief", case=number, purpose="complaint")
        seen = town.client("southchief").get(f"{REQUESTS}/{line['request']}").json()
        again = town.client("southchief").post(
            REQUESTS, json={"case": number, "purpose": "complaint", "reason": "再次"}
        )
        shown = [r for r in listed(town, "southchief", "mine") if r["purpose"] == "complaint"]
        answers.append(
            (
                {k: v for k, v in line.items() if k not in {"request", "sought"}}
                | {"requested_at": None, "until": None},
                sorted(seen),
                again.status_code,
                len([r for r in shown if r["sought"] == number]),
            )
        )
    assert answers[0] == answers[1]
    assert answers[0][0]["index"] is None, "how far the ledger went on is no answer either"
    (hidden,) = [r for r in listed(town, "chief", "work") if r["purpose"] == "complaint"]
    assert town.client("southchief").get(f"{REQUESTS}/{hidden['request']}").status_code == 404


def test_who_sees_all_facts_is_told_that_there_is_no_such_case(town: World) -> None:
    ask(town, "archivist", status=404, case="2099-9999", purpose="file")
    units = {r["unit"] for r in ask(town, "archivist", case=CASE, purpose="file")}
    assert units == {"North", "South"}  # each head decides on their own unit's


def test_nobody_decides_on_their_own_request(own: World) -> None:
    """The only head of a unit asks for it: the head of the nearest unit above decides."""
    ask(own, "southchief", clip="first")
    (waiting,) = listed(own, "chief", "work")
    assert decide(own, "southchief", waiting["request"])[0] == 404
    assert decide(own, "county", waiting["request"])[0] == 404  # the unit has a head of its own
    (outside,) = ask(own, "chief", clip="first", purpose="legal_duty", body="县法院")
    assert outside["decided_by"] == "county_head"
    (for_county,) = listed(own, "county", "work")
    assert decide(own, "chief", for_county["request"])[0] == 403  # their own
    assert decide(own, "county", for_county["request"])[0] == 200
    refused = own.entries("access.refused")
    assert len(refused) >= 3
    assert all(e.data["session"].startswith("session-") for e in refused)


def test_the_first_of_two_decisions_counts_and_the_other_is_told(own: World) -> None:

    add_user(own, "deputy", "supervisor", unit="North")
    ask(own, "southchief", clip="first")
    (waiting,) = listed(own, "chief", "work")
    answers: list[int] = []
    threads = [
        threading.Thread(
            target=lambda user=user, said=said: answers.append(
                decide(own, user, waiting["request"], said, reason="说明")[0]
            )
        )
        for user, said in (("chief", "grant"), ("deputy", "decline"))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, 409]
    assert len(own.entries("access.granted")) + len(own.entries("access.declined")) == 1
    assert decide(own, "chief", waiting["request"])[0] == 409  # and once more


def test_what_was_withdrawn_is_decided_on_no_more(own: World) -> None:
    (line,) = ask(own, "southchief", case=CASE)
    (waiting,) = listed(own, "chief", "work")
    gone = own.client("southchief").delete(f"{REQUESTS}/{line['request']}", json={})
    assert gone.status_code == 200
    assert listed(own, "chief", "work") == []
    assert decide(own, "chief", waiting["request"])[0] == 409
    assert footage(own, "southchief", "first") == 404


def test_a_refusal_needs_a_reason_and_the_asker_reads_it(own: World) -> None:
    ask(own, "southchief", clip="first")
    (waiting,) = listed(own, "chief", "work")
    assert decide(own, "chief", waiting["request"], "decline")[0] == 422
    assert decide(own, "chief", waiting["request"], "decline", reason="与案无关")[0] == 200
    told = [r for r in listed(own, "southchief", "mine") if r["state"] == "declined"]
    assert told[0]["decision"]["reason"] == "与案无关"
    assert footage(own, "southchief", "first") == 404


def test_what_was_answered_can_be_asked_for_again_and_what_waits_cannot(own: World) -> None:
    for _ in range(2):
        ask(own, "southchief", clip="first")
        ask(own, "southchief", clip="first", status=409)
        (waiting,) = listed(own, "chief", "work")
        assert decide(own, "chief", waiting["request"], "decline", reason="理由不足")[0] == 200
    assert len([r for r in listed(own, "southchief", "mine") if r["state"] == "declined"]) == 2


def test_a_revoked_grant_ends_at_once(own: World) -> None:
    ask(own, "southchief", clip="first")
    (waiting,) = listed(own, "chief", "work")
    decide(own, "chief", waiting["request"])
    assert footage(own, "southchief", "first") == 200
    address = f"{REQUESTS}/{waiting['request']}"
    assert own.client("chief").delete(address, json={}).status_code == 422  # a reason is needed
    assert own.client("chief").delete(address, json={"reason": "案件已结"}).status_code == 200
    assert footage(own, "southchief", "first") == 404
    assert own.client("chief").delete(address, json={"reason": "again"}).status_code == 409


def test_the_policy_limits_purpose_role_and_time(town: World) -> None:
    late = (datetime.now(UTC) + timedelta(days=31)).isoformat()
    ask(town, "southchief", status=422, clip="first", until=late)
    ask(town, "southchief", status=422, clip="first", until="2020-01-01T00:00:00Z")
    ask(town, "southchief", status=422, clip="first", purpose="publicity")  # only for outside
    ask(town, "southchief", status=422, clip="first", purpose="made-up")
    ask(town, "wang", status=422, clip="second", purpose="legal_duty", body="法院")
    assert town.client("root").post(REQUESTS, json={}).status_code == 403
    assert town.client("root").get(REQUESTS).status_code == 403


def test_a_decider_gives_less_time_and_never_more(own: World) -> None:
    (_, end) = (datetime.now(UTC), datetime.now(UTC) + timedelta(days=2))
    ask(own, "southchief", clip="first", until=end.isoformat())
    (waiting,) = listed(own, "chief", "work")
    more = (end + timedelta(hours=1)).isoformat()
    assert decide(own, "chief", waiting["request"], until=more)[0] == 422
    less = (end - timedelta(days=1)).isoformat()
    status, granted = decide(own, "chief", waiting["request"], until=less)
    assert status == 200
    assert granted["granted_until"] < waiting["until"]


def test_a_request_names_the_policy_and_the_policy_is_an_object(own: World) -> None:
    ask(own, "southchief", clip="first")
    ask(own, "southchief", clip="second")
    requested = own.entries("access.requested")
    digests = {e.data["policy"]["object"] for e in requested}
    assert len(digests) == 1
    policy = own.client("chief").get("/api/v1/policy").json()
    assert digests == {policy["policy"]}
    assert b"other-unit" in own.archive.store.read(digests.pop(), most=1 << 20)
    assert all("reason" not in e.data for e in requested)  # words are in text rows only
