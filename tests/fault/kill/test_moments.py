"""SIGKILL at drawn moments: a docking with all its threads, one of two dockings, a docking while somebody reads.

The moment is drawn between the first call and a little after the last, so that some runs end by themselves.
"""

from __future__ import annotations

import random
import shutil
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from archive.errors import ArchiveBusyError
from muniment.commands.find import Search, find
from muniment.edge import EndedError
from tests.fault.kill.forked import Child, Ended, Tell
from tests.fault.kill.operations import CLIPS, EARLIER, SERIAL, Scene, dock, new_scene
from tests.fault.kill.spread import spread
from tests.fault.lab.promises import Promises, audited
from tests.fault.lab.runs import Lab

OTHER = {f"{n}.mp4": b"%d" % n * 100_000 for n in range(4)}
# The last kill comes after so much of the time that a docking takes: half of them early, where the bytes move.
LATEST = (0.3, 1.1)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    scene = new_scene(tmp_path_factory.mktemp("prepared") / "scene")
    other = scene.folder / "other"
    other.mkdir()
    for name, data in OTHER.items():
        (other / name).write_bytes(data)
    return scene


@pytest.fixture(scope="module")
def takes(prepared: Scene, tmp_path_factory: pytest.TempPathFactory) -> float:
    """Seconds of a docking that nobody kills."""
    dock(prepared.copy(tmp_path_factory.mktemp("warm") / "scene"), lambda _: None)
    scene = prepared.copy(tmp_path_factory.mktemp("whole") / "scene")
    begun = time.monotonic()
    assert not run_whole(Child(partial(dock, scene), scene.folder / "said")).killed
    return time.monotonic() - begun


def moment(draw: random.Random, takes: float) -> float:
    return draw.uniform(0, takes * draw.choice(LATEST))


def run_whole(child: Child) -> Ended:
    assert child.stopped() is not None
    child.go_on()
    ended = child.ended()
    child.close()
    return ended


def kill_at(child: Child, seconds: float) -> Ended:
    """Let it begin, and kill it after so many seconds; it may have ended by then."""
    assert child.stopped() is not None
    child.go_on()
    time.sleep(seconds)
    child.kill()
    ended = child.ended()
    child.close()
    return ended


def acknowledged(promises: Promises, ended: Ended) -> None:
    for document in ended.told:
        promises.acknowledged(document)


def kill_docking(prepared: Scene, memory: Path, takes: float, seed: int) -> str:
    draw = random.Random(seed)  # noqa: S311 - it has to be the same again
    scene = prepared.copy(memory / f"moment-{seed}")
    promises = scene.promises()
    child = Child(partial(dock, scene, erase=bool(seed % 2)), scene.folder / "said")
    ended = kill_at(child, moment(draw, takes))
    acknowledged(promises, ended)
    promises.check()
    promises.gone_is_held(scene.card)
    promises.settle(scene.card)
    shutil.rmtree(scene.folder)
    return seen(ended)


def seen(ended: Ended) -> str:
    if not ended.killed:
        return "it had ended before the kill; all well"
    when = "after" if ended.told else "before"
    return f"killed {when} its receipt; every promise kept, the next docking left nothing over"


def kill_one_of_two(prepared: Scene, memory: Path, takes: float, seed: int) -> str:
    """Two recorders, or one twice: then the second may be told that the first is at it."""
    draw = random.Random(seed)  # noqa: S311 - it has to be the same again
    scene = prepared.copy(memory / f"two-{seed}")
    card, files, serial = (
        (scene.folder / "other", OTHER, "B2") if seed % 3 else (scene.card, CLIPS | EARLIER, SERIAL)
    )
    mine, others = scene.promises(), Promises(scene.root, files, serial=serial)
    killed = Child(partial(dock, scene), scene.folder / "said")
    lives = Child(partial(dock_other, scene, card=card, serial=serial), scene.folder / "said-other")
    assert lives.stopped() is not None
    lives.go_on()
    ended = kill_at(killed, moment(draw, takes) * 1.5)
    lived = lives.ended()
    lives.close()
    acknowledged(mine, ended)
    acknowledged(others, lived)
    busy = any("busy" in document for document in lived.told)
    assert lived.told
    assert not busy or not seed % 3
    for promises in (mine, others):
        promises.check()
    mine.settle(scene.card)
    others.settle(card)
    shutil.rmtree(scene.folder)
    answer = "was told that this recorder is being docked" if busy else "ended well"
    return f"{seen(ended).partition(';')[0]}; the other docking {answer}; every promise kept"


def dock_other(scene: Scene, tell: Tell, *, card: Path, serial: str) -> None:
    try:
        dock(scene, tell, card=card, serial=serial)
    except EndedError as e:
        if not isinstance(e.cause, ArchiveBusyError):
            raise
        tell({"busy": str(e.cause)})


def read_on(scene: Scene, tell: Tell) -> None:
    """Audits and searches, one after the other."""
    for _ in range(3):
        report = audited(scene.root)
        tell({"findings": [str(finding) for finding in report.findings]})
        tell({"total": find(scene.asked, Search()).document["total"]})


def kill_beside_reader(prepared: Scene, memory: Path, takes: float, seed: int) -> str:
    draw = random.Random(seed)  # noqa: S311 - it has to be the same again
    scene = prepared.copy(memory / f"read-{seed}")
    promises = scene.promises()
    reader = Child(partial(read_on, scene), scene.folder / "said-reader")
    docking = Child(partial(dock, scene), scene.folder / "said")
    assert reader.stopped() is not None
    reader.go_on()
    ended = kill_at(docking, moment(draw, takes) * 1.5)
    read = run_read(reader)
    assert all(document.get("findings", []) == [] for document in read), read
    totals = [document["total"] for document in read if "total" in document]
    assert totals == sorted(totals)
    acknowledged(promises, ended)
    promises.check()
    promises.settle(scene.card)
    shutil.rmtree(scene.folder)
    return f"{seen(ended).partition(';')[0]}; who read was given clean audits and whole answers"


def run_read(reader: Child) -> list[dict[str, Any]]:
    ended = reader.ended()
    reader.close()
    assert len(ended.told) == 6
    return ended.told


CASES = {
    "SIGKILL of a docking with all its threads, every second one with --erase": (
        kill_docking,
        4,
        800,
    ),
    "SIGKILL of one of two dockings of one archive": (kill_one_of_two, 2, 150),
    "SIGKILL of a docking while another process audits and searches": (kill_beside_reader, 2, 100),
}


@pytest.mark.parametrize("fault", CASES)
def test_every_promise_holds_when_a_docking_is_killed_at_any_moment(
    lab: Lab, prepared: Scene, memory_path: Path, takes: float, fault: str
) -> None:
    run, short, long = CASES[fault]
    with lab.row(area="kill", fault=fault, how="at a moment drawn from the seed") as row:
        seeds = lab.seeds(short=short, long=long)
        for sentence in spread(lab, partial(run, prepared, memory_path, takes), seeds):
            row.saw(sentence)
