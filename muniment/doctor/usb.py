"""Is this machine fit for recorders on USB? What is missing and what to do about it.

Holds: opens no recorder and changes nothing; where a thing cannot be looked at, it is said to be missing. A machine
without any USB is a fit centre all the same: whether this matters is for who asks.
"""

from __future__ import annotations

import os
import platform
import shutil
import socket
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from devices.errors import NoAccessError
from devices.massstorage.kernel import may_mount
from devices.usb_kernel import DEVFS, still_image_devices

_RULES: Final = "60-muniment.rules"
_RULE_FOLDERS: Final = ("etc/udev/rules.d", "run/udev/rules.d", "usr/lib/udev/rules.d")
_FILE_SYSTEMS: Final = ("vfat", "exfat", "ext4")
_MODULE_LISTS: Final = ("modules.builtin", "modules.dep")
# Programs of a desktop that open cameras by themselves; the kernel keeps 15 letters of a name.
_DESKTOP: Final = ("gvfs-gphoto2-vo", "gvfs-mtp-volume", "gvfsd-gphoto2", "gvfsd-mtp")
_UEVENT: Final = 15  # linux/netlink.h, NETLINK_KOBJECT_UEVENT
_KERNEL_GROUP: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that recorders on USB need."""

    name: str  # key of its name in the sentences
    missing: str | None = None  # key of the sentence that says what to do; None: it is there
    detail: str = ""  # what was seen; a field of that sentence


def look(root: Path = Path("/"), *, device_nodes: Path = DEVFS) -> list[Finding]:
    """Everything, in the order in which it is needed.

    Args:
        root: of the machine's files; another in tests.
        device_nodes: where devices on USB have their files.
    """
    return [
        _libusb(),
        _nodes(device_nodes),
        _rule(root),
        _netlink(),
        _mounting(),
        _file_systems(root),
        _desktop(root),
    ]


def _libusb() -> Finding:
    try:
        from devices.usb import check_libusb

        check_libusb()
    except (ImportError, OSError, NoAccessError) as e:
        return Finding(name="doctor.usb.libusb", missing="doctor.usb.libusb_no", detail=str(e))
    return Finding(name="doctor.usb.libusb")


def _nodes(folder: Path) -> Finding:
    name = "doctor.usb.access"
    if not folder.is_dir():
        return Finding(name=name, missing="doctor.usb.no_usb", detail=str(folder))
    found = still_image_devices()
    closed = [d.shown for d in found if not os.access(d.node, os.R_OK | os.W_OK)]
    if closed:
        return Finding(name=name, missing="doctor.usb.access_no", detail=", ".join(closed))
    return Finding(name=name, detail=", ".join(d.shown for d in found))


def _rule(root: Path) -> Finding:
    name = "doctor.usb.rule"
    for folder in _RULE_FOLDERS:
        if (root / folder / _RULES).is_file():
            return Finding(name=name, detail=f"/{folder}/{_RULES}")
    if os.geteuid() == 0:
        return Finding(name=name, detail="root")
    return Finding(name=name, missing="doctor.usb.rule_no", detail=_RULES)


def _netlink() -> Finding:
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, _UEVENT) as kernel:
            kernel.bind((0, _KERNEL_GROUP))
    except OSError as e:
        return Finding(name="doctor.usb.netlink", missing="doctor.usb.netlink_no", detail=str(e))
    return Finding(name="doctor.usb.netlink")


def _mounting() -> Finding:
    name = "doctor.usb.mount"
    if may_mount():
        return Finding(name=name, detail="CAP_SYS_ADMIN")
    if program := shutil.which("udisksctl"):
        return Finding(name=name, detail=program)
    return Finding(name=name, missing="doctor.usb.mount_no")


def _file_systems(root: Path) -> Finding:
    name = "doctor.usb.file_systems"
    known = set()
    with suppress(OSError):
        known = set((root / "proc/filesystems").read_text("utf-8").split())
    modules = root / "lib/modules" / platform.release()
    for list_name in _MODULE_LISTS:
        with suppress(OSError):
            text = (modules / list_name).read_text("utf-8")
            known |= {kind for kind in _FILE_SYSTEMS if f"/{kind}.ko" in text}
    missing = [kind for kind in _FILE_SYSTEMS if kind not in known]
    if missing:
        return Finding(name=name, missing="doctor.usb.file_systems_no", detail=" ".join(missing))
    return Finding(name=name, detail=" ".join(_FILE_SYSTEMS))


def _desktop(root: Path) -> Finding:
    running = set()
    for comm in (root / "proc").glob("[0-9]*/comm"):
        with suppress(OSError):  # it ended
            running.add(comm.read_text("utf-8", "replace").strip())
    if grabs := sorted(running.intersection(_DESKTOP)):
        return Finding(
            name="doctor.usb.desktop", missing="doctor.usb.desktop_no", detail=", ".join(grabs)
        )
    return Finding(name="doctor.usb.desktop")
