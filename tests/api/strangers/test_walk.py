"""Every route, every role: the whole table of who gets what, and no route beside it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.api.strangers.walking import STRANGER, WHO, addresses, ask, routes, table
from tests.api.world import World, make_world

# Answered by bytes for as long as somebody listens: tests/api/live asks for it.
ENDLESS = ("GET", "/api/v1/station/events")
SAFE = {"GET", "HEAD"}


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world of its own: a walk signs out and disables."""
    made = make_world(tmp_path_factory.mktemp("walk") / "root")
    yield made
    made.close()


def test_the_table_names_every_route_and_no_other(walked: World) -> None:
    assert set(table()) | {ENDLESS} == set(routes(walked))


@pytest.mark.slow
def test_every_role_gets_from_every_route_what_the_table_says(walked: World) -> None:
    names, wrong = addresses(walked), []
    for method, path in routes(walked):
        if (method, path) == ENDLESS:
            continue
        for who, status in zip(WHO, table()[method, path], strict=True):
            found = ask(walked, who, method, path, names)
            if found != status:
                wrong.append(f"{method} {path}: {who} got {found}, not {status}")
    assert not wrong, "\n".join(wrong)


def test_whoever_may_not_is_never_told_by_the_table_that_they_may() -> None:
    rows = table()
    administrator, stranger = WHO.index("root"), WHO.index(STRANGER)
    footage = ("original", "renditions", "stills", "watermark", "custody", "cases", "together")
    for (method, path), statuses in rows.items():
        if any(word in path for word in footage) and "/integrity" not in path:
            assert statuses[administrator] in {303, 403, 404}, (method, path)
        if path.startswith(("/api/v1/clips", "/clips", "/cases", "/requests", "/packages")):
            assert statuses[stranger] == 401, (method, path)


def test_a_change_by_cookie_from_another_page_is_refused_on_every_route(walked: World) -> None:
    signing_in = {("POST", "/sign-in"), ("POST", "/api/v1/session")}  # read before; test_session.py
    for method, path in set(routes(walked)) - signing_in:
        if method in SAFE:
            continue
        browser = walked.browser("chief")
        origins: tuple[dict[str, str], ...] = (
            {"Origin": "http://evil.test"},
            {"Origin": "null"},
            {},
        )
        for origin in origins:
            answer = browser.request(method, path, headers=origin | {"Accept": "*/*"})
            assert answer.status_code == 403, (method, path, origin, answer.status_code)
