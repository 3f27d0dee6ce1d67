"""SIGKILL of the command itself, `muniment dock` as anybody starts it: with its threads, its children and renditions.

What the kill leaves of processes ends by itself too.
"""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from archive.opening import create_archive
from tests.fault.kill.spread import spread
from tests.fault.lab.promises import Promises, copied
from tests.fault.lab.runs import Lab
from tests.flows.footage import make_recorder

LATER = 1.2  # of the time that it takes: when the last kill comes
_PATIENCE = 20.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """An archive in which nothing is yet, a recorder with a video, and how long its docking takes."""

    folder: Path
    takes: float


def start(folder: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "muniment", "--root", str(folder / "archive"), "--json"]
    return subprocess.Popen(
        [*command, "dock", str(folder / "card"), "--recorder", "A1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


@pytest.fixture(scope="module")
def prepared(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    folder = tmp_path_factory.mktemp("prepared") / "scene"
    folder.mkdir()
    create_archive(folder / "archive", origin="station.example/1")
    make_recorder(folder / "card")
    if not lab.long:
        return Prepared(folder=folder, takes=2.0)
    whole = copied(folder, folder.with_name("whole"))
    begun = time.monotonic()
    with start(whole) as process:
        process.communicate()
    assert process.returncode == 0
    return Prepared(folder=folder, takes=time.monotonic() - begun)


def below(process: int) -> set[int]:
    """All children of a process, and theirs."""
    found: set[int] = set()
    for listed in Path(f"/proc/{process}/task").glob("*/children"):
        try:
            children = {int(number) for number in listed.read_text().split()}
        except OSError:  # that thread has just ended
            continue
        found |= children.union(*(below(child) for child in children))
    return found


def lives(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def all_ended(processes: set[int]) -> bool:
    deadline = time.monotonic() + _PATIENCE
    while any(lives(process) for process in processes):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def kill_process(prepared: Prepared, memory: Path, seed: int) -> str:
    draw = random.Random(seed)  # noqa: S311 - it has to be the same again
    folder = copied(prepared.folder, memory / f"process-{seed}")
    files = {path.name: path.read_bytes() for path in (folder / "card").iterdir()}
    promises = Promises(folder / "archive", files, serial="A1")
    promises.shown()
    with start(folder) as process:
        time.sleep(draw.uniform(0, prepared.takes * LATER))
        children = below(process.pid)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert all_ended(children), "a child outlived the command"
    promises.check()
    promises.settle(folder / "card")
    shutil.rmtree(folder)
    if process.returncode == 0:
        return "it had ended before the kill; all well"
    beside = "with children" if children else "alone"
    return f"killed {beside}; every promise kept, no process and nothing half made left over"


def test_every_promise_holds_when_the_command_is_killed_with_its_children(
    lab: Lab, prepared: Prepared, memory_path: Path
) -> None:
    with lab.row(
        area="kill",
        fault="SIGKILL of `muniment dock`, renditions included",
        how="the command as a process of its own, at a moment drawn from the seed",
    ) as row:
        run = partial(kill_process, prepared, memory_path)
        for sentence in spread(lab, run, lab.seeds(short=1, long=80)):
            row.saw(sentence)
