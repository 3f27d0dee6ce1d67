"""The live desk in a real browser, before a station with recorders at the end of a fake cable."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from api.identity.registering import add_account
from api.serving import open_accounts
from archive.opening import open_archive
from tests.e2e.test_review import CHROMIUM, FLAGS
from tests.fakes.plugs import Cable
from tests.station.bench import MB, make_recorder, make_root
from tests.station.child import Child, child

USER, PASSWORD = "keeper", "a long password"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not CHROMIUM.exists(), reason="no Chromium here: install the Debian package `chromium`"
    ),
]


@pytest.fixture
def cable(tmp_path: Path) -> Cable:
    return Cable(tmp_path / "usb")


@pytest.fixture
def station(tmp_path: Path, cable: Cable) -> Iterator[Child]:
    root = make_root(tmp_path / "archive")
    with open_archive(root, write=True) as archive:
        accounts = open_accounts(archive)
        add_account(
            archive,
            accounts,
            actor="local-0",
            name=USER,
            role="archivist",
            password=PASSWORD,
            unit=None,
        )
        accounts.close()
    with child(root, cable, tmp_path / "log") as running:
        yield running


@pytest.fixture
def desk(station: Child) -> Iterator[Page]:
    """The station's own screen; what the page complains of fails the test."""
    address = station.said(r"page=(\S+)")[-1].rstrip("/")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        context = browser.new_context(
            base_url=address, locale="zh-CN", viewport={"width": 1920, "height": 1080}
        )
        page = context.new_page()
        said: list[str] = []
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto("/sign-in")
        page.fill("input[name=user]", USER)
        page.fill("input[name=password]", PASSWORD)
        page.click("button.main")
        page.goto("/station?screen=1")
        yield page
        browser.close()
    assert said == []


def test_what_is_plugged_in_appears_moves_and_goes_by_itself(
    desk: Page, cable: Cable, tmp_path: Path
) -> None:
    expect(desk.get_by_text("没有插入记录仪")).to_be_visible()
    slow = make_recorder(tmp_path / "DSJ-0042", 30 * MB)
    quick = make_recorder(tmp_path / "DSJ-0043", 1000)
    began = time.monotonic()
    cable.plug("1-1", slow, speed=5 * MB, battery=61)
    cable.plug("1-2", quick)
    tile = desk.locator("#port-1-1")
    expect(tile).to_be_visible(timeout=4000)
    # The station knows it within 2 s; the page asks each second.
    assert time.monotonic() - began < 4
    expect(tile).to_contain_text("DSJ-0042")
    expect(tile.locator(".state")).to_have_text("采集中", timeout=10_000)
    expect(tile).to_contain_text("MB/s")
    expect(tile).to_contain_text("剩余")
    box = tile.bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) >= 200
    expect(desk.locator("#port-1-2 .state")).to_have_text("完成", timeout=20_000)
    # A tile that does not change is not put anew: who reads or touches it keeps it.
    desk.evaluate("document.querySelector('#port-1-2').mine = 'kept'")
    cable.pull("1-1")
    expect(tile.locator(".state")).to_have_text("已拔出", timeout=10_000)
    cable.plug("1-7", slow)
    expect(desk.locator("#port-1-7 .unplug")).to_be_visible(timeout=20_000)
    expect(tile).to_have_count(0)
    assert desk.evaluate("document.querySelector('#port-1-2').mine") == "kept"
    expect(desk.locator(".arrivals tbody tr")).to_have_count(3)
    cable.pull("1-2")
    expect(desk.locator("#port-1-2")).to_have_count(0, timeout=5000)
    wide = desk.evaluate(
        "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    )
    assert wide is False, "nothing is cut off at the side"


def test_a_board_that_stands_still_says_so(desk: Page, station: Child) -> None:
    expect(desk.locator("#desk-lost")).to_be_hidden()
    station.process.kill()
    station.process.wait()
    expect(desk.locator("#desk-lost")).to_be_visible(timeout=15_000)
