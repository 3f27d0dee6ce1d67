"""The folder a recorder is: held open, followed through no link, opened from name by name.

Holds at every moment: nothing here opens for writing, creates or follows a link (the given
root itself may be one; it is resolved once). Paths of any length can be opened, because each
name is opened in the folder before it. Lists nothing and reads no bytes of clips.
"""

from __future__ import annotations

import errno
import os
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from devices.errors import ClipChangedError, ClipUnreadableError, NotAFolderError, SourceGoneError
from devices.paths import display

_READ: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_FOLDER: Final = _READ | os.O_DIRECTORY
# open(2) answers these when the path is gone, or a link, a folder or a socket took its place.
_REPLACED: Final = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EISDIR, errno.ENXIO})


class Root:
    """One resolved folder, held open so that its identity cannot change.

    Holding it keeps a volume from being unmounted until `close`, or until the object is
    dropped. Safe to use from several threads.
    """

    def __init__(self, folder: Path, *, sysfs: Path = Path("/sys")) -> None:
        """Open the folder.

        Raises:
            NotAFolderError: nothing there, no folder, or not ours to list.
        """
        shown = display(os.fsencode(folder))[0]
        try:
            self.path = folder.resolve(strict=True)
            # Not O_NOFOLLOW's work: resolve() has already followed the links of the root.
            self.fd = open_folder(os.fsencode(self.path))
        except OSError as e:
            raise NotAFolderError(path=shown, reason=e.strerror or str(e)) from e
        except (RuntimeError, ValueError) as e:
            # Python 3.11 and 3.12 report a loop of links as RuntimeError; NUL is a ValueError.
            raise NotAFolderError(path=shown, reason="the path leads nowhere") from e
        self._finalizer = weakref.finalize(self, os.close, self.fd)
        is_at = os.fstat(self.fd)
        self._identity = (is_at.st_dev, is_at.st_ino)
        block = sysfs / "dev/block" / f"{os.major(is_at.st_dev)}:{os.minor(is_at.st_dev)}"
        # tmpfs, overlays and network file systems have no block device: nothing to watch there.
        self._block = block if block.exists() else None

    @property
    def name(self) -> str:
        """The folder's own name, as text."""
        return display(os.fsencode(self.path.name))[0] or "/"

    def is_there(self) -> bool:
        """Is the folder still at its path, and its volume still plugged in?

        A pulled-out volume stays mounted and answers from cache for a while; its block
        device leaves /sys at once.
        """
        try:
            now = self.path.stat()
        except OSError:
            return False
        if (now.st_dev, now.st_ino) != self._identity:
            return False
        return self._block is None or self._block.exists()

    def open_file(self, path: bytes) -> int:
        """Open what lies at a path for reading, and follow no link on the way.

        Raises:
            OSError: as open(2) gave it. Nothing stays open.
            ValueError: the path is none that a listing gives (empty, ``.`` or ``..`` in it).
        """
        with self.folder_of(path) as (folder, name):
            return _open_unnoticed(name, _READ, folder)

    @contextmanager
    def folder_of(self, path: bytes) -> Iterator[tuple[int, bytes]]:
        """The folder that a path lies in, open for the block, and the path's last name. No link is followed.

        Raises:
            OSError: as open(2) gave it.
            ValueError: the path is none that a listing gives (empty, ``.`` or ``..`` in it).
        """
        names = path.split(b"/")
        if not all(names) or b"." in names or b".." in names:
            raise ValueError(f"not a path below a recorder: {display(path)[0]}")
        folder = self.fd
        try:
            for name in names[:-1]:
                below = open_folder(name, parent=folder)
                if folder != self.fd:
                    os.close(folder)
                folder = below
            yield folder, names[-1]
        finally:
            if folder != self.fd:
                os.close(folder)

    def explain_open(
        self, error: OSError, path: bytes
    ) -> SourceGoneError | ClipChangedError | ClipUnreadableError:
        """Which of ours a failed `open_file` is."""
        if error.errno in _REPLACED and self.is_there():
            reason = error.strerror or str(error)
            return ClipChangedError(path=display(path)[0], reason=reason)
        return self.explain_read(error, path)

    def explain_read(self, error: OSError, path: bytes) -> SourceGoneError | ClipUnreadableError:
        """Which of ours a failed call on an open clip is."""
        if error.errno == errno.ENODEV or not self.is_there():
            return self.gone()
        return ClipUnreadableError(path=display(path)[0], reason=error.strerror or str(error))

    def gone(self) -> SourceGoneError:
        """The error that says this root vanished."""
        return SourceGoneError(source=self.name)

    def close(self) -> None:
        """Let go of the folder. May be called again; whatever else is asked then fails."""
        self._finalizer()
        self.fd = -1  # the number may soon be somebody else's file


def open_folder(name: bytes, *, parent: int | None = None) -> int:
    """Open a folder for listing, not a link to one.

    Raises:
        OSError: as open(2) gave it.
    """
    return _open_unnoticed(name, _FOLDER, parent)


def _open_unnoticed(name: bytes, flags: int, parent: int | None) -> int:
    """Open without touching the access time, where we may (open(2), O_NOATIME: EPERM if not)."""
    try:
        return os.open(name, flags | os.O_NOATIME, dir_fd=parent)
    except PermissionError as e:
        if e.errno != errno.EPERM:
            raise
        return os.open(name, flags, dir_fd=parent)
