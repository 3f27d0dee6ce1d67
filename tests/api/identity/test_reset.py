"""A new password for somebody who lost theirs: two administrators, once, changed at the first sign-in."""

from __future__ import annotations

import re

import pytest

from api.identity.registering import add_account
from tests.api.world import ORIGIN, PASSWORD, Client, World


@pytest.fixture
def two(fresh: World) -> World:
    """With a second administrator."""
    fresh.users["root2"] = add_account(
        fresh.archive,
        fresh.accounts,
        actor="local-0",
        name="root2",
        role="administrator",
        password=PASSWORD,
    )
    fresh.archive.catalogue.catch_up()
    return fresh


def path(world: World, user: str = "chief") -> str:
    """Where an account's password is asked for."""
    return f"/api/v1/accounts/{world.users[user].id}/password"


def sign_in(client: Client, password: str, **more: str) -> tuple[int, str]:
    """Try; the status and the problem's code."""
    answer = client.post("/api/v1/session", json={"user": "chief", "password": password} | more)
    return answer.status_code, answer.json().get("code", "")


def test_one_asks_another_hands_it_out_and_it_is_changed_at_the_first_sign_in(two: World) -> None:
    chief = two.client("chief")
    assert two.client("root").post(path(two)).status_code == 202
    assert sign_in(two.client(), PASSWORD)[0] == 201  # nothing has happened yet
    answer = two.client("root2").post(path(two) + "/confirmation")
    assert answer.status_code == 201
    once = answer.json()["password"]
    assert chief.get("/api/v1/account").status_code == 401
    assert sign_in(two.client(), PASSWORD) == (401, "P011")
    assert sign_in(two.client(), once) == (403, "P036")
    assert sign_in(two.client(), once, new_password=once) == (422, "P032")
    assert sign_in(two.client(), once, new_password="my own password") == (201, "")
    assert sign_in(two.client(), once) == (401, "P011")
    first, own = two.entries("account.password_set")[-2:]
    assert first.actor == two.users["root2"].id
    assert first.data["asked_by"] == two.users["root"].id
    assert own.actor == two.users["chief"].id
    alarm = two.entries("alarm.raised")[-1]
    assert (alarm.subject, alarm.data["code"]) == (two.users["chief"].id, "password_reset")


def test_nobody_gives_out_a_password_alone(two: World) -> None:
    root, root2 = two.client("root"), two.client("root2")
    assert root.post(path(two) + "/confirmation").json()["code"] == "P040"  # nobody asked
    assert root.post(path(two)).status_code == 202
    assert root.post(path(two) + "/confirmation").json()["code"] == "P068"
    assert root.post(path(two, "root")).json()["code"] == "P068"
    assert root2.post(path(two, "root")).json()["code"] == "P062"  # nobody else could confirm
    for user in ("chief", "archivist", "overseer"):
        for method in ("POST", "DELETE"):
            assert two.client(user).request(method, path(two)).status_code == 403
    assert root2.delete(path(two)).status_code == 204
    assert root2.post(path(two) + "/confirmation").json()["code"] == "P040"
    assert sign_in(two.client(), PASSWORD)[0] == 201


def test_whoever_asked_and_lost_the_office_asked_for_nothing(two: World) -> None:
    assert two.client("root").post(path(two)).status_code == 202
    two.accounts.disable(two.users["root"])
    assert two.client("root2").post(path(two) + "/confirmation").json()["code"] == "P040"


def test_a_confirmation_is_good_once(two: World) -> None:
    two.client("root").post(path(two))
    assert two.client("root2").post(path(two) + "/confirmation").status_code == 201
    assert two.client("root2").post(path(two) + "/confirmation").json()["code"] == "P040"
    assert len(two.entries("account.password_set")) == 1


def test_the_pages_lead_through_it_without_script(two: World) -> None:
    page = f"/accounts/{two.users['chief'].id}"
    two.client("chief")
    asker, giver = two.browser("root"), two.browser("root2", lang="zh")
    assert "Ask for a new password" in asker.get(page + "/sign-ins").text
    assert asker.post(page + "/password", headers=ORIGIN).status_code == 303
    assert "/password/confirmation" not in asker.get(page + "/sign-ins").text
    assert "确认并生成一次性密码" in giver.get(page + "/sign-ins").text
    shown = giver.post(page + "/password/confirmation", headers=ORIGIN).text
    once = re.findall(r'class="once">([a-z0-9-]+)<', shown)[0]
    assert once not in giver.get(page + "/sign-ins").text
    browser = two.browser()
    form = {"user": "chief", "password": once, "next": "/account"}
    first = browser.post("/sign-in", data=form).text
    step = re.findall(r'name="step" value="([^"]+)"', first)[0]
    new = {"step": step, "new": "my own password", "again": "my own passwort", "next": "/account"}
    assert browser.post("/sign-in", data=new).status_code == 422
    done = browser.post("/sign-in", data=new | {"again": new["new"]})
    assert (done.status_code, done.headers["location"]) == (303, "/account")
    assert browser.get("/account").status_code == 200


def test_an_administrator_ends_all_sessions_of_somebody(two: World) -> None:
    chief, address = two.client("chief"), f"/api/v1/accounts/{two.users['chief'].id}/sessions"
    assert len(two.client("root").get(address).json()["sessions"]) == 1
    assert two.client("root").delete(address).status_code == 204
    assert chief.get("/api/v1/account").status_code == 401
    assert two.client("root").get("/api/v1/accounts/account-none/sessions").status_code == 404
    assert two.entries("session.ended")[-1].actor == two.users["root"].id
