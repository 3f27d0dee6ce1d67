"""SIGKILL before and after each file-system call of each operation, by strace on the real calls, SQLite's included.

After each the archive keeps its promises, and one ordinary docking leaves nothing half made.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from archive.errors import MediumRefusedError
from archive.store.immutable import check
from archive.store.sealing.flags import unsealed
from tests.fault.kill.calls import Point, killed_at, points_of
from tests.fault.kill.operations import OPERATIONS, Operation, Scene, new_scene
from tests.fault.kill.spread import spread
from tests.fault.lab.runs import Lab

BEFORE = (
    "strace on the real calls: before each one that changes a file, a name or what is synced"
    " (of a row of the same call on the same file the first, and every fourth: which, the seed says)"
)
AFTER = "strace on the real calls: after each one whose next in the same thread is of another kind"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """One run."""

    point: Point
    after: bool
    number: int


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return new_scene(tmp_path_factory.mktemp("prepared") / "scene")


def kill_and_look(prepared: Scene, memory: Path, operation: Operation, kill: Kill) -> str:
    scene = prepared.copy(memory / f"{kill.number}-{'after' if kill.after else 'before'}")
    if not operation.immutable:
        sentence = kill_in(scene, operation, kill)
    else:
        before = set(unsealed(scene.root))  # a copy has no attributes
        scene.make_immutable()
        try:
            sentence = kill_in(scene, operation, kill)
            assert set(unsealed(scene.root)) <= before, "an object can be changed"
        finally:
            scene.set_free()
    shutil.rmtree(scene.folder)
    return sentence


def kill_in(scene: Scene, operation: Operation, kill: Kill) -> str:
    promises = scene.promises()
    do = partial(operation.do, scene)
    ended = killed_at(kill.point, do, scene.folder, after=kill.after)
    for document in ended.told:
        promises.acknowledged(document)
    promises.check()
    operation.look(scene, promises, ended.told)
    promises.settle(scene.card)
    if not ended.killed:
        return "it had ended before that call came; all well"
    when = "after its answer" if ended.told else "before its answer"
    return f"killed {when}; every promise kept, the next docking left nothing over"


def turns(points: list[Point]) -> Iterator[int]:
    """Where a thread's next call is of another kind; else "after" is what "before the next" is."""
    following: dict[object, str] = {}
    for n in range(len(points) - 1, -1, -1):
        point = points[n]
        if following.get(point.thread) != point.call:
            yield n
        following[point.thread] = point.call


def singled(points: list[Point], seed: int) -> Iterator[int]:
    """Not each of a hundred pages that a database writes one after the other."""
    for n, point in enumerate(points):
        if not point.repeats or (point.repeats + seed) % 4 == 0:
            yield n


def points_in(prepared: Scene, memory: Path, operation: Operation) -> list[Point]:
    """Where it can be killed."""
    operation.do(prepared.copy(memory / "first"), lambda _: None)  # what it imports, is there then
    scene = prepared.copy(memory / "whole")
    if operation.immutable:
        need_attributes(memory)
        scene.make_immutable()
    below = [scene.root, scene.card, scene.out.parent]
    points = points_of(partial(operation.do, scene), scene.folder, below=below)
    if operation.immutable:
        scene.set_free()
    assert len(points) > 10
    return points[int(len(points) * operation.known) :]


def need_attributes(folder: Path) -> None:
    try:
        check(folder)
    except MediumRefusedError as e:
        pytest.skip(f"files cannot be made immutable: {e}")


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_every_promise_holds_when_an_operation_is_killed_at_any_call(
    lab: Lab, prepared: Scene, memory_path: Path, operation: Operation
) -> None:
    points = points_in(prepared, memory_path, operation)
    run = partial(kill_and_look, prepared, memory_path, operation)
    for after, numbers in ((False, list(singled(points, lab.seed))), (True, sorted(turns(points)))):
        with lab.row(
            area="kill",
            fault=f"SIGKILL during {operation}",
            how=AFTER if after else BEFORE,
        ) as row:
            chosen = [numbers[n] for n in lab.sample(len(numbers), short=1)]
            kills = [Kill(point=points[n], after=after, number=n) for n in chosen]
            for sentence in spread(lab, run, kills):
                row.saw(sentence)
