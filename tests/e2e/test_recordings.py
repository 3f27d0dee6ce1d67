"""A recording over several files in a real browser: one player, one axis, gaps said, what does not play skipped."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from api.identity.registering import add_account
from api.serving import open_accounts
from archive.opening import create_archive, open_archive
from devices.folder import FolderRecorder
from ingest.deriving import derive
from ingest.docking import dock
from ingest.recordings import join
from tests.e2e.station import PASSWORD, USER
from tests.e2e.test_review import CHROMIUM, FLAGS, sign_in, until
from tests.fakes import segments

NAME = "DCAM_T9_012345_20260101_1200{:02}.mp4"
PLACE = "Number(document.querySelector('#axis').value)"
NOW = "Number(document.querySelector('tr.now').dataset.number)"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not CHROMIUM.exists(), reason="no Chromium here: install the Debian package `chromium`"
    ),
]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Three segments with a pause before the third, and a fourth that a dead battery left."""
    folder = tmp_path_factory.mktemp("recording")
    recorder, root = folder / "recorder", folder / "root"
    recorder.mkdir()
    for begin in (0, 4, 10):
        segments.piece(recorder / NAME.format(begin), frames=100, tone=400 + begin)
    head = (recorder / NAME.format(0)).read_bytes()[:48]
    (recorder / NAME.format(14)).write_bytes(head + bytes(60_000))
    create_archive(root, origin="recording.test/archive", unit="城关中队")
    with open_archive(root, write=True) as archive:
        actor = archive.settings.station
        dock(
            archive,
            FolderRecorder(recorder),
            serial="DSJ-0009",
            officer=None,
            case=None,
            reread=False,
            actor="local-0",
        )
        derive(archive, None, actor=actor)
        join(archive, None, actor=actor)
        accounts = open_accounts(archive)
        add_account(
            archive,
            accounts,
            actor="local-0",
            name=USER,
            role="supervisor",
            password=PASSWORD,
            unit=archive.settings.unit,
        )
        accounts.close()
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
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
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


def test_a_recording_plays_across_its_parts_and_is_sought_on_one_axis(page: Page) -> None:
    sign_in(page)
    page.goto("/?kind=video")
    page.locator("ol.clips a.open").nth(1).click()
    page.locator(".watch-head a", has_text="本录制第 2 段，共 4 段").click()
    page.wait_for_selector("#stage")
    until(page, f"{NOW} === 1")
    page.evaluate("document.querySelectorAll('video').forEach(v => { v.muted = true; })")
    assert "4 段" in page.locator(".watch-head").inner_text()
    words = page.locator("#parts").inner_text()
    assert "间隔 2.000 秒（±1.000 秒，依据文件名中的时间）：超过 0.04 秒" in words
    assert "无法播放" in words

    # Across the first boundary: the second part goes on where the first ended.
    _seek(page, 3200)
    until(page, f"{PLACE} >= 3100")
    page.click("[data-act=play]")
    until(page, f"{NOW} === 2 && {PLACE} > 4200")
    assert page.evaluate(f"{PLACE} < 7000")
    assert page.evaluate("document.querySelectorAll('video:not([data-behind])').length") == 1
    if keep := os.environ.get("MUNIMENT_TEST_SCREENSHOTS"):
        page.screenshot(path=Path(keep) / "recording.png", full_page=True)
    assert page.locator("[data-clock=corrected]").inner_text().startswith("12:00:0")

    # Into the pause after the second: the third is next, and the gap is said on the way there.
    _seek(page, 7300)
    until(page, f"{NOW} === 3 && {PLACE} > 10200")
    assert "间隔 2.000 秒" in page.locator("#said").inner_text()

    # To the end: the part that does not play is said and nothing hangs.
    _seek(page, 13500)
    until(page, "document.querySelector('#said').textContent.includes('第 4 段无法在浏览器中播放')")
    _seek(page, 1000)
    until(page, f"{NOW} === 1 && {PLACE} < 3000")
    page.locator("[data-seek='3']").click()
    until(page, f"{NOW} === 3 && {PLACE} >= 10000")


def _seek(page: Page, milliseconds: int) -> None:
    """As somebody who lets go of the axis there."""
    page.evaluate(
        "t => { const axis = document.querySelector('#axis'); axis.value = t;"
        " axis.dispatchEvent(new Event('input')); axis.dispatchEvent(new Event('change')); }",
        milliseconds,
    )
