"""Signing in with a second factor and changing a given password, in a browser that runs no script."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from api.identity.registering import add_account
from api.serving import open_accounts
from archive.opening import create_archive, open_archive
from tests.e2e.station import PASSWORD
from tests.e2e.test_review import CHROMIUM, FLAGS

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not CHROMIUM.exists(), reason="no Chromium here: install the Debian package `chromium`"
    ),
]
WORDS = {
    "zh": ("启用第二因素", "结束其他所有登录", "退出"),
    "en": ("Set one up", "End all others", "Sign out"),
}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An archive with a few accounts, served by a process of its own."""
    root = tmp_path_factory.mktemp("identity") / "root"
    create_archive(root, origin="station.test/archive", unit="城关中队")
    with open_archive(root, write=True) as archive:
        accounts = open_accounts(archive)
        for name in ("zh", "en", "new-zh", "new-en"):
            account = add_account(
                archive,
                accounts,
                actor="local-0",
                name=name,
                role="supervisor",
                password=PASSWORD,
                unit=archive.settings.unit,
            )
            if name.startswith("new"):
                accounts.set_password(account, PASSWORD, must_change=True)
        accounts.close()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.e2e.station", str(root)],
        cwd=Path(__file__).parents[3],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    yield process.stdout.readline().strip().rstrip("/")
    process.terminate()
    assert process.wait(20) == 0
    process.stdout.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield started
        started.close()


def page_of(browser: Browser, lang: str, width: int = 1280) -> Page:
    """A browser of somebody's, without script."""
    context = browser.new_context(
        locale={"zh": "zh-CN", "en": "en-US"}[lang],
        viewport={"width": width, "height": 900},
        java_script_enabled=False,
    )
    return context.new_page()


def enter(page: Page, address: str, user: str, password: str = PASSWORD) -> None:
    """Name and password."""
    page.goto(f"{address}/sign-in?next=/account")
    page.fill("input[name=user]", user)
    page.fill("input[name=password]", password)
    page.click("button.main")


@pytest.mark.parametrize(("lang", "width"), [("zh", 1280), ("en", 820)])
def test_a_second_factor_is_set_up_and_asked_for(
    address: str, browser: Browser, lang: str, width: int
) -> None:
    begin, end_others, sign_out = WORDS[lang]
    page = page_of(browser, lang, width)
    enter(page, address, lang)
    page.click(f"text={begin}")
    assert page.locator(".qr svg").is_visible()
    totp = pyotp.TOTP(page.locator(".secret").inner_text().replace(" ", ""))
    page.fill("input[name=code]", totp.now())
    page.keyboard.press("Enter")
    page.wait_for_selector(".codes li")
    codes = page.locator(".codes li").all_inner_texts()
    assert len(codes) == 10
    other = page_of(browser, lang)
    enter(other, address, lang)
    assert other.locator("input[name=code]").is_visible()
    other.fill("input[name=code]", codes[0])
    other.keyboard.press("Enter")
    other.wait_for_url(f"{address}/account")
    page.goto(f"{address}/account")
    page.click(f"text={end_others}")
    page.wait_for_url("**/account?done=ended_others")
    other.goto(f"{address}/account")
    assert "/sign-in" in other.url
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.click(f"text={sign_out}")
    page.wait_for_url(f"{address}/sign-in")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_given_password_is_changed_before_anything_is_shown(
    address: str, browser: Browser, lang: str
) -> None:
    page = page_of(browser, lang)
    enter(page, address, f"new-{lang}")
    page.goto(f"{address}/account")
    assert "/sign-in" in page.url
    enter(page, address, f"new-{lang}")
    for again in ("not the same", "a password of my own"):
        page.fill("input[name=new]", "a password of my own")
        page.fill("input[name=again]", again)
        page.click("button.main")
        page.wait_for_selector("[role=alert], .account")
    page.wait_for_url(f"{address}/account")
