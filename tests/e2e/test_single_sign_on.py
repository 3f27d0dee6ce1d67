"""Single sign-on in a real browser against a real provider (npm's oidc-provider): there, in, and out again."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from api.identity.registering import add_account
from api.rights.locally import tie
from api.serving import open_accounts
from archive.opening import create_archive, open_archive
from tests.e2e.test_review import CHROMIUM, FLAGS

HERE = Path(__file__).parent / "provider"
BUILD = Path(__file__).parents[2] / "build" / "provider"
SECRET = "a client's secret"
PERSON = "zhang.san"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not CHROMIUM.exists(), reason="no Chromium here: install the Debian package `chromium`"
    ),
    pytest.mark.skipif(
        shutil.which("npm") is None or shutil.which("node") is None,
        reason="no node here: install the Debian packages `nodejs` and `npm`",
    ),
]


@pytest.fixture(scope="module")
def packages() -> Path:
    """The provider's packages, as the lock file says, from the registry that npm is set up with."""
    wanted = (HERE / "package-lock.json").read_bytes()
    done = BUILD / "done"
    if not done.exists() or done.read_bytes() != wanted:
        BUILD.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, BUILD / name)
        subprocess.run(
            ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"],
            cwd=BUILD,
            check=True,
            capture_output=True,
            timeout=120,
        )
        done.write_bytes(wanted)
    shutil.copy(HERE / "provider.js", BUILD / "provider.js")
    return BUILD


@pytest.fixture(scope="module")
def address(packages: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An archive whose account `zhang` is tied to the provider's zhang.san, served by a process of its own."""
    root = tmp_path_factory.mktemp("sso") / "root"
    create_archive(root, origin="station.test/archive", unit="城关中队")
    port = free_port()
    here = f"http://127.0.0.1:{port}"
    provider = subprocess.Popen(
        ["node", "provider.js", f"{here}/sign-in/oidc/callback"],
        cwd=packages,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert provider.stdout is not None
    issuer = provider.stdout.readline().strip()
    settings = root / "muniment.toml"
    text = settings.read_text().replace("[serve]\n", f'[serve]\nurl = "{here}"\n')
    oidc = f'[identity.oidc]\nissuer = "{issuer}"\nclient_id = "muniment"\nname = "统一身份"\n'
    settings.write_text(f"{text}\n{oidc}")
    with open_archive(root, write=True) as archive:
        accounts = open_accounts(archive)
        unit = archive.settings.unit
        add_account(
            *(archive, accounts),
            actor="local-0",
            name="zhang",
            role="supervisor",
            password="a long password",
            unit=unit,
        )
        tie(archive, accounts, actor="local-0", name="zhang", identity=PERSON)
        accounts.close()
    muniment = str(Path(sys.executable).with_name("muniment"))
    serving = subprocess.Popen(
        [muniment, "--root", str(root), "serve", "--port", str(port)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"MUNIMENT_OIDC_CLIENT_SECRET": SECRET},
    )
    assert serving.stdout is not None
    serving.stdout.readline()
    yield here
    for process in (serving, provider):
        process.terminate()
        process.wait(20)
        assert process.stdout is not None
        process.stdout.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield running
        running.close()


def free_port() -> int:
    """One that nobody listens at."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def at_the_provider(page: Page, person: str) -> None:
    """Sign in there, and agree."""
    page.locator("[name=login]").fill(person)
    page.locator("[name=password]").fill("whatever")
    page.locator("button[type=submit], input[type=submit]").first.click()
    page.locator("button[type=submit], input[type=submit]").first.click()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_somebody_who_is_tied_comes_in_by_the_provider_and_goes_out(
    browser: Browser, address: str, lang: str
) -> None:
    context = browser.new_context(locale={"zh": "zh-CN", "en": "en"}[lang])
    page = context.new_page()
    page.goto(f"{address}/integrity")
    page.get_by_role("link", name="统一身份").click()
    at_the_provider(page, PERSON)
    page.wait_for_url(f"{address}/integrity")
    assert "zhang" in page.locator(".who").inner_text()
    cookies = {c["name"]: c for c in context.cookies(address)}
    assert cookies["muniment_session"]["httpOnly"]
    assert "muniment_sso" not in cookies, "what was asked with is used up"
    page.locator("form[action='/sign-out'] button").click()
    page.goto(f"{address}/integrity")
    assert page.url.startswith(f"{address}/sign-in")
    context.close()


def test_somebody_whom_nobody_tied_stays_out_in_words(browser: Browser, address: str) -> None:
    context = browser.new_context(locale="zh-CN")
    page = context.new_page()
    page.goto(f"{address}/sign-in")
    page.get_by_role("link", name="统一身份").click()
    at_the_provider(page, "a.stranger")
    page.wait_for_url(f"{address}/sign-in/oidc/callback*")
    assert "尚未与本系统的账号对应" in page.get_by_role("alert").inner_text()
    assert page.locator("[name=password]").is_visible()
    context.close()
