"""Single sign-on: who is tied comes in, and nothing that a provider, a browser or a stranger makes up does."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from api.rights.locally import tie
from tests.api.world import BASE, Client, World, make_world
from tests.fakes.provider import CLIENT, SECRET, FakeProvider

CALLBACK = "/sign-in/oidc/callback"
SUB = "wang.wu"


@pytest.fixture(scope="module")
def provider() -> Iterator[FakeProvider]:
    """One for the module; each test puts back what it changed."""
    with FakeProvider(person=SUB) as running:
        yield running


def settings_of(provider: FakeProvider, **more: str) -> str:
    """What muniment.toml says of it."""
    members = {"issuer": provider.issuer, "client_id": CLIENT, "name": "统一身份"} | more
    return "[identity.oidc]\n" + "".join(f'{k} = "{v}"\n' for k, v in members.items())


@pytest.fixture(scope="module")
def tied(tmp_path_factory: pytest.TempPathFactory, provider: FakeProvider) -> Iterator[World]:
    """An archive whose officer wang is tied to the provider's wang.wu."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MUNIMENT_OIDC_CLIENT_SECRET", SECRET)
        root = tmp_path_factory.mktemp("sso") / "root"
        world = make_world(root, url=BASE, settings=settings_of(provider))
        tie(world.archive, world.accounts, actor="local-0", name="wang", identity=SUB)
        yield world
        world.close()


@pytest.fixture(autouse=True)
def _truth(provider: FakeProvider, request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    provider.person, provider.sign, provider.slow, provider.status = SUB, None, 0.0, 200
    provider.claims = provider.discovery = lambda document: document
    if "tied" in request.fixturenames:
        request.getfixturevalue("tied").app.service.providers.clear()


def sent(browser: Client, next_: str = "/") -> str:
    """Where the browser is sent to."""
    answer = browser.get("/sign-in/oidc", params={"next": next_})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def back(browser: Client, code: str, state: str, **more: str) -> Any:
    """Come back from the provider, as a browser that followed a link elsewhere."""
    return browser.get(
        CALLBACK,
        params={"code": code, "state": state, **more},
        headers={"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"},
    )


def sign_in(world: World, provider: FakeProvider, next_: str = "/") -> tuple[Client, Any]:
    """The whole way."""
    browser = world.browser()
    return browser, back(browser, *provider.code(sent(browser, next_)))


def test_who_is_tied_comes_in_with_the_role_that_this_archive_gives(
    tied: World, provider: FakeProvider
) -> None:
    browser, answer = sign_in(tied, provider, "/integrity?lang=en")
    assert (answer.status_code, answer.headers["location"]) == (303, "/integrity?lang=en")
    assert browser.get(tied.clip("first")).status_code == 200
    assert browser.get(tied.clip("south")).status_code == 404
    opened = tied.entries("session.opened")[-1]
    assert opened.data["by"] == "oidc"
    assert opened.data["account"] == tied.users["wang"].id
    asked = provider.asked[-1]
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == BASE + CALLBACK
    assert {asked["response_type"], asked["scope"]} == {"code", "openid"}


def test_the_sign_in_page_offers_it_only_where_it_is_configured(tied: World, world: World) -> None:
    assert 'href="/sign-in/oidc?next=' in tied.browser().get("/sign-in?next=/integrity").text
    assert "统一身份" in tied.browser(lang="zh").get("/sign-in").text
    assert "/sign-in/oidc" not in world.browser().get("/sign-in").text
    assert world.browser().get("/sign-in/oidc").status_code == 404
    assert world.browser().get(CALLBACK).status_code == 404


def refused(world: World, answer: Any, status: int = 403) -> None:
    """Nobody is signed in, and the page says so."""
    assert answer.status_code == status, answer.text
    assert 'role="alert"' in answer.text
    assert "muniment_session" not in answer.headers.get("set-cookie", "")
    assert not [e for e in world.entries("session.opened")[OPENED[0] :] if e.data["by"] == "oidc"]


OPENED = [0]


@pytest.fixture
def counted(tied: World) -> World:
    """Remember how many had come in before."""
    OPENED[0] = len(tied.entries("session.opened"))
    return tied


def test_a_code_counts_once_and_in_the_browser_that_asked(
    counted: World, provider: FakeProvider
) -> None:
    asking, other = counted.browser(), counted.browser()
    code, state = provider.code(sent(asking))
    refused(counted, back(other, code, state))  # no cookie: somebody was sent a link
    provider_state = provider.code(sent(other))[1]
    refused(counted, back(other, code, state))  # a cookie of its own, somebody else's answer
    assert state != provider_state
    code, state = provider.code(sent(asking))
    assert back(asking, code, state).status_code == 303
    OPENED[0] = len(counted.entries("session.opened"))
    refused(counted, back(asking, code, state))  # again, the cookie is used up
    kept = counted.browser()
    code, state = provider.code(sent(kept))
    cookies = dict(kept.cookies)
    assert back(kept, code, state).status_code == 303
    OPENED[0] = len(counted.entries("session.opened"))
    thief = counted.browser()
    thief.cookies = cookies
    refused(counted, back(thief, code, state))  # cookie and code copied: the provider knows


@pytest.mark.parametrize(
    "lie",
    [
        lambda c: c | {"nonce": "another"},
        lambda c: {k: v for k, v in c.items() if k != "nonce"},
        lambda c: c | {"iss": "https://elsewhere.example"},
        lambda c: c | {"aud": "another client"},
        lambda c: c | {"aud": [CLIENT, "another"]},
        lambda c: c | {"aud": [CLIENT, "another"], "azp": "another"},
        lambda c: c | {"exp": int(time.time()) - 3600},
        lambda c: c | {"iat": int(time.time()) + 3600},
        lambda c: {k: v for k, v in c.items() if k != "exp"},
        lambda c: c | {"sub": ""},
        lambda c: c | {"sub": 7},
        lambda c: c | {"sub": [SUB]},
    ],
)
def test_a_token_of_another_sign_in_issuer_client_or_time_is_refused(
    counted: World, provider: FakeProvider, lie: Any
) -> None:
    provider.claims = lie
    refused(counted, sign_in(counted, provider)[1])


@pytest.mark.parametrize("how", ["unsigned", "signed_by_a_stranger", "signed_with_the_public_key"])
def test_a_token_that_the_provider_did_not_sign_is_refused(
    counted: World, provider: FakeProvider, how: str
) -> None:
    provider.sign = getattr(provider, how)
    refused(counted, sign_in(counted, provider)[1])


def test_a_clock_that_is_a_little_wrong_is_forgiven(tied: World, provider: FakeProvider) -> None:
    provider.claims = lambda c: c | {"exp": int(time.time()) - 20, "iat": int(time.time()) + 20}
    assert sign_in(tied, provider)[1].status_code == 303


def test_an_answer_of_another_issuer_or_an_error_is_refused(
    counted: World, provider: FakeProvider
) -> None:
    browser = counted.browser()
    code, state = provider.code(sent(browser))
    refused(counted, back(browser, code, state, iss="https://elsewhere.example"))
    code, state = provider.code(sent(browser))
    refused(counted, browser.get(CALLBACK, params={"error": "access_denied", "state": state}))
    refused(counted, browser.get(CALLBACK))


def test_who_is_tied_to_nobody_or_disabled_stays_out(
    counted: World, provider: FakeProvider
) -> None:
    provider.person = "li.si"
    answer = sign_in(counted, provider)[1]
    refused(counted, answer)
    assert "No account here is tied" in answer.text
    provider.person = SUB
    counted.accounts.disable(counted.users["wang"])
    try:
        refused(counted, sign_in(counted, provider)[1])
    finally:
        counted.accounts.enable(counted.users["wang"])


@pytest.mark.parametrize(
    "next_", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_nobody_is_led_to_another_site_afterwards(
    tied: World, provider: FakeProvider, next_: str
) -> None:
    assert sign_in(tied, provider, next_)[1].headers["location"] == "/"


def test_under_another_name_people_are_first_led_to_the_one_of_the_settings(tied: World) -> None:
    answer = tied.browser().get("/sign-in/oidc", headers={"Host": "localhost:8000"})
    assert answer.headers["location"].startswith(f"{BASE}/sign-in/oidc?")


@pytest.mark.parametrize(
    "lie",
    [
        lambda d: d | {"issuer": "https://elsewhere.example"},
        lambda d: d | {"token_endpoint": "http://elsewhere.example/token"},
        lambda d: d | {"authorization_endpoint": "javascript:alert(1)"},
        lambda d: {k: v for k, v in d.items() if k != "jwks_uri"},
        lambda d: d | {"much": "x" * 300_000},
    ],
)
def test_a_discovery_document_that_leads_elsewhere_is_not_believed(
    counted: World, provider: FakeProvider, lie: Any
) -> None:
    provider.discovery = lie
    refused(counted, counted.browser().get("/sign-in/oidc"))


def test_a_provider_that_is_away_is_said_to_be_and_passwords_work(
    counted: World, provider: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider.status = 503
    answer = counted.browser(lang="zh").get("/sign-in/oidc")
    refused(counted, answer, 503)
    assert "无应答" in answer.text
    assert 'name="password"' in answer.text
    provider.status = 200
    browser = counted.browser()
    code, state = provider.code(sent(browser))
    provider.slow = 0.5
    monkeypatch.setattr("api.identity.provider.SECONDS", 0.1)
    refused(counted, back(browser, code, state), 503)


def test_another_claim_may_name_people_also_beside_the_token(
    tmp_path: Path, provider: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MUNIMENT_OIDC_CLIENT_SECRET", SECRET)
    settings = settings_of(provider, claim="employee")
    world = make_world(tmp_path / "root", url=BASE, settings=settings)
    try:
        tie(world.archive, world.accounts, actor="local-0", name="chief", identity="E-42")
        _, answer = sign_in(world, provider)
        assert answer.status_code == 303
        assert world.entries("session.opened")[-1].data["account"] == world.users["chief"].id
    finally:
        world.close()


def test_the_address_has_what_the_sign_in_page_was_asked_with(tied: World) -> None:
    query = parse_qs(urlsplit(sent(tied.browser())).query)
    assert set(query) == {
        *("response_type", "client_id", "redirect_uri", "scope", "state", "nonce"),
        *("code_challenge", "code_challenge_method"),
    }
