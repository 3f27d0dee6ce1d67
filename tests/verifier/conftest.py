"""Browsers with verify.html, for all tests of the page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.integrity.package.making import Made, make
from tests.marionette import FIREFOX
from tests.verifier.altering import Members, read
from tests.verifier.viewers import CHROMIUM, FLAGS, Viewer, in_chromium, in_firefox


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium: one for all windows."""
    if not CHROMIUM.exists():
        pytest.skip("no Chromium here: install the Debian package `chromium`")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        yield started
        started.close()


@pytest.fixture(scope="session")
def in_fox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Viewer]:
    """The page in Firefox: one for all tests."""
    if not FIREFOX.exists():
        pytest.skip("no Firefox here: install the Debian package `firefox-esr`")
    with in_firefox(tmp_path_factory.mktemp("firefox")) as viewer:
        yield viewer


@pytest.fixture(scope="module")
def page(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Viewer]:
    """One window of Chromium for many packages."""
    with in_chromium(chromium, tmp_path_factory.mktemp("page")) as viewer:
        yield viewer


@pytest.fixture(params=["page", "in_fox"])
def each(request: pytest.FixtureRequest) -> Viewer:
    """Either browser."""
    viewer: Viewer = request.getfixturevalue(request.param)
    return viewer


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A real package of two clips, and the archive that it came from."""
    return make(tmp_path_factory.mktemp("station"))


@pytest.fixture(scope="session")
def whole(made: Made) -> tuple[str, Members]:
    """Its folder and its files."""
    return read(made.out)
