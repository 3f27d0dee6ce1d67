"""The Prefect server goes away, its worker goes, runs come twice or in another order: nothing is lost, nothing twice.

A short seeded part here; `make test-faults ONLY=prefect` runs the same with many seeds (tests/fault/lab).
"""

from __future__ import annotations

import os
import random
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from archive.opening import open_archive
from flows import stages
from flows.children import Runner, Server
from flows.desk import Desk
from tests.fault.lab.promises import Promises, audited
from tests.fault.lab.runs import Lab
from tests.flows.away import Hands, Lent, Secured, Waiting, ended_well, kill, stages_said
from tests.flows.footage import PrefectApi, dock_into, make_archive, make_recorder, wait_until
from tests.flows.wire import Deed, When, Wire

pytestmark = pytest.mark.slow
QUESTIONS = 10  # that a runner asks for one flow run, the first time; later ones one less
SOON = 50.0  # seconds until the station does by itself what Prefect does not answer about
LATER = 240.0  # seconds for a docking to be done and shown, whatever happened


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Secured:
    folder = tmp_path_factory.mktemp("secured")
    recorder = make_recorder(folder / "recorder", small=2)
    root = make_archive(folder / "archive")
    docking = dock_into(root, recorder)
    sources = {path.name: path.read_bytes() for path in recorder.iterdir()}
    return Secured(root=root, recorder=recorder, docking=docking, sources=sources)


@pytest.fixture(scope="module")
def wire(server: Server) -> Iterator[Wire]:
    wire = Wire(server.address.port)
    yield wire
    wire.close()


@pytest.fixture(scope="module")
def hands(server: Server) -> Iterator[Hands]:
    """Two runners that know nothing of each other."""
    runners = [Runner(server.address, threading.Event()) for _ in range(2)]
    hands = Hands([ThreadPoolExecutor(1) for _ in runners], runners)
    yield hands
    hands.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What a run needs. Each begins with a copy of the same archive, whose docking nobody worked at."""

    lab: Lab
    server: Server
    wire: Wire
    secured: Secured
    folder: Path

    def begin(self, name: str) -> tuple[Secured, Promises]:
        """A copy; the server is up."""
        work = self.secured.copy(self.folder / name)
        wait_until(lambda: self.server.up, 60)
        self.wire.expect(None)
        return work, work.promises()

    @contextmanager
    def desk(self, work: Secured) -> Iterator[Waiting]:
        """A station's desk at the end of the wire, for whom the docking waits."""
        waiting = Waiting(work.root, [work.docking])
        server, told = Lent(self.server, self.wire), waiting.board.orchestrated
        with (
            open_archive(work.root, write=True) as archive,
            Desk(archive, waiting.rows(), server, told=told),
        ):
            yield waiting

    def settled(self, work: Secured, promises: Promises) -> None:
        """What holds after every run."""
        promises.check()
        work.check_done_once()
        api = PrefectApi(self.server.address.home)
        wait_until(lambda: ended_well(api, work), 60)
        promises.settle(work.recorder)


@pytest.fixture
def scene(lab: Lab, server: Server, wire: Wire, secured: Secured, memory_path: Path) -> Scene:
    return Scene(lab=lab, server=server, wire=wire, secured=secured, folder=memory_path)


def test_a_server_killed_at_any_question_of_a_flow_loses_nothing_and_does_nothing_twice(
    scene: Scene,
) -> None:
    # In the short part it took the question that says that the flow runs.
    points: dict[When, list[int]] = {"after": [5]}
    if scene.lab.long:
        points = {"before": drawn(scene.lab, 7), "after": drawn(scene.lab, 7)}
    for moment, places in points.items():
        how = f"SIGKILL {moment} it took one of the questions of a run; it is started again"
        with scene.lab.row(area="prefect", fault="the Prefect server dies", how=how) as row:
            for at in places:
                killed_at(scene, at, moment)
                row.saw("done once, and shown when the server was back")


def drawn(lab: Lab, count: int) -> list[int]:
    """So many of a run's questions."""
    draw = random.Random(lab.seed)  # noqa: S311 - it has to be the same again
    return sorted(draw.sample(range(QUESTIONS - 1), count))


def killed_at(scene: Scene, at: int, moment: When) -> None:
    work, promises = scene.begin(f"{moment}{at}")
    server, generation = scene.server, scene.server.generation
    scene.wire.expect(Deed(at=at, when=moment, do=lambda: kill(server)))
    with scene.desk(work) as waiting:
        wait_until(lambda: server.generation > generation, LATER)
        wait_until(lambda: not waiting.dockings, LATER)
    scene.settled(work, promises)


def test_a_server_that_stays_away_holds_nothing_up_and_shows_it_when_it_is_back(
    scene: Scene,
) -> None:
    how = "its address refuses, from one of a run's questions on, until the work is done"
    with scene.lab.row(area="prefect", fault="the Prefect server stays away", how=how) as row:
        # -1: it was not there to begin with.
        for at in [-1, *(drawn(scene.lab, 7) if scene.lab.long else ())]:
            away_from(scene, at)
            row.saw("done once without it, and shown when it was back")


def away_from(scene: Scene, at: int) -> None:
    work, promises = scene.begin(f"cut{at}")
    scene.wire.expect(Deed(at=at, when="before", do=scene.wire.cut_all))
    if at < 0:
        scene.wire.cut_all()
    with capture_logs() as logs, scene.desk(work) as waiting:
        wait_until(lambda: said(logs, "worked without prefect", work.docking), SOON)
        work.check_done_once()
        assert waiting.dockings == [work.docking], "it is still to be shown"
        wait_until(lambda: waiting.shows(up=False, waiting=1), 10)
        scene.wire.expect(None)
        wait_until(lambda: not waiting.dockings, LATER)
        wait_until(lambda: waiting.shows(up=True, waiting=0), 10)
    scene.settled(work, promises)


def test_a_worker_killed_at_any_stage_is_gone_on_with(scene: Scene) -> None:
    how = "SIGKILL at a question to the server, or when the ledger says a stage"
    with scene.lab.row(area="prefect", fault="the flow runner dies", how=how) as row:
        for seed in scene.lab.seeds(short=1, long=16):
            killed = worker_killed(scene, seed)
            row.saw(
                "the next runner did what was left, once"
                if killed
                else "it had ended: nothing was left"
            )


def worker_killed(scene: Scene, seed: int) -> bool:
    work, promises = scene.begin(f"worker{seed}")
    draw = random.Random(seed)  # noqa: S311 - it has to be the same again
    stage = draw.choice([None, "clip.verified", "clip.examined", "rendition.made"])
    count = draw.randrange(1, QUESTIONS)
    with scene.desk(work) as waiting:
        if stage is None:
            wait_until(lambda: len(scene.wire.questions) >= count, 60)
        else:
            wait_until(lambda: has_said(work.root, stage), 60)
        killed = kill_runner(scene.wire)
        wait_until(lambda: not waiting.dockings, LATER)
    scene.settled(work, promises)
    return killed


def test_runs_that_come_twice_or_in_another_order_do_nothing_twice(
    scene: Scene, hands: Hands
) -> None:
    how = "two runners are given the same flows at once, each in an order of its own, then again"
    with scene.lab.row(area="prefect", fault="runs are duplicated and re-ordered", how=how) as row:
        for seed in scene.lab.seeds(short=1, long=16):
            twice(scene, hands, seed)
            row.saw("each stage was done once")


def twice(scene: Scene, hands: Hands, seed: int) -> None:
    work, promises = scene.begin(f"order{seed}")
    draw = random.Random(seed)  # noqa: S311 - it has to be the same again
    derive = {"do": "derive", "root": work.request()["root"]}
    for requests in ([work.request(), derive], [derive, work.request()]):
        asked = []
        for hand in range(2):
            asked += [hands.ask(hand, r) for r in draw.sample(requests, 2)]
        assert [a.result()["end"] for a in asked] == ["completed"] * len(asked)
    promises.check()
    work.check_done_once()
    promises.settle(work.recorder)


def test_a_stage_that_three_ask_for_at_once_is_done_once(
    lab: Lab, secured: Secured, memory_path: Path
) -> None:
    how = "three threads, each with the archive open, begin the same stage at one barrier"
    with lab.row(area="prefect", fault="a stage is asked for by several", how=how) as row:
        for seed in lab.seeds(short=1, long=40):
            work = secured.copy(memory_path / f"stage{seed}")
            draw = random.Random(seed)  # noqa: S311 - it has to be the same again
            for stage in draw.sample(["read_back", "examine", "finish"], 3):
                at_once(work, stage)
            work.check_done_once()
            assert audited(work.root).ok
            row.saw("it was done once")


def at_once(work: Secured, stage: str) -> None:
    """Three begin a stage together."""
    barrier = threading.Barrier(3)
    with open_archive(work.root, write=False) as archive:
        clips = [r.clip for r in archive.catalogue.docking_clips(work.docking) if r.clip]
    deeds: dict[str, Callable[[Any], object]] = {
        "read_back": lambda archive: stages.read_back(archive, work.docking),
        "examine": lambda archive: stages.examine_batch(archive, clips),
        "finish": lambda archive: stages.finish(archive, work.docking),
    }

    def begin() -> None:
        with open_archive(work.root, write=True) as archive:
            barrier.wait()
            deeds[stage](archive)

    with ThreadPoolExecutor(3) as pool:
        for future in [pool.submit(begin) for _ in range(3)]:
            future.result()


def said(logs: list[Any], event: str, docking: str) -> bool:
    return any(log["event"] == event and log.get("docking") == docking for log in logs)


def has_said(root: Path, type_: str) -> bool:
    return any(said_type == type_ for said_type, _, _ in stages_said(root))


def kill_runner(wire: Wire) -> bool:
    """SIGKILL for the runner at the end of the wire; False: none is there."""
    for path in Path("/proc").glob("[0-9]*"):
        try:
            words = (path / "cmdline").read_bytes().split(b"\0")
            environment = (path / "environ").read_bytes()
        except OSError:
            continue  # it ended while we looked
        if b"flows.runner" in words and f":{wire.port}/api".encode() in environment:
            os.kill(int(path.name), signal.SIGKILL)
            return True
    return False
