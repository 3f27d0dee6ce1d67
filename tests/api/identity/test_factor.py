"""The second factor: set up with a code, asked for after the password, each code once, recovery codes once."""

from __future__ import annotations

import re
from pathlib import Path

import pyotp
import pytest

from api.identity.accounts import Accounts
from archive.settings.model import IdentitySettings
from tests.api.world import HASHER, PASSWORD, Client, World

STEP = 30


def at(world: World, moment: float) -> None:
    """Set the clock of accounts.db."""
    world.accounts.clock = lambda: moment


def enrol(world: World, user: str) -> tuple[pyotp.TOTP, list[str]]:
    """Set up a factor by the API, with a code of now."""
    at(world, 1_800_000_000)
    client = world.client(user)
    begun = client.post("/api/v1/account/factor")
    assert begun.status_code == 201
    totp = pyotp.TOTP(begun.json()["secret"].replace(" ", ""))
    assert begun.json()["address"].startswith("otpauth://totp/Muniment:")
    wrong = client.post("/api/v1/account/factor/confirmation", json={"code": "000000"})
    assert (wrong.status_code, wrong.json()["code"]) == (401, "P035")
    assert not world.accounts.has_factor(world.users[user].id)
    code = totp.at(1_800_000_000)
    made = client.post("/api/v1/account/factor/confirmation", json={"code": code})
    assert made.status_code == 201
    return totp, made.json()["recovery_codes"]


def sign_in(client: Client, user: str, code: str | None = None) -> tuple[int, str]:
    """Try; the status and the problem's code."""
    body = {"user": user, "password": PASSWORD} | ({} if code is None else {"code": code})
    answer = client.post("/api/v1/session", json=body)
    return answer.status_code, answer.json().get("code", "")


def test_a_code_is_asked_for_after_the_password_and_is_good_once(fresh: World) -> None:
    totp, _ = enrol(fresh, "chief")
    client, now = fresh.client(), 1_800_000_000 + 10 * STEP
    at(fresh, now)
    assert sign_in(client, "chief") == (401, "P034")
    assert "muniment_session" not in client.cookies
    assert sign_in(client, "chief", "123") == (401, "P035")
    assert sign_in(client, "chief", totp.at(now)) == (201, "")
    assert sign_in(fresh.client(), "chief", totp.at(now)) == (401, "P035")  # seen over a shoulder
    entry = fresh.entries("session.opened")[-1]
    assert entry.data["by"] == "password+totp"
    assert [e.subject for e in fresh.entries("account.factor_set")] == [fresh.users["chief"].id]


@pytest.mark.parametrize(("steps", "status"), [(-2, 401), (-1, 201), (1, 201), (2, 401)])
def test_a_clock_may_be_one_step_off_and_no_more(fresh: World, steps: int, status: int) -> None:
    totp, _ = enrol(fresh, "wang")
    now = 1_800_000_000 + 10 * STEP
    at(fresh, now)
    assert sign_in(fresh.client(), "wang", totp.at(now + steps * STEP))[0] == status


def test_a_recovery_code_stands_in_for_a_code_once(fresh: World) -> None:
    _, codes = enrol(fresh, "wang")
    assert len(set(codes)) == 10
    assert sign_in(fresh.client(), "wang", codes[3].upper().replace("-", " ")) == (201, "")
    assert sign_in(fresh.client(), "wang", codes[3]) == (401, "P035")
    assert fresh.client("wang").get("/api/v1/account").json()["recovery_codes"] == 9
    stored = b"".join(p.read_bytes() for p in fresh.archive.root.glob("accounts.db*"))
    assert not [c for c in codes if c.encode() in stored or c.replace("-", "").encode() in stored]


def test_whoever_knows_the_password_cannot_try_all_codes(fresh: World) -> None:
    enrol(fresh, "chief")
    client = fresh.at("192.0.2.9")
    found = [sign_in(client, "chief", f"{n:06}") for n in range(10)]
    assert found[0] == (401, "P035")
    assert found[-1] == (429, "P012")


def test_to_take_it_away_needs_the_password(fresh: World) -> None:
    enrol(fresh, "chief")
    client = fresh.client("chief")
    refused = client.delete("/api/v1/account/factor", json={"password": "not it at all"})
    assert (refused.status_code, refused.json()["code"]) == (422, "P032")
    assert client.post("/api/v1/account/factor").json()["code"] == "P040"  # not over the first
    assert client.delete("/api/v1/account/factor", json={"password": PASSWORD}).status_code == 204
    assert sign_in(fresh.client(), "chief") == (201, "")
    assert len(fresh.entries("account.factor_removed")) == 1


def test_a_role_that_must_have_one_sets_it_up_before_it_is_signed_in(fresh: World) -> None:
    fresh.accounts.settings = IdentitySettings(second_factor=frozenset({"administrator"}))
    now = 1_800_000_000
    at(fresh, now)
    assert sign_in(fresh.client(), "root") == (403, "P038")
    assert sign_in(fresh.client(), "chief") == (201, "")
    browser = fresh.browser()
    page = browser.post("/sign-in", data={"user": "root", "password": PASSWORD, "next": "/alarms"})
    assert page.status_code == 200
    assert "<svg" in page.text
    assert "muniment_session" not in browser.cookies
    secret = re.findall(r'class="mono secret">([A-Z2-7 ]+)<', page.text)[0].replace(" ", "")
    step = re.findall(r'name="step" value="([^"]+)"', page.text)[0]
    form = {"step": step, "code": "000000", "next": "/alarms"}
    assert browser.post("/sign-in", data=form).status_code == 401
    done = browser.post("/sign-in", data=form | {"code": pyotp.TOTP(secret).at(now)})
    assert done.status_code == 200
    assert len(re.findall(r"<li>[0-9a-z-]{19}</li>", done.text)) == 10
    assert 'href="/alarms"' in done.text
    assert browser.get("/account").status_code == 200
    assert browser.post("/sign-in", data=form).status_code == 401  # the step is used up


def test_by_form_the_code_is_a_second_page_of_the_same_address(fresh: World) -> None:
    totp, _ = enrol(fresh, "chief")
    now = 1_800_000_000 + 10 * STEP
    at(fresh, now)
    browser = fresh.browser()
    page = browser.post("/sign-in", data={"user": "chief", "password": PASSWORD, "next": "/x?y=1"})
    step = re.findall(r'name="step" value="([^"]+)"', page.text)[0]
    assert 'autocomplete="one-time-code"' in page.text
    form = {"step": step, "code": totp.at(now), "next": "/x?y=1"}
    elsewhere = fresh.at("192.0.2.1").post("/sign-in", data=form)
    assert elsewhere.status_code == 401  # a step is good where it began
    done = browser.post("/sign-in", data=form)
    assert (done.status_code, done.headers["location"]) == (303, "/x?y=1")
    assert browser.get("/account").status_code == 200


def test_two_at_the_same_moment_do_not_share_a_code(tmp_path: Path) -> None:
    now = 1_800_000_000.0
    here, there = (
        Accounts(tmp_path / "accounts.db", hasher=HASHER, clock=lambda: now) for _ in range(2)
    )
    account = here.add(
        id="account-x", name="x", role="officer", password=PASSWORD, unit=None, officer=None
    )
    totp = pyotp.TOTP(here.begin_factor(account))
    here.confirm_factor(account, totp.at(now - STEP))
    assert [a.check_code(account, totp.at(now)) for a in (here, there)] == [True, False]
    here.close()
    there.close()
