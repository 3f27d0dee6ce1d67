"""Signing in and out, wrong tries, and changes that only our own page may ask for."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from api.errors import (
    AccountExistsError,
    InvalidInputError,
    PasswordRefusedError,
    TooManyTriesError,
)
from api.identity.accounts import SESSION_SECONDS, Accounts
from api.identity.registering import add_account, disable, set_password
from api.identity.tries import BACKOFF, PER_NAME_AND_PEER, WINDOW, Tries
from tests.api.world import CASE, HASHER, ORIGIN, PASSWORD, Client, World


def sign_in(client: Client, user: str = "chief", password: str = PASSWORD) -> int:
    """Try to sign in by JSON."""
    return client.post("/api/v1/session", json={"user": user, "password": password}).status_code


def test_a_sign_in_answers_a_token_and_sets_a_cookie_that_scripts_cannot_read(world: World) -> None:
    client = world.client()
    answer = client.post("/api/v1/session", json={"user": "Chief ", "password": PASSWORD})
    assert answer.status_code == 201
    assert set(answer.json()) >= {"token", "expires"}
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    bearer = {"Authorization": f"Bearer {answer.json()['token']}"}
    assert world.client().get(world.clip("first"), headers=bearer).status_code == 200
    assert client.get(world.clip("first")).status_code == 200


def test_token_and_cookie_die_with_delete(world: World) -> None:
    client = world.client()
    token = client.post("/api/v1/session", json={"user": "chief", "password": PASSWORD}).json()[
        "token"
    ]
    bearer = {"Authorization": f"Bearer {token}"}
    assert world.client().delete("/api/v1/session", headers=bearer).status_code == 204
    assert world.client().get(world.clip("first"), headers=bearer).status_code == 401
    assert client.get(world.clip("first")).status_code == 401


def test_a_new_sign_in_ends_the_session_it_came_with(world: World) -> None:
    client = world.client()
    sign_in(client)
    old = client.cookies["muniment_session"]
    assert sign_in(client) == 201
    assert client.cookies["muniment_session"] != old
    stale = world.client()
    stale.cookies["muniment_session"] = old
    assert stale.get(world.clip("first")).status_code == 401


@pytest.mark.parametrize(
    ("user", "password"),
    [("chief", "wrong password"), ("nobody", PASSWORD), ("", ""), ("a\0b", "x")],
)
def test_wrong_credentials_are_401_and_do_not_say_which(
    world: World, user: str, password: str
) -> None:
    answer = world.at("192.0.2.77").post(
        "/api/v1/session", json={"user": user, "password": password}
    )
    assert answer.status_code == 401
    assert answer.json()["code"] == "P011"


def test_at_most_ten_wrong_tries_then_429_and_the_right_password_waits_too(fresh: World) -> None:
    client = fresh.client()
    answers = [sign_in(client, password=f"wrong {i:03}") for i in range(11)]
    assert answers[0] == 401
    assert answers[10] == 429
    late = client.post("/api/v1/session", json={"user": "chief", "password": PASSWORD})
    assert late.status_code == 429
    assert 0 < int(late.headers["retry-after"]) <= WINDOW


def test_wrong_tries_on_many_names_are_429_too_but_a_colleague_still_signs_in(fresh: World) -> None:
    client = fresh.client()
    answers = [sign_in(client, user=f"guess{i}") for i in range(11)]
    assert answers[0] == 401
    assert answers[10] == 429
    assert sign_in(fresh.client(), user="chief") == 201


def test_a_stranger_elsewhere_does_not_lock_out_somebody_at_their_own_desk(fresh: World) -> None:
    assert sign_in(fresh.client()) == 201
    for peer in range(9):
        for i in range(PER_NAME_AND_PEER):
            sign_in(fresh.at(f"192.0.2.{peer}"), password=f"wrong {i}")
    assert sign_in(fresh.at("192.0.2.200")) == 429
    assert sign_in(fresh.client()) == 201


def test_tries_survive_a_restart_and_end_with_their_window(tmp_path: Path) -> None:
    now = [1000.0]
    for _ in range(2):
        accounts = Accounts(tmp_path / "accounts.db", hasher=HASHER, clock=lambda: now[0])
        tries = Tries(accounts, clock=lambda: now[0])
        for _ in range(PER_NAME_AND_PEER // 2):
            tries.begin(name="x", peer="p")
        accounts.close()
    accounts = Accounts(tmp_path / "accounts.db", hasher=HASHER)
    tries = Tries(accounts, clock=lambda: now[0])
    with pytest.raises(TooManyTriesError) as said:
        tries.begin(name="Ｘ ", peer="p")  # another spelling is not another count
    assert said.value.retry_after == BACKOFF
    now[0] += BACKOFF
    tries.begin(name="x", peer="p")
    accounts.close()


def test_each_wrong_try_past_the_first_few_makes_the_next_one_wait_twice_as_long(
    tmp_path: Path,
) -> None:
    now = [1000.0]
    accounts = Accounts(tmp_path / "accounts.db", hasher=HASHER, clock=lambda: now[0])
    tries, waits = Tries(accounts, clock=lambda: now[0]), []
    for _ in range(PER_NAME_AND_PEER + 6):
        try:
            tries.begin(name="x", peer="p")
        except TooManyTriesError as e:
            waits.append(e.retry_after)
            now[0] += e.retry_after
            tries.begin(name="x", peer="p")
    assert waits == [60, 120, 240, 480, WINDOW, WINDOW]
    tries.begin(name="x", peer="elsewhere")  # nobody else waits
    tries.succeeded(name="x", peer="p")
    for _ in range(PER_NAME_AND_PEER):
        tries.begin(name="x", peer="p")
    now[0] -= 10 * WINDOW  # the clock was set back: nobody waits until it is there again
    tries.begin(name="x", peer="p")
    accounts.close()


def test_a_disabled_account_is_out_at_once(fresh: World) -> None:
    client = fresh.client("chief")
    assert client.get(fresh.clip("first")).status_code == 200
    disable(fresh.archive, fresh.accounts, actor="local-0", name="chief")
    assert client.get(fresh.clip("first")).status_code == 401
    assert sign_in(fresh.client()) == 401
    assert fresh.entries("account.disabled")[-1].subject == fresh.users["chief"].id


def test_a_new_password_ends_sessions_and_forgives_tries(fresh: World) -> None:
    client = fresh.client("chief")
    for i in range(PER_NAME_AND_PEER):
        sign_in(fresh.client(), password=f"wrong {i}")
    set_password(
        fresh.archive, fresh.accounts, actor="local-0", name="chief", password="another one"
    )
    assert client.get(fresh.clip("first")).status_code == 401
    assert sign_in(fresh.client(), password="another one") == 201


def test_a_session_ends_by_itself_and_sooner_where_nobody_uses_it(tmp_path: Path) -> None:
    now = [0.0]
    accounts = Accounts(tmp_path / "accounts.db", hasher=HASHER, clock=lambda: now[0])
    account = accounts.add(
        id="account-x", name="x", role="officer", password=PASSWORD, unit=None, officer=None
    )
    (used, _), (idle, _) = (accounts.open_session(account) for _ in range(2))
    for hour in range(12):
        now[0] = hour * 3600.0
        session = accounts.session(used)
        assert session is not None
        accounts.touch(session, address="192.0.2.1")
        assert (accounts.session(idle) is not None) == (hour <= 2)
    now[0] = SESSION_SECONDS
    assert accounts.session(used) is None
    accounts.close()


def test_what_another_process_ends_is_over_at_the_next_question(tmp_path: Path) -> None:
    here, there = (Accounts(tmp_path / "accounts.db", hasher=HASHER) for _ in range(2))
    account = here.add(
        id="account-x", name="x", role="officer", password=PASSWORD, unit=None, officer=None
    )
    (first, _), (second, _) = (here.open_session(account) for _ in range(2))
    for accounts in (here, there, here, there):
        assert accounts.session(first) is not None
        assert accounts.session(second) is not None
    there.close_session(first)
    assert here.session(first) is None
    assert there.session(first) is None
    assert here.session(second) is not None
    there.disable(account)
    assert here.session(second) is None
    assert there.session(second) is None
    here.close()
    there.close()


def test_accounts_are_kept_private_and_without_secrets(fresh: World) -> None:
    path = fresh.archive.root / "accounts.db"
    token, _ = fresh.accounts.open_session(fresh.accounts.by_name("chief"))
    for name in ("accounts.db", "accounts.db-wal"):
        file = path.with_name(name)
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert PASSWORD.encode() not in file.read_bytes()
        assert token.encode() not in file.read_bytes()


def test_adding_an_account_is_in_the_ledger_with_its_name_outside(fresh: World) -> None:
    entry = next(e for e in fresh.entries("account.added") if e.subject == fresh.users["chief"].id)
    assert entry.data["role"] == "supervisor"
    assert b"chief" not in entry.raw
    fresh.archive.catalogue.catch_up()
    row = fresh.archive.catalogue.account(fresh.users["chief"].id)
    assert row is not None
    assert row.name == "chief"


def test_a_refused_account_leaves_no_entry(fresh: World) -> None:
    before = fresh.archive.reader.size()
    for name, role, password, error in (
        ("chief", "officer", PASSWORD, AccountExistsError),
        ("new", "king", PASSWORD, InvalidInputError),
        ("new", "officer", "short", PasswordRefusedError),
        (" ", "officer", PASSWORD, InvalidInputError),
    ):
        with pytest.raises(error):
            add_account(
                fresh.archive,
                fresh.accounts,
                actor="local-0",
                name=name,
                role=role,
                password=password,
            )
    assert fresh.archive.reader.size() == before


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "null",
        "http://evil.example",
        "http://127.0.0.1:8001",
        "https://127.0.0.1:8000",
        "http://127.0.0.1",
        "http://127.0.0.1:8000.evil.example",
    ],
)
def test_a_change_with_the_cookie_needs_our_own_origin(world: World, origin: str | None) -> None:
    browser = world.browser("chief")
    headers = {"Accept": "application/json"} | ({} if origin is None else {"Origin": origin})
    for method, path in (
        ("POST", "/api/v1/cases"),
        ("PUT", f"/api/v1/cases/{CASE}/clips/{world.ids['first']}"),
        ("DELETE", "/api/v1/session"),
        ("POST", "/sign-out"),
        ("POST", f"/clips/{world.ids['first']}/links"),
    ):
        answer = browser.request(method, path, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "P013"), (method, path)
    assert browser.get(world.clip("first")).status_code == 200


def test_a_sign_in_from_another_page_is_refused(world: World) -> None:
    answer = world.client().post(
        "/api/v1/session",
        json={"user": "chief", "password": PASSWORD},
        headers={"Origin": "http://evil.example"},
    )
    assert answer.status_code == 403


def test_a_bearer_token_needs_no_origin_and_beats_a_cookie(world: World) -> None:
    client = world.client("chief")
    client.cookies["muniment_session"] = "stale"
    body = {"number": "bearer-1"}
    assert client.post("/api/v1/cases", json=body).status_code == 201


def test_the_cookie_with_our_origin_may_change(world: World) -> None:
    browser = world.browser("chief")
    answer = browser.post("/api/v1/cases", json={"number": "cookie-1"}, headers=ORIGIN)
    assert answer.status_code == 201
