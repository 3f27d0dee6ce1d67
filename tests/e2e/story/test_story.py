"""A supervisor's whole way in a real browser: another unit's footage is asked for, granted, watched, and proved.

Docked, hidden, asked for, granted by one key, found in the one box, watched under a watermark, marked, exported, seen
by its owner with who saw what, verified in the browser, packaged, and taken back while it plays.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from archive.catalogue.rows import ClipRow
from tests.e2e.station import CASE, PASSWORD
from tests.e2e.story.town import ARCHIVIST, ASKER, HEAD, OTHER_UNIT, make_town
from tests.e2e.test_review import CHROMIUM, FLAGS, until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not CHROMIUM.exists(), reason="no Chromium here: install the Debian package `chromium`"
    ),
]
FILM: Final = "document.querySelector('#film')"
PROMPT: Final = 5.0  # seconds within which footage ends when the right to see it does
STATION: Final = ZoneInfo("Asia/Shanghai")  # where an archive is by default
ARRIVAL: Final = 20.0
REASON: Final = "与本中队在办案件当事人相同，比对现场影像"
NOTE: Final = "左侧人员出示证件"
# What somebody else may later read about the way, in the package.
TOLD: Final = {
    "clip.viewed",
    "clip.played",
    "marker.set",
    "still.exported",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What the pages say."""

    locale: str
    width: int
    next_step: str
    sent: str
    granted: str
    good: str
    make: str
    ended: str


ZH: Final = Words(
    locale="zh-CN",
    width=1280,
    next_step="可以向采集单位负责人申请调阅",
    sent="已转有关单位负责人",
    granted="经采集单位负责人批准调阅",
    good="全部成立",
    make="制作证据包",
    ended="调阅权限已终止",
)
EN: Final = Words(
    locale="en-GB",
    width=820,
    next_step="you may ask the head of the unit that collected it",
    sent="Sent to the heads concerned",
    granted="Granted by the head of the collecting unit",
    good="hold",
    make="Make a package",
    ended="You may no longer watch this clip",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """Two units' station, served by a process of its own."""

    root: Path
    address: str
    key: ClipRow


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """The sample recorder, docked; two heads and an archivist."""
    root, key = make_town(tmp_path_factory.mktemp("story"))
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.e2e.station", str(root)],
        cwd=Path(__file__).parents[3],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    yield Town(root=root, address=process.stdout.readline().strip().rstrip("/"), key=key)
    process.terminate()
    assert process.wait(20) == 0
    process.stdout.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    with sync_playwright() as playwright:
        args = [*FLAGS, "--autoplay-policy=no-user-gesture-required"]
        started = playwright.chromium.launch(executable_path=str(CHROMIUM), args=args)
        yield started
        started.close()


class Story:
    """The people of the story, a window each; no page may complain of itself."""

    def __init__(self, browser: Browser, town: Town, words: Words) -> None:
        self._browser, self.town, self.words = browser, town, words
        self.complaints: list[str] = []
        self.until = f"{datetime.now(STATION) + timedelta(days=1):%Y-%m-%dT%H:%M}"
        self._pages: dict[str, Page] = {}

    def of(self, user: str) -> Page:
        """Somebody's window; they sign in once."""
        if user not in self._pages:
            context = self._browser.new_context(
                base_url=self.town.address,
                locale=self.words.locale,
                viewport={"width": self.words.width, "height": 900},
                reduced_motion="reduce",
            )
            page = context.new_page()
            page.on("pageerror", lambda error: self.complaints.append(str(error)))
            page.goto("/")
            page.fill("input[name=user]", user)
            page.fill("input[name=password]", PASSWORD)
            page.click("button.main")
            page.wait_for_selector("#search")
            self._pages[user] = page
        return self._pages[user]

    def close(self) -> None:
        """All windows."""
        for page in self._pages.values():
            page.context.close()
        assert not self.complaints

    def picture(self, page: Page, name: str) -> None:
        """Keep it where somebody asked for pictures; it always fits its window."""
        assert page.evaluate("document.documentElement.scrollWidth") <= self.words.width, name
        if keep := os.environ.get("MUNIMENT_TEST_SCREENSHOTS"):
            name = f"story-{name}-{self.words.locale[:2]}-{self.words.width}.png"
            page.screenshot(path=Path(keep) / name, full_page=True)

    def is_hidden_and_says_whom_to_ask(self) -> None:
        """Whoever may not see it finds nothing, and is told the next step."""
        page = self.of(ASKER)
        page.fill("#search", "117号")
        page.press("#search", "Enter")
        expect(page.locator(".results .empty")).to_be_visible()
        answer = page.goto(f"/clips/{self.town.key.clip}")
        assert answer is not None
        assert answer.status == 404
        expect(page.locator("#content")).to_contain_text(self.words.next_step)
        self.picture(page, "1-refused")
        page.click("#content a[href^='/requests/new']")

    def is_asked_for(self) -> None:
        """By the case's number, with a reason."""
        page = self.of(ASKER)
        page.goto("/requests/new")
        page.fill("input[name=case]", CASE)
        page.fill("textarea[name=reason]", REASON)
        page.fill("input[name=until]", self.until)
        self.picture(page, "2-ask")
        page.click("form.ask button.main")
        expect(page.locator(".note.good")).to_contain_text(self.words.sent)

    def is_granted_by_one_key(self) -> None:
        """The collecting unit's head sees who, what, why, and until when."""
        page = self.of(HEAD)
        page.goto("/requests")
        row = page.locator("ol.requests > li")
        expect(row).to_have_count(1)
        for said in (ASKER, OTHER_UNIT, CASE, REASON, self.until.partition("T")[0]):
            expect(row).to_contain_text(said)
        self.picture(page, "3-work")
        page.keyboard.press("j")
        page.keyboard.press("g")
        page.keyboard.press("Enter")
        expect(page.locator(".empty")).to_be_visible()

    def is_found_in_the_one_box(self) -> None:
        """By a part of the number; a click leads to the film."""
        page = self.of(ASKER)
        page.goto("/")
        page.fill("#search", "117号")
        page.press("#search", "Enter")
        expect(page.locator("ol.clips > li").first).to_be_visible()
        self.picture(page, "4-found")
        page.locator(f"a[href='/clips/{self.town.key.clip}']").first.click()
        until(page, f"{FILM}?.readyState >= 2")
        expect(page.locator(".note.grant")).to_contain_text(self.words.granted)

    def is_watched_marked_and_exported(self) -> None:
        """Under the viewer's own name; a marker and a still are kept."""
        page = self.of(ASKER)
        page.evaluate(f"{FILM}.muted = true")
        mark = page.locator(".player svg.watermark")
        for said in (ASKER, CASE):
            expect(mark).to_contain_text(said)
        page.keyboard.press(" ")
        until(page, f"{FILM}.currentTime > 2")
        page.keyboard.press(" ")
        page.keyboard.press("m")
        note = f"{NOTE} {self.words.locale}"
        page.keyboard.type(note)
        page.keyboard.press("Enter")
        expect(page.locator("#markers li", has_text=note)).to_have_count(1)
        with page.expect_download() as coming:
            page.locator("form.still button").click()
        assert coming.value.path().read_bytes().startswith(b"\x89PNG")
        self.picture(page, "5-watch")
        page.goto("/")  # what was played is told as the page goes

    def is_seen_by_its_owner(self) -> None:
        """The clip itself says who saw what of it, and by which grant."""
        page = self.of(HEAD)
        row = page.locator("#viewings li", has_text=ASKER).first  # of their newest sign-in
        deadline = time.monotonic() + ARRIVAL
        while True:  # the last report leaves with the page, and arrives when it does
            page.goto(f"/clips/{self.town.key.clip}")
            expect(row).to_be_visible()
            if row.locator("svg rect").count() or time.monotonic() > deadline:
                break
        assert row.locator("svg rect").count() == 1
        assert row.locator("a[href^='/requests/request-']").count() == 1
        assert re.search(r"127\.0\.0\.1", row.inner_text())
        expect(page.locator("#stills")).to_contain_text(ASKER)
        self.picture(page, "6-owner")

    def is_verified_in_the_browser(self) -> None:
        """By the archivist: every entry, and the original."""
        page = self.of(ARCHIVIST)
        page.goto(f"/clips/{self.town.key.clip}/custody")
        page.click("#verify")
        expect(page.locator("#verdict.good")).to_contain_text(self.words.good)
        for fold in page.locator("details.fold").all():
            fold.evaluate("fold => { fold.open = true; }")
        every = page.locator(".entry").count()
        assert page.locator('.entry[data-state="good"]').count() == every > 10
        told = page.locator(".entry").evaluate_all("e => e.map(row => row.textContent)")
        assert any(ASKER in row for row in told)
        self.picture(page, "7-custody")

    def is_packaged(self, folder: Path) -> None:
        """What the archivist downloads proves itself with nothing of ours, the way of these people in it."""
        page = self.of(ARCHIVIST)
        page.fill("#search", CASE)
        page.press("#search", "Enter")
        page.wait_for_url("**/cases/**")
        page.get_by_role("button", name=self.words.make).click()
        page.wait_for_url("**/packages")
        link = page.locator(".package.ready a.button.main")
        expect(link).to_be_visible(timeout=60_000)
        self.picture(page, "8-package")
        with page.expect_download() as coming:
            link.click()
        file = folder / "package.zip"
        coming.value.save_as(file)
        check_package(file, folder, self.town.key)

    def ends_while_it_plays(self) -> None:
        """The grant is taken back in mid film: the film ends, and the page says why."""
        asker, head = self.of(ASKER), self.of(HEAD)
        asker.goto(f"/clips/{self.town.key.clip}")
        until(asker, f"{FILM}?.readyState >= 2")
        asker.evaluate(f"{FILM}.muted = true; {FILM}.playbackRate = 0.25; {FILM}.play()")
        head.goto("/requests?list=given")
        head.locator("ol.requests a.open").first.click()
        head.fill("form[action$='/end'] input[name=reason]", "案件另行处理")
        self.picture(head, "9-request")
        until(asker, f"{FILM}.currentTime > 0.2")
        head.click("form[action$='/end'] button")
        began = time.monotonic()
        expect(asker.locator("#ended")).to_be_visible(timeout=PROMPT * 1000)
        assert time.monotonic() - began < PROMPT
        expect(asker.locator("#ended")).to_contain_text(self.words.ended)
        until(asker, f"!{FILM} || {FILM}.paused")
        self.picture(asker, "10-ended")
        answer = asker.goto(f"/clips/{self.town.key.clip}")
        assert answer is not None
        assert answer.status == 404


def check_package(file: Path, folder: Path, key: ClipRow) -> None:
    """The package's own verifier accepts it, with the standard library alone; its entries tell of the way."""
    with zipfile.ZipFile(file) as members:
        names = members.namelist()
        [script] = [name for name in names if name.endswith("/verify.py")]
        [entries] = [name for name in names if name.endswith("/data/ledger/entries.jsonl")]
        (folder / "verify.py").write_bytes(members.read(script))
        lines = members.read(entries).decode().splitlines()
    command = [sys.executable, "-I", "-S", str(folder / "verify.py"), str(file)]
    checked = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    # 3: no outside time, no witness in this town.
    assert checked.returncode in {0, 3}, checked.stdout + checked.stderr
    found = [json.loads(line.partition(" ")[2]) for line in lines]
    assert {e["type"] for e in found if e["subject"] == key.clip} >= TOLD


@pytest.mark.parametrize("words", [ZH, EN], ids=["zh", "en"])
def test_from_the_dock_to_a_granted_view_of_another_unit_to_a_verified_package(
    browser: Browser, town: Town, tmp_path: Path, words: Words
) -> None:
    story = Story(browser, town, words)
    story.is_hidden_and_says_whom_to_ask()
    story.is_asked_for()
    story.is_granted_by_one_key()
    story.is_found_in_the_one_box()
    story.is_watched_marked_and_exported()
    story.is_seen_by_its_owner()
    if words is ZH:
        story.is_verified_in_the_browser()
        story.is_packaged(tmp_path)
    story.ends_while_it_plays()
    story.close()
