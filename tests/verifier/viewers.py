"""verify.html as a person sees it, in Chromium and in Firefox: opened from a folder, given a package, read off.

Holds: nothing is asked of the page that a person could not do, but for `evaluate`, with which parts are tried alone.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from playwright.sync_api import Browser as PlaywrightBrowser
from playwright.sync_api import Page

from archive.package.page import verifier_page
from tests.marionette import firefox

CHROMIUM: Final = Path("/usr/bin/chromium")
FLAGS: Final = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_PATIENCE: Final = 60.0
_STATE: Final = """(() => {
  const rows = (selector, read) => [...document.querySelectorAll(selector)].map(read);
  return JSON.stringify({
    verdict: document.documentElement.dataset.verdict || "",
    headline: document.querySelector("#verdict").innerText,
    findings: rows("#findings li", (li) => [li.dataset.code, li.dataset.where, li.innerText]),
    steps: Object.fromEntries(rows("#steps li", (li) => [li.dataset.step, li.dataset.state])),
    clips: rows("#clips tbody tr", (tr) => tr.innerText),
    unchecked: document.querySelector("#unchecked").innerText,
  });
})()"""


class Browser(Protocol):
    """What is asked of a browser."""

    def open(self, address: str) -> None:
        """Go there."""

    def evaluate(self, expression: str) -> Any:
        """The value of an expression in the page."""

    def choose(self, selector: str, path: Path) -> None:
        """Put a file into a file input."""


class Chromium:
    """Debian's Chromium."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.said: list[str] = []
        self.asked: list[str] = []
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("console", lambda m: self.said.append(m.text) if m.type == "error" else None)
        page.on("request", lambda request: self.asked.append(request.url))

    def open(self, address: str) -> None:
        """Go there."""
        self.page.goto(address)

    def evaluate(self, expression: str) -> Any:
        """The value of an expression in the page."""
        return self.page.evaluate(expression)

    def choose(self, selector: str, path: Path) -> None:
        """Put a file into a file input."""
        self.page.set_input_files(selector, path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the page shows when it is done."""

    verdict: str
    headline: str
    findings: tuple[tuple[str, str, str], ...]  # code, where, all words
    steps: dict[str, str]
    clips: tuple[str, ...]
    unchecked: str

    def names(self, path: str) -> bool:
        """Is this file named as wrong?"""
        return any(where == path or path in words for _, where, words in self.findings)

    def has(self, code: str, where: str) -> bool:
        """Is this finding among them?"""
        return any((code, where) == finding[:2] for finding in self.findings)

    @property
    def codes(self) -> set[str]:
        """All codes."""
        return {code for code, _, _ in self.findings}


class Viewer:
    """Somebody with verify.html in front of them."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.browser = browser
        self.address = address
        browser.open(address)

    def evaluate(self, expression: str) -> Any:
        """The value of an expression in the page."""
        return self.browser.evaluate(expression)

    def check(self, package: Path) -> Seen:
        """Choose a zip and wait for the verdict."""
        self.evaluate("void document.documentElement.removeAttribute('data-verdict')")
        self.browser.choose("#zip", package)
        return self.wait()

    def wait(self) -> Seen:
        """Until there is a verdict."""
        until = time.monotonic() + _PATIENCE
        while not (state := json.loads(self.evaluate(_STATE)))["verdict"]:
            assert time.monotonic() < until, "the page came to no verdict"
            time.sleep(0.02)
        return Seen(
            verdict=state["verdict"],
            headline=state["headline"],
            findings=tuple((code, where, words) for code, where, words in state["findings"]),
            steps=state["steps"],
            clips=tuple(state["clips"]),
            unchecked=state["unchecked"],
        )


@contextmanager
def in_firefox(folder: Path) -> Iterator[Viewer]:
    """verify.html in a Firefox of its own."""
    page = folder / "verify.html"
    page.write_bytes(verifier_page())
    with firefox(folder) as session:
        yield Viewer(session, page.as_uri())


@contextmanager
def in_chromium(
    started: PlaywrightBrowser, folder: Path, locale: str = "zh-CN"
) -> Iterator[Viewer]:
    """verify.html in a window of its own; what it complains of or fetches fails the test."""
    page = folder / "verify.html"
    page.write_bytes(verifier_page())
    window = started.new_context(locale=locale, viewport={"width": 1100, "height": 900})
    chromium = Chromium(window.new_page())
    yield Viewer(chromium, page.as_uri())
    window.close()
    assert chromium.said == [], "the page complains of nothing"
    assert all(url.startswith(("file:", "blob:")) for url in chromium.asked), "nothing is fetched"
