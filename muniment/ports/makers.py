"""Recorders that only their maker's library sees: found, switched to mass storage, and known when they are disks.

What always holds: the library is asked in a thread of its own, and only while a USB device is plugged in that is no
recorder; however it hangs, no port waits for it, and nor does the end of the station. One recorder at a time is
switched. A disk is taken for it only where it comes at the port of such a device. Clocks are left alone: what they
show cannot be asked, and nothing is corrected that was not measured before.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import structlog

from devices.errors import DeviceError, NoRecorderError, ProtocolError, RecorderSilentError
from devices.gat947.library import Identity, MakersLibrary
from devices.gat947.recorder import PATIENCE
from devices.hotplug import Plugged
from muniment.ports.board import Board, Tile
from muniment.ports.words import why

PORT: Final = "gat947"  # on the board, until a recorder is a disk at a port
_LOOK: Final = 0.5  # seconds between two looks at what is plugged in
_AGAIN: Final = 5.0  # seconds until the library is asked again about the same devices
_LONGEST_PAUSE: Final = 60.0
_log = structlog.get_logger(__name__)
_Key = tuple[str, int, int]


@dataclass(slots=True, kw_only=True)
class _Switch:
    """A recorder on its way from its maker's mode to being a disk."""

    identity: Identity
    ports: frozenset[str]  # where it may be
    came: threading.Event = field(default_factory=threading.Event)


class Makers:
    """See the module.

    Args:
        open_library: makes it ready; asked again while it fails.
        strangers: port and address of devices that are no recorders.
        board: says what is found and what goes wrong.
        patience: seconds for a recorder to come back as a disk.
    """

    def __init__(
        self,
        open_library: Callable[[], MakersLibrary],
        strangers: Callable[[], frozenset[tuple[str, int]]],
        board: Board,
        *,
        patience: float = PATIENCE,
    ) -> None:
        self._open, self._strangers, self._board = open_library, strangers, board
        self._patience = patience
        self._lock = threading.Lock()
        self._switch: _Switch | None = None
        self._known: dict[_Key, Identity] = {}
        self._tile: Tile | None = None
        self._said = ""
        self._ended = threading.Event()

    def start(self) -> None:
        """Begin to ask."""
        threading.Thread(target=self._run, name="maker's library", daemon=True).start()

    def end(self) -> None:
        """Ask no more. Waits for nothing: what the library does then ends with its process's parent."""
        self._ended.set()

    def identity(self, plugged: Plugged) -> Identity | None:
        """What its maker's library said of a recorder before it became this disk. Asked before the disk is opened."""
        key = (plugged.port, plugged.bus, plugged.address)
        with self._lock:
            switch = self._switch
            is_disk = plugged.kind == "mass_storage"
            if switch is not None and is_disk and plugged.port in switch.ports:
                self._known[key] = switch.identity
                self._switch = None
                switch.came.set()
            return self._known.get(key)

    def unplugged(self, plugged: Plugged) -> None:
        """It went: what comes at its port is another plug."""
        with self._lock:
            self._known.pop((plugged.port, plugged.bus, plugged.address), None)

    # The thread

    def _run(self) -> None:
        before: frozenset[tuple[str, int]] = frozenset()
        next_ask, pause = 0.0, _AGAIN
        while not self._ended.wait(_LOOK):
            now = self._strangers()
            if now != before:
                before, next_ask, pause = now, 0.0, _AGAIN
                self._clear()
            if now and time.monotonic() >= next_ask:
                fine = self._ask(frozenset(port for port, _ in now))
                pause = _AGAIN if fine else min(pause * 2, _LONGEST_PAUSE)
                next_ask = time.monotonic() + pause

    def _ask(self, ports: frozenset[str]) -> bool:
        """Ask once, and switch what is found; whether nothing went wrong."""
        try:
            library = self._open()
            identity = self._found(library)
            if identity is not None:
                self._switch_it(library, identity, ports)
        except DeviceError as error:
            self._fail(error)
            return False
        except Exception as error:  # noqa: BLE001 - a fault of ours here must not end the watch for others
            self._board.bug()
            _log.exception("a fault of ours in asking a maker's library")
            self._fail(error)
            return False
        return True

    def _found(self, library: MakersLibrary) -> Identity | None:
        """The recorder that the library finds, but none that is a disk already. Raises DeviceError."""
        try:
            identity = library.identify()
        except NoRecorderError:
            return None
        serial = identity.info.serial
        with self._lock:
            is_disk = any(known.info.serial == serial for known in self._known.values())
        return None if is_disk else identity

    def _switch_it(self, library: MakersLibrary, identity: Identity, ports: frozenset[str]) -> None:
        """Raises DeviceError: it did not become a disk."""
        self._show(identity)
        switch = _Switch(identity=identity, ports=ports)
        with self._lock:
            self._switch = switch  # from now on its disk may come
        failure: DeviceError | None = None
        try:
            try:
                library.to_disk(set_clock=False)
            except (RecorderSilentError, ProtocolError) as error:
                failure = error  # it may have been switched all the same
            if not self._came(switch):
                reason = "no disk came after it was switched to mass storage"
                raise failure or NoRecorderError(serial=identity.info.serial, reason=reason)
        finally:
            with self._lock:
                self._switch = None
        self._clear()

    def _came(self, switch: _Switch) -> bool:
        """Wait for its disk. Also true where the station ends."""
        until = time.monotonic() + self._patience
        while not switch.came.wait(0.2):
            if self._ended.is_set():
                return True
            if time.monotonic() >= until:
                return False
        return True

    # The board

    def _show(self, identity: Identity) -> None:
        self._tile = self._tile or self._board.tile(PORT)
        self._tile.state("checking")
        self._tile.show(
            recorder=identity.info.serial or None,
            officer=identity.info.badge or None,
            model=identity.code or None,
            battery=identity.battery,
            transport="gat947",
        )
        _log.info("a maker's library found a recorder", recorder=identity.info.serial)

    def _fail(self, error: BaseException) -> None:
        self._tile = self._tile or self._board.tile(PORT)
        self._tile.state("failed", why(error))
        if str(error) != self._said:
            self._said = str(error)
            _log.warning("a maker's library failed", why=self._said)

    def _clear(self) -> None:
        self._said = ""
        if self._tile is not None:
            self._board.leave(self._tile, keep=False)
            self._tile = None
