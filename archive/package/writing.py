"""The zip of a package: stored members, written beside its name, synced, then named. Never overwrites.

Holds: under the name that was asked for there is a whole package or nothing (kill, full disk, damage); memory does not
grow with what is written; order and dates of members depend on what goes in and on the time of making alone.
Does not: know what a bag is (archive/package/bag.py).
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import io
import os
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from archive.durable import Disk, is_full
from archive.errors import ArchiveBusyError
from archive.package.errors import PackagePlaceError, PackageSpaceError

if TYPE_CHECKING:
    from typing_extensions import Buffer

_MAKING: Final = ".making"
# What a zip can say (APPNOTE.TXT, 4.4.6): a station whose clock was never set makes packages too.
_FIRST: Final = (1980, 1, 1, 0, 0, 0)
_LAST: Final = (2107, 12, 31, 23, 59, 58)
_MODE: Final = 0o100644 << 16  # a plain file, as Unix says it
# What a file system without hard links answers (FAT, exFAT: what people carry packages on).
_NO_LINKS: Final = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})


class Source(Protocol):
    """Bytes that are read once, in order."""

    def readinto(self, buffer: memoryview, /) -> int | None:
        """Fill the buffer; how much."""
        ...


class ZipOut:
    """Members being written."""

    def __init__(self, file: zipfile.ZipFile, made: datetime) -> None:
        self._file = file
        self._date = max(_FIRST, min(made.timetuple()[:6], _LAST))

    def add(self, name: str, data: bytes) -> None:
        """A small member. Raises OSError."""
        self._file.writestr(self._member(name, len(data)), data)

    def copy(
        self, name: str, source: Source, size: int, told: Callable[[int], None]
    ) -> tuple[str, int]:
        """A member out of a source; SHA-256 and size of what came, for the caller to compare.

        What comes beyond `size` is not written, but counted.

        Raises:
            OSError: one of the two media failed.
        """
        hasher, count = hashlib.sha256(), 0
        buffer = memoryview(bytearray(1 << 20))
        with self._file.open(self._member(name, size), "w") as member:
            while n := source.readinto(buffer):
                count += n
                if count > size:
                    break
                hasher.update(buffer[:n])
                member.write(buffer[:n])
                told(n)
        return hasher.hexdigest(), count

    def _member(self, name: str, size: int) -> zipfile.ZipInfo:
        member = zipfile.ZipInfo(name, self._date)
        member.compress_type = zipfile.ZIP_STORED
        member.create_system = 3
        member.external_attr = _MODE
        member.file_size = size  # zip64 fields where it needs them, and nowhere else
        return member


class _WholeWrites(io.FileIO):
    """A file whose `write` takes all or raises: zipfile does not look at how much was taken."""

    def write(self, data: Buffer, /) -> int:
        """All of it. Raises OSError after some of it."""
        left = memoryview(data).cast("B")
        size = len(left)
        while left:
            taken = super().write(left)
            if not taken:
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            left = left[taken:]
        return size


@contextmanager
def new_zip(out: Path, *, made: datetime, needs: int, disk: Disk) -> Iterator[ZipOut]:
    """Write a zip; it has its name when the block ends well, and nothing is left when it does not.

    Args:
        out: its name.
        made: date of all members.
        needs: bytes it will take at least.
        disk: for its calls.

    Raises:
        PackagePlaceError: the name is taken, or its folder is not there.
        PackageSpaceError: the disk is full.
        ArchiveBusyError: somebody else is writing it.
        OSError: the medium failed.
    """
    _check_place(out, needs)
    beside = out.with_name(out.name + _MAKING)
    fd = _open_beside(beside, out)
    try:
        with _WholeWrites(fd, "r+b", closefd=False) as raw, _full_is_said(out):
            zipped = zipfile.ZipFile(raw, "w", zipfile.ZIP_STORED, allowZip64=True)
            try:
                yield ZipOut(zipped, made)
            except BaseException:
                with suppress(OSError, ValueError):  # what it would still write is thrown away
                    zipped.close()
                raise
            zipped.close()
            disk.sync(fd)
            _name(beside, out, disk)
    except BaseException:
        with suppress(OSError):
            beside.unlink()
        raise
    finally:
        os.close(fd)


def _check_place(out: Path, needs: int) -> None:
    if out.is_symlink() or out.exists():
        _forget_interim_name(out)
        raise PackagePlaceError(f"{out} is there already: give a new name")
    if not out.parent.is_dir():
        raise PackagePlaceError(f"there is no folder {out.parent}")
    free = os.statvfs(out.parent)
    if free.f_bavail * free.f_frsize < needs:
        raise PackageSpaceError(f"the package needs {needs} bytes, and the disk of {out} has less")


def _forget_interim_name(out: Path) -> None:
    """A maker that was killed once its package had its name left the other name too; the package loses nothing."""
    beside = out.with_name(out.name + _MAKING)
    # What cannot be looked at or removed, stays: the refusal that follows is what was asked for.
    with suppress(OSError):
        if os.path.samestat(out.lstat(), beside.lstat()):
            beside.unlink()


def _open_beside(beside: Path, out: Path) -> int:
    """The file that is written, held; what a killed maker left of it is written over."""
    while True:
        fd = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
        try:
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as e:
                raise ArchiveBusyError(f"{out} is being written by somebody else") from e
            # Whoever held it before us may have given the file its name, or taken it away.
            if _is_same(fd, beside):
                os.ftruncate(fd, 0)
                return fd
        except BaseException:
            os.close(fd)
            raise
        os.close(fd)


def _is_same(fd: int, path: Path) -> bool:
    held = os.fstat(fd)
    try:
        there = path.lstat()
    except FileNotFoundError:
        return False
    # With two names it is a finished package whose maker was killed before it took the first one away.
    return (held.st_dev, held.st_ino) == (there.st_dev, there.st_ino) and _alone(path, held)


def _alone(beside: Path, held: os.stat_result) -> bool:
    if held.st_nlink > 1:
        beside.unlink(missing_ok=True)
        return False
    return True


def _name(beside: Path, out: Path, disk: Disk) -> None:
    """Give the written file its name, by a call that cannot overwrite where the file system has one."""
    try:
        disk.link(beside, out)
    except FileExistsError as e:
        raise PackagePlaceError(f"{out} is there already: give a new name") from e
    except OSError as e:
        if e.errno not in _NO_LINKS:
            raise
        # HOLE: between these two somebody else could make a file of this name; it would be replaced.
        if out.exists() or out.is_symlink():
            raise PackagePlaceError(f"{out} is there already: give a new name") from e
        disk.replace(beside, out)
    else:
        disk.unlink(beside)
    disk.sync_dir(out.parent)


@contextmanager
def _full_is_said(out: Path) -> Iterator[None]:
    try:
        yield
    except OSError as e:
        # Only the package's own disk: what the archive says of its disk has a class of its own.
        if is_full(e) or e.errno == errno.EFBIG:
            raise PackageSpaceError(f"the disk of {out} has no room for the package") from e
        raise


def manifest(digests: Iterable[tuple[str, str]]) -> bytes:
    """Lines of a BagIt manifest, by path (RFC 8493, 2.1.3).

    Our names hold neither CR, LF nor `%`, which alone would have to be encoded.
    """
    return b"".join(f"{digest}  {path}\n".encode() for path, digest in sorted(digests))
