"""In a real browser: a Matroska film and a transport stream play and seek as `stream`, H.265 plays as `proxy`."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Page, sync_playwright
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from ingest.media.encode import EncodingKind, plan, run
from tests.e2e.test_review import CHROMIUM, FLAGS
from tests.media.encode.films import H264, H265, PICTURE, SOUND, facts_of, make

LONG = ("-f", "lavfi", "-i", "testsrc2=size=320x240:rate=25:duration=30")
WATCH = """async ([source, place]) => {
  const film = document.createElement('video');
  film.muted = true;
  document.body.replaceChildren(film);
  const come = (name) => new Promise((resolve, reject) => {
    film.addEventListener(name, resolve, {once: true});
    film.addEventListener('error', () => reject(film.error.message), {once: true});
  });
  film.src = source;
  await come('loadeddata');
  const told = {length: film.duration, width: film.videoWidth, end: film.seekable.end(0)};
  film.currentTime = place;
  await come('seeked');
  told.at = film.currentTime;
  await film.play();
  await new Promise((resolve) => setTimeout(resolve, 600));
  told.later = film.currentTime;
  film.currentTime = 0;
  await come('seeked');
  told.back = film.currentTime;
  return told;
}"""
PAGE = "<!doctype html><title>film</title>"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not CHROMIUM.exists(), reason="no Chromium here: install the Debian package `chromium`"
    ),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Originals that browsers do not play, and what was made of them."""
    folder = tmp_path_factory.mktemp("films")
    recipes: dict[str, tuple[EncodingKind, tuple[str, ...]]] = {
        "film.mkv": ("stream", (*LONG, *H264, "-g", "125")),
        "film.ts": ("stream", (*LONG, *SOUND, *H264, "-c:a", "aac")),
        "film.mp4": ("proxy", (*PICTURE, *SOUND, *H265, "-c:a", "aac")),
    }
    for name, (kind, recipe) in recipes.items():
        clip = make(folder / name, recipe)
        encoding = plan(facts_of(clip), kind)
        assert encoding is not None
        out = folder / f"{name}.{kind}.mp4"
        run(encoding, clip, out, duration_us=None, progress=None, cancelled=None)
    (folder / "page.html").write_text(PAGE)
    return folder


@pytest.fixture(scope="module")
def page(folder: Path) -> Iterator[Page]:
    """A browser's window, on a server that gives ranges."""
    files = Starlette(routes=[Mount("/", StaticFiles(directory=folder))])
    server = uvicorn.Server(uvicorn.Config(files, port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        deadline = time.monotonic() + 20
        while not server.started:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        port = server.servers[0].sockets[0].getsockname()[1]
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=str(CHROMIUM),
                args=[*FLAGS, "--autoplay-policy=no-user-gesture-required"],
            )
            opened = browser.new_page()
            opened.goto(f"http://127.0.0.1:{port}/page.html")
            yield opened
            browser.close()
    finally:
        server.should_exit = True
        thread.join()


def watch(page: Page, name: str, place: float) -> dict[str, Any]:
    """Open a film, jump to a place, let it run, jump back."""
    told = page.evaluate(WATCH, [name, place])
    assert isinstance(told, dict)
    return told


@pytest.mark.parametrize("name", ["film.mkv.stream.mp4", "film.ts.stream.mp4"])
def test_a_stream_tells_its_length_at_once_and_plays_from_anywhere(page: Page, name: str) -> None:
    told = watch(page, name, 23.5)
    assert told["length"] == pytest.approx(30, abs=0.1)
    assert told["end"] == told["length"]
    assert told["at"] == pytest.approx(23.5, abs=0.01)
    assert told["later"] > 23.7
    assert told["back"] < 0.1


def test_h265_plays_as_its_proxy_and_not_as_it_is(page: Page) -> None:
    told = watch(page, "film.mp4.proxy.mp4", 3)
    assert (told["width"], round(told["length"])) == (320, 4)
    assert told["later"] > 3.2
    assert watch(page, "film.mp4", 3)["width"] == 0  # its sound alone
