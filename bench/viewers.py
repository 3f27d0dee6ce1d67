"""Two hundred people who watch at once, and the first picture after a click, in a real browser.

A viewer plays 8 Mbit/s out of one long answer, as players do: from when it has a second in hand, and with a few seconds
read ahead. It stalls where the next byte is not there. Every viewer is a sign-in of its own, so that each one's view is
an entry; all two hundred click at once. The load and the service share the machine.
"""

from __future__ import annotations

import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from api.identity.accounts import Accounts
from archive.opening import open_archive
from bench.commands import muniment, need_command, new_archive
from bench.data import clear, need_room
from bench.harness import BenchError, NotRunError, Options, Report, percentile
from bench.serving import SignedIn, served
from bench.surveying import make_clip

if TYPE_CHECKING:
    from playwright.sync_api import Page

VIEWERS: Final = 200
_RATE: Final = 1_000_000  # bytes a second: 8 Mbit/s
_START: Final = _RATE  # a second in hand before a player shows anything, and again after a stall
_AHEAD: Final = 4 * _RATE  # as far as one reads; browsers read farther (Chromium: ten seconds)
_TURN: Final = 0.02
_CHROMIUM: Final = Path("/usr/bin/chromium")
_FLAGS: Final = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
# Notes when the first frame and the poster are there, on the clock that the click is noted by too.
_WATCH: Final = """
window.addEventListener('loadeddata', () => {
  window.firstFrame = performance.timeOrigin + performance.now();
}, true);
"""
_SEEN: Final = """() => {
  const poster = performance.getEntriesByType('resource').find((e) => e.name.endsWith('/renditions/poster'));
  if (!window.firstFrame || !poster || !poster.responseEnd) return 0;
  return Math.max(window.firstFrame, performance.timeOrigin + poster.responseEnd);
}"""


@dataclass(slots=True, kw_only=True)
class _Viewer:
    """A player: it begins with a second in hand, keeps a few ahead, and stalls when it has none."""

    connection: socket.socket
    clicked: float
    taken: int = 0
    played: float = 0.0  # bytes that ran before somebody's eyes
    begun: float | None = None  # when the first picture ran
    seen: float = 0.0  # when the player was looked at last
    stalls: list[float] = field(default_factory=list)  # seconds of each
    stalled: float | None = None  # since when it stands

    def take(self, now: float, scratch: memoryview) -> None:
        """Play what ran since, then take what there is room for."""
        self._play(now)
        wanted = int(self.played) + _AHEAD - self.taken
        if wanted > 0:
            try:
                got = self.connection.recv_into(scratch, min(wanted, len(scratch)))
            except BlockingIOError:
                got = -1
            if got == 0:
                raise BenchError("a viewer's connection ended")
            self.taken += max(got, 0)

    def end(self, now: float) -> None:
        """Who stands still at the end has stalled as well."""
        self._play(now)
        if self.stalled is not None:
            self.stalls.append(now - self.stalled)

    def _play(self, now: float) -> None:
        if self.begun is None or self.stalled is not None:
            if self.taken - self.played < _START:
                return
            if self.stalled is not None:
                self.stalls.append(now - self.stalled)
                self.stalled = None
            self.begun = self.begun or now
            self.seen = now
            return
        self.played += (now - self.seen) * _RATE
        self.seen = now
        if self.played > self.taken:
            self.played = float(self.taken)
            self.stalled = now


def bench_viewers(options: Options) -> Report:
    """Viewers of one clip for twelve seconds: how long each waited for the film to begin, and each stall."""
    report = Report()
    need_command(options.folder)
    need_room(options.folder, 400_000_000)
    seconds = 4.0 if options.quick else 12.0
    root, clip_id = _docked(options, derived=False)
    with served(root) as service:
        before = _views(root)
        found = _watched(root, service, clip_id, seconds)
    views, shown = _views(root) - before, sum(viewer.taken > 0 for viewer in found)
    clear(root)
    if views < shown:
        raise BenchError(f"{shown} viewers got bytes, and {views} views are in the ledger")
    stalls = [one for viewer in found for one in viewer.stalls]
    waited = [viewer.begun - viewer.clicked for viewer in found if viewer.begun is not None]
    if len(waited) < len(found):
        raise BenchError(f"{len(found) - len(waited)} viewers never saw a picture")
    report.add("viewers-200-stalls", len(stalls), "stalls", most=0)
    report.add("viewers-200-longest-stall", max(stalls, default=0.0), "s")
    report.add("viewers-200-begin-p50", percentile(waited, 50), "s")
    report.add("viewers-200-begin-slowest", max(waited), "s")
    return report


def bench_first_picture(options: Options) -> Report:
    """From the click on a clip in a list to its page, its poster and its first frame."""
    report = Report()
    need_command(options.folder)
    need_room(options.folder, 400_000_000)
    if not _CHROMIUM.exists():
        raise NotRunError("no Chromium")
    root, clip_id = _docked(options, derived=True)
    with served(root) as service:
        took = _clicked(service, clip_id, 3 if options.quick else 15)
    clear(root)
    report.add("first-picture-p50", percentile(took, 50), "s", most=0.5)
    report.add("first-picture-slowest", max(took), "s")
    return report


def _docked(options: Options, *, derived: bool) -> tuple[Path, str]:
    folder = options.folder
    card, root = folder / "card", folder / "archive"
    clear(card)
    card.mkdir()
    clip = make_clip(folder, seconds=6 if options.quick else 60, name="viewed.mp4")
    (card / clip.name).hardlink_to(clip)
    new_archive(folder, root, "--unit", "bench unit")
    more = () if derived else ("--no-derive",)
    docked = muniment(folder, root, "dock", card, *more, speaks_json=True).output["clips"][0]
    if derived:
        muniment(folder, root, "derive")
    clear(card)
    return root, str(docked["clip"])


def _watched(root: Path, service: SignedIn, clip: str, seconds: float) -> list[_Viewer]:
    accounts = Accounts(root / "accounts.db")
    account = accounts.by_name("bench")
    tokens = [accounts.open_session(account, address="127.0.0.1")[0] for _ in range(VIEWERS)]
    accounts.close()
    viewers = [_begin(service.port, clip, token) for token in tokens]
    scratch = memoryview(bytearray(1 << 18))
    try:
        end = time.perf_counter() + seconds
        while (now := time.perf_counter()) < end:
            for viewer in viewers:
                viewer.take(time.perf_counter(), scratch)
            time.sleep(max(0.0, now + _TURN - time.perf_counter()))
        for viewer in viewers:
            viewer.end(end)
    finally:
        for viewer in viewers:
            viewer.connection.close()
    return viewers


def _begin(port: int, clip: str, token: str) -> _Viewer:
    connection = socket.create_connection(("127.0.0.1", port), timeout=30)
    clicked = time.perf_counter()
    connection.sendall(
        f"GET /api/v1/clips/{clip}/original HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        f"Range: bytes=0-\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
    )
    connection.setblocking(False)
    return _Viewer(connection=connection, clicked=clicked)


def _views(root: Path) -> int:
    with open_archive(root, write=False) as archive:
        return sum(entry.type == "clip.viewed" for entry in archive.reader.entries())


def _clicked(service: SignedIn, clip: str, turns: int) -> list[float]:
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError as e:
        raise NotRunError("playwright is not installed") from e
    address, took = f"http://127.0.0.1:{service.port}", []
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=str(_CHROMIUM), args=[*_FLAGS])
            context = browser.new_context(base_url=address)
            cookie = {"name": "muniment_session", "value": service.token, "url": address}
            context.add_cookies([cookie])  # type: ignore[list-item]  # a TypedDict of theirs
            context.add_init_script(_WATCH)
            page = context.new_page()
            for _ in range(turns + 1):
                page.goto("/?kind=video")
                link = page.locator(f"a.open[href='/clips/{clip}']")
                link.wait_for()
                clicked = page.evaluate("performance.timeOrigin + performance.now()")
                link.click(no_wait_after=True)
                page.wait_for_url(f"**/clips/{clip}", wait_until="commit")
                took.append((_until_seen(page) - clicked) / 1000)
            browser.close()
    except (Error, subprocess.SubprocessError) as e:
        raise NotRunError(f"no browser: {e}") from e
    return took[1:]  # the first one starts the browser's own parts


def _until_seen(page: Page) -> float:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if seen := page.evaluate(_SEEN):
            return float(seen)
        time.sleep(0.02)
    raise BenchError("no first picture")
