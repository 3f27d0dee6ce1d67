"""Every page against the rules of WCAG 2.2 AA that a machine can look at (axe-core), in both languages and colours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.e2e.station import PASSWORD
from tests.e2e.test_review import CHROMIUM, FLAGS

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not CHROMIUM.exists(), reason="no Chromium here: install the Debian package `chromium`"
    ),
]
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
_ALL = {"runOnly": {"type": "tag", "values": _RULES}, "resultTypes": ["violations"]}
_COLOURS = {
    "runOnly": {"type": "rule", "values": ["color-contrast"]},
    "resultTypes": ["violations"],
}
_Colours = Literal["light", "dark"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield started
        started.close()


def enter(browser: Browser, address: str, user: str, lang: str, width: int) -> BrowserContext:
    """A window of somebody; "-" is nobody."""
    context = browser.new_context(
        base_url=address, locale=lang, viewport={"width": width, "height": 900}
    )
    if user != "-":
        page = context.new_page()
        page.goto("/sign-in")
        page.fill("input[name=user]", user)
        page.fill("input[name=password]", PASSWORD)
        page.click("button.main")
        page.wait_for_load_state()
        assert "/sign-in" not in page.url
        page.close()
    return context


def violations(page: Page, rules: dict[str, Any], what: str) -> Iterator[str]:
    """What axe finds, one line a rule."""
    for found in Axe().run(page, options=rules).response["violations"]:
        nodes = "; ".join(str(node["html"])[:160] for node in found["nodes"][:3])
        yield f"{what}: {found['id']} ({len(found['nodes'])}): {nodes}"


def test_no_page_breaks_a_rule_in_any_language_colour_or_width(
    browser: Browser, address: str, pages: dict[str, str]
) -> None:
    wrong: list[str] = []
    ways: tuple[tuple[str, int, _Colours, _Colours], ...] = (
        ("zh-CN", 1280, "light", "dark"),
        ("en-GB", 820, "dark", "light"),
    )
    for lang, width, first, second in ways:
        for user in sorted({key.partition(" ")[0] for key in pages}):
            context = enter(browser, address, user, lang, width)
            page = context.new_page()
            for key, path in pages.items():
                if key.partition(" ")[0] != user:
                    continue
                # Without the buttons' slow change of colour, which axe would look at half way.
                page.emulate_media(color_scheme=first, reduced_motion="reduce")
                page.goto(path)
                page.wait_for_load_state()
                what = f"{key} {lang} {width}"
                wrong += violations(page, _ALL, f"{what} {first}")
                wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
                wrong += [f"{what}: {wide} px too wide"] if wide > 0 else []
                page.emulate_media(color_scheme=second, reduced_motion="reduce")
                wrong += violations(page, _COLOURS, f"{what} {second}")
            context.close()
    assert not wrong, "\n".join(wrong)
