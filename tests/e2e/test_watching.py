"""What was derived, in a real browser: strip, waveform, plot, a proxy, a repaired file, and what is made meanwhile."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from api.identity.registering import add_account
from api.serving import open_accounts
from archive.catalogue.search import FindQuery
from archive.opening import create_archive, open_archive
from devices.folder import FolderRecorder
from ingest.deriving import derive
from ingest.deriving.serving import WantingThread
from ingest.docking import dock
from tests.e2e.station import PASSWORD, USER
from tests.e2e.test_review import CHROMIUM, FLAGS, PLAYING, sign_in, until
from tests.media.deriving.card import make_card

TIME = "document.querySelector('#film').currentTime"
# How many colours a part of the canvas under the player shows, from here to there of its height.
COLOURS = """([from, to]) => {
  const canvas = document.querySelector('#timeline canvas');
  const [top, end] = [from, to].map((y) => Math.floor(canvas.height * y));
  const dots = canvas.getContext('2d').getImageData(0, top, canvas.width, end - top).data;
  const found = new Set();
  for (let i = 0; i < dots.length; i += 4) found.add(`${dots[i]},${dots[i + 1]},${dots[i + 2]}`);
  return found.size;
}"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not CHROMIUM.exists(), reason="no Chromium here: install the Debian package `chromium`"
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """An archive that a process of its own serves."""

    root: Path
    address: str
    clips: dict[str, str]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A card with a film and its GPX file, H.265, and a film whose battery died; docked and derived."""
    folder = tmp_path_factory.mktemp("watching")
    card, root = make_card(folder / "card"), folder / "root"
    for name in ("film.mkv", "photo.jpg", "paper.pdf"):
        (card / name).unlink()
    create_archive(root, origin="watching.test/archive", unit="城关中队")
    with open_archive(root, write=True) as archive:
        dock(
            archive,
            FolderRecorder(card),
            serial="DSJ-0011",
            officer=None,
            case=None,
            reread=False,
            actor="local-0",
        )
        derive(archive, None, actor=archive.settings.station)
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
        clips = {c.path or "": c.clip for c in archive.catalogue.find(FindQuery()).clips}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.e2e.station", str(root)],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    address = process.stdout.readline().strip().rstrip("/")
    yield Served(root=root, address=address, clips=clips)
    process.terminate()
    assert process.wait(20) == 0
    process.stdout.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        args = [*FLAGS, "--autoplay-policy=no-user-gesture-required"]
        started = playwright.chromium.launch(executable_path=str(CHROMIUM), args=args)
        yield started
        started.close()


@pytest.fixture(scope="module")
def window(browser: Browser, served: Served) -> Iterator[Page]:
    """Somebody who is signed in; what the pages complain of fails the tests."""
    context = browser.new_context(
        base_url=served.address, locale="zh-CN", viewport={"width": 1440, "height": 900}
    )
    page = context.new_page()
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("console", lambda m: said.append(m.text) if m.type == "error" else None)
    sign_in(page)
    yield page
    context.close()
    assert not said


def opened(page: Page, served: Served, name: str) -> None:
    """Open a clip's page."""
    page.goto(f"/clips/{served.clips[name]}")
    until(page, "document.querySelector('#film')?.readyState >= 2")
    page.evaluate("document.querySelector('#film').muted = true")
    if keep := os.environ.get("MUNIMENT_TEST_SCREENSHOTS"):
        page.wait_for_load_state("networkidle")
        page.screenshot(path=Path(keep) / f"watching-{name}.png", full_page=True)


def test_strip_and_waveform_lead_through_a_film_by_pointer_and_by_keyboard(
    window: Page, served: Served
) -> None:
    opened(window, served, "whole.mp4")
    expect(window.locator("#timeline")).to_be_visible()
    until(window, "document.querySelector('#timeline canvas').height === 106")
    until(window, f"({COLOURS})([0, 0.5]) > 20")  # key frames
    assert 2 <= window.evaluate(COLOURS, [0.62, 1]) < 10  # the waveform on its ground
    bar = window.locator("#timeline [role=slider]")
    box = bar.bounding_box()
    assert box is not None
    window.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + 20)
    expect(window.locator("#timeline .hover")).to_contain_text("0:01.5")
    window.mouse.down()
    window.mouse.up()
    until(window, f"Math.abs({TIME} - 1.5) < 0.02")
    bar.focus()
    window.keyboard.press("Home")
    until(window, f"{TIME} === 0")
    window.keyboard.press("ArrowRight")
    until(window, f"{TIME} === 1")
    assert bar.get_attribute("aria-valuetext") == "0:01.000"


def test_steps_go_from_frame_to_frame(window: Page, served: Served) -> None:
    opened(window, served, "whole.mp4")
    shown = window.locator("#frame")
    for number in (2, 3, 4):
        window.keyboard.press(".")
        expect(shown).to_have_text(f"帧 {number} / 50")
    window.keyboard.press(",")
    expect(shown).to_have_text("帧 3 / 50")
    assert 0.08 <= window.evaluate(TIME) < 0.12


def test_the_place_of_recording_moves_with_the_film_and_leads_back_to_it(
    window: Page, served: Served
) -> None:
    opened(window, served, "whole.mp4")
    here = window.locator("#track .here code")
    expect(here).to_contain_text("31.2304000, 121.4737000")
    window.evaluate("document.querySelector('#film').currentTime = 1.2")
    expect(here).to_contain_text("31.2305000, 121.4739000")
    window.locator("#track circle.start").click(force=True)
    until(window, f"{TIME} === 0")
    expect(here).to_contain_text("31.2304000, 121.4737000")


def test_h265_plays_by_its_proxy_which_says_so(window: Page, served: Served) -> None:
    opened(window, served, "hevc.mp4")
    expect(window.locator("#way")).to_contain_text("正在播放代理文件")
    window.click("[data-act=play]")
    until(window, PLAYING.format(seconds=0.5))
    assert window.evaluate("document.querySelector('#film').videoWidth") == 320
    assert window.locator("#cannot-play").is_hidden()


def test_a_film_whose_battery_died_plays_repaired_and_is_said_to_be(
    window: Page, served: Served
) -> None:
    opened(window, served, "cut.mp4")
    expect(window.locator("#way")).to_contain_text("这是修复件，不是原始文件")
    expect(window.locator("#damage")).to_contain_text("缺少索引")
    expect(window.locator("#repair")).to_contain_text("是否还录制过更多内容，无从得知")
    window.click("[data-act=play]")
    until(window, PLAYING.format(seconds=0.5))


def test_what_is_asked_for_appears_when_it_is_made_and_the_film_goes_on(
    window: Page, served: Served
) -> None:
    opened(window, served, "whole.mp4")
    window.click("#renditions form button")
    expect(window.locator("[data-waiting=proxy-low]")).to_be_visible()
    until(window, "document.querySelector('#film').readyState >= 2")
    window.evaluate("document.querySelector('#film').dataset.mine = 'the same'")
    with open_archive(served.root, write=True) as archive, WantingThread(archive):
        expect(window.locator("#ways")).to_contain_text("低码率", timeout=40_000)
    expect(window.locator("[data-waiting]")).to_have_count(0)
    assert window.evaluate("document.querySelector('#film').dataset.mine") == "the same"
    window.locator("#ways a", has_text="低码率").click()
    until(window, "document.querySelector('#film')?.readyState >= 2")
    assert "proxy-low" in window.evaluate("document.querySelector('#film').src")
