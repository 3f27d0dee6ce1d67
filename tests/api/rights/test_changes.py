"""Rights change by two people: proposed by one administrator, confirmed by another, once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from api.identity import registering
from api.identity.accounts import Accounts
from api.rights import locally
from api.rights.keeping import mend
from tests.api.world import HASHER, PASSWORD, World

ACCOUNTS = "/api/v1/accounts"
NEW = {"user": "Newcomer", "role": "supervisor", "unit": "North", "reason": "new head"}


def propose(world: World, *, by: str = "root", **members: Any) -> int:
    """Propose an account; answers with the proposal's index."""
    answer = world.client(by).post(ACCOUNTS, json=NEW | members)
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == f"/api/v1/rights/{answer.json()['proposal']}"
    return int(answer.json()["proposal"])


def decide(world: World, index: int, *, by: str, decision: str = "confirm") -> Any:
    """Decide on a proposal."""
    body = {"decision": decision} | ({"reason": "no"} if decision == "reject" else {})
    return world.client(by).post(f"/api/v1/rights/{index}/decision", json=body)


def sign_in(world: World, user: str, password: str) -> int:
    """Try to sign in."""
    return (
        world.client()
        .post("/api/v1/session", json={"user": user, "password": password})
        .status_code
    )


def test_a_new_account_exists_once_another_administrator_confirms_it(world: World) -> None:
    index = propose(world, user="first")
    assert world.client("root2").get("/api/v1/rights?state=open").json()["rights"][0] == (
        world.client("root").get(f"/api/v1/rights/{index}").json()
    )
    assert sign_in(world, "first", "whatever it may be") == 401
    answer = decide(world, index, by="root2").json()
    assert answer["state"] == "confirmed"
    assert answer["decided_by"] == "root2"
    account = world.accounts.by_name("first")
    assert (account.role, account.unit) == ("supervisor", world.ids["North"])
    assert account.must_change, "the password is not the person's own"
    added = [e for e in world.entries("account.added") if e.subject == account.id]
    assert [e.data["proposed"] for e in added] == [index]
    shown = world.client("root").get(f"{ACCOUNTS}/{account.id}").json()
    assert (shown["user"], shown["unit"], shown["disabled"]) == ("first", "North", False)


def test_only_who_confirms_learns_the_one_time_password(world: World) -> None:
    index = propose(world, user="second")
    password = decide(world, index, by="root2").json()["password"]
    assert world.accounts.check("second", password) is not None
    for user in ("root", "root2", "root3"):
        assert password not in world.client(user).get(f"/api/v1/rights/{index}").text
    rows = b"".join(e.raw for e in world.archive.reader.entries())
    assert password.encode() not in rows


def test_nobody_confirms_what_they_proposed_or_a_change_of_their_own(world: World) -> None:
    index = propose(world, user="third")
    refused = decide(world, index, by="root")
    assert (refused.status_code, refused.json()["code"]) == (403, "P068")
    own = world.users["root"].id
    answer = world.client("root").patch(
        f"{ACCOUNTS}/{own}", json={"role": "supervisor", "unit": "North", "reason": "why not"}
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "P068")
    other = world.client("root2").patch(
        f"{ACCOUNTS}/{own}", json={"role": "supervisor", "unit": "North", "reason": "why not"}
    )
    assert other.status_code == 202
    assert decide(world, other.json()["proposal"], by="root").json()["code"] == "P068"
    assert decide(world, other.json()["proposal"], by="root", decision="reject").status_code == 403
    assert decide(world, other.json()["proposal"], by="root3", decision="reject").status_code == 200


def test_a_change_ends_the_sessions_and_counts_at_once(world: World) -> None:
    wang = world.users["wang"]
    client = world.client("wang")
    assert client.get(world.clip("first")).status_code == 200
    answer = world.client("root").patch(
        f"{ACCOUNTS}/{wang.id}",
        json={"role": "supervisor", "unit": "South", "badge": "", "reason": "moved"},
    )
    assert client.get(world.clip("first")).status_code == 200, "only proposed"
    assert decide(world, answer.json()["proposal"], by="root2").status_code == 200
    assert client.get(world.clip("first")).status_code == 401
    assert world.client("wang").get(world.clip("first")).status_code == 404
    assert world.client("wang").get(world.clip("south")).status_code == 200
    ended = world.entries("session.ended")[-1]
    assert (ended.data["account"], ended.data["why"]) == (wang.id, "changed")
    back = world.client("root").patch(
        f"{ACCOUNTS}/{wang.id}", json={"role": "officer", "badge": "012345", "reason": "back"}
    )
    assert decide(world, back.json()["proposal"], by="root2").status_code == 200


def test_one_person_disables_at_once_and_two_enable(world: World) -> None:
    account = world.users["southchief"]
    client, path = world.client("southchief"), f"{ACCOUNTS}/{account.id}"
    gone = world.client("root").patch(path, json={"disabled": True})
    assert (gone.status_code, gone.json()["disabled"]) == (200, True)
    assert client.get(world.clip("south")).status_code == 401
    asked = world.client("root").patch(path, json={"disabled": False, "reason": "is back"})
    assert asked.status_code == 202
    assert sign_in(world, "southchief", PASSWORD) == 401
    assert decide(world, asked.json()["proposal"], by="root2").status_code == 200
    assert sign_in(world, "southchief", PASSWORD) == 201
    assert (
        world.client("root")
        .patch(f"{ACCOUNTS}/{world.users['root'].id}", json={"disabled": True})
        .json()["code"]
        == "P068"
    )


def test_a_unit_that_loses_its_last_head_says_so_and_one_with_another_does_not(
    fresh: World,
) -> None:
    decide(fresh, propose(fresh, user="second head"), by="root2")
    for name, heads in (("chief", 0), ("second head", 1)):
        account = fresh.accounts.by_name(name)
        answer = fresh.client("root").patch(
            f"{ACCOUNTS}/{account.id}", json={"unit": "South", "reason": "moved"}
        )
        assert decide(fresh, answer.json()["proposal"], by="root2").status_code == 200
        raised = [e for e in fresh.entries("alarm.raised") if e.data["code"] == "no_head"]
        assert [e.subject for e in raised] == [fresh.ids["North"]] * heads
    locally.change_role(
        fresh.archive,
        fresh.accounts,
        actor="local-0",
        name="southchief",
        role="reviewer",
        unit=None,
        officer=None,
    )
    assert len([e for e in fresh.entries("alarm.raised") if e.data["code"] == "no_head"]) == 1


def test_a_proposal_is_decided_once_whoever_is_at_it_at_the_same_time(world: World) -> None:
    index = propose(world, user="fourth")
    clients = [world.client(user) for user in ("root2", "root3") * 3]

    def confirm(client: Any) -> int:
        answer = client.post(f"/api/v1/rights/{index}/decision", json={"decision": "confirm"})
        return int(answer.status_code)

    with ThreadPoolExecutor(6) as pool:
        codes = sorted(pool.map(confirm, clients))
    assert codes == [200, 409, 409, 409, 409, 409]
    account = world.accounts.by_name("fourth")
    assert len([e for e in world.entries("account.added") if e.subject == account.id]) == 1
    assert len([e for e in world.entries("rights.confirmed") if e.data["proposed"] == index]) == 1


def test_who_proposed_it_withdraws_it_and_then_nobody_confirms_it(world: World) -> None:
    index = propose(world, user="fifth")
    assert world.client("root2").delete(f"/api/v1/rights/{index}").status_code == 403
    assert world.client("root").delete(f"/api/v1/rights/{index}").status_code == 204
    assert decide(world, index, by="root2").json()["code"] == "P061"


def test_a_refusal_has_a_reason_and_changes_nothing(world: World) -> None:
    index = propose(world, user="sixth")
    no = world.client("root2").post(f"/api/v1/rights/{index}/decision", json={"decision": "reject"})
    assert no.status_code == 422
    assert decide(world, index, by="root2", decision="reject").json()["decided_reason"] == "no"
    assert sign_in(world, "sixth", "whatever it may be") == 401


def test_a_role_that_lost_its_right_meanwhile_confirms_nothing(fresh: World) -> None:
    index = propose(fresh, user="seventh")
    account = fresh.users["root2"]
    # Between the check at the door and the transaction: accounts.db says so, the visitor's session not yet.
    fresh.accounts.change(account, role="reviewer", unit=None, officer=None)
    fresh.accounts.disable(fresh.users["root3"])
    answer = decide(fresh, index, by="root2")
    assert answer.status_code == 403


@pytest.mark.parametrize("gone", ["disabled", "demoted"])
def test_what_somebody_proposed_who_is_no_administrator_any_more_is_void(
    fresh: World, gone: str
) -> None:
    index = propose(fresh, user="eleventh")
    at = (fresh.archive, fresh.accounts)
    if gone == "disabled":
        registering.disable(*at, actor="local-0", name="root")
    else:
        locally.change_role(
            *at, actor="local-0", name="root", role="reviewer", unit=None, officer=None
        )
    answer = decide(fresh, index, by="root2")
    assert (answer.status_code, answer.json()["code"]) == (409, "P063")
    assert "void" in answer.json()["detail"]
    assert not fresh.entries("rights.confirmed")
    assert decide(fresh, index, by="root2", decision="reject").status_code == 200


def test_a_sole_administrator_is_told_where_it_is_done(fresh: World) -> None:
    for name in ("root2", "root3"):
        path = f"{ACCOUNTS}/{fresh.users[name].id}"
        assert fresh.client("root").patch(path, json={"disabled": True}).status_code == 200
    answer = fresh.client("root").post(ACCOUNTS, json=NEW)
    assert (answer.status_code, answer.json()["code"]) == (409, "P062")
    assert "muniment user add" in answer.json()["detail"]


@pytest.mark.parametrize("user", ["chief", "wang", "archivist", "overseer", "reviewer"])
def test_nobody_but_administrators_knows_of_accounts(world: World, user: str) -> None:
    client = world.client(user)
    for path in (ACCOUNTS, "/api/v1/rights", "/api/v1/officers", f"{ACCOUNTS}/account-x"):
        assert client.get(path).status_code == 403, path
    assert client.post(ACCOUNTS, json=NEW).status_code == 403
    assert world.entries("access.refused")[-1].subject == world.users[user].id


@pytest.mark.parametrize(
    "members",
    [
        {"role": "supervisor", "unit": None},
        {"role": "officer", "unit": "North"},
        {"role": "officer", "badge": "nobody"},
        {"role": "king"},
        {"unit": "Atlantis"},
        {"reason": "  "},
        {"user": "a\u202eb\n"},
        {"more": 1},
        {"reason": "a\u0000b"},
        {"unit": "a\u0000b"},
    ],
)
def test_a_malformed_proposal_is_refused_with_words(world: World, members: dict[str, Any]) -> None:
    before = len(world.entries("rights.proposed"))
    answer = world.client("root").post(ACCOUNTS, json=NEW | members)
    assert (answer.status_code, answer.json()["code"]) == (422, "P024"), answer.text
    assert len(world.entries("rights.proposed")) == before


def test_a_crash_between_ledger_and_accounts_is_mended_at_the_next_start(fresh: World) -> None:
    index = propose(fresh, user="eighth")
    chief = fresh.users["chief"]
    moved = fresh.client("root").patch(
        f"{ACCOUNTS}/{chief.id}", json={"unit": "South", "reason": "moved"}
    )
    clients = [fresh.client("root2"), fresh.client("root3")]
    fresh.accounts.writing = _without_the_end(fresh.accounts)  # type: ignore[method-assign]
    for client, at in zip(clients, (index, moved.json()["proposal"]), strict=True):
        answer = client.post(f"/api/v1/rights/{at}/decision", json={"decision": "confirm"})
        assert answer.status_code == 200
    del fresh.accounts.writing
    assert fresh.accounts.by_name("chief").unit == fresh.ids["North"]
    assert len(mend(fresh.archive, fresh.accounts)) == 2
    assert fresh.accounts.by_name("chief").unit == fresh.ids["South"]
    assert fresh.accounts.by_name("eighth").role == "supervisor"
    assert fresh.accounts.check("eighth", "!") is None
    assert mend(fresh.archive, fresh.accounts) == ()


def _without_the_end(accounts: Accounts) -> Any:
    whole = accounts.writing

    @contextmanager
    def cut() -> Any:
        # As a power cut before the last step: what the block wrote never was.
        with suppress(KeyboardInterrupt), whole() as db:
            yield db
            raise KeyboardInterrupt

    return cut


def test_accounts_that_a_crash_left_nameless_stay_free(tmp_path: Path) -> None:
    # registering.py's promise for `user add`: the name is free after a crash.
    from tests.api.world import make_world

    world = make_world(tmp_path / "root")
    try:
        with Accounts(tmp_path / "empty.db", hasher=HASHER).writing():
            pass
        empty = Accounts(tmp_path / "empty.db", hasher=HASHER)
        assert mend(world.archive, empty) == ()
        empty.close()
    finally:
        world.close()
