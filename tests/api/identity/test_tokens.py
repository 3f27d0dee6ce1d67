"""Tokens for programs: shown once, from their networks only, never worth more than their owner, gone at once."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.routing import APIRoute

from api.identity.kept_tokens import may_come_from
from tests.api.world import PASSWORD, Client, World

LOCAL = ["127.0.0.0/8"]


def make(world: World, user: str, **changes: Any) -> tuple[str, str]:
    """A token and its id."""
    body = {"name": "nightly", "days": 30, "networks": LOCAL, "password": PASSWORD} | changes
    answer = world.client(user).post("/api/v1/account/tokens", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["token"], answer.json()["id"]


def bearer(token: str) -> dict[str, str]:
    """The header of a program."""
    return {"Authorization": f"Bearer {token}"}


def test_a_token_sees_what_its_owner_sees_and_is_named_in_the_ledger(fresh: World) -> None:
    token, id_ = make(fresh, "chief")
    assert token.startswith("mt_")
    program = fresh.client()
    answer = program.get(fresh.clip("first") + "/original", headers=bearer(token))
    assert answer.status_code == 200
    assert program.get(fresh.clip("south"), headers=bearer(token)).status_code == 404
    assert fresh.entries("clip.viewed")[-1].data["session"] == id_
    made = fresh.entries("token.made")[-1]
    assert (made.subject, made.data["account"]) == (id_, fresh.users["chief"].id)
    assert b"nightly" not in made.raw
    stored = b"".join(p.read_bytes() for p in fresh.archive.root.glob("accounts.db*"))
    assert token.encode() not in stored


def test_from_another_network_it_is_refused_and_recorded_once_in_a_while(fresh: World) -> None:
    token, id_ = make(fresh, "chief", networks=["192.0.2.0/24", "2001:db8::/32"])
    thief = fresh.at("198.51.100.7")
    for _ in range(3):
        answer = thief.get(fresh.clip("first"), headers=bearer(token))
        assert (answer.status_code, answer.json()["code"]) == (403, "P037")
    refused = [e for e in fresh.entries("access.refused") if e.data.get("session") == id_]
    assert [e.data["code"] for e in refused] == ["P037"]
    assert fresh.at("192.0.2.3").get(fresh.clip("first"), headers=bearer(token)).status_code == 200
    assert (
        fresh.at("2001:db8::9").get(fresh.clip("first"), headers=bearer(token)).status_code == 200
    )
    used = fresh.client("chief").get("/api/v1/account").json()["tokens"][0]
    assert used["address"] == "192.0.2.3"  # the last use, to the minute
    assert used["used"] is not None


def test_one_with_fewer_rights_only_reads_and_only_that(fresh: World) -> None:
    search, _ = make(fresh, "chief", rights=["search"])
    program = fresh.client()
    program.headers = bearer(search)
    assert program.get(fresh.clip("first")).status_code == 200
    assert program.get(fresh.clip("first") + "/original").status_code == 403
    assert program.get(fresh.clip("first") + "/renditions/poster").status_code == 403
    assert program.post("/api/v1/cases", json={"number": "t-1"}).json()["code"] == "P020"
    ledger, _ = make(fresh, "archivist", rights=["ledger"])
    program.headers = bearer(ledger)
    assert program.get(fresh.clip("first")).status_code == 403
    size = int(fresh.archive.reader.checkpoint().splitlines()[1])
    assert program.get(f"/ledger/tile/entries/000.p/{size}").status_code == 200


def test_no_token_shows_an_administrator_footage(fresh: World) -> None:
    token, _ = make(fresh, "root", rights=["search", "footage"])
    program = fresh.client()
    for part in ("", "/original", "/renditions/poster"):
        assert program.get(fresh.clip("first") + part, headers=bearer(token)).status_code == 403


def test_what_a_person_does_a_token_does_not(fresh: World) -> None:
    token, _ = make(fresh, "chief")
    program: Client = fresh.client()
    program.headers = bearer(token)
    for method, path in (
        ("GET", "/api/v1/account"),
        ("POST", "/api/v1/account/tokens"),
        ("PUT", "/api/v1/account/password"),
        ("POST", "/api/v1/account/factor"),
        ("DELETE", "/api/v1/account/sessions"),
        ("GET", "/account"),
    ):
        answer = program.request(method, path, **({} if method == "GET" else {"json": {}}))
        assert (answer.status_code, answer.json()["code"]) == (403, "P039"), path
    stolen = fresh.browser()
    stolen.cookies["muniment_session"] = token
    assert stolen.get("/integrity").status_code == 303  # as nobody: to the sign-in page


def test_no_token_decides_who_may_see_what_whatever_the_route(fresh: World) -> None:
    for user in ("chief", "root"):
        token, _ = make(fresh, user)
        program = fresh.client()
        program.headers = bearer(token)
        seen = set()
        for route in fresh.app.routes:
            assert isinstance(route, APIRoute)
            for method in (route.methods or set()) - {"GET", "HEAD"}:
                answer = program.request(method, route.path, json={})
                if answer.headers.get("content-type") != "application/problem+json":
                    continue
                if answer.json()["code"] == "P039":
                    seen.add(route.path)
        assert {"/api/v1/requests", "/requests/{request}/decision", "/accounts/new"} <= seen
        assert {r.path for r in fresh.app.routes if isinstance(r, APIRoute) and decides(r)} <= seen


def decides(route: APIRoute) -> bool:
    """Whether a route changes who may see what, or who is who."""
    words = ("account", "requests", "rights", "alarms", "units")
    changes = bool((route.methods or set()) - {"GET", "HEAD"})
    return changes and any(word in route.path for word in words)


def test_revoked_it_is_gone_at_once_and_a_disabled_owner_has_none(fresh: World) -> None:
    first, first_id = make(fresh, "chief")
    second, second_id = make(fresh, "chief", name="other")
    program = fresh.client()
    path = f"/api/v1/account/tokens/{first_id}"
    assert fresh.client("archivist").delete(path).status_code == 404  # somebody else's
    assert fresh.client("chief").delete(path).status_code == 204
    assert program.get(fresh.clip("first"), headers=bearer(first)).status_code == 401
    assert program.get(fresh.clip("first"), headers=bearer(second)).status_code == 200
    fresh.accounts.disable(fresh.users["chief"])
    assert program.get(fresh.clip("first"), headers=bearer(second)).status_code == 401
    fresh.client("archivist").delete("/api/v1/session")  # what ended waits for the next ending
    ended = {e.subject: e.data["why"] for e in fresh.entries("token.revoked")}
    assert ended == {first_id: "revoked", second_id: "disabled"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"days": 0},
        {"days": 367},
        {"networks": []},
        {"networks": ["everywhere"]},
        {"rights": []},
        {"rights": ["link"]},
        {"name": " "},
        {"password": "not it at all"},
        {"more": 1},
    ],
)
def test_what_is_not_allowed_makes_none(world: World, wrong: dict[str, Any]) -> None:
    before = len(world.entries("token.made"))
    body = {"name": "n", "days": 1, "networks": LOCAL, "password": PASSWORD} | wrong
    answer = world.client("overseer").post("/api/v1/account/tokens", json=body)
    assert answer.status_code == 422
    assert len(world.entries("token.made")) == before


def test_it_ends_by_itself(fresh: World) -> None:
    token, _ = make(fresh, "chief", days=2)
    now = fresh.accounts.clock()
    fresh.accounts.clock = lambda: now + 2 * 24 * 3600 - 60
    assert fresh.accounts.session(token) is not None
    fresh.accounts.clock = lambda: now + 2 * 24 * 3600 + 60
    assert fresh.accounts.session(token) is None


def test_a_mapped_address_is_the_one_that_it_stands_for() -> None:
    assert may_come_from(("192.0.2.0/24",), "::ffff:192.0.2.8")
    assert not may_come_from(("192.0.2.0/24",), "unknown")
