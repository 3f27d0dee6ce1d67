"""Ask and grant in a real browser: another unit's head asks, the collecting unit's grants with one key, it is seen."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.api.world import CASE, PASSWORD
from tests.e2e.approval.town import make_town
from tests.e2e.test_review import CHROMIUM, FLAGS

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not CHROMIUM.exists(), reason="no Chromium here: install the Debian package `chromium`"
    ),
]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The town, served by a process of its own."""
    root = make_town(tmp_path_factory.mktemp("town"))
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.e2e.approval.town", str(root)],
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


class Windows:
    """A window for each person; what their pages complain of is kept."""

    def __init__(self, browser: Browser, address: str) -> None:
        self._browser, self._address = browser, address
        self.said: list[str] = []
        self._states: dict[str, Any] = {}
        self._open: list[Any] = []

    def of(self, user: str, *, lang: str = "zh-CN", width: int = 1280, script: bool = True) -> Page:
        """Somebody's window; they sign in once."""
        context = self._browser.new_context(
            base_url=self._address,
            locale=lang,
            viewport={"width": width, "height": 900},
            storage_state=self._states.get(user),
            java_script_enabled=script,
        )
        self._open.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.goto("/")
        if user not in self._states:
            page.fill("input[name=user]", user)
            page.fill("input[name=password]", PASSWORD)
            page.click("button.main")
            page.wait_for_selector("#search")
            self._states[user] = context.storage_state()
        return page

    def close(self) -> None:
        """All of them."""
        for context in self._open:
            context.close()


@pytest.fixture(scope="module")
def windows(browser: Browser, address: str) -> Iterator[Windows]:
    """Everybody's; no page may complain."""
    found = Windows(browser, address)
    yield found
    found.close()
    assert not found.said


def ask_for(page: Page, *, kind: str = "normal", purpose: str = "case", reason: str) -> None:
    """Fill in the form and send it."""
    page.goto("/requests/new")
    page.fill("input[name=case]", CASE)
    page.check(f"input[name=kind][value={kind}]")
    page.select_option("select[name=purpose]", purpose)
    page.fill("textarea[name=reason]", reason)
    page.click("form.ask button.main")


def test_another_units_case_is_asked_for_granted_by_one_key_and_seen(windows: Windows) -> None:
    asker = windows.of("southchief", script=False)
    ask_for(asker, reason="与本中队在办案件当事人相同,比对现场影像")
    assert "已转有关单位负责人" in asker.inner_text(".note.good")
    head = windows.of("chief")
    head.goto("/requests")
    assert head.inner_text(".tabs .count") == "1"
    head.keyboard.press("j")
    head.keyboard.press("g")
    assert head.evaluate("document.activeElement.value") == "grant"
    head.keyboard.press("Enter")
    head.wait_for_selector(".empty")
    asker.goto("/requests?list=mine")
    asker.click("ol.requests a.open:has-text('North')")
    asker.click("text=查看片段 >> nth=0")
    assert "经采集单位负责人批准调阅" in asker.inner_text(".note.grant")


def test_a_refusal_by_key_asks_for_its_reason_first(windows: Windows) -> None:
    asker = windows.of("southchief", lang="en-GB", width=820)
    ask_for(asker, purpose="complaint", reason="A complaint about the same stop")
    head = windows.of("chief", lang="en-GB", width=820)
    head.goto("/requests")
    head.keyboard.press("j")
    head.keyboard.press("r")
    assert head.evaluate("document.activeElement.name") == "reason"
    head.keyboard.type("Another matter")
    head.click("button[value=decline] >> visible=true")
    head.wait_for_selector(".empty")
    asker.goto("/requests?list=mine")
    assert "Another matter" in asker.inner_text("ol.requests")
    wide = "document.documentElement.scrollWidth - window.innerWidth"
    for page in (asker, head):
        assert page.evaluate(wide) <= 0


def test_an_emergency_is_loud_and_reviewed(windows: Windows) -> None:
    asker = windows.of("southchief")
    ask_for(asker, kind="emergency", purpose="danger", reason="当事人扬言跳楼,需辨认位置")
    assert asker.locator(".note.bad").count() == 1
    asker.goto("/requests?list=mine")
    head = windows.of("chief")
    head.goto("/requests?list=review")
    head.click("summary")
    head.fill("details[open] textarea", "情况属实")
    head.click("button[value=justified] >> visible=true")
    head.wait_for_selector(".empty")
