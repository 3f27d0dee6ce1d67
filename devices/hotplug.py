"""What is plugged in, and waiting for it to change.

What is there is always read from /sys. The kernel's word over netlink (with or without udevd) only makes us look
sooner; where netlink is not to be had, or says nothing, we look every `poll` seconds all the same. Opens no device and
asks a recorder nothing: whether one that calls itself a camera also speaks MTP is found out by who opens it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, Literal, Self

from devices import blocks, sysfs
from devices.settling import Settling

if TYPE_CHECKING:
    import pyudev  # type: ignore[import-untyped]

Kind = Literal["mtp", "ptp", "mass_storage"]

_SETTLE: Final = 0.5  # seconds; a recorder that changes its mind about its mode is away for less
_MARGIN: Final = (
    0.05  # seconds; what came while we began to look settles a little later than we began
)
_PATIENCE: Final = 10.0  # seconds until a disk without a card is given out as one
_STILL_IMAGE: Final = (
    0x06,
    0x01,
)  # USB Still Image Capture Device Definition 1.0, 3: class and subclass
_MASS_STORAGE: Final = 0x08  # USB Mass Storage Class Overview 1.4, 3
_HUB: Final = 0x09  # Universal Serial Bus 2.0, 11.23.1
_MAKERS_OWN: Final = 0xFF


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugged:
    """A recorder at a port. The same recorder plugged in again has another address."""

    port: str  # "1-1.4", the kernel's name of the USB device
    kind: Kind
    serial: str | None  # USB serial; None where the device has none
    vendor: int
    product: int
    bus: int
    address: int
    make: str | None
    model: str | None
    blocks: tuple[
        str, ...
    ] = ()  # mass storage: block devices that can hold a file system, e.g. ("sdb1",)


class Watcher:
    """Watches all ports. For one thread at a time."""

    def __init__(
        self,
        *,
        sysfs: Path = Path("/sys"),
        poll: float = 1.0,
        settle: float = _SETTLE,
        patience: float = _PATIENCE,
    ) -> None:
        """Begin to watch.

        Args:
            sysfs: where the kernel shows its devices.
            poll: seconds between two looks where nothing wakes us.
            settle: seconds that a port must stand still before it is believed.
            patience: seconds to wait for a disk's partitions, or for a card.
        """
        self._sysfs = sysfs
        self._poll = poll
        self._settle = settle
        self._settling: Settling[Plugged] = Settling(settle=settle, patience=patience)
        self._monitor = _listen()
        self._told: list[Plugged] | None = None

    @property
    def settling(self) -> bool:
        """Is something plugged in, or pulled, that is not yet in what was last said?"""
        return self._settling.due() is not None

    def present(self) -> list[Plugged]:
        """What is plugged in, in the order of the ports. The first time this waits until it has settled."""
        now = self._look()
        if self._told is None:
            until = time.monotonic() + self._settle + _MARGIN
            while self.settling and time.monotonic() < until:
                self._sleep(until)
                now = self._look()
        self._told = now
        return list(now)

    def wait(self, timeout: float) -> list[Plugged]:
        """Wait until something else is plugged in than was last said, but not longer than so many seconds.

        Returns:
            What is plugged in then, changed or not.
        """
        until = time.monotonic() + timeout
        told = self._told or []
        while (now := self._look()) == told and time.monotonic() < until:
            soonest = min(until, time.monotonic() + self._poll)
            self._sleep(min(soonest, self._settling.due() or soonest))
        self._told = now
        return list(now)

    def close(self) -> None:
        """Stop listening. May be called again; what is plugged in can still be asked."""
        self._monitor = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _look(self) -> list[Plugged]:
        seen = {found.port: (found, self._whole(found)) for found in _recorders(self._sysfs)}
        return self._settling.observe(time.monotonic(), seen)

    def _whole(self, found: Plugged) -> bool:
        if found.kind != "mass_storage":
            return True
        return bool(found.blocks) and not blocks.awaited(self._sysfs, port=found.port)

    def _sleep(self, until: float) -> None:
        """Until then, or until the kernel says something."""
        left = max(0.0, until - time.monotonic())
        if self._monitor is None:
            time.sleep(left)
            return
        try:
            # Less than a millisecond would be no wait at all to poll(2), and we would turn in circles.
            if self._monitor.poll(max(left, 0.001)) is not None:
                while self._monitor.poll(0) is not None:
                    pass
        except (
            OSError
        ):  # too much was said at once (ENOBUFS), or it broke: what is there is in /sys
            self._monitor = _listen()
            time.sleep(min(left, _SETTLE))


def strangers(root: Path = Path("/sys")) -> frozenset[tuple[str, int]]:
    """Port and address of each USB device that is neither hub nor recorder, and of disk readers without a card.

    A keyboard is one, and so is a recorder in a mode that only its maker's library knows. Asks no device. Never raises.
    """
    devices = root / "bus/usb/devices"
    usable = {
        found.port for found in _recorders(root) if found.kind != "mass_storage" or found.blocks
    }
    found = set()
    for name in sysfs.names(devices):
        address = sysfs.decimal(devices / name / "devnum")
        is_hub = sysfs.hexadecimal(devices / name / "bDeviceClass") == _HUB
        if blocks.USB_PORT.fullmatch(name) and address is not None and not is_hub:
            found.add((name, address))
    return frozenset(one for one in found if one[0] not in usable)


def twins(serial: str, port: str, root: Path = Path("/sys")) -> list[Plugged]:
    """What is plugged in with this serial at other ports. Waits for nothing, asks no device. Never raises."""
    return [found for found in _recorders(root) if found.serial == serial and found.port != port]


def _listen() -> pyudev.Monitor | None:
    """The kernel's own words: they come with and without udevd. None where there are none to be had."""
    try:
        import pyudev

        monitor = pyudev.Monitor.from_netlink(pyudev.Context(), source="kernel")
        for subsystem in ("usb", "block"):
            monitor.filter_by(subsystem)
        monitor.start()
    except (ImportError, OSError):  # no libudev here; netlink forbidden
        return None
    return monitor


def _recorders(root: Path) -> list[Plugged]:
    devices = root / "bus/usb/devices"
    everything = sysfs.names(devices)
    known = blocks.all_blocks(root)
    interfaces: dict[str, list[Path]] = {}
    for name in everything:
        port, colon, _ = name.partition(":")
        if colon:
            interfaces.setdefault(port, []).append(devices / name)
    found = []
    for name in everything:
        kind = _kind(interfaces.get(name, []))
        if kind is not None and blocks.USB_PORT.fullmatch(name):
            usable = blocks.volumes(known, port=name) if kind == "mass_storage" else ()
            found.append(_plugged(devices / name, kind, usable))
    return [recorder for recorder in found if recorder is not None]


def _plugged(device: Path, kind: Kind, usable: tuple[str, ...]) -> Plugged | None:
    vendor, product = (sysfs.hexadecimal(device / name) for name in ("idVendor", "idProduct"))
    bus, address = (sysfs.decimal(device / name) for name in ("busnum", "devnum"))
    if vendor is None or product is None or bus is None or address is None:
        return None  # it is just coming, or just going
    return Plugged(
        port=device.name,
        kind=kind,
        serial=sysfs.text(device / "serial"),
        vendor=vendor,
        product=product,
        bus=bus,
        address=address,
        make=sysfs.text(device / "manufacturer"),
        model=sysfs.text(device / "product"),
        blocks=usable,
    )


def _kind(interfaces: list[Path]) -> Kind | None:
    """MTP before mass storage before PTP: a plain camera's protocol can say no size over 4 GiB, its disk can."""
    kinds = {_interface_kind(interface) for interface in interfaces}
    order: tuple[Kind, ...] = ("mtp", "mass_storage", "ptp")
    return next((kind for kind in order if kind in kinds), None)


def _interface_kind(interface: Path) -> Kind | None:
    kind = sysfs.hexadecimal(interface / "bInterfaceClass")
    subclass = sysfs.hexadecimal(interface / "bInterfaceSubClass")
    says_mtp = "MTP" in (sysfs.text(interface / "interface") or "").upper()
    if (kind, subclass) == _STILL_IMAGE:
        return "mtp" if says_mtp else "ptp"
    if kind == _MAKERS_OWN and says_mtp:
        return "mtp"
    return "mass_storage" if kind == _MASS_STORAGE else None
