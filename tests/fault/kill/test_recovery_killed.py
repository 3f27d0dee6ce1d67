"""A kill, then the opening that takes in what it left is killed at each of its own calls, then once more.

Every writing command begins with this opening, so it is what a station does that loses its power again and again.
"""

from __future__ import annotations

import random
import shutil
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from tests.fault.kill.calls import Point, killed_at, points_of
from tests.fault.kill.operations import DOCK, Scene, new_scene, recover
from tests.fault.kill.spread import spread
from tests.fault.lab.runs import Lab

TORN = b'{"actor":"local-0","chain":{"count":1,"ind'


@dataclass(frozen=True, slots=True, kw_only=True)
class Twice:
    """One run: a docking that was killed, and two kills of the opening after it."""

    left: Scene
    first: Point
    second: Point
    after: bool
    number: int


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return new_scene(tmp_path_factory.mktemp("prepared") / "scene")


def left_by_kills(lab: Lab, prepared: Scene, memory: Path) -> list[Scene]:
    """What dockings left that were killed where objects have names and no entry names them yet, or had just one."""
    first = prepared.copy(memory / "dock")
    points = points_of(partial(DOCK.do, first), first.folder, below=[first.root])
    committed = [p for p in points if p.thread.called == "committer"]
    links = [n for n, p in enumerate(committed) if p.call == "linkat"]
    # From the first name of an object to the last interim name that goes.
    draw = random.Random(lab.seed)  # noqa: S311 - it has to be the same again
    within = committed[links[0] + 1 :]
    chosen = draw.sample(within, min(len(within), 6 if lab.long else 1))
    scenes = []
    for number, point in enumerate(chosen):
        scene = prepared.copy(memory / f"left-{number}")
        killed_at(point, partial(DOCK.do, scene), scene.folder, after=False)
        if number % 2 == 0:  # as a power cut leaves the end of the entries
            with next((scene.root / "ledger/entries").iterdir()).open("ab") as entries:
                entries.write(TORN)
        scenes.append(scene)
    return scenes


def kill_twice(memory: Path, run: Twice) -> str:
    scene = run.left.copy(memory / f"run-{run.number}")
    promises = scene.promises()
    promises.check()
    opening = partial(recover, scene)
    killed = 0
    for point in (run.first, run.second):
        killed += killed_at(point, opening, scene.folder, after=run.after).killed
        promises.check()
    promises.settle(scene.card)
    shutil.rmtree(scene.folder)
    return f"the opening was killed {('never', 'once', 'twice')[killed]}; every promise kept, nothing left over"


def test_an_opening_that_is_killed_at_any_call_and_killed_again_is_made_good_by_the_next(
    lab: Lab, prepared: Scene, memory_path: Path
) -> None:
    with lab.row(
        area="kill",
        fault="SIGKILL of a docking, then of the opening that takes in what it left, twice in a row",
        how="strace on the real calls: a third of the calls of the opening, drawn, then one of the next opening",
    ) as row:
        jobs: list[Twice] = []
        draw = random.Random(lab.seed)  # noqa: S311 - it has to be the same again
        for left in left_by_kills(lab, prepared, memory_path):
            whole = left.copy(memory_path / f"whole-{left.folder.name}")
            points = points_of(partial(recover, whole), whole.folder, below=[whole.root])
            assert len(points) > 10
            # Each call of the opening after one of three dockings.
            step = 3 if lab.long else 1
            for n in lab.sample(len(points), short=2)[len(jobs) % step :: step]:
                job = Twice(
                    left=left,
                    first=points[n],
                    second=draw.choice(points),
                    after=bool(n % 2),
                    number=len(jobs),
                )
                jobs.append(job)
        for sentence in spread(lab, partial(kill_twice, memory_path), jobs):
            row.saw(sentence)
