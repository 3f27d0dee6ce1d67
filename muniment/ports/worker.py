"""The worker of one plugged recorder: tries, waits, tries again, and says on the board what it does.

What always holds: it ends when its recorder is unplugged or the station ends; whatever a recorder does, the others'
workers do not notice; a fault of ours is logged with its traceback and ends this worker only.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Final

import structlog

from api.desk import Sentence
from archive.errors import ArchiveError
from archive.opening import open_archive
from devices.errors import NoAccessError
from devices.hotplug import Plugged
from devices.recorder import RecorderFacts
from ingest.twins import notice_twins
from muniment.ports.attempt import Attempt
from muniment.ports.board import Tile
from muniment.ports.ends import Result
from muniment.ports.shared import Shared
from muniment.ports.words import said, why

_FLICKER: Final = 2.0  # seconds: a recorder that is back sooner was not unplugged by a hand
_LONGEST_PAUSE: Final = 60.0
_log = structlog.get_logger(__name__)


@dataclass(slots=True, kw_only=True)
class Trouble:
    """How a port did lately. Outlives the worker, so that a recorder cannot begin anew by resetting itself."""

    failures: int = 0  # in a row, without anything gained
    position: int = 0  # bytes that the best try came to
    left_at: float = -_FLICKER  # monotonic

    def forget(self) -> None:
        """Begin anew."""
        self.failures = self.position = 0

    def count(self, result: Result) -> None:
        """A try that failed counts, unless it gained something: reading the same bytes again is no gain."""
        if result.new:
            self.forget()
        elif result.position > self.position:
            self.failures, self.position = 0, result.position
        else:
            self.failures += 1


class Worker:
    """One thread for one recorder.

    Args:
        shared: the station's.
        plugged: the recorder.
        trouble: the port's.
        twin: the worker of another recorder with the same serial that is plugged in, where there is one.
    """

    def __init__(
        self,
        shared: Shared,
        plugged: Plugged,
        trouble: Trouble,
        *,
        twin: Worker | None = None,
    ) -> None:
        self.plugged = plugged
        self._shared, self._trouble = shared, trouble
        self._twin = twin
        self.facts = RecorderFacts(
            transport=plugged.kind, serial=plugged.serial, port=plugged.port
        )  # what it says, as far as that is known
        self._tile: Tile = shared.board.tile(plugged.port)
        model = " ".join(word for word in (plugged.make, plugged.model) if word)
        self._tile.show(recorder=plugged.serial, model=model or None)
        self._unplugged = threading.Event()
        self._lock = threading.Lock()
        self._finished = False
        self._waits = 0  # for the archive, in a row
        self._thread = threading.Thread(target=self._run, name=f"port {plugged.port}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def unplug(self) -> None:
        """Its recorder went."""
        self._trouble.left_at = time.monotonic()
        with self._lock:
            self._unplugged.set()
            if self._finished:
                self._leave()

    def join(self, timeout: float) -> bool:
        """Wait for its end; whether it ended."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    @property
    def serial(self) -> str | None:
        """What it is known by, as far as that is known."""
        return self._tile.view().recorder

    # The thread

    def _run(self) -> None:
        try:
            if self._twin is not None:
                self._notice(self._twin)
            self._work()
        except Exception as error:  # noqa: BLE001 - the worker's edge: a fault of ours ends this port's work only
            _log.exception("a fault of ours ended this port's work", port=self.plugged.port)
            self._shared.board.bug()
            self._shared.board.ended("bug")
            self._tile.state("failed", why(error))
        with self._lock:
            self._finished = True
            if self._unplugged.is_set():
                self._leave()

    def _work(self) -> None:
        if time.monotonic() - self._trouble.left_at >= _FLICKER:
            self._trouble.forget()
        elif self._trouble.failures and self._pause_after_failures():
            return
        while not self._over():
            result = self._attempt()
            self._shared.board.ended(result.end)
            if result.error is not None:
                _log.warning(
                    "docking ended early",
                    port=self.plugged.port,
                    recorder=self.serial,
                    end=result.end,
                    why=str(result.error),
                )
            if not self._goes_on(result):
                return

    def _attempt(self) -> Result:
        beside = None if self._twin is None else self._twin.facts
        attempt = Attempt(self._shared, self.plugged, self._tile, beside=beside)
        result = attempt.run()
        self.facts = attempt.facts or self.facts
        return result

    def _over(self) -> bool:
        return self._unplugged.is_set() or self._shared.ending.asked

    def _goes_on(self, result: Result) -> bool:
        """Show how a try ended; wait where it has to be tried again, and say whether it has."""
        tile = self._tile
        reason = None if result.error is None else why(result.error)
        if result.new:
            self._waits = 0
        if result.end in {"gone", "recorder"}:
            self._trouble.count(result)
        match result.end:
            case "no_room":
                return self._wait_for_room(result)
            case "busy":
                tile.state("waiting", said("port.busy"))
                return not self._pause(self._shared.look * 2)
            case "archive":
                tile.state("waiting", reason)
                return not self._pause(self._longer(self._shared.archive_pause))
            case "gone" if self._unplugged.is_set():
                tile.state("gone", _gone(result))
                return False
            case "gone" | "recorder":
                return self._try_again(result)
        self._rest(result, reason)
        return False

    def _rest(self, result: Result, reason: Sentence | None) -> None:
        """Nothing more is done until it is plugged in again."""
        tile = self._tile
        match result.end:
            case "whole":
                tile.state("done", may_unplug=True)
            case "partly":
                tile.state("done", said("port.partly"), may_unplug=True)
            case "quarantined":
                tile.state("quarantined", said("port.quarantined"), may_unplug=True)
            case "refused":
                tile.state("refused", reason)
            case "cancelled":
                tile.state("waiting", said("port.cancelled", "I010"))  # somebody's wish, no failure
            case "damage":
                tile.state("failed", said("port.damage"))
            case "ending":
                tile.state("waiting", said("port.ending"))

    def _try_again(self, result: Result) -> bool:
        """After a failure that was the recorder's: up to three in a row, then it waits for a hand."""
        if result.end == "gone":
            # A reset, or a hand: the watcher will say. It needs a moment to see what the transfer saw at once.
            self._tile.state("gone", _gone(result))
            if self._pause(_FLICKER):
                return False
        if self._trouble.failures > len(self._shared.pauses):
            error = result.error
            self._tile.state("failed", said("port.failing") if error is None else why(error))
            # No plug gives a right: that is the machine's to mend.
            if not isinstance(error, NoAccessError):
                self._tile.warn(said("port.replug"))
            return False
        return not self._pause_after_failures()

    def _pause_after_failures(self) -> bool:
        """Wait, longer each time; whether it is over meanwhile."""
        failures = max(1, self._trouble.failures)
        pauses = self._shared.pauses
        pause = pauses[min(failures, len(pauses)) - 1] * 2 ** max(0, failures - len(pauses))
        pause = min(pause, _LONGEST_PAUSE)
        self._tile.state("waiting", said("port.again", seconds=round(pause) or 1))
        return self._pause(pause)

    def _wait_for_room(self, result: Result) -> bool:
        """Refused until there is room; then it goes on by itself."""
        days = self._shared.board.view().days_left
        key = "port.no_room" if days is None else "port.no_room_days"
        reason = said(key, "A050", need=_gigabytes(result.need), days=f"{days or 0:.1f}")
        self._tile.state("refused", reason)
        # Also where it seems to fit at once: a quota that nobody can ask for may say no again and again.
        pause = self._longer(self._shared.look * 4)
        while not self._pause(pause):
            pause = self._shared.look * 4
            if self._shared.room.fits(self.plugged.port, result.need):
                return True
        return False

    def _longer(self, first: float) -> float:
        """How long to wait for the archive: longer each time, until something was gained."""
        pause = min(first * 2.0**self._waits, _LONGEST_PAUSE)
        self._waits += 1
        return pause

    def _pause(self, seconds: float) -> bool:
        """Sleep; whether it is over meanwhile."""
        until = time.monotonic() + seconds
        while not self._over() and (left := until - time.monotonic()) > 0:
            self._unplugged.wait(min(left, 0.2))
        return self._over()

    # Beside docking

    def _notice(self, twin: Worker) -> None:
        """Two recorders with one serial: a person has to know. This one docks under a name that tells it apart."""
        ports = [twin.plugged.port, self.plugged.port]
        self._tile.warn(said("port.twin", port=twin.plugged.port))
        _log.warning("two recorders with one serial", ports=ports, serial=self.plugged.serial)
        try:
            with open_archive(self._shared.root, write=True) as archive:
                archive.catalogue.catch_up()
                notice_twins(
                    archive,
                    serial=self.plugged.serial or "",
                    ports=ports,
                    actor=self._shared.settings.station,
                )
        except (ArchiveError, OSError) as error:
            _log.warning("not in the ledger", why=str(error))

    def _leave(self) -> None:
        self._shared.board.leave(self._tile, keep=self._tile.view().state == "gone")


def _gone(result: Result) -> Sentence:
    return said("port.gone_late" if result.receipted else "port.gone", "D010")


def _gigabytes(size: int) -> str:
    return f"{size / 1e9:.1f}"
