"""A /sys made of real folders, files and links, as Linux lays it out for USB devices and their disks."""

from __future__ import annotations

import shutil
from pathlib import Path


class SysTree:
    """One made-up /sys; see the module. Devices hang on one controller."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._buses = root / "devices/pci0000:00/0000:00:04.0"
        self._minor = 0
        for folder in ("bus/usb/devices", "bus/scsi/devices", "class/block", "dev/block"):
            (root / folder).mkdir(parents=True)

    def plug(self, port: str, *, address: int = 2, **attributes: bytes) -> Path:
        """A device that says nothing about itself but numbers, and these attributes."""
        bus, _, way = port.partition("-")
        at = self._buses / f"usb{bus}"
        steps = way.split(".")
        for end in range(1, len(steps) + 1):
            at /= f"{bus}-{'.'.join(steps[:end])}"
        at.mkdir(parents=True)
        numbers = {"idVendor": b"1d6b", "idProduct": b"0104", "busnum": bus.encode()}
        for name, value in (numbers | {"devnum": str(address).encode()} | attributes).items():
            (at / name).write_bytes(value + b"\n")
        self._link("bus/usb/devices", at)
        return at

    def interface(
        self, device: Path, *, kind: bytes, subclass: bytes = b"01", says: bytes = b""
    ) -> Path:
        """One more interface of a device."""
        number = len(list(device.glob(f"{device.name}:1.*")))
        at = device / f"{device.name}:1.{number}"
        at.mkdir()
        (at / "bInterfaceClass").write_bytes(kind + b"\n")
        (at / "bInterfaceSubClass").write_bytes(subclass + b"\n")
        if says:
            (at / "interface").write_bytes(says + b"\n")
        self._link("bus/usb/devices", at)
        return at

    def mtp(self, port: str, *, address: int = 2, **attributes: bytes) -> Path:
        device = self.plug(port, address=address, **attributes)
        self.interface(device, kind=b"06", says=b"MTP")
        return device

    def storage(self, port: str, *, address: int = 2, **attributes: bytes) -> Path:
        """A mass storage device whose disk has not appeared yet."""
        device = self.plug(port, address=address, **attributes)
        self.interface(device, kind=b"08", subclass=b"06")
        return device

    def unit(self, under: Path, *, lun: int, kind: bytes = b"0", host: int = 2) -> Path:
        """A logical unit whose block device has not appeared yet."""
        at = under / f"host{host}/target{host}:0:0/{host}:0:0:{lun}"
        at.mkdir(parents=True)
        (at / "type").write_bytes(kind + b"\n")
        self._link("bus/scsi/devices", at)
        return at

    def disk(
        self, under: Path, name: str, *, lun: int = 0, size: int = 1 << 20, **attributes: bytes
    ) -> Path:
        """A disk (below an interface, or anywhere)."""
        at = under / f"host2/target2:0:0/2:0:0:{lun}/block" / name
        return self._block(at, size=size, attributes=attributes)

    def real_disk(self, node: Path, under: Path) -> Path:
        """A disk that is really there, as a device of this tree."""
        real = Path("/sys/class/block") / node.name
        number = (real / "dev").read_text().strip()
        at = self.disk(under, node.name, size=int((real / "size").read_text()) * 512)
        (at / "dev").write_text(number)
        (self.root / "dev/block" / number).symlink_to(at)
        return at

    def partition(self, disk: Path, number: int, *, size: int = 1 << 20) -> Path:
        name = f"{disk.name}{number}"
        return self._block(disk / name, size=size, attributes={"partition": str(number).encode()})

    def pull(self, device: Path) -> None:
        """Everything of a device is gone."""
        for folder in ("bus/usb/devices", "bus/scsi/devices", "class/block", "dev/block"):
            for link in (self.root / folder).iterdir():
                if device in (link.resolve(), *link.resolve().parents):
                    link.unlink()
        shutil.rmtree(device)

    def _block(self, at: Path, *, size: int, attributes: dict[str, bytes]) -> Path:
        at.mkdir(parents=True)
        self._minor += 1
        number = f"8:{self._minor}"
        facts = {"dev": number.encode(), "size": str(size // 512).encode(), "ro": b"0"}
        for name, value in (facts | attributes).items():
            (at / name).write_bytes(value + b"\n")
        self._link("class/block", at)
        (self.root / "dev/block" / number).symlink_to(at)
        return at

    def _link(self, folder: str, at: Path) -> None:
        (self.root / folder / at.name).symlink_to(at)
