"""The main pages in Firefox ESR: sign in, find, open, play, and no page that complains."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from tests.e2e.station import CASE, PASSWORD, USER
from tests.marionette import FIREFOX, Firefox, firefox

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not FIREFOX.exists(), reason="no Firefox here: install the Debian package `firefox-esr`"
    ),
]
_PATIENCE = 30.0


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory, address: str) -> Iterator[Firefox]:
    """Firefox, in which the supervisor signed in as people do."""
    with firefox(tmp_path_factory.mktemp("firefox")) as session:
        session.open(f"{address}/sign-in")
        for name, text in (("user", USER), ("password", PASSWORD)):
            session.value(
                f"void (document.querySelector('input[name={name}]').value = {json.dumps(text)})"
            )
        session.value("void document.querySelector('button.main').click()")
        until(session, "document.querySelector('#search') !== null")
        yield session


def until(session: Firefox, expression: str) -> None:
    """Wait until it is true in the page."""
    end = time.monotonic() + _PATIENCE
    while not session.value(expression):
        assert time.monotonic() < end, expression
        time.sleep(0.1)


def test_a_case_number_that_is_typed_finds_its_clips(window: Firefox, address: str) -> None:
    window.open(f"{address}/")
    box = "document.querySelector('input[name=q]')"
    window.value(f"void ({box}.value = {json.dumps(CASE)})")
    window.value(f"void {box}.form.requestSubmit()")
    until(window, "document.querySelectorAll('a[href^=\"/clips/\"]').length > 0")


def test_a_film_plays(window: Firefox, address: str, pages: dict[str, str]) -> None:
    window.open(f"{address}{pages[f'{USER} watch']}")
    until(window, "document.querySelector('#film') !== null")
    window.value(
        "void ((film) => { film.muted = true; film.play().catch(() => {}); })(document.querySelector('#film'))"
    )
    # A Firefox without the system's decoders says so by the film's own error (MEDIA_ERR_SRC_NOT_SUPPORTED, 4).
    film = "document.querySelector('#film')"
    until(window, f"{film}.currentTime > 0.5 || ({film}.error && {film}.error.code === 4)")


def test_every_page_of_a_supervisor_opens_in_chinese(
    window: Firefox, address: str, pages: dict[str, str]
) -> None:
    for key, path in pages.items():
        if not key.startswith(USER) or key.endswith(" error"):
            continue
        window.open(address + path)
        assert window.value("document.documentElement.lang").startswith("zh"), key
        assert window.value("document.querySelector('h1') !== null"), key
        wide = window.value("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, (key, wide)
