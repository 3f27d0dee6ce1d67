"""What Linux says of USB devices without opening one: sysfs, usbfs and who holds a device.

Holds: opens no device, needs no rights, raises nothing: what cannot be told is None, and a device
that is not whole (pulled while it is looked at, a pipe missing) is passed over. A name is the
kernel's: "1-1.4" for a device, "1-1.4:1.0" for an interface of its active configuration.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from devices import sysfs

SYSFS: Final = Path("/sys")
DEVFS: Final = Path("/dev/bus/usb")

_STILL_IMAGE: Final = (0x06, 0x01)  # class, subclass (Still Image 1.0, 3.4)
_VENDOR: Final = 0xFF  # telephones hide MTP here; the interface's string says so
_PACKETS: Final = frozenset({8, 16, 32, 64, 512, 1024})  # of bulk: USB 2.0, 5.8.3; USB 3.2, 9.6.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One pipe."""

    address: int  # bit 7: towards us
    packet: int  # bytes, at most


@dataclass(frozen=True, slots=True, kw_only=True)
class StillImageDevice:
    """A device with an interface for pictures (PTP, MTP), as it is plugged in now."""

    port: str  # as the kernel names it: "1-1.4"
    bus: int
    address: int  # new after each plug
    serial: str | None
    interface: int
    bulk_in: Endpoint
    bulk_out: Endpoint
    interrupt: Endpoint | None
    root: Path = SYSFS

    @property
    def shown(self) -> str:
        """For people."""
        return f"usb:{self.serial or self.port}"

    @property
    def node(self) -> Path:
        """The file by which programs use it."""
        return DEVFS / f"{self.bus:03}" / f"{self.address:03}"

    def is_there(self) -> bool:
        """Is it still plugged in, and not plugged in anew?"""
        return sysfs.decimal(_devices(self.root) / self.port / "devnum") == self.address

    def driver(self) -> str | None:
        """The kernel's driver of the interface: "usbfs" for a program that claimed it."""
        for interface in _devices(self.root).glob(f"{self.port}:*.{self.interface}"):
            with suppress(OSError):
                return (interface / "driver").readlink().name
        return None


def still_image_devices(root: Path = SYSFS) -> list[StillImageDevice]:
    """Everything plugged in that offers PTP or MTP, in the order of ports."""
    found: list[StillImageDevice] = []
    for interface in sorted(_devices(root).glob("*-*:*.*")):
        port = interface.name.partition(":")[0]
        if any(device.port == port for device in found) or not _is_still_image(interface):
            continue
        if device := _device(root, port, interface):
            found.append(device)
    return found


def holders(device: Path) -> list[str]:
    """Names of the processes that have a device's file open, as far as we may see."""
    names = set()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it ended, or is not ours to look into
            if any(file.readlink() == device for file in (process / "fd").iterdir()):
                ours = process.name == str(os.getpid())
                comm = (process / "comm").read_text(errors="replace").strip()
                names.add("this program itself" if ours else comm)
    return sorted(names)


def _devices(root: Path) -> Path:
    return root / "bus" / "usb" / "devices"


def _is_still_image(interface: Path) -> bool:
    kind = tuple(
        sysfs.hexadecimal(interface / f"bInterface{what}") for what in ("Class", "SubClass")
    )
    if kind == _STILL_IMAGE:
        return True
    return kind[0] == _VENDOR and "MTP" in (sysfs.text(interface / "interface") or "")


def _device(root: Path, port: str, interface: Path) -> StillImageDevice | None:
    """A device with the pipes of Still Image 1.0, 3.5; None where one is not there or cannot be."""
    folder = _devices(root) / port
    bulk_in, bulk_out = _pipe(interface, "Bulk", "in"), _pipe(interface, "Bulk", "out")
    bus, address = sysfs.decimal(folder / "busnum"), sysfs.decimal(folder / "devnum")
    number = sysfs.hexadecimal(interface / "bInterfaceNumber")
    if bulk_in is None or bulk_out is None or not {bulk_in.packet, bulk_out.packet} <= _PACKETS:
        return None
    if bus is None or address is None or number is None:
        return None
    return StillImageDevice(
        port=port,
        bus=bus,
        address=address,
        serial=sysfs.text(folder / "serial"),
        interface=number,
        bulk_in=bulk_in,
        bulk_out=bulk_out,
        interrupt=_pipe(interface, "Interrupt", "in"),
        root=root,
    )


def _pipe(interface: Path, kind: str, direction: str) -> Endpoint | None:
    """The first pipe of a kind and a direction."""
    for folder in sorted(interface.glob("ep_*")):
        if (sysfs.text(folder / "type"), sysfs.text(folder / "direction")) != (kind, direction):
            continue
        address = sysfs.hexadecimal(folder / "bEndpointAddress")
        packet = sysfs.hexadecimal(folder / "wMaxPacketSize")
        if address is not None and packet is not None:
            return Endpoint(address=address, packet=packet & 0x7FF)  # USB 2.0, table 9-13
    return None
