"""Finding in a real browser: one box, what it understood, numbers that narrow, a line of time, keys, kept searches."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.e2e.finding.town import ARCHIVIST, BADGE, CASE, CHIEF, PASSWORD, PLATE, make_town
from tests.e2e.test_review import CHROMIUM, FLAGS

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not CHROMIUM.exists(), reason="no Chromium here: install the Debian package `chromium`"
    ),
]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A town's archive, served by a process of its own."""
    root = make_town(tmp_path_factory.mktemp("town"))
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.e2e.finding.town", str(root)],
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


@pytest.fixture(scope="module")
def signed_in(browser: Browser, address: str) -> dict[str, Any]:
    """Each user's cookie: they sign in once."""
    found = {}
    for user in (CHIEF, ARCHIVIST):
        context = browser.new_context(base_url=address)
        opened = context.new_page()
        opened.goto("/")
        opened.fill("input[name=user]", user)
        opened.fill("input[name=password]", PASSWORD)
        opened.click("button.main")
        opened.wait_for_selector("#search")
        found[user] = context.storage_state()
        context.close()
    return found


@pytest.fixture(params=[("zh", 1280), ("en", 820)], ids=["zh-1280", "en-820"])
def either(
    browser: Browser, address: str, signed_in: dict[str, Any], request: pytest.FixtureRequest
) -> Iterator[Page]:
    """The chief's window, in each language, at a desk's and at a tablet's width."""
    lang, width = request.param
    yield from window(browser, address, signed_in[CHIEF], lang, width)


@pytest.fixture
def page(browser: Browser, address: str, signed_in: dict[str, Any]) -> Iterator[Page]:
    """The chief's window."""
    yield from window(browser, address, signed_in[CHIEF], "zh", 1280)


@pytest.fixture
def archivist(browser: Browser, address: str, signed_in: dict[str, Any]) -> Iterator[Page]:
    """The archivist's window."""
    yield from window(browser, address, signed_in[ARCHIVIST], "en", 1280)


def window(browser: Browser, address: str, state: Any, lang: str, width: int) -> Iterator[Page]:
    """A window; what its pages complain of, and a page wider than it, fails the test."""
    locale = {"zh": "zh-CN", "en": "en-GB"}[lang]
    context = browser.new_context(
        base_url=address,
        locale=locale,
        viewport={"width": width, "height": 900},
        storage_state=state,
    )
    opened = context.new_page()
    said: list[str] = []
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.on("console", lambda m: said.append(m.text) if m.type == "error" else None)
    opened.goto("/")
    yield opened
    wide = opened.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    context.close()
    assert not said
    assert wide <= 0


def ask(page: Page, typed: str) -> None:
    """Type into the box, by keyboard alone."""
    page.keyboard.press("/")
    page.keyboard.press("Control+a")
    page.keyboard.type(typed)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def asked(page: Page) -> dict[str, list[str]]:
    """The filters in the address."""
    found = parse_qs(urlsplit(page.url).query)
    found.pop("lang", None)
    return found


def count(page: Page) -> int:
    """How many clips the page says there are."""
    said = page.locator(".head .count").inner_text()
    return int("".join(c for c in said if c.isdigit()))


def test_the_box_takes_numbers_names_plates_words_and_dates(either: Page) -> None:
    ask(either, CASE)
    assert unquote(urlsplit(either.url).path).endswith(CASE)
    ask(either, "１１７号")
    assert asked(either) == {"number": ["117号"]}
    assert count(either) == either.locator("ol.clips > li").count() == 3
    ask(either, BADGE)
    assert asked(either) == {"officer": [BADGE]}
    ask(either, "DSJ-0042")
    assert asked(either) == {"recorder": ["DSJ-0042"]}
    for plate in (PLATE, PLATE.replace("·", "")):
        ask(either, plate)
        assert count(either) == 1
    ask(either, "market")
    assert either.locator(".asked .chip").count() == 1
    assert count(either) > 3
    ask(either, "2026-11 012345")
    assert asked(either) == {"from": ["2026-11-01"], "to": ["2026-11-30"], "officer": [BADGE]}
    assert either.locator(".asked .chip").count() == 2


def test_a_choice_finds_as_many_as_it_says_and_a_condition_comes_off(page: Page) -> None:
    ask(page, BADGE)
    whole = count(page)
    choice = page.locator(".facets a[href*='mark=true']")
    many = int(choice.locator(".n").inner_text().replace(",", ""))
    choice.click()
    assert count(page) == many < whole
    assert page.locator(".facets a[aria-current]").count() == 1
    page.locator(".asked a").last.click()
    assert count(page) == whole


def test_the_line_of_time_narrows_to_a_month_then_to_a_day(either: Page) -> None:
    either.goto("/?kind=video")
    bars = either.locator(".time a")
    assert bars.count() > 2
    name = bars.last.get_attribute("aria-label") or ""
    bars.last.locator(".many").click()
    many = count(either)
    assert str(many) in name
    either.locator(".time a").first.locator(".many").click()
    assert count(either) <= many
    assert asked(either)["from"] == asked(either)["to"]
    either.locator(".time p a").click()
    assert "from" not in asked(either)


def test_all_of_it_by_keyboard(page: Page) -> None:
    page.goto("/?kind=video")
    page.keyboard.press("f")
    first = page.evaluate("document.activeElement.getAttribute('href')")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.getAttribute('href')") != first
    page.keyboard.press("t")
    page.wait_for_url("**view=time**")
    assert page.locator("svg.axis a").count() > 10
    page.keyboard.press("t")
    page.wait_for_selector("ol.clips")
    page.keyboard.press("?")
    words = page.locator("dialog[open]").inner_text()
    assert "f" in words.split()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("j")
    chosen = page.evaluate("document.activeElement.getAttribute('href')")
    page.keyboard.press("k")
    assert page.evaluate("document.activeElement.getAttribute('href')") != chosen
    page.keyboard.press("Enter")
    page.wait_for_url("**/clips/clip-*")


def test_parts_of_one_recording_stand_together_and_link_to_it(page: Page) -> None:
    ask(page, "117号")
    group = page.locator("section", has=page.locator("a[href^='/recordings/']")).first
    assert group.locator("ol.clips > li").count() == 3
    assert group.locator(".bar a").get_attribute("href", timeout=1000)


def test_a_search_is_kept_and_made_again(page: Page) -> None:
    page.goto("/?mark=true&kind=video")
    page.fill(".keep input[name=name]", "重点视频 <key>")
    page.click(".keep button")
    page.wait_for_url("**mark=true**")
    page.goto("/")
    page.click("text=重点视频 <key>")
    assert asked(page) == {"mark": ["true"], "kind": ["video"]}
    page.click(".kept form button")
    page.wait_for_load_state()
    assert page.locator(".kept li").count() == 0


def test_conditions_are_changed_in_their_form(page: Page) -> None:
    page.goto("/?kind=video&officer=nobody")
    assert page.locator(".empty").count() == 1
    page.click(".refine summary")
    page.fill(".refine input[name=officer]", BADGE)
    page.click(".refine button.main")
    assert count(page) > 0
    assert asked(page)["kind"] == ["video"]


def test_an_archivist_finds_in_every_unit_and_sees_no_picture(archivist: Page) -> None:
    archivist.goto("/?late=true")
    units = archivist.locator(".facets a[href*='unit=']")
    assert units.count() == 3
    many = int(units.first.locator(".n").inner_text())
    units.first.click()
    assert count(archivist) == many
    assert archivist.locator(".poster img").count() == 0


def test_the_page_works_without_script(
    browser: Browser, address: str, signed_in: dict[str, Any]
) -> None:
    context = browser.new_context(
        base_url=address, java_script_enabled=False, locale="en-GB", storage_state=signed_in[CHIEF]
    )
    page = context.new_page()
    page.goto("/")
    page.fill("#search", BADGE)
    page.press("#search", "Enter")
    page.locator(".facets a[href*='mark=true']").click()
    assert asked(page) == {"officer": [BADGE], "mark": ["true"]}
    page.click("#other-view")
    assert page.locator("svg.axis a").count() > 1
    context.close()
