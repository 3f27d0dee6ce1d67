"""The ports of a station: one thread that sees what is plugged in, and a worker for each recorder.

What always holds: a recorder is on the board as soon as the watcher names it, whatever the others do; leaving the
context asks every docking to end and waits for it, but not longer than `END` seconds: what is not ended then goes on at
the next start, as after a kill.
"""

from __future__ import annotations

import os
import threading
import time
from datetime import UTC, datetime
from functools import partial
from typing import Final

import structlog

from api.desk import AuditView, TimeView
from archive.audit.standing import standing
from archive.errors import ArchiveError
from archive.opening import Archive
from archive.timestamps.outlook import outlook
from devices.errors import DeviceError
from devices.gat947.library import library_at
from devices.hotplug import Plugged
from muniment.ports.board import Board
from muniment.ports.makers import Makers
from muniment.ports.room import Room, days_left
from muniment.ports.shared import Shared
from muniment.ports.usb import Usb, Watching, no_usb
from muniment.ports.words import said, why
from muniment.ports.worker import Trouble, Worker

END: Final = 6.0  # seconds for dockings to end
_WAIT: Final = 0.5  # seconds between two looks at whether to end
_AGAIN: Final = 5.0  # seconds until a watcher that failed is made anew
_ROOM_LOOK: Final = 30.0
_Key = tuple[str, int, int, str | None]  # another address at the same port is another plug
_log = structlog.get_logger(__name__)


class Ports:
    """See the module. A context.

    Args:
        shared: what the workers share.
        archive: the station's own, to look how full it is.
        watch: for recorders; else the board says that nobody does.
    """

    def __init__(self, shared: Shared, archive: Archive, *, watch: bool = True) -> None:
        self._shared, self._archive = shared, archive
        self._workers: dict[_Key, Worker] = {}
        self._leaving: list[Worker] = []  # unplugged, and still ending
        self._troubles: dict[str, Trouble] = {}
        self._threads = [
            threading.Thread(target=target, name=name, daemon=True)
            for name, target in (("ports", self._watch), ("room", self._keep_room))
            if watch or name != "ports"
        ]
        if not watch:
            shared.board.station(watching=False, reason=said("port.no_usb"))
        self.ended_well = True

    def __enter__(self) -> Ports:
        for thread in self._threads:
            thread.start()
        if self._shared.makers is not None:
            self._shared.makers.start()
        return self

    def __exit__(self, *_: object) -> None:
        until = time.monotonic() + END
        self._shared.ending.ask_and_wake()
        if self._shared.makers is not None:
            self._shared.makers.end()
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        workers = [*self._workers.values(), *self._leaving]
        ended = [worker.join(max(0.0, until - time.monotonic())) for worker in workers]
        self.ended_well = all(ended)
        if not self.ended_well:
            _log.warning("dockings that go on at the next start", count=ended.count(False))

    # Plugging

    def _watch(self) -> None:
        while not self._shared.ending.asked:
            try:
                watching = self._shared.usb.watch()
            except (DeviceError, OSError) as error:
                self._cannot_watch(error)
                continue
            try:
                self._follow(watching)
            except (DeviceError, OSError) as error:
                self._cannot_watch(error)
            except Exception as error:  # noqa: BLE001 - a fault of ours must not leave the station blind
                self._shared.board.bug()
                _log.exception("a fault of ours stopped the watch for recorders")
                self._cannot_watch(error)
            finally:
                watching.close()

    def _follow(self, watching: Watching) -> None:
        present = watching.present()
        self._shared.board.station(watching=True, reason=None)
        while not self._shared.ending.asked:
            self._take(present)
            present = watching.wait(_WAIT)

    def _cannot_watch(self, error: BaseException) -> None:
        _log.warning("recorders are not seen", why=str(error))
        self._shared.board.station(watching=False, reason=why(error))
        self._shared.ending.sleep(_AGAIN)

    def _take(self, present: list[Plugged]) -> None:
        """Start and end workers, so that each recorder has one."""
        there = {_key(plugged): plugged for plugged in present}
        for key in [key for key in self._workers if key not in there]:
            worker = self._workers.pop(key)
            _log.info("unplugged", port=worker.plugged.port, recorder=worker.serial)
            worker.unplug()
            if self._shared.makers is not None:
                self._shared.makers.unplugged(worker.plugged)
            self._leaving.append(worker)
        self._leaving = [worker for worker in self._leaving if not worker.join(0)]
        for key, plugged in there.items():
            if key not in self._workers:
                self._workers[key] = self._plug(plugged)

    def _plug(self, plugged: Plugged) -> Worker:
        twin = next(
            (
                other
                for other in self._workers.values()
                if plugged.serial is not None and other.plugged.serial == plugged.serial
            ),
            None,
        )
        _log.info("plugged in", port=plugged.port, recorder=plugged.serial, model=plugged.model)
        worker = Worker(
            self._shared,
            plugged,
            self._troubles.setdefault(plugged.port, Trouble()),
            twin=twin,
        )
        worker.start()
        return worker

    # Room

    def _keep_room(self) -> None:
        """Say how much room there is, now and then."""
        while not self._shared.ending.asked:
            try:
                free = self._archive.free_bytes()
                self._archive.catalogue.catch_up()
                days = days_left(self._archive)
                clock, audit = time_of(self._archive), audit_of(self._archive)
            except (ArchiveError, OSError) as error:
                _log.warning("the room on the archive's disk is not known", why=str(error))
            else:
                self._shared.board.station(free_bytes=free, days_left=days, time=clock, audit=audit)
            self._shared.ending.sleep(_ROOM_LOOK)


def shared_by(archive: Archive, usb: Usb | None) -> Shared:
    """What the workers of a station share."""
    board, library, makers = Board(), archive.settings.gat947_library, None
    if usb is not None and library is not None:
        makers = Makers(partial(library_at, library, os.environ), usb.strangers, board)
    return Shared(
        root=archive.root,
        settings=archive.settings,
        usb=usb or no_usb(),
        board=board,
        room=Room(archive.free_bytes),
        makers=makers,
    )


def time_of(archive: Archive) -> TimeView:
    """What time the archive's checkpoints have, as its catalogue knows. Raises ArchiveError."""
    found = outlook(archive, datetime.now(UTC))
    return TimeView(
        outside=found.outside,
        configured=found.configured,
        since=None if found.outside else found.since,
        newest=found.newest,
        own=found.own,
        synchronised=found.synchronised,
    )


def audit_of(archive: Archive) -> AuditView | None:
    """How the newest audit on record ended. Raises ArchiveError."""
    found = standing(archive)
    if found is None:
        return None
    late = found.is_late(datetime.now(UTC))
    return AuditView(ok=found.ok, findings=found.findings, time=found.time, late=late)


def _key(plugged: Plugged) -> _Key:
    return plugged.port, plugged.bus, plugged.address, plugged.serial
