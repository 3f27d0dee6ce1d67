"""The page of one's own account: plain forms, both languages, nothing secret shown twice."""

from __future__ import annotations

import re

import pyotp
import pytest

from api.identity.agents import short_agent
from tests.api.world import ORIGIN, PASSWORD, Client, World


def post(browser: Client, path: str, **fields: str) -> tuple[int, str]:
    """Send a form from our own page."""
    answer = browser.post(path, data=fields, headers=ORIGIN)
    return answer.status_code, answer.text or answer.headers["location"]


def test_the_page_is_there_in_both_languages_and_for_every_role(world: World) -> None:
    for user in world.users:
        for lang, words in (("zh", "我的账号"), ("en", "My account")):
            page = world.browser(user, lang=lang).get("/account")
            assert page.status_code == 200
            assert f"<h1>{words}</h1>" in page.text


def test_a_password_is_changed_by_form(fresh: World) -> None:
    browser = fresh.browser("chief")
    new = "quite another password"
    wrong = {"old": "wrong", "new": new, "again": new}
    status, page = post(browser, "/account/password", **wrong)
    assert status == 422
    assert "Nothing was changed" in page
    assert new not in page
    assert post(browser, "/account/password", old=PASSWORD, new=new, again="x")[0] == 422
    right = post(browser, "/account/password", old=PASSWORD, new=new, again=new)
    assert right == (303, "/account?done=password")
    assert "All other sign-ins" in browser.get("/account?done=password").text.replace(
        "all other", "All other"
    )


def test_a_factor_is_set_up_and_taken_away_by_form(fresh: World) -> None:
    now = 1_800_000_000
    fresh.accounts.clock = lambda: now
    browser = fresh.browser("wang", lang="zh")
    status, page = post(browser, "/account/factor", begin="1")
    assert status == 200
    secret = re.findall(r'class="mono secret">([A-Z2-7 ]+)<', page)[0].replace(" ", "")
    assert post(browser, "/account/factor", code="1")[0] == 401
    status, page = post(browser, "/account/factor", code=pyotp.TOTP(secret).at(now))
    assert len(re.findall(r"<li>[0-9a-z-]{19}</li>", page)) == 10
    page = browser.get("/account").text
    assert "剩余 10 个恢复码" in page
    assert secret[:4] not in page
    assert post(browser, "/account/factor/remove", password="wrong")[0] == 422
    assert post(browser, "/account/factor/remove", password=PASSWORD)[0] == 303


def test_a_token_is_shown_once_and_what_was_typed_stays_where_it_was_wrong(fresh: World) -> None:
    browser = fresh.browser("chief")
    typed = {"name": "<b>nightly", "days": "30", "networks": "10.0.0.0/8\r\n::1/128"}
    status, page = post(browser, "/account/tokens", **typed | {"days": "soon"}, password=PASSWORD)
    assert status == 422
    assert "&lt;b&gt;nightly" in page
    assert "<b>nightly" not in page
    status, page = post(browser, "/account/tokens", **typed, search="1", password=PASSWORD)
    token = re.findall(r'class="once">(mt_[\w-]+)<', page)[0]
    page = browser.get("/account").text
    assert token not in page
    assert "10.0.0.0/8" in page
    path = re.findall(r'action="(/account/tokens/[^"]+/revoke)"', page)[0]
    assert post(browser, path) == (303, "/account?done=revoked")
    assert fresh.accounts.session(token) is None


def test_others_are_ended_by_form_and_only_from_our_own_page(fresh: World) -> None:
    browser, other = fresh.browser("chief"), fresh.browser("chief")
    path = re.findall(r'action="(/account/sessions/[^"]+/end)"', browser.get("/account").text)
    assert len(path) == 1
    assert browser.post(path[0], headers={"Origin": "http://evil.example"}).status_code == 403
    assert other.get("/account").status_code == 200
    assert post(browser, path[0]) == (303, "/account?done=ended")
    assert other.get("/account").status_code == 303


def test_earlier_sign_ins_say_how_they_ended(fresh: World) -> None:
    client = fresh.client()
    body = {"user": "chief", "password": PASSWORD}
    for _ in range(2):
        assert client.post("/api/v1/session", json=body).status_code == 201
    page = fresh.browser("chief").get("/account").text
    assert "Earlier sign-ins" in page
    assert "signed out" in page
    person = fresh.users["chief"].id
    page = fresh.browser("root", lang="zh").get(f"/accounts/{person}/sign-ins").text
    assert "本人退出" in page


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
            "Firefox 128 · Linux",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/120.0 Safari/537.36 Edg/120.0",
            "Edge 120 · Windows",
        ),
        ("Mozilla/5.0 (iPad; CPU OS 17) Version/17.1 Mobile Safari/604.1", "Safari 17 · iPadOS"),
        ("curl/8.5.0", "curl/8.5.0"),
        ("", ""),
    ],
)
def test_a_browser_is_named_in_a_word_or_two(text: str, words: str) -> None:
    assert short_agent(text) == words
