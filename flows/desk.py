"""What the station does beside serving the page: five threads, each with its own child process.

`prefect` keeps the server alive; `flows` takes the dockings that wait and has each run as a flow, or does its work
itself while the server is not there; `audits` runs the audit that is due, `timestamps` has checkpoints stamped,
`deadlines` tells once a day what was missed. What always holds: evidence and page wait for none of them. A row is
taken off only when its run ended in Prefect, so a docking that was worked at without Prefect is shown there when it
is back.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import structlog

from archive.audit import Full, Turn
from archive.opening import Archive
from flows import schedule, stages
from flows.children import Runner, Server
from flows.errors import FlowError, StoppedError, UnknownDockingError
from flows.retry import attempt

_TICK: Final = 0.5  # seconds between two looks at work.db and the server
_SWEEP: Final = 600.0  # seconds between two looks for dockings that nobody finished
_AUDIT_AFTER: Final = 300.0  # seconds from the start to the first question whether an audit is due
_AUDIT_LOOK: Final = 3600.0
_DEADLINES_AFTER: Final = 120.0
_DEADLINES_LOOK: Final = 1800.0
_STAMP_LOOK: Final = 10.0  # seconds between two questions whether a timestamp is due
_FIRST_PAUSE: Final = 5.0
_LONGEST_PAUSE: Final = 3600.0
_END: Final = 6.0  # seconds for the threads to end
_START: Final = 60.0  # seconds for the server's first start: 12 to 20 where little else runs
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """The dockings that wait, wherever they are kept."""

    pending: Callable[[], list[str]]
    done: Callable[[str], object]
    # Whether nobody else is at work on it; held for the block.
    claimed: Callable[[str], AbstractContextManager[bool]]


@dataclass(slots=True)
class _Pause:
    """When a docking that failed is tried again."""

    failures: int = 0
    until: float = 0.0

    def later(self, now: float) -> float:
        pause = min(_FIRST_PAUSE * 2.0**self.failures, _LONGEST_PAUSE)
        self.failures += 1
        self.until = now + pause
        return pause


class Desk:
    """The five threads. A context: leaving it ends them and their children."""

    def __init__(
        self,
        archive: Archive,
        rows: Rows,
        server: Server,
        *,
        told: Callable[[bool, int], None] = lambda _up, _waiting: None,
    ) -> None:
        self._archive = archive
        self._root = str(Path(archive.root).absolute())
        self._rows = rows
        self._server = server
        self._told = told  # whether the server is there, and how many dockings wait; at each change
        self._telling: tuple[bool, int] | None = None
        self._waiting = 0
        self._stopping = threading.Event()
        self._pauses: dict[str, _Pause] = {}
        self._worked: set[str] = set()  # done without Prefect, still to be shown there
        self._asked_time: datetime | None = None  # when authorities were asked last
        self._found: set[str] = set()  # left by a command that died without a row
        self._settled = 0  # generation of the server whose orphans are marked
        self._settle_at = 0.0
        self._threads = [
            threading.Thread(target=target, name=name, daemon=True)
            for name, target in (
                ("prefect", self._tend),
                ("flows", self._work),
                ("audits", self._audit),
                ("timestamps", self._stamp),
                ("deadlines", self._oversee),
            )
        ]

    def __enter__(self) -> Desk:
        for thread in self._threads:
            thread.start()
        return self

    def ask_to_end(self) -> None:
        """End soon; leaving the context waits for it."""
        self._stopping.set()

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        deadline = time.monotonic() + _END
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _keep(self) -> None:
        if self._stopping.is_set():
            raise StoppedError("the station is ending")

    # The server

    def _tend(self) -> None:
        begun = time.monotonic()
        try:
            while not self._stopping.wait(_TICK):
                self._server.tend()
                self._tell(time.monotonic() - begun)
        finally:
            self._server.stop()

    def _tell(self, age: float) -> None:
        """Not that a server is not there that is being started for the first time."""
        now = (self._server.up, self._waiting)
        if now != self._telling and (self._server.generation or age > _START):
            self._telling = now
            self._told(*now)

    # Dockings

    def _work(self) -> None:
        runner = Runner(self._server.address, self._stopping)
        swept = -_SWEEP
        try:
            while not self._stopping.wait(_TICK):
                if time.monotonic() - swept >= _SWEEP:
                    swept = time.monotonic()
                    self._sweep()
                if self._server.up:
                    self._settle(runner)
                waiting = dict.fromkeys([*self._rows.pending(), *sorted(self._found)])
                self._waiting = len(waiting)
                for docking in waiting:
                    self._keep()
                    self._take(docking, runner)
        except StoppedError:
            pass
        finally:
            runner.stop()

    def _sweep(self) -> None:
        now = datetime.now(UTC)
        found = attempt(lambda: schedule.left_dockings(self._archive, now))
        if isinstance(found, Exception):
            _log.warning("no look for unfinished dockings", why=str(found))
            return
        self._found.update(found)  # not as rows: work.db may be what is broken

    def _settle(self, runner: Runner) -> None:
        """Once for each time the server came up: runs of before that say they run are not running."""
        generation = self._server.generation
        if self._settled == generation or time.monotonic() < self._settle_at:
            return
        answer = self._ask(runner, {"do": "settle"})
        if answer["end"] != "completed":
            self._settle_at = time.monotonic() + _FIRST_PAUSE
            _log.warning("prefect is up and does not answer well", why=answer["reason"])
        else:
            self._settled = generation
            if answer["count"]:
                _log.warning("flow runs that were interrupted", crashed=answer["count"])

    def _take(self, docking: str, runner: Runner) -> None:
        pause = self._pauses.setdefault(docking, _Pause())
        now = time.monotonic()
        shown = self._server.up and self._settled == self._server.generation
        if now < pause.until or (not shown and docking in self._worked):
            return
        with self._rows.claimed(docking) as mine:
            if not mine:
                return
            final = self._flow(docking, runner) if shown else self._directly(docking)
        if final:
            self._rows.done(docking)
            self._pauses.pop(docking, None)
            self._worked.discard(docking)
            self._found.discard(docking)

    def _flow(self, docking: str, runner: Runner) -> bool:
        """Have it run as a flow; whether that was the last word."""
        request = {"do": "dock", "root": self._root, "docking": docking, "derive": True}
        answer = self._ask(runner, request)
        if answer["end"] == "completed":
            _log.info("flow completed", docking=docking)
            return True
        if answer["end"] == "failed" and answer["final"]:
            _log.error("flow failed", docking=docking, why=answer["reason"])
            return True
        again_in = self._pauses[docking].later(time.monotonic())
        _log.warning("flow goes on later", docking=docking, why=answer["reason"], again_in=again_in)
        return False

    def _directly(self, docking: str) -> bool:
        """Do the work without Prefect; the last word only on a docking that is none: Prefect shows the others later."""
        done = attempt(lambda: stages.finish(self._archive, docking, keep=self._keep))
        if isinstance(done, UnknownDockingError):
            _log.warning("no such docking", docking=docking)
            return True
        if isinstance(done, Exception):
            again_in = self._pauses[docking].later(time.monotonic())
            _log.warning("work goes on later", docking=docking, why=str(done), again_in=again_in)
            return False
        self._worked.add(docking)
        if done:
            _log.error("damage", docking=docking, why=str(stages.differing(done)))
        else:
            _log.info("worked without prefect", docking=docking)
        return False

    def _ask(self, runner: Runner, request: dict[str, Any]) -> dict[str, Any]:
        """The runner's answer; a runner that dies is one too."""
        try:
            return runner.ask(request)
        except StoppedError:
            raise
        except FlowError as e:
            _log.warning("the flow runner was lost", why=str(e))
            self._settled = 0  # the run it was at says it runs
            return {"end": "unreachable", "reason": str(e)}

    # Audits

    def _audit(self) -> None:
        runner = Runner(self._server.address, self._stopping)
        pause = _AUDIT_AFTER
        while not self._stopping.wait(pause):
            pause = _AUDIT_LOOK
            try:
                done = attempt(lambda: self._audit_if_due(runner))
            except StoppedError:
                break
            finally:
                runner.stop()  # it is needed once a day
            if done is not None:
                _log.error("the audit could not be done", why=str(done))

    def _audit_if_due(self, runner: Runner) -> None:
        on_record = schedule.audits_on_record(self._archive)
        due = schedule.due_audit(on_record, datetime.now(UTC))
        if due is not None:
            self._run_audit(due, runner)

    def _run_audit(self, due: Full | Turn, runner: Runner) -> None:
        if self._server.up:
            turn = asdict(due) if isinstance(due, Turn) else None
            answer = runner.ask({"do": "audit", "root": self._root, "turn": turn})
            if answer["end"] == "completed":
                _log.info("audit completed", mode=due.name)
                return
            if answer["end"] == "failed" and answer["final"]:
                _log.error("audit failed", mode=due.name, why=answer["reason"])
                return
            _log.warning("audit did not run as a flow", mode=due.name, why=answer["reason"])
            if (
                schedule.due_audit(schedule.audits_on_record(self._archive), datetime.now(UTC))
                is None
            ):
                return  # it is on record: Prefect failed after it
        report = stages.audit_on_record(self._archive, due)
        say = _log.info if report.ok else _log.error
        say("audit without prefect", mode=due.name, findings=len(report.findings))

    # Timestamps

    def _stamp(self) -> None:
        runner = Runner(self._server.address, self._stopping)
        while not self._stopping.wait(_STAMP_LOOK):
            try:
                done = attempt(lambda: self._stamp_if_due(runner))
            except StoppedError:
                break
            finally:
                runner.stop()  # it is needed once an hour
            if done is not None:
                _log.warning("no timestamp; the station goes on", why=str(done))

    def _stamp_if_due(self, runner: Runner) -> None:
        now = datetime.now(UTC)
        if not schedule.timestamp_due(self._archive, now, self._asked_time):
            return
        self._asked_time = now
        if self._server.up:
            answer = runner.ask({"do": "timestamp", "root": self._root})
            if answer["end"] != "unreachable":
                if answer["end"] == "failed":
                    _log.warning("no timestamp; the station goes on", why=answer["reason"])
                return
        made = stages.stamp(self._archive)
        for reason in stages.refused(made):
            _log.warning("no timestamp", why=reason)
        _log.info("timestamps without prefect", count=len(made.stamps))

    # Deadlines

    def _oversee(self) -> None:
        runner = Runner(self._server.address, self._stopping)
        pause = _DEADLINES_AFTER
        while not self._stopping.wait(pause):
            pause = _DEADLINES_LOOK
            try:
                done = attempt(lambda: self._tell_deadlines_if_due(runner))
            except StoppedError:
                break
            finally:
                runner.stop()  # it is needed once a day
            if done is not None:
                _log.error("deadlines could not be told", why=str(done))

    def _tell_deadlines_if_due(self, runner: Runner) -> None:
        if not schedule.deadlines_due(self._archive):
            return
        if self._server.up:
            answer = runner.ask({"do": "deadlines", "root": self._root})
            if answer["end"] == "completed":
                return
            _log.warning("deadlines did not run as a flow", why=answer["reason"])
            if answer["end"] == "failed" and answer["final"]:
                return
        _log.info("deadlines without prefect", units=stages.tell_deadlines(self._archive))
