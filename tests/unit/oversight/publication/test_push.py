"""The feed reaches the upper platform whole and in order, whatever the platform does meanwhile."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from archive.ids import new_id
from oversight.publication import site, steps
from oversight.publication.errors import PlatformError
from oversight.publication.push import STATE, push, standing
from tests.unit.oversight.publication.press import HEAD, Press

Answer = tuple[int, bytes]


class Platform:
    """An upper platform that counts what it takes; `instead` answers in its place."""

    def __init__(self) -> None:
        self.items: dict[int, dict[str, Any]] = {}
        self.twice = 0
        self.asked = 0
        self.instead: Callable[[int], Answer | None] = lambda _: None
        platform = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                status, said = platform.take(json.loads(self.rfile.read(length)))
                self.send_response(status)
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        serve = self.server.serve_forever
        threading.Thread(target=serve, args=(0.01,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/feed"

    def take(self, sent: dict[str, Any]) -> Answer:
        """What is new is taken, in order."""
        self.asked += 1
        before = self.instead(self.asked)
        if before is not None and before[0] != 200:
            return before  # away: it took nothing
        for each in sent["items"]:
            number = each["item"]["number"]
            if number in self.items:
                self.twice += 1
            elif number == len(self.items) + 1:
                self.items[number] = each["item"]
        return before or (200, json.dumps({"acknowledged": len(self.items)}).encode())

    def shown(self) -> set[str]:
        """Publications that its readers see."""
        found: set[str] = set()
        for number in sorted(self.items):
            item = self.items[number]
            if item["step"] == "published" and item["ended_by"] is None:
                found.add(item["publication"])
            else:
                found.discard(item["publication"])
        return found


@pytest.fixture
def platform() -> Iterator[Platform]:
    """One for each test."""
    found = Platform()
    yield found
    found.server.shutdown()
    found.server.server_close()


def _public(press: Press) -> str:
    row = press.published(press.case())
    site.write(press.archive)
    return row.id


def test_r15_is_kept_by_pushing_everything_once_and_having_it_acknowledged(
    press: Press, platform: Platform
) -> None:
    ids = {_public(press), _public(press)}
    told = push(press.archive, platform.url)
    assert told.acknowledged == told.length == len(platform.items)
    assert ids <= platform.shown()
    push(press.archive, platform.url)
    assert (platform.asked, platform.twice) == (1, 0)


@pytest.mark.parametrize(
    "nonsense",
    [
        (503, b""),
        (301, b""),
        (200, b""),
        (200, b"<html>"),
        (200, b"[]"),
        (200, b'{"acknowledged": true}'),
        (200, b'{"acknowledged": "1"}'),
        (200, b'{"acknowledged": 99999}'),
        (200, b'{"acknowledged": -1}'),
        (200, b'{"acknowledged": 0}'),
        (200, b"[" * 60_000),
        (200, b" " * 70_000),
    ],
)
def test_r15_is_broken_by_nonsense_which_loses_nothing_and_the_next_push_goes_on(
    press: Press, platform: Platform, nonsense: Answer
) -> None:
    id_ = _public(press)
    platform.instead = lambda _: nonsense
    with pytest.raises(PlatformError):
        push(press.archive, platform.url)
    told = standing(press.archive, platform.url)
    assert (told.acknowledged, told.failures) == (0, 1)
    platform.instead = lambda _: None
    assert push(press.archive, platform.url).acknowledged == len(platform.items)
    assert id_ in platform.shown()
    assert standing(press.archive, platform.url).failures == 0


def test_a_platform_that_is_away_for_a_week_is_asked_ever_less_often(press: Press) -> None:
    away = "http://127.0.0.1:9/feed"
    _public(press)
    now = datetime.now(UTC)
    for _ in range(3):
        with pytest.raises(PlatformError):
            push(press.archive, away)
    told = standing(press.archive, away)
    assert told.failures == 3
    assert not told.is_due(now + timedelta(seconds=200))
    assert told.is_due(now + timedelta(seconds=260))
    assert told.is_due(now + timedelta(days=7))


def test_r13_what_is_revoked_while_it_is_pushed_is_withdrawn_in_the_feed(
    press: Press, platform: Platform
) -> None:
    id_ = _public(press)

    def meanwhile(asked: int) -> Answer | None:
        if asked == 1:
            steps.withdraw(press.archive, id_, actor=HEAD, why="revoked", reason="复议撤销")
            site.write(press.archive)
        return None

    platform.instead = meanwhile
    push(press.archive, platform.url)
    assert id_ not in platform.shown()
    assert platform.asked == 2
    later = _public(press)
    steps.withdraw(press.archive, later, actor=HEAD, why="error", reason="有误")
    site.write(press.archive)
    push(press.archive, platform.url)
    assert all(i["record"] is None for i in platform.items.values() if i["publication"] == later)


def test_a_platform_put_back_from_a_copy_gets_the_rest_again(
    press: Press, platform: Platform
) -> None:
    _public(press)
    whole = push(press.archive, platform.url).acknowledged
    del platform.items[whole]
    _public(press)
    assert push(press.archive, platform.url).acknowledged == whole + 1 == len(platform.items)


def test_what_is_known_of_a_platform_may_be_lost(press: Press, platform: Platform) -> None:
    _public(press)
    push(press.archive, platform.url)
    (press.archive.root / STATE).unlink()
    assert push(press.archive, platform.url).acknowledged == len(platform.items)
    assert platform.twice == len(platform.items)


def test_the_feed_goes_over_the_network_by_https_only(press: Press) -> None:
    _public(press)
    with pytest.raises(PlatformError, match="https"):
        push(press.archive, f"http://platform-{new_id('clip')}.test/feed")
