"""A document beside the film of its case, in a real browser: added, tied to a moment, followed while it plays."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pypdfium2 as pdfium  # type: ignore[import-untyped]
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.e2e.station import CASE, PASSWORD, USER, make_station

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"]
SHOTS = os.environ.get("MUNIMENT_SHOTS")
WORDS = {
    "zh": {"add": "添加文书", "tie": "关联", "page": "第 2 页", "remove": "从本案撤下"},
    "en": {"add": "Add document", "tie": "Tie", "page": "page 2", "remove": "Take off the case"},
}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not CHROMIUM.exists(), reason="no Chromium here: install the Debian package `chromium`"
    ),
]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    root = make_station(tmp_path_factory.mktemp("station"))
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
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def page(
    browser: Browser, address: str, request: pytest.FixtureRequest
) -> Iterator[tuple[Page, str]]:
    lang, width = request.param
    context = browser.new_context(
        base_url=address, viewport={"width": width, "height": 900}, locale=f"{lang}-CN"
    )
    opened = context.new_page()
    opened.goto(f"/sign-in?lang={lang}")
    opened.fill("input[name=user]", USER)
    opened.fill("input[name=password]", PASSWORD)
    opened.click("main form button")
    yield opened, lang
    context.close()


def a_document(folder: Path, pages: int) -> Path:
    path = folder / "现场检查笔录.pdf"
    document = pdfium.PdfDocument.new()
    for _ in range(pages):
        document.new_page(595, 842)
    document.save(path)
    return path


def shot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


@pytest.mark.parametrize("page", [("zh", 1280), ("en", 820)], indirect=True)
def test_a_page_and_a_moment_are_tied_and_seen_side_by_side(
    page: tuple[Page, str], tmp_path: Path
) -> None:
    opened, lang = page
    words = WORDS[lang]
    opened.goto(f"/cases/{quote(CASE, safe='')}")
    opened.set_input_files("input[type=file]", a_document(tmp_path, 3 if lang == "zh" else 4))
    opened.click(f"button:has-text('{words['add']}')")
    opened.wait_for_url("**/documents/document-*")
    sheet = opened.locator("#sheet")
    expect(sheet).to_have_js_property("complete", True)
    assert sheet.evaluate("image => image.naturalWidth") > 500

    film = opened.locator("#film")
    film.evaluate("film => new Promise(r => film.readyState ? r() : film.onloadedmetadata = r)")
    opened.click("#page-next")
    expect(opened.locator("#tie-page")).to_have_value("2")
    film.evaluate("film => { film.currentTime = 2 }")
    expect(opened.locator("#tie-at")).to_have_value("0:02.000")
    opened.fill("input[name=note]", "出示执法证件 <b>")
    opened.click(f"form.tie button:has-text('{words['tie']}')")
    row = opened.locator("#links .tied li")
    expect(row).to_have_count(1)
    expect(row).to_contain_text(words["page"])
    expect(row).to_contain_text("出示执法证件 <b>")
    shot(opened, f"document-{lang}")

    opened.goto(opened.url.partition("?")[0])
    expect(opened.locator("#page")).to_have_value("1")
    opened.click("#links [data-go]")
    expect(opened.locator("#page")).to_have_value("2")
    opened.wait_for_function("document.querySelector('#film').currentTime >= 2")
    expect(row).to_have_class("now")

    document = opened.url.partition("?")[0]
    opened.click("#theatre ~ p a")
    expect(opened.locator("#tied li")).to_have_count(1)
    shot(opened, f"watch-tied-{lang}")
    opened.click("#tied a")
    expect(opened.locator("#page")).to_have_value("2")
    opened.goto(f"/cases/{quote(CASE, safe='')}")
    shot(opened, f"case-{lang}")
    opened.goto(document)
    opened.click(f"summary:has-text('{words['remove']}')")
    opened.fill("details input[name=reason]", "误传")
    opened.click("details button")
    opened.wait_for_url("**/cases/**")
    assert document.rsplit("/", 1)[-1] not in opened.content()
