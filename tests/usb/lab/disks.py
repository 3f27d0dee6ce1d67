"""In the guest: USB disks of our making on the virtual bus (dummy_hcd, the kernel's mass storage gadget), and cards.

For what QEMU's usb-storage cannot be: several logical units, write-protected, failing at chosen places. Holds: a disk
is plugged in when it is made, and nothing of it is left after `close`.
"""

from __future__ import annotations

import os
import struct
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.fakes.images import loop
from tests.usb.lab.gadget import load

_GADGETS = Path("/sys/kernel/config/usb_gadget")
_ENGLISH = "strings/0x409"
_LAST_PORT = 7  # from the end: umtprd's recorders count from 0
_SECTOR = 512


class DiskGadget:
    """One USB device with a disk for each image."""

    def __init__(
        self,
        images: Sequence[Path],
        *,
        serial: str,
        write_protected: bool = False,
        number: int = 0,
    ) -> None:
        load()
        subprocess.run(["modprobe", "usb_f_mass_storage"], check=True)
        self.serial = serial
        self._controller = f"dummy_udc.{_LAST_PORT - number}\n"
        self._tree = _GADGETS / f"disk{number}"
        self._function = self._tree / "functions/mass_storage.0"
        try:
            self._build(images, write_protected=write_protected)
            self.plug()
        except BaseException:
            self.close()
            raise

    def plug(self) -> None:
        """Push the cable in."""
        (self._tree / "UDC").write_text(self._controller)

    def unplug(self) -> None:
        """Pull the cable out."""
        (self._tree / "UDC").write_text("\n")

    def close(self) -> None:
        """Unplug and take everything down; the images are free then. May be called again."""
        if not self._tree.exists():
            return
        if (self._tree / "UDC").read_text().strip():
            self.unplug()
        (self._tree / "configs/c.1" / self._function.name).unlink(missing_ok=True)
        for lun in sorted(self._function.glob("lun.*"))[1:]:
            lun.rmdir()
        for folder in ("configs/c.1", "functions/mass_storage.0", _ENGLISH):
            (self._tree / folder).rmdir()
        self._tree.rmdir()

    def _build(self, images: Sequence[Path], *, write_protected: bool) -> None:
        """Kernel: Documentation/usb/gadget_configfs.rst, Documentation/ABI/testing/configfs-usb-gadget-mass-storage."""
        configuration = self._tree / "configs/c.1"
        for folder in (self._tree, self._function, self._tree / _ENGLISH, configuration):
            folder.mkdir()
        for name, value in {
            **{"idVendor": "0x1d6b", "idProduct": "0x0104"},
            f"{_ENGLISH}/serialnumber": self.serial,
            f"{_ENGLISH}/manufacturer": "Lab",
            f"{_ENGLISH}/product": "Body-worn disk",
        }.items():
            (self._tree / name).write_text(value)
        for number, image in enumerate(images):
            lun = self._function / f"lun.{number}"
            lun.mkdir(exist_ok=True)
            (lun / "ro").write_text("1" if write_protected else "0")
            (lun / "removable").write_text("1")
            (lun / "file").write_text(str(image))
        (configuration / self._function.name).symlink_to(self._function)


def fill(node: Path, kind: str, files: Mapping[str, bytes], *, options: str = "") -> None:
    """Write files to a file system, as a recorder would; it is clean afterwards."""
    at = Path("/run/filling")
    at.mkdir(exist_ok=True)
    utf8 = {"vfat": "utf8=1,tz=UTC", "exfat": "iocharset=utf8"}.get(kind, "rw")
    subprocess.run(["mount", "-t", kind, "-o", options or utf8, node, at], check=True)
    try:
        for name, content in files.items():
            (at / name).parent.mkdir(parents=True, exist_ok=True)
            (at / name).write_bytes(content)
            os.utime(at / name, (1709212456, 1709212456))  # 2024-02-29 13:14:16 UTC
    finally:
        subprocess.run(["umount", at], check=True)


def partitioned(image: Path, *, sizes: Sequence[int]) -> list[int]:
    """Give an image a partition table with FAT partitions; where each begins, in bytes."""
    starts, at, table = [], 2048, b""
    for size in sizes:
        table += struct.pack(
            "<B3sB3sII", 0, b"\xfe\xff\xff", 0x0C, b"\xfe\xff\xff", at, size // _SECTOR
        )
        starts.append(at * _SECTOR)
        at += size // _SECTOR
    with image.open("r+b") as file:
        file.truncate(at * _SECTOR)
        file.seek(446)
        file.write(table.ljust(64, b"\0") + b"\x55\xaa")
    return starts


@contextmanager
def failing(image: Path, *, at: int, length: int) -> Iterator[Path]:
    """A block device with the image's content that cannot be read in one place."""
    subprocess.run(["modprobe", "dm_mod"], check=True)
    total, bad, count = image.stat().st_size // _SECTOR, at // _SECTOR, length // _SECTOR
    with ExitStack() as stack:
        node = stack.enter_context(loop(image))
        after = bad + count
        table = (
            f"0 {bad} linear {node} 0\n{bad} {count} error\n"
            f"{after} {total - after} linear {node} {after}\n"
        )
        command = ["dmsetup", "--noudevsync", "--noudevrules"]
        subprocess.run([*command, "create", "bad"], input=table, text=True, check=True)
        # A test that failed may still hold it: it goes with its last holder.
        stack.callback(subprocess.run, [*command, "remove", "--deferred", "bad"], check=True)
        # Without udev nobody makes the name in /dev/mapper; the kernel makes this one itself.
        (made,) = Path("/sys/block").glob("dm-*")
        yield Path("/dev") / made.name
