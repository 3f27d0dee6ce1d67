"""From the dock to the page in a real browser: sign in, find a case, watch a clip, see its custody."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.e2e.station import CASE, PASSWORD, USER, make_station

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PLAYING = "document.querySelector('#film').currentTime > {seconds}"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not CHROMIUM.exists(), reason="no Chromium here: install the Debian package `chromium`"
    ),
]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A docked and derived archive, served by a process of its own."""
    root = make_station(tmp_path_factory.mktemp("station"))
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.e2e.station", str(root)],
        cwd=Path(__file__).parents[2],
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


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """A visitor's own window; what the page complains of fails the test."""
    context = browser.new_context(
        base_url=address, locale="zh-CN", viewport={"width": 1440, "height": 900}
    )
    opened = context.new_page()
    said: list[str] = []
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.on("console", lambda m: said.append(m.text) if m.type == "error" else None)
    yield opened
    context.close()
    assert not said


def sign_in(page: Page) -> None:
    """By the form."""
    page.goto("/")
    page.fill("input[name=user]", USER)
    page.fill("input[name=password]", PASSWORD)
    page.click("button.main")
    page.wait_for_selector("#search")


def until(page: Page, expression: str, *, seconds: float = 20) -> None:
    """Wait until an expression is true (our pages allow no eval, which Playwright's own waiting uses)."""
    deadline = time.monotonic() + seconds
    while not page.evaluate(expression):
        assert time.monotonic() < deadline, expression
        time.sleep(0.05)


def test_a_supervisor_finds_a_case_and_watches_its_key_file(page: Page) -> None:
    sign_in(page)
    page.keyboard.press("/")
    page.keyboard.type(CASE)
    page.keyboard.press("Enter")
    page.wait_for_url("**/cases/**")
    assert unquote(page.url).endswith(CASE)
    assert page.locator("ol.clips > li").count() == 6
    starts = page.locator("ol.clips time").evaluate_all("e => e.map(t => t.dateTime)")
    assert starts == sorted(starts)
    posters = page.locator("ol.clips .poster img")
    posters.first.wait_for()
    until(
        page,
        "[...document.querySelectorAll('.poster img')].some(i => i.complete && i.naturalWidth > 0)",
    )
    page.locator("ol.clips > li", has=page.locator(".chip.key")).locator("a.open").click()
    page.wait_for_selector("video#film")
    page.evaluate("document.querySelector('#film').muted = true")
    page.click("[data-act=play]")
    until(page, PLAYING.format(seconds=0.8))
    page.evaluate("document.querySelector('#film').currentTime = 8")
    until(page, PLAYING.format(seconds=8.2))
    assert page.locator("#cannot-play").is_hidden()
    page.reload()
    words = page.locator("table").inner_text()
    for said in ("采集入库", "回读核验一致", "关联案件", "调阅"):
        assert said in words
    assert "已由检查点" in page.locator(".note.good").inner_text()


def test_rows_open_by_keyboard_and_frames_step(page: Page) -> None:
    sign_in(page)
    page.goto("/?kind=video")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    page.wait_for_selector("video#film")
    until(page, "document.querySelector('#film').readyState >= 2")
    page.keyboard.press(".")
    until(page, "document.querySelector('#film').currentTime > 0.03")
    page.keyboard.press("]")
    until(page, "document.querySelector('#film').playbackRate === 1.5")
    page.keyboard.press("?")
    page.wait_for_selector("dialog[open]")


def test_the_pages_work_without_script(browser: Browser, address: str) -> None:
    context = browser.new_context(base_url=address, java_script_enabled=False, locale="en-GB")
    page = context.new_page()
    sign_in(page)
    page.fill("#search", "DSJ-0042")
    page.press("#search", "Enter")
    page.wait_for_selector("ol.clips")
    page.locator("a.open").first.click()
    page.wait_for_selector(".link-form")
    page.goto("/")
    page.fill("form[action='/cases'] input[name=number]", "no-script-1")
    page.press("form[action='/cases'] input[name=number]", "Enter")
    page.wait_for_url("**/cases/no-script-1")
    page.click("form[action='/sign-out'] button")
    page.wait_for_selector("input[name=password]")
    context.close()


@pytest.mark.parametrize("width", [820, 1440])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_page_is_wider_than_its_window(page: Page, width: int, lang: str) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"/sign-in?lang={lang}")
    sign_in(page)
    page.goto("/?kind=video")
    clip = page.locator("a.open").first.get_attribute("href")
    keep = os.environ.get("MUNIMENT_TEST_SCREENSHOTS")
    for name, path in (
        ("start", "/"),
        ("find", "/?kind=video"),
        ("watch", clip or ""),
        ("integrity", "/integrity"),
    ):
        page.goto(path)
        page.wait_for_load_state("networkidle")
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, (name, wide)
        if keep:
            page.screenshot(path=Path(keep) / f"{name}-{lang}-{width}.png", full_page=True)
