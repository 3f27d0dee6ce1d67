"""Private folders to mount in, and the removal of what a killed run left mounted.

Holds: only we can enter them (0700). Each run's folder has a lock file that the run holds; where nobody holds it, the
run is dead, and what it left is unmounted and removed. Never removes a file but its own lock and notes, and no folder
that holds anything.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from devices.errors import MountError, NoAccessError
from devices.massstorage import kernel, udisks
from devices.massstorage.mountinfo import mounts

_RUN: Final = Path("/run/muniment/mounts")
_LOCK: Final = "lock"
_BY_UDISKS: Final = ".udisks"


def default_base() -> Path:
    """Where runs have their folders: below /run where we may, else in the folder for temporary files."""
    with contextlib.suppress(OSError):
        _RUN.mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.access(_RUN, os.W_OK | os.X_OK):
            return _RUN
    return Path(tempfile.gettempdir()) / f"muniment-mounts-{os.geteuid()}"


class Place:
    """One run's folder, ours until `close`."""

    def __init__(self, base: Path, *, name: str) -> None:
        """Make a folder, and remove what dead runs left beside it.

        Raises:
            MountError: the base is somebody else's, or others may enter it. Nothing was made.
        """
        _check_private(base)
        self._base = base
        with _only_us(base):
            clean(base)
            self.folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=base))
            self._lock = _try_lock(self.folder)

    def point(self) -> Path:
        """A new empty folder to mount on."""
        point = self.folder / f"v{len(list(self.folder.iterdir()))}"
        point.mkdir(mode=0o700)
        return point

    def note_udisks(self, device: Path) -> None:
        """Write down what udisks2 mounted for us, for a run that finds us dead."""
        (self.folder / f"{device.name}{_BY_UDISKS}").write_bytes(b"")

    def close(self) -> None:
        """Unmount what is mounted here and remove the folder. May be called again."""
        if self._lock is not None:
            with _only_us(self._base):
                _empty(self.folder)
            os.close(self._lock)
            self._lock = None


def clean(base: Path) -> None:
    """Unmount and remove what dead runs left below a base."""
    for folder in base.iterdir():
        if folder.is_dir() and (lock := _try_lock(folder)) is not None:
            _empty(folder)
            os.close(lock)


def _empty(folder: Path) -> None:
    below = os.fsencode(folder.resolve()) + b"/"
    for mount in reversed(mounts()):
        if mount.at.startswith(below):
            kernel.unmount(mount.at)
    for entry in sorted(folder.iterdir()):
        if entry.name.endswith(_BY_UDISKS):
            with contextlib.suppress(NoAccessError):
                udisks.unmount(Path("/dev") / entry.name.removesuffix(_BY_UDISKS))
            entry.unlink()
        elif entry.is_dir() and not entry.is_symlink():
            with contextlib.suppress(OSError):  # still mounted after all: left for the next
                entry.rmdir()
    (folder / _LOCK).unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        folder.rmdir()


def _try_lock(folder: Path) -> int | None:
    """The run's lock, if nobody holds it."""
    lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock


@contextlib.contextmanager
def _only_us(base: Path) -> Iterator[None]:
    """Between making a folder and locking it, no other run may take it for a dead one's."""
    lock = os.open(base, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _check_private(base: Path) -> None:
    try:
        base.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = base.lstat()
    except OSError as e:
        raise MountError(source=str(base), reason=e.strerror or str(e)) from e
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
        reason = "the folder to mount in must be ours alone, and is not"
        raise MountError(source=str(base), reason=reason)
