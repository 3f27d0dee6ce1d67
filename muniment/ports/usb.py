"""Where recorders come from: the USB stack as the station needs it, so that tests can put another in its place."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol
from zoneinfo import ZoneInfo

from devices.errors import NoRecorderError
from devices.hotplug import Plugged, Watcher, strangers
from devices.recorder import Recorder


class Watching(Protocol):
    """What is plugged in. As devices/hotplug.py's Watcher."""

    def present(self) -> list[Plugged]:
        """What is there now."""

    def wait(self, timeout: float) -> list[Plugged]:
        """What is there after a change, or after so many seconds."""

    def close(self) -> None:
        """Stop listening."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usb:
    """Finding recorders and opening them."""

    watch: Callable[[], Watching]
    open: Callable[[Plugged, ZoneInfo], Recorder]
    strangers: Callable[[], frozenset[tuple[str, int]]] = frozenset  # as devices.hotplug.strangers


def real_usb() -> Usb:
    """This machine's."""

    def opened(plugged: Plugged, zone: ZoneInfo) -> Recorder:
        # Late: libusb is loaded when the first recorder comes, and where it cannot be, the port says so.
        from devices.opening import open_plugged

        return open_plugged(plugged, zone=zone)

    return Usb(watch=Watcher, open=opened, strangers=strangers)


class _Nothing:
    """Nothing is plugged in."""

    def present(self) -> list[Plugged]:
        """Nothing."""
        return []

    def wait(self, timeout: float) -> list[Plugged]:
        """Nothing, after so many seconds."""
        time.sleep(timeout)
        return []

    def close(self) -> None:
        """Nothing is held."""


def no_usb() -> Usb:
    """A stack where nothing is ever plugged in."""

    def opened(plugged: Plugged, _zone: ZoneInfo) -> Recorder:
        raise NoRecorderError(serial=plugged.serial or plugged.port, reason="nobody watches for it")

    return Usb(watch=_Nothing, open=opened)
