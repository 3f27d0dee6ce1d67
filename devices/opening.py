"""What a person or the station names, opened as a recorder.

    usb:SERIAL          the recorder that is plugged in with this USB serial, MTP, PTP or disk
                        or whose maker's library, where there is one, says that this is its serial: it is switched to
                        mass storage first
    usb:PORT            the same by the kernel's name of its port ("usb:1-1.4"), for recorders without a serial, or two
                        with the same
    a block device      its file system, or its partitions, mounted read-only by us; with its USB device's serial
    a folder            as it is. A mount point too: who mounted it chose how, and it is read as any folder

A folder whose name begins with "usb:" is named with "./" before it. Decides nothing about who may be docked.
"""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from devices import blocks
from devices.errors import NoRecorderError
from devices.folder import FolderRecorder
from devices.gat947.library import library_at
from devices.gat947.recorder import switch, with_identity
from devices.hotplug import Plugged, Watcher
from devices.massstorage import MassStorageRecorder
from devices.recorder import Recorder

_USB: Final = "usb:"
_SYSFS: Final = Path("/sys")
_PATIENCE: Final = 10.0  # seconds
_ABSENT: Final = "it is not plugged in"


def open_source(
    text: str,
    *,
    zone: ZoneInfo,
    library: Path | None = None,
    sysfs: Path = _SYSFS,
    patience: float = _PATIENCE,
) -> Recorder:
    """Open what a person named.

    Args:
        text: see the module.
        zone: what recorders' clocks run in.
        library: of a maker, for recorders that nothing else sees (devices/gat947).
        sysfs: where the kernel shows its devices.
        patience: seconds for a disk that was only just plugged in to show its partitions.

    Raises:
        NotAFolderError: a path that leads nowhere, or to something else.
        NoRecorderError: none with this serial is plugged in, or two are.
        NoAccessError: no right to it, or somebody else holds it.
        MountError: its volumes cannot be mounted read-only. Nothing stays mounted.
        DeviceError: it does not answer.
    """
    if text.startswith(_USB):
        wanted = text.removeprefix(_USB)
        if not wanted:
            raise NoRecorderError(serial=text, reason="it names none")
        plugged = _find(wanted, sysfs, patience)
        if plugged is not None:
            return open_plugged(plugged, zone=zone, sysfs=sysfs)
        if library is not None:
            return _open_switched(library, wanted, zone, sysfs)
        raise NoRecorderError(serial=wanted, reason=_ABSENT)
    path = Path(text)
    try:
        found = path.stat()
    except (OSError, ValueError):
        return FolderRecorder(path, sysfs=sysfs)  # which says what is wrong with it
    if stat.S_ISBLK(found.st_mode):
        return _open_block(path, found.st_rdev, zone, sysfs)
    return FolderRecorder(path, sysfs=sysfs)


def open_plugged(plugged: Plugged, *, zone: ZoneInfo, sysfs: Path = _SYSFS) -> Recorder:
    """Open what the watcher saw.

    Raises:
        NoAccessError: no right to it, or somebody else holds it.
        MountError: its volumes cannot be mounted read-only. Nothing stays mounted.
        NoRecorderError, SourceGoneError: it was pulled meanwhile.
        DeviceError: it does not answer.
    """
    if plugged.kind == "mass_storage":
        return MassStorageRecorder(plugged.blocks, zone=zone, plugged=plugged, sys_folder=sysfs)
    # Not before it is needed: a folder is docked without libusb.
    from devices.mtp.recorder import MtpRecorder
    from devices.usb import open_link

    link = open_link(bus=plugged.bus, address=plugged.address)
    return MtpRecorder(link, zone=zone, serial=plugged.serial, port=plugged.port)


def _open_switched(library: Path, wanted: str, zone: ZoneInfo, sysfs: Path) -> Recorder:
    """The recorder that only its maker's library sees, as the disk that it is switched to."""
    makers = library_at(library, os.environ)
    try:
        found = makers.identify().info.serial
    except NoRecorderError:
        found = None
    if found != wanted:  # before it is switched: another one is left as it is
        raise NoRecorderError(serial=wanted, reason=_ABSENT)
    with Watcher(sysfs=sysfs, poll=0.1) as watcher:
        identity, disk = switch(makers, watcher, set_clock=False)
    recorder = MassStorageRecorder(disk.blocks, zone=zone, plugged=disk, sys_folder=sysfs)
    recorder.facts = with_identity(recorder.facts, identity)
    return recorder


def _find(wanted: str, sysfs: Path, patience: float) -> Plugged | None:
    """The one recorder with a serial, or at a port. One that was only just plugged in is waited for."""
    with Watcher(sysfs=sysfs, poll=0.1, patience=patience) as watcher:
        until = time.monotonic() + patience + 1
        here = watcher.present()
        while not (found := _matching(here, wanted)) and watcher.settling:
            if time.monotonic() >= until:  # a port that never stands still, which is not it
                break
            here = watcher.wait(0.1)
    if len(found) > 1:
        ports = " and ".join(f"usb:{recorder.port}" for recorder in found)
        reason = f"{len(found)} have this serial; say which is meant: {ports}"
        raise NoRecorderError(serial=wanted, reason=reason)
    return found[0] if found else None


def _matching(here: list[Plugged], wanted: str) -> list[Plugged]:
    return [r for r in here if r.serial == wanted] or [r for r in here if r.port == wanted]


def _open_block(path: Path, device: int, zone: ZoneInfo, sysfs: Path) -> Recorder:
    block = blocks.by_number(sysfs, device)
    if block is None:
        raise NoRecorderError(serial=str(path), reason="its device is not plugged in any more")
    parts = blocks.volumes_of_disk(blocks.all_blocks(sysfs), disk=block.disk)
    volumes = (block.name,) if block.partition else parts
    with Watcher(sysfs=sysfs) as watcher:
        owner = next((r for r in watcher.present() if r.port == block.port), None)
    return MassStorageRecorder(volumes, zone=zone, plugged=owner, sys_folder=sysfs)
