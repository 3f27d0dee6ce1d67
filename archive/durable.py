"""Every system call that must last, one method each, so that a test can cut the power before any of them.

Not here: what to do when one fails. After a failed sync nobody knows what the medium holds: the
caller stops, and the next process looks again.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import mmap
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from archive.attributes import set_attributes

if TYPE_CHECKING:
    from archive.store.sealing.asking import Sealer

# File systems whose syncfs(2) is known to reach the medium: their numbers as statfs(2) tells them.
_SYNCED_WHOLE: Final = frozenset(
    {
        0xEF53,  # ext2, ext3, ext4
        0x58465342,  # xfs
        0x9123683E,  # btrfs
        0xF2F52010,  # f2fs
        0x2FC12FC1,  # zfs
        0xCA451A4E,  # bcachefs
        0x01021994,  # tmpfs: has no medium
    }
)
_STATFS_SIZE: Final = 256  # bytes; struct statfs has 120 (x86-64), its first long is the number
_SHARED_MEMORY: Final = 1 << 18  # bytes: a few -shm, which are 32 KiB at first
_LITTLE: Final = 4 << 20  # bytes
_LIBC: Final = ctypes.CDLL(None, use_errno=True)


class SyncFailedError(OSError):
    """A sync failed, for whatever reason: nobody knows what the medium holds.

    A full disk that says so only now (a quota on a server, a thin volume) is no full disk to those who make room and
    try again: bytes that were taken are lost.
    """


def path_fd(path: Path) -> int:
    """An open descriptor of a folder. Raises OSError."""
    return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)


@contextmanager
def naming(path: Path | str | None) -> Iterator[None]:
    """An error of reading says of which file; open(2) says it by itself, read(2) does not. Raises OSError."""
    try:
        yield
    except OSError as e:
        if path is None or e.filename is not None or e.errno is None:
            raise
        raise OSError(e.errno, e.strerror, str(path)) from e


def read_small(path: Path) -> bytes:
    """A small file, whole. Raises OSError, which names the file also where it was reading that failed."""
    with naming(path):
        return path.read_bytes()


class Disk:
    """The real calls. All raise OSError; none retries."""

    sealer: Sealer | None = None  # who makes objects immutable, where the settings want it
    marker: Path | None = None  # a file that is there as long as the archive's disk is

    def create(self, path: Path, *, direct: bool = False) -> int:
        """A new file, to be written. FileExistsError if the name is taken."""
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        return os.open(path, flags | (os.O_DIRECT if direct else 0), 0o644)

    def open_append(self, path: Path, *, create: bool = False) -> int:
        """A file that is only appended to."""
        flags = os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC
        return os.open(path, flags | (os.O_CREAT if create else 0), 0o644)

    def open_at(self, path: Path, length: int) -> int:
        """A file that is there, cut to `length` bytes, to be written on."""
        flags = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW
        try:
            fd = os.open(path, flags)
        except (
            PermissionError
        ):  # read-only since it was whole; its writer was killed before the commit
            path.chmod(0o644)
            fd = os.open(path, flags)
        try:
            os.ftruncate(fd, length)
        except OSError:
            os.close(fd)
            raise
        return fd

    def write(self, fd: int, data: bytes | memoryview) -> None:
        """All of it, or OSError after some of it."""
        view = memoryview(data)
        while view:
            view = view[os.write(fd, view) :]

    def write_at(self, fd: int, data: memoryview, offset: int) -> None:
        """All of it at an offset, or OSError after some of it."""
        while data:
            n = os.pwrite(fd, data, offset)
            data, offset = data[n:], offset + n

    def close(self, fd: int) -> None:
        """Let go of a file. Errors of write-back were asked for by `sync`."""
        os.close(fd)

    def remove_dir(self, path: Path) -> None:
        """Remove an empty folder. OSError (ENOTEMPTY) if it is not."""
        path.rmdir()

    def sync(self, fd: int, *, mode: bool = False) -> None:
        """Bytes and size of a file are on the medium when this returns; with `mode`, what chmod set as well.

        fdatasync may leave out what is not needed to read the bytes again (POSIX.1-2017, fdatasync).
        Raises SyncFailedError.
        """
        with _sync_failure():
            if mode:
                os.fsync(fd)
            else:
                os.fdatasync(fd)

    def syncs_whole(self, fd: int) -> bool:
        """Whether `sync_file_system` reaches the medium. Where it is not known, each file has to be synced.

        To a file system in user space (FUSE) syncfs(2) is not handed over at all, and answers well all the same
        (Linux 6.18, fs/fuse/inode.c: `fuse_sync_fs` asks servers of virtiofs only).
        """
        found = ctypes.create_string_buffer(_STATFS_SIZE)
        if _LIBC.fstatfs(fd, found) != 0:
            return False
        return ctypes.c_ulong.from_buffer(found).value in _SYNCED_WHOLE

    def sync_file_system(self, fd: int) -> None:
        """Everything written to the file system before the call is on the medium, where `syncs_whole`.

        Errors of write-back are reported since `fd` was opened, so open it before writing
        (syncfs(2), Linux 5.8). Raises SyncFailedError.
        """
        if _LIBC.syncfs(fd) != 0:
            number = ctypes.get_errno()
            raise SyncFailedError(number, os.strerror(number))

    def sync_dir(self, path: Path) -> None:
        """The names in a folder are on the medium when this returns. Raises SyncFailedError, OSError."""
        fd = path_fd(path)
        try:
            with _sync_failure():
                os.fsync(fd)
        finally:
            os.close(fd)

    def link(self, source: Path, target: Path) -> None:
        """A second name. FileExistsError if it is taken: this cannot overwrite."""
        os.link(source, target, follow_symlinks=False)

    def unlink(self, path: Path) -> None:
        """Take a name away. No error if it is not there."""
        path.unlink(missing_ok=True)

    def replace(self, source: Path, target: Path) -> None:
        """Put a file in another's place at once."""
        source.replace(target)

    def chmod(self, fd: int, mode: int) -> None:
        """Set the mode of an open file."""
        os.fchmod(fd, mode)

    def set_attributes(self, fd: int, wanted: int) -> None:
        """Set what chattr(1) sets of an open file."""
        set_attributes(fd, wanted)

    def make_dirs(self, path: Path) -> list[Path]:
        """Make a folder and those above it; returns the folders that got a new name in them."""
        touched: list[Path] = []
        missing: list[Path] = []
        while not path.is_dir():
            missing.append(path)
            path = path.parent
        if missing and self.marker is not None and not self.marker.exists():
            # What is left is the folder that it was mounted on: nothing is made in there.
            raise OSError(errno.ENODEV, "the archive's disk went away", str(self.marker.parent))
        for folder in reversed(missing):
            try:
                folder.mkdir(mode=0o755)
            except FileExistsError:
                if not folder.is_dir():
                    raise
            touched.append(folder.parent)
        return touched

    def make_dirs_synced(self, path: Path) -> None:
        """Make a folder and those above it, each name on the medium when this returns."""
        for folder in self.make_dirs(path):
            self.sync_dir(folder)

    def clear_direct(self, fd: int) -> None:
        """From here on through the page cache: the last block of a file is no whole one."""
        fcntl.fcntl(fd, fcntl.F_SETFL, fcntl.fcntl(fd, fcntl.F_GETFL) & ~os.O_DIRECT)

    def replace_file(self, path: Path, data: bytes, *, mode: int = 0o644) -> None:
        """Put bytes in a file's place: whole before or whole after a cut, and lasting.

        The new bytes are written beside, synced, renamed over; then the folder is synced.
        """
        beside = path.with_name(path.name + ".new")
        self.unlink(beside)
        fd = self.create(beside)
        try:
            self.chmod(fd, mode)  # before the bytes: a key is at no time readable by others
            self.write(fd, data)
            self.sync(fd, mode=True)
        finally:
            self.close(fd)
        self.replace(beside, path)
        self.sync_dir(path.parent)


def is_all_but_full(folder: Path) -> bool:
    """Whether so little is free that what SQLite calls an I/O error is its -shm that cannot grow. Raises OSError."""
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize < _LITTLE


def has_room_for_shared_memory(folder: Path) -> bool:
    """Whether the -shm that SQLite keeps beside a database in this folder will get its blocks.

    Where a block is smaller than a page of memory they are allotted as late as the first store into the
    mapped page, and a full disk is no error then but the end of the process (SIGBUS). Tried with a file
    without a name: what statvfs says is free includes what the file system keeps for itself.
    """
    if os.statvfs(folder).f_bsize >= mmap.PAGESIZE:
        return True
    try:
        fd = os.open(folder, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError as e:
        return not is_full(e)
    try:
        os.posix_fallocate(fd, 0, _SHARED_MEMORY)
    except OSError as e:
        return not is_full(e)
    finally:
        os.close(fd)
    return True


def is_full(error: OSError) -> bool:
    """Whether the medium had no room (or the account no quota) for what it was given. Never a sync that failed."""
    return error.errno in {errno.ENOSPC, errno.EDQUOT} and not isinstance(error, SyncFailedError)


@contextmanager
def _sync_failure() -> Iterator[None]:
    try:
        yield
    except OSError as e:
        raise SyncFailedError(e.errno, e.strerror) from e
