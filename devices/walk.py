"""Walk everything below a root. No file is opened, no link followed, nothing left out.

Holds whatever lies there: at most `WINDOW` + 2 descriptors are open, no path is handed to
the kernel longer than one name, and the depth is bounded by memory only. The tree may change
meanwhile; then the listing is of some moment for each folder, not of one moment for all.
"""

from __future__ import annotations

import os
import stat
import sys
from typing import Final

from devices.clips import FoundClip, Listing, RefusedEntry
from devices.root import Root, open_folder

# Folders kept open above the one being listed. Coming back up past them costs one way down
# from the root, so a tree of n levels costs at most n * n / WINDOW opens more.
WINDOW: Final = 64

_KINDS: Final = {
    stat.S_IFLNK: ("link", "it is a link; links are never followed"),
    stat.S_IFIFO: ("fifo", "it is a named pipe, not a file"),
    stat.S_IFSOCK: ("socket", "it is a socket, not a file"),
    stat.S_IFCHR: ("device", "it is a character device, not a file"),
    stat.S_IFBLK: ("device", "it is a block device, not a file"),
}
_OTHER: Final = ("device", "it is no regular file")


def walk(root: Root) -> Listing:
    """List everything below a root.

    Raises:
        SourceGoneError: the root vanished meanwhile. The partial listing is not given out:
            what is missing from it would look as if it had never been there.
    """
    chain = _Chain(root.fd)
    try:
        return _Walk(root, chain).run()
    finally:
        chain.close()


class _Chain:
    """The folders from the root down to one; at most `WINDOW` of them open."""

    def __init__(self, root_fd: int) -> None:
        self._root_fd = root_fd
        self.names: list[bytes] = []
        self._open: dict[int, int] = {}  # level (1 is just below the root) -> descriptor

    def enter(self, level: int, name: bytes) -> int:
        """Go up to a level, then down into one folder of it. The chain owns the descriptor.

        Raises:
            OSError: it cannot be opened. The chain ends at the level, or can be entered again.
        """
        for left in range(level + 1, len(self.names) + 1):
            self._close(left)
        del self.names[level:]
        fd = open_folder(name, parent=self._at(level))
        self.names.append(name)
        self._keep(level + 1, fd)
        return fd

    def close(self) -> None:
        for level in list(self._open):
            self._close(level)

    def _at(self, level: int) -> int:
        if level in self._open:
            return self._open[level]
        fd = self._root_fd
        for i, name in enumerate(self.names[:level], start=1):
            fd = open_folder(name, parent=fd)
            self._keep(i, fd)
        return fd

    def _keep(self, level: int, fd: int) -> None:
        self._close(level)
        self._open[level] = fd
        self._close(level - WINDOW)

    def _close(self, level: int) -> None:
        fd = self._open.pop(level, None)
        if fd is not None:
            os.close(fd)


class _Walk:
    """One walk: what was found so far, and which folders are still to be listed."""

    def __init__(self, root: Root, chain: _Chain) -> None:
        self._root = root
        self._chain = chain
        self._clips: list[FoundClip] = []
        self._refused: list[RefusedEntry] = []
        self._pending: list[tuple[int, bytes]] = []  # level of the folder it lies in, name

    def run(self) -> Listing:
        self._list(self._root.fd, b"", 0)
        while self._pending:
            level, name = self._pending.pop()
            try:
                fd = self._chain.enter(level, name)
            except OSError as e:
                path = b"/".join([*self._chain.names[:level], name])
                self._refuse(path, "unreadable_folder", e)
                continue
            self._list(fd, b"/".join(self._chain.names) + b"/", level + 1)
        self._clips.sort(key=lambda clip: clip.path)
        self._refused.sort(key=lambda entry: entry.path)
        return Listing(clips=self._clips, refused=self._refused)

    def _list(self, fd: int, prefix: bytes, level: int) -> None:
        names, failure = _names(fd)
        if failure is not None:
            self._refuse(prefix.rstrip(b"/") or b".", "listing_failed", failure)
        for name in names:
            try:
                found = os.stat(name, dir_fd=fd, follow_symlinks=False)
            except OSError as e:
                self._refuse(prefix + name, "unreadable", e)
                continue
            kind = stat.S_IFMT(found.st_mode)
            if kind == stat.S_IFREG:
                self._clips.append(_clip(prefix + name, found))
            elif kind == stat.S_IFDIR:
                self._pending.append((level, name))
            else:
                code, reason = _KINDS.get(kind, _OTHER)
                self._refused.append(RefusedEntry(path=prefix + name, code=code, reason=reason))

    def _refuse(self, path: bytes, code: str, error: OSError) -> None:
        if not self._root.is_there():
            raise self._root.gone() from error
        reason = error.strerror or str(error)
        self._refused.append(RefusedEntry(path=path, code=code, reason=reason))


def _clip(path: bytes, found: os.stat_result) -> FoundClip:
    return FoundClip(
        path=path,
        size=found.st_size,
        mtime_ns=found.st_mtime_ns,
        dev=found.st_dev,
        ino=found.st_ino,
    )


def _names(fd: int) -> tuple[list[bytes], OSError | None]:
    """The names in an open folder, each once, and why there are no more if that failed."""
    # Python decodes names by the locale and gives bytes only for paths of bytes. UTF-8 with
    # surrogateescape comes back exactly; a GBK locale would not, so there /proc is asked.
    exact = sys.getfilesystemencoding() == "utf-8"
    names: set[bytes] = set()  # readdir may give a name twice while the folder changes
    try:
        os.fstat(fd)  # -1, of a folder that was closed, means the current folder to scandir
        with os.scandir(fd if exact else f"/proc/self/fd/{fd}".encode()) as entries:
            names.update(os.fsencode(entry.name) for entry in entries)
    except OSError as e:
        return sorted(names), e
    return sorted(names), None
