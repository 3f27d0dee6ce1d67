"""One volume of a recorder, mounted read-only by us and read as a folder.

Holds: it is read-only but inside `writable`; after `close` it is not mounted. That it is mounted nowhere else, where
somebody might write to it, is for `refuse_if_mounted`, before; which volumes a recorder has is for its recorder.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from devices import sysfs
from devices.blocks import Block
from devices.errors import MountError, NoAccessError, NotErasableError
from devices.folder import FolderRecorder
from devices.massstorage import kernel, udisks
from devices.massstorage.mountinfo import mounts
from devices.massstorage.places import Place
from devices.massstorage.pulls import was_pulled
from devices.massstorage.superblocks import (
    HEAD,
    FileSystem,
    UnknownFileSystemError,
    exfat_label,
    identify,
)
from devices.paths import display

_ROOT_DIRECTORY: Final = 64 * 1024
_PROTECTED: Final = frozenset({errno.EACCES, errno.EROFS})


class Volume:
    """See the module. Mounted until `close`."""

    def __init__(
        self,
        block: Block,
        *,
        place: Place,
        zone: ZoneInfo,
        sys_folder: Path = Path("/sys"),
        dev: Path = Path("/dev"),
    ) -> None:
        """Recognise and mount a volume.

        Raises:
            MountError: no file system we read, or it cannot be mounted. Nothing stays mounted.
            NoAccessError: no right to look at it or to mount it.
        """
        self.block = block
        self._sysfs = sys_folder
        self._sectors = sysfs.decimal(sys_folder / "class/block" / block.name / "size")
        self._device = dev / block.name
        self._by_us = kernel.may_mount()
        self.system = look(block, dev=dev, optional=not self._by_us)
        self._at = self._mounted(place, zone)
        try:
            self.folder = FolderRecorder(self._at, sysfs=sys_folder)
        except BaseException:
            self._unmount()
            raise

    @property
    def unclean(self) -> bool:
        """Was its journal not played back? Then its last changes may not be seen."""
        return self.system is not None and self.system.unclean

    def is_there(self) -> bool:
        """Is it still mounted, and its card still in?"""
        size = sysfs.decimal(self._sysfs / "class/block" / self.block.name / "size")
        return self.folder.is_there() and size == self._sectors

    def room(self) -> tuple[int, int] | None:
        """Its size and what is free on it, in bytes, as its file system says; None where it does not."""
        try:
            found = os.statvfs(self._at)
        except OSError:
            return None
        return found.f_frsize * found.f_blocks, found.f_frsize * found.f_bfree

    @contextmanager
    def writable(self) -> Iterator[None]:
        """The block in which it can be erased from. Read-only again afterwards.

        Raises:
            NotErasableError: write-protected, not ours to change, or its journal wants playing back. Nothing was
                changed.
            MountError: it could not be made read-only again, and is still plugged in.
        """
        self._refuse_writing()
        try:
            kernel.remount(self._at, writable=True)
        except OSError as e:
            reason = "its card is write-protected" if e.errno in _PROTECTED else e.strerror
            raise NotErasableError(source=self.block.name, reason=str(reason)) from e
        try:
            yield
        finally:
            self._seal()

    def close(self) -> None:
        """Unmount. May be called again; safe after a pull."""
        self.folder.close()
        self._unmount()

    def _mounted(self, place: Place, zone: ZoneInfo) -> Path:
        if not self._by_us:
            kind = self.system.kind if self.system else None
            place.note_udisks(self._device)
            return udisks.mount_read_only(self._device, self.block.number, kind=kind)
        assert self.system is not None  # noqa: S101 - who may mount may look: see __init__
        at = place.point()
        kernel.mount_read_only(self._device, at, self.system, zone=zone)
        return at

    def _unmount(self) -> None:
        if self._by_us:  # else it is done by the place, which has it noted
            kernel.unmount(self._at)

    def _refuse_writing(self) -> None:
        reason = None
        if not self._by_us:
            reason = "erasing from a card needs root or the capability CAP_SYS_ADMIN"
        elif self.unclean:
            reason = "it was not switched off cleanly: switch it on and off again, then dock it"
        if reason:
            raise NotErasableError(source=self.block.name, reason=reason)

    def _seal(self) -> None:
        try:
            kernel.remount(self._at, writable=False)
        except OSError as e:
            if was_pulled(self.is_there, e):
                return  # who was erasing has the error that says so
            reason = f"it stays writable until it is unmounted: {e.strerror}"
            raise MountError(source=self.block.name, reason=reason) from e


def look(block: Block, *, dev: Path = Path("/dev"), optional: bool = False) -> FileSystem | None:
    """Recognise a volume's file system and label by reading its first blocks.

    Args:
        block: the volume.
        dev: where device nodes are.
        optional: somebody else will mount it, so that not being allowed to look is no error.

    Raises:
        MountError: no file system we read, or the first blocks cannot be read.
        NoAccessError: we may not look.
    """
    device = dev / block.name
    try:
        fd = os.open(device, os.O_RDONLY | os.O_CLOEXEC)
        try:
            here = os.fstat(fd)
            if (stat.S_IFMT(here.st_mode), _number(here.st_rdev)) != (stat.S_IFBLK, block.number):
                raise MountError(source=str(device), reason="its node is another device's")
            return _recognise(fd)
        finally:
            os.close(fd)
    except PermissionError as e:
        if optional:
            return None
        reason = "reading it needs root or the group `disk`"
        raise NoAccessError(source=str(device), reason=reason) from e
    except OSError as e:
        reason = f"its first blocks cannot be read: {e.strerror}"
        raise MountError(source=str(device), reason=reason) from e
    except UnknownFileSystemError as e:
        raise MountError(source=str(device), reason=str(e)) from e


def refuse_if_mounted(block: Block, *, dev: Path = Path("/dev")) -> None:
    """A volume that is mounted elsewhere may be written to meanwhile, and its mount's options would be ours.

    Raises:
        MountError: it is mounted.
    """
    for mount in mounts():
        if mount.number == block.number:
            where = display(mount.at)[0]
            reason = f"it is mounted at {where} already; unmount it there, or dock that folder"
            raise MountError(source=str(dev / block.name), reason=reason)


def _number(device: int) -> str:
    return f"{os.major(device)}:{os.minor(device)}"


def _recognise(fd: int) -> FileSystem:
    found = identify(os.pread(fd, HEAD, 0))
    if found.label_at is None:
        return found
    label = None
    with suppress(OSError, OverflowError):  # a label is a nicety
        label = exfat_label(os.pread(fd, _ROOT_DIRECTORY, found.label_at))
    return FileSystem(kind=found.kind, label=label)
