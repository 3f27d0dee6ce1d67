"""Block devices, as /sys shows them: whose they are, how large, and which of them can hold a file system.

Opens no device and reads no medium. What it says is of one moment: partitions appear after their disk.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from devices import sysfs

USB_PORT: Final = re.compile(r"[0-9]{1,3}-[0-9]{1,3}(\.[0-9]{1,3}){0,6}")
_SCSI: Final = re.compile(r"[0-9]{1,9}(:[0-9]{1,20}){3}")  # host:channel:target:lun
_SECTOR: Final = 512  # /sys counts in these whatever the medium's own are
_SMALLEST: Final = 64 * 1024  # bytes; an extended partition shows itself as 1 KiB and holds none
_DISK: Final = "0"  # a SCSI peripheral device type: direct access (SPC-4, 6.4.2)
_OPTICAL: Final = "sr"  # a made-up CD with the maker's drivers: nothing was ever recorded on one


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A disk or a partition."""

    name: str  # "sdb1"
    disk: str  # "sdb"; itself where it is a disk
    number: str  # "8:17", as in /sys/dev/block
    partition: int  # 0 for a disk
    lun: tuple[int, ...]  # channel, target, lun of a SCSI disk; empty for others
    size: int  # bytes; 0 for a card reader without a card
    port: str | None  # the USB device it belongs to, as the kernel names it: "1-1.4"


def all_blocks(sys_folder: Path) -> dict[str, Block]:
    """Every block device, by name."""
    found = (
        _block(sys_folder / "class/block" / name)
        for name in sysfs.names(sys_folder / "class/block")
    )
    return {block.name: block for block in found if block is not None}


def volumes(blocks: dict[str, Block], *, port: str) -> tuple[str, ...]:
    """The block devices of a USB device that can hold a file system.

    A disk's partitions, or the disk itself where it has none; by logical unit and partition number, so that the order
    is the same at every plug.
    """
    return _usable([block for block in blocks.values() if block.port == port])


def awaited(sys_folder: Path, *, port: str) -> bool:
    """Has a USB device a disk whose block device is still to come? A card that spins up, a second card slot."""
    folder = sys_folder / "bus/scsi/devices"
    for name in sysfs.names(folder):
        if _SCSI.fullmatch(name) and sysfs.text(folder / name / "type") == _DISK:
            at = _resolved(folder / name)
            if at is not None and port == _port(at) and not sysfs.names(at / "block"):
                return True
    return False


def volumes_of_disk(blocks: dict[str, Block], *, disk: str) -> tuple[str, ...]:
    """The same for one disk, whatever it hangs on."""
    return _usable([block for block in blocks.values() if block.disk == disk])


def by_number(sys_folder: Path, device: int) -> Block | None:
    """The block device with a device number, as stat(2) gives it."""
    return _block(sys_folder / "dev/block" / f"{os.major(device)}:{os.minor(device)}")


def _usable(blocks: list[Block]) -> tuple[str, ...]:
    divided = {block.disk for block in blocks if block.partition}
    usable = [
        block
        for block in blocks
        if block.size >= _SMALLEST
        and not block.name.startswith(_OPTICAL)
        and (block.partition or block.name not in divided)
    ]
    return tuple(block.name for block in sorted(usable, key=lambda b: (b.lun, b.disk, b.partition)))


def _block(link: Path) -> Block | None:
    at = _resolved(link)
    if at is None:
        return None
    number = sysfs.text(at / "dev")
    if number is None:
        return None
    partition = sysfs.decimal(at / "partition") or 0
    scsi = [part for part in at.parts if _SCSI.fullmatch(part)]
    return Block(
        name=at.name,
        disk=at.parent.name if partition else at.name,
        number=number,
        partition=partition,
        lun=tuple(int(part) for part in scsi[-1].split(":"))[1:] if scsi else (),
        size=(sysfs.decimal(at / "size") or 0) * _SECTOR,
        port=_port(at),
    )


def _resolved(link: Path) -> Path | None:
    try:
        return link.resolve(strict=True)
    except (
        OSError,
        RuntimeError,
    ):  # pulled meanwhile; Python 3.11 and 3.12 say RuntimeError of a loop of links
        return None


def _port(at: Path) -> str | None:
    """The USB device that something in /sys belongs to: the last on the way, after the hubs."""
    ports = [part for part in at.parts if USB_PORT.fullmatch(part)]
    return ports[-1] if ports else None
