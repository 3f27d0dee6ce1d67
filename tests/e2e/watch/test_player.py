"""The player under control, in a real browser: speed, frames, loop, sound, clocks, watermark, markers, plays."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from archive.catalogue.search import FindQuery
from archive.ledger.entry import Entry
from archive.opening import open_archive
from tests.e2e.station import CASE, PASSWORD, USER, make_station
from tests.e2e.test_review import CHROMIUM, FLAGS, sign_in, until

FILM = "document.querySelector('#film')"
MARK = "document.querySelector('.player svg.watermark')"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not CHROMIUM.exists(), reason="no Chromium here: install the Debian package `chromium`"
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """The sample station, served by a process of its own."""

    root: Path
    address: str
    key_file: str


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    root = make_station(tmp_path_factory.mktemp("player"))
    with open_archive(root, write=False) as archive:
        clips = archive.catalogue.find(FindQuery()).clips
        found = [clip for clip in clips if clip.kind == "video" and clip.marked]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.e2e.station", str(root)],
        cwd=Path(__file__).parents[3],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    address = process.stdout.readline().strip().rstrip("/")
    yield Served(root=root, address=address, key_file=found[0].clip)
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
    """The supervisor's window; what the pages complain of fails the tests."""
    context = browser.new_context(
        base_url=served.address, locale="zh-CN", viewport={"width": 1280, "height": 900}
    )
    page = context.new_page()
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("console", lambda m: said.append(m.text) if m.type == "error" else None)
    sign_in(page)
    yield page
    context.close()
    assert not said


@pytest.fixture
def film(window: Page, served: Served) -> Page:
    """The key file's page, its film ready and silent."""
    window.goto(f"/clips/{served.key_file}")
    until(window, f"{FILM}?.readyState >= 2")
    window.evaluate(f"{FILM}.muted = true")
    return window


def seconds(page: Page) -> float:
    """Where the film is."""
    return float(page.evaluate(f"{FILM}.currentTime"))


def test_speed_goes_from_a_tenth_to_sixteen_times_by_keys_and_by_menu(film: Page) -> None:
    rate = f"{FILM}.playbackRate"
    for _ in range(10):
        film.keyboard.press("[")
    assert film.evaluate(rate) == 0.1
    for _ in range(12):
        film.keyboard.press("]")
    until(film, f"{rate} === 16")
    assert film.locator("#speed").input_value() == "16"
    film.select_option("#speed", "0.5")
    assert film.evaluate(rate) == 0.5


def test_each_step_is_one_frame_by_its_true_time(film: Page) -> None:
    film.evaluate(
        f"{FILM}.requestVideoFrameCallback(function told(n, f)"
        f" {{ window.shownAt = f.mediaTime; {FILM}.requestVideoFrameCallback(told); }})"
    )
    for number in range(2, 6):
        film.keyboard.press(".")
        expect(film.locator("#frame")).to_have_text(f"帧 {number} / 300")
        until(film, f"Math.abs(window.shownAt - {(number - 1) / 25}) < 0.0005")
    film.keyboard.press(",")
    until(film, f"Math.abs(window.shownAt - {3 / 25}) < 0.0005")


def test_a_stretch_is_played_again_and_again(film: Page) -> None:
    film.evaluate(f"{FILM}.currentTime = 3")
    until(film, f"!{FILM}.seeking")
    film.keyboard.press("i")
    film.evaluate(f"{FILM}.currentTime = 3.5")
    until(film, f"!{FILM}.seeking")
    film.keyboard.press("o")
    film.keyboard.press("l")
    expect(film.locator("#loop")).to_have_text("0:03.000 – 0:03.500")
    film.evaluate(
        f"window.turns = 0; {FILM}.addEventListener('seeked', () => {{ window.turns += 1; }})"
    )
    film.keyboard.press(" ")
    until(film, "window.turns >= 3")
    assert 2.9 <= seconds(film) < 3.6
    film.keyboard.press("l")
    until(film, f"{FILM}.currentTime > 3.7")
    film.keyboard.press(" ")


def test_sound_goes_by_arrows_and_the_whole_screen_keeps_the_watermark(film: Page) -> None:
    film.evaluate(f"{FILM}.muted = false; {FILM}.volume = 1")
    film.keyboard.press("ArrowDown")
    film.keyboard.press("ArrowDown")
    assert round(film.evaluate(f"{FILM}.volume"), 2) == 0.8
    film.keyboard.press("v")
    assert film.evaluate(f"{FILM}.muted") is True
    film.keyboard.press("f")
    until(film, "document.fullscreenElement?.id === 'theatre'")
    assert film.evaluate(f"{MARK}.getBoundingClientRect().height") > 400
    film.keyboard.press("f")
    until(film, "document.fullscreenElement === null")


def test_the_clocks_run_with_the_film(film: Page) -> None:
    # The one in the picture is read after the film is ready, and a page that was opened before does not have it.
    for _ in range(60):
        if film.locator('[data-clock="picture"]').is_visible():
            break
        film.wait_for_timeout(500)
        film.reload()
        until(film, f"{FILM}?.readyState >= 2")
    film.evaluate(f"{FILM}.currentTime = 0")
    until(film, f"!{FILM}.seeking")
    clocks = film.locator("dl.running [data-clock]")
    before = clocks.all_inner_texts()
    assert all(before), "corrected, the recorder's own, and the one in the picture"
    assert len(before) == 3
    film.evaluate(f"{FILM}.currentTime = 4")
    until(film, f"!{FILM}.seeking")

    def of_day(text: str) -> float:
        hours, minutes, rest = text.split(":")
        return int(hours) * 3600 + int(minutes) * 60 + float(rest)

    expect(clocks.first).not_to_have_text(before[0])
    for was, now in zip(before, clocks.all_inner_texts(), strict=True):
        assert abs((of_day(now) - of_day(was)) % 86_400 - 4) < 0.02


def test_the_watermark_names_the_viewer_and_comes_back_when_it_is_taken_away(film: Page) -> None:
    text = film.locator(".player svg.watermark")
    expect(text).to_contain_text(USER)
    expect(text).to_contain_text(CASE)
    assert re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", text.text_content() or "")
    assert film.evaluate(f"getComputedStyle({MARK}).pointerEvents") == "none"
    for spoil in ("{0}.remove()", "{0}.style.opacity = '0.01'", "{0}.style.display = 'none'"):
        film.evaluate(spoil.format(MARK))
        film.wait_for_timeout(1000)
        shown = f"{MARK} && getComputedStyle({MARK}).display !== 'none'"
        assert film.evaluate(f"{shown} && getComputedStyle({MARK}).opacity === '1'")
    film.locator("#film").click()
    until(film, f"!{FILM}.paused")
    film.locator("#film").click()


def test_a_marker_is_put_by_m_shown_on_the_line_and_leads_back(film: Page) -> None:
    film.evaluate(f"{FILM}.currentTime = 5")
    until(film, f"!{FILM}.seeking")
    film.keyboard.press("m")
    film.keyboard.type("出示证件 <b>")
    film.keyboard.press("Enter")
    row = film.locator("#markers li", has_text="出示证件 <b>")
    expect(row).to_have_count(1)
    expect(row.locator(".at")).to_have_text("0:05.000")
    film.evaluate(f"{FILM}.currentTime = 0")
    row.locator(".at").click()
    until(film, f"Math.abs({FILM}.currentTime - 5) < 0.01")
    row.locator("form button").click()
    expect(row).to_have_count(0)


def test_what_was_really_played_is_in_the_ledger_and_on_the_page(
    film: Page, served: Served
) -> None:
    film.evaluate(f"{FILM}.currentTime = 1")
    until(film, f"!{FILM}.seeking")
    film.keyboard.press(" ")
    until(film, f"{FILM}.currentTime > 2")
    film.evaluate(f"{FILM}.currentTime = 8")
    until(film, f"{FILM}.currentTime > 8.8")
    film.keyboard.press(" ")
    film.goto("/integrity")  # what was played is told when the page goes

    def entries() -> list[Entry]:
        with open_archive(served.root, write=False) as archive:
            return [e for e in archive.reader.entries() if e.type == "clip.played"]

    deadline = time.monotonic() + 10
    while not entries() and time.monotonic() < deadline:
        time.sleep(0.1)
    film.goto(f"/clips/{served.key_file}")
    expect(film.locator("#viewings li")).to_have_count(1)
    expect(film.locator("#viewings svg rect").first).to_be_attached()
    spans = [span for entry in entries() for span in entry.data["spans"]]
    assert any(800 <= a <= 1300 and 1800 <= b <= 3200 for a, b in spans), spans
    assert any(7900 <= a <= 8400 and 8600 <= b <= 10_000 for a, b in spans), spans
    assert not any(a < 4000 and b > 7000 for a, b in spans), "what was passed over was not played"


def test_whoever_is_signed_out_in_mid_film_is_told_so(browser: Browser, served: Served) -> None:
    context = browser.new_context(base_url=served.address, locale="zh-CN")
    page = context.new_page()
    sign_in(page)
    page.goto(f"/clips/{served.key_file}")
    until(page, f"{FILM}?.readyState >= 2")
    page.evaluate(f"{FILM}.muted = true; {FILM}.play()")
    until(page, f"{FILM}.currentTime > 0.5")
    context.clear_cookies()
    # What the browser has of the film already goes too.
    expect(page.locator("#ended")).to_be_visible()
    expect(page.locator("#ended")).to_contain_text("调阅权限已终止")
    assert page.evaluate(f"{FILM}.paused && {FILM}.readyState === 0")
    context.close()


@pytest.mark.parametrize(("locale", "width"), [("zh-CN", 1280), ("en-US", 820)])
def test_without_script_the_page_still_plays_marked_and_takes_a_note(
    browser: Browser, served: Served, locale: str, width: int
) -> None:
    context = browser.new_context(
        base_url=served.address,
        locale=locale,
        viewport={"width": width, "height": 900},
        java_script_enabled=False,
    )
    page = context.new_page()
    page.goto("/sign-in")
    page.fill("input[name=user]", USER)
    page.fill("input[name=password]", PASSWORD)
    page.click("button.main")
    page.goto(f"/clips/{served.key_file}")
    expect(page.locator(".player img.watermark")).to_be_visible()
    page.fill("#markers input[name=at]", "0:02")
    page.fill("#markers textarea", f"note {width}")
    page.click("#markers .send button")
    expect(page.locator("#markers li", has_text=f"note {width}")).to_have_count(1)
    if keep := os.environ.get("MUNIMENT_TEST_SCREENSHOTS"):
        page.screenshot(path=Path(keep) / f"player-{width}.png", full_page=True)
    context.close()
