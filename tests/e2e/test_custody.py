"""The custody page in a real browser: every entry checked there, and a single changed byte turns its row red."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, Literal

import pytest
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from archive.opening import open_archive
from tests.api.world import CASE, PASSWORD, World, _clip, make_world
from tests.e2e.test_review import CHROMIUM, FLAGS

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not CHROMIUM.exists(), reason="no Chromium here: install the Debian package `chromium`"
    ),
]
SCHEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
Change = Callable[[dict[str, Any]], None]


class Place:
    """A served archive, and what is in it."""

    def __init__(self, address: str, world: World, root: Path) -> None:
        self.address, self.world, self.ids, self.root = address, world, world.ids, root
        self.vkey = world.archive.reader.vkey().strip()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The API tests' archive with some views in it, served by a process of its own."""
    root = tmp_path_factory.mktemp("custody") / "root"
    world = make_world(root)
    for user in ("chief", "wang", "chief", "wang"):
        world.client(user).get(world.clip("first") + "/original")
    world.close()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.e2e.station", str(root)],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    yield Place(process.stdout.readline().strip().rstrip("/"), world, root)
    process.terminate()
    assert process.wait(20) == 0
    process.stdout.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield started
        started.close()


def open_page(browser: Browser, place: Place, user: str, **options: Any) -> Page:
    """Somebody signed in, in a window of their own."""
    context = browser.new_context(
        base_url=place.address, **({"locale": "zh-CN"} | options), reduced_motion="reduce"
    )
    page = context.new_page()
    page.goto("/sign-in")
    page.fill("input[name=user]", user)
    page.fill("input[name=password]", PASSWORD)
    page.click("button.main")
    page.wait_for_selector("#search")
    return page


@pytest.fixture(scope="module")
def chief(browser: Browser, place: Place) -> Iterator[Page]:
    page = open_page(browser, place, "chief")
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))
    yield page
    page.context.close()
    assert said == []


@pytest.fixture
def page(chief: Page, place: Place) -> Iterator[Page]:
    """The first clip's custody page."""
    chief.goto(f"/clips/{place.ids['first']}/custody")
    yield chief
    chief.unroute_all()


def changed(page: Page, change: Change) -> None:
    """Change what the server answers on its way."""

    def altered(route: Route) -> None:
        document = route.fetch().json()
        change(document)
        route.fulfill(content_type="application/json", body=json.dumps(document))

    page.route("**/evidence?*", altered)


def rows(page: Page, state: str) -> list[str]:
    found: list[str] = page.locator(f'.entry[data-state="{state}"]').evaluate_all(
        "e => e.map(row => row.dataset.entry)"
    )
    return found


def test_every_entry_and_the_original_are_checked_in_the_browser(page: Page, place: Place) -> None:
    every = page.locator(".entry").count()
    assert every >= 8
    page.click("#verify")
    expect(page.locator("#verdict.good")).to_contain_text("全部成立")
    expect(page.locator("#verdict.good")).to_contain_text("签名者未经核对")
    assert len(rows(page, "good")) == every
    page.click("#verify-original")
    expect(page.locator("#original-said.good")).to_contain_text("SHA-256 与入库记录一致")
    page.locator("details:has(#pin) > summary").click()
    page.fill("#pin", place.vkey)
    page.click("#verify")
    expect(page.locator("#verdict.good")).to_contain_text("与您填入的一致")


def flip_entry(document: dict[str, Any]) -> None:
    one = document["entries"][2]
    raw = base64.b64decode(one["entry"])
    at = raw.index(b'"time":"20') + 10
    one["entry"] = base64.b64encode(
        raw[:at] + (b"1" if raw[at : at + 1] != b"1" else b"2") + raw[at + 1 :]
    ).decode()


def flip_proof(document: dict[str, Any]) -> None:
    one = document["entries"][2]
    lines = one["proof"].split("\n")
    hash_ = bytearray(base64.b64decode(lines[2]))
    hash_[0] ^= 1
    lines[2] = base64.b64encode(bytes(hash_)).decode()
    one["proof"] = "\n".join(lines)


def flip_signature(document: dict[str, Any]) -> None:
    one = document["entries"][2]
    lines = one["proof"].rstrip("\n").split("\n")
    name, raw = lines[-1].rsplit(" ", 1)
    signature = bytearray(base64.b64decode(raw))
    signature[40] ^= 1
    lines[-1] = f"{name} {base64.b64encode(bytes(signature)).decode()}"
    one["proof"] = "\n".join(lines) + "\n"


def tear_form(document: dict[str, Any]) -> None:
    one = document["entries"][2]
    one["entry"] = base64.b64encode(base64.b64decode(one["entry"])[:-1]).decode()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (flip_entry, "记录或其证明被改动"),
        (flip_proof, "记录或其证明被改动"),
        (flip_signature, "没有本站密钥的有效签名"),
        (tear_form, "JSON"),
    ],
)
def test_one_changed_byte_turns_its_row_red_and_no_other(
    page: Page, change: Change, words: str
) -> None:
    third = page.locator(".entry").nth(2)
    changed(page, change)
    page.click("#verify")
    expect(page.locator("#verdict.bad")).to_contain_text("1 条记录不成立")
    expect(third.locator(".check")).to_contain_text(words)
    assert rows(page, "bad") == [third.get_attribute("data-entry")]


def test_an_entry_that_is_held_back_is_missed(page: Page) -> None:
    changed(page, lambda document: document["entries"].pop(2))
    page.click("#verify")
    expect(page.locator("#verdict.bad")).to_be_visible()
    red = rows(page, "bad")
    third = page.locator(".entry").nth(2).get_attribute("data-entry")
    fourth = page.locator(".entry").nth(3).get_attribute("data-entry")
    assert red == [third, fourth], "the one that is not there, and the one that cannot continue it"


def test_a_page_that_tells_another_story_than_the_entry_is_caught(page: Page) -> None:
    page.evaluate("document.querySelectorAll('.entry')[1].dataset.time = '2020-01-01T00:00:00Z'")
    page.locator(".entry").nth(1).locator("[data-verify]").click()
    expect(page.locator(".entry").nth(1).locator(".check")).to_contain_text("与记录不符")
    page.locator(".entry").nth(0).locator("[data-verify]").click()
    expect(page.locator(".entry").nth(0)).to_have_attribute("data-state", "good")


def test_an_original_of_other_bytes_is_not_taken_for_it(page: Page) -> None:
    def altered(route: Route) -> None:
        body = bytearray(route.fetch().body())
        body[100] ^= 1
        route.fulfill(content_type="video/mp4", body=bytes(body))

    page.route("**/original", altered)
    page.click("#verify-original")
    expect(page.locator("#original-said.bad")).to_contain_text("不符")


def test_a_key_from_elsewhere_that_is_none_is_told(page: Page) -> None:
    page.locator("details:has(#pin) > summary").click()
    page.fill("#pin", "not a key")
    page.click("#verify")
    expect(page.locator("#verdict.bad")).to_contain_text("不能使用")


def test_without_script_there_are_files_and_a_command(browser: Browser, place: Place) -> None:
    page = open_page(browser, place, "archivist", java_script_enabled=False, locale="en-GB")
    page.goto(f"/clips/{place.ids['first']}/custody")
    assert "muniment package" in page.locator("noscript pre").inner_text()
    link = page.locator(".entry a", has_text="bytes").first.get_attribute("href")
    assert link is not None
    assert page.locator("#verify").is_hidden()
    page.context.close()


def test_a_clip_that_arrives_late_appears_red_by_itself(chief: Page, place: Place) -> None:
    chief.goto("/station")
    expect(chief.locator("#live-state")).to_have_text("实时更新")
    before = chief.locator(".arrived > li").count()
    with open_archive(place.root, write=True) as archive:  # another process would do the same
        archive.catalogue.catch_up()
        place.world.archive = archive
        _clip(place.world, "late", officer="li", unit="North", recorder="T100", hour=9, late=True)
    row = chief.locator(f"#arrived-{place.ids['late']}")
    expect(row).to_be_visible(timeout=10_000)
    expect(row.locator(".badge.finding")).to_contain_text("迟到")
    assert chief.locator(".arrived > li").count() == before + 1
    row.locator(".what a").click()
    chief.wait_for_url(f"**/clips/{place.ids['late']}")


def test_an_archivist_makes_and_fetches_a_package_that_the_verifier_accepts(
    browser: Browser, place: Place, tmp_path: Path
) -> None:
    page = open_page(browser, place, "archivist")
    page.goto(f"/cases/{CASE}/custody")
    page.get_by_role("button", name="制作证据包").click()
    page.wait_for_url("**/packages")
    link = page.locator(".package.ready a.button.main")
    expect(link).to_be_visible(timeout=60_000)
    with page.expect_download() as coming:
        link.click()
    zipped = tmp_path / "package.zip"
    coming.value.save_as(zipped)
    with zipfile.ZipFile(zipped) as members:
        [script] = [name for name in members.namelist() if name.endswith("/verify.py")]
        (tmp_path / "verify.py").write_bytes(members.read(script))
    command = [sys.executable, str(tmp_path / "verify.py"), str(zipped)]
    checked = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert checked.returncode in {0, 3}, checked.stdout + checked.stderr
    picture(page, "packages-zh")
    page.goto("/packages?lang=en")
    picture(page, "packages-en")
    page.goto("/integrity/custody")
    page.click("#verify")
    expect(page.locator("#verdict.good")).to_be_visible()
    page.context.close()


def picture(page: Page, name: str) -> None:
    """Keep it where somebody asked for pictures."""
    keep = os.environ.get("MUNIMENT_TEST_SCREENSHOTS")
    if keep:
        page.screenshot(path=Path(keep) / f"custody-{name}.png", full_page=True)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("width", [820, 1280])
def test_the_page_fits_its_window(chief: Page, place: Place, width: int, lang: str) -> None:
    chief.set_viewport_size({"width": width, "height": 900})
    for name, path in (
        ("clip", f"/clips/{place.ids['first']}/custody"),
        ("case", f"/cases/{CASE}/custody"),
    ):
        chief.goto(f"{path}?lang={lang}")
        chief.click("#verify")
        expect(chief.locator("#verdict.good")).to_be_visible()
        assert chief.evaluate("document.documentElement.scrollWidth") <= width, name
        for fold in chief.locator("details.fold").all():
            assert fold.locator(".entry").count() >= 3
        pictures(chief, f"{name}-{lang}-{width}")
    for name in ("integrity", "station"):
        chief.goto(f"/{name}?lang={lang}")
        assert chief.evaluate("document.documentElement.scrollWidth") <= width, name
        pictures(chief, f"{name}-{lang}-{width}")
    chief.goto("/?lang=zh")


def pictures(page: Page, name: str) -> None:
    """Light and dark."""
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        picture(page, f"{name}-{scheme}")
    page.emulate_media(color_scheme="light")
