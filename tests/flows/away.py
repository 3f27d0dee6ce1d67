"""A desk over a Prefect server that goes away, and what must be so afterwards: nothing lost, nothing twice."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from api.station_figures import station_text
from archive.opening import open_archive
from flows.children import Runner, Server
from flows.desk import Rows
from muniment.claim import claimed
from muniment.ports.board import Board
from tests.fault.lab.promises import Promises, copied
from tests.flows.footage import PrefectApi
from tests.flows.wire import Wire

# Each of these is said once of a clip, of a rendition once of a kind.
ONCE: Final = frozenset(
    {
        *("clip.ingested", "clip.verified", "clip.examined", "clip.assessed"),
        *("rendition.made", "clip.linked", "docking.ended"),
    }
)
ENDED: Final = frozenset({"Completed", "Crashed", "Failed"})


class Lent(Server):
    """A server that somebody else keeps alive, reached over a wire; its desk only sees whether it is there."""

    def __init__(self, real: Server, wire: Wire) -> None:
        self.address = replace(real.address, port=wire.port)
        self.generation = 0
        self._real, self._wire = real, wire
        self._up = self._was_cut = False
        self._came = 0
        self._answered: int | None = None  # the process that answered last

    def tend(self) -> None:
        """Look. A wire that was cut and is whole again is a server that came back."""
        cut = self._wire.cut
        self._came += self._was_cut and not cut
        self._was_cut = cut
        if self._real.up:
            self._answered = self._real.pid
        # One that answers late on a busy machine is there.
        there = self._answered is not None and self._answered == self._real.pid
        self._up = there and not cut
        self.generation = self._real.generation + self._came

    def stop(self) -> None:
        """It is somebody else's."""


def kill(server: Server) -> None:
    """SIGKILL, as often as one likes: the pause before its next start does not grow."""
    server._failures = 0  # its dying again and again is ours
    if server.pid is not None:
        os.kill(server.pid, signal.SIGKILL)


@dataclass(slots=True)
class Waiting:
    """Rows in memory, and the board of their station."""

    root: Path
    dockings: list[str]
    board: Board = field(default_factory=Board)

    def rows(self) -> Rows:
        """As a desk wants them."""
        return Rows(
            pending=lambda: list(self.dockings),
            done=self.dockings.remove,
            claimed=lambda docking: claimed(self.root, docking),
        )

    def shows(self, *, up: bool, waiting: int) -> bool:
        """Whether page and figures say so."""
        view = self.board.view()
        if view.orchestration is None:
            return False
        figures = station_text(view).decode()
        assert f"muniment_station_orchestration_up {float(view.orchestration.up)}" in figures
        assert f"_orchestration_waiting {float(view.orchestration.waiting)}" in figures
        return (view.orchestration.up, view.orchestration.waiting) == (up, waiting)


@dataclass(frozen=True, slots=True, kw_only=True)
class Secured:
    """An archive with one docking that nobody worked at yet; each run has a copy of it."""

    root: Path
    recorder: Path
    docking: str
    sources: dict[str, bytes]

    def copy(self, to: Path) -> Secured:
        """The same elsewhere; the docking's id, and so the name of its runs, is the same too."""
        return replace(self, root=copied(self.root, to))

    def request(self) -> dict[str, Any]:
        """What a runner is asked."""
        root = str(self.root.absolute())
        return {"do": "dock", "root": root, "docking": self.docking, "derive": True}

    def promises(self) -> Promises:
        """Whoever docked was told of every clip."""
        promises = Promises(self.root, self.sources)
        with open_archive(self.root, write=False) as archive:
            rows = archive.catalogue.docking_clips(self.docking)
        clips = [{"clip": r.clip, "path": r.path, "status": "ingested"} for r in rows]
        promises.acknowledged({"clips": clips})
        promises.shown()
        return promises

    def check_done_once(self) -> None:
        """Every stage of every clip is done, none twice."""
        said = stages_said(self.root)
        assert {key: n for key, n in said.items() if n > 1} == {}, "something was done twice"
        kinds = Counter(type_ for type_, _, _ in said)
        for stage in ("clip.ingested", "clip.verified", "clip.examined"):
            assert kinds[stage] == len(self.sources), (stage, kinds)
        assert {kind for type_, _, kind in said if type_ == "rendition.made"} == {
            *("poster", "strip", "proxy")
        }
        with open_archive(self.root, write=True) as archive:
            archive.catalogue.catch_up()
            assert archive.catalogue.unverified(self.docking) == []
            assert archive.catalogue.unexamined() == []
            clips = [clip for type_, clip, _ in said if type_ == "clip.ingested"]
            assert list(archive.catalogue.due_kinds(clips)) == []


def stages_said(root: Path) -> Counter[tuple[str, str, str]]:
    """How often the ledger says each stage of each clip."""
    with open_archive(root, write=False) as archive:
        return Counter(
            (entry.type, entry.subject, str(entry.data.get("kind", entry.data.get("case", ""))))
            for entry in archive.reader.entries()
            if entry.type in ONCE
        )


def ended_well(api: PrefectApi, work: Secured) -> bool:
    """Whether Prefect shows this docking's work as done, and no run of it that runs for ever."""
    runs = [r for r in api.runs(work.docking) if r["parameters"]["root"] == str(work.root)]
    names = [run["state"]["name"] for run in runs]
    return "Completed" in names and set(names) <= ENDED


class Hands:
    """Flow runners of their own, each asked from one thread that lives as long as it (flows/leash.py)."""

    def __init__(self, pools: list[ThreadPoolExecutor], runners: list[Runner]) -> None:
        self._pools, self.runners = pools, runners

    def ask(self, hand: int, request: dict[str, Any]) -> Future[dict[str, Any]]:
        """Have one run a flow."""
        return self._pools[hand].submit(self.runners[hand].ask, request)

    def each(self, what: Callable[[Runner], object]) -> None:
        """Do something with each, in its own thread."""
        done = [p.submit(what, r) for p, r in zip(self._pools, self.runners, strict=True)]
        for future in done:
            future.result()

    def close(self) -> None:
        """End them."""
        self.each(Runner.stop)
        for pool in self._pools:
            pool.shutdown()
