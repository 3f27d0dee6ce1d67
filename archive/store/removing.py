"""Taking objects out of a store for good, on a local file system (docs/formats/store.md, "Removal").

What always holds: an object is first moved out of sight, its new name on the medium before its old one goes; only then
is it looked whether anybody brought the same bytes meanwhile: in `incoming/`, where they have a name until their entry
is durable, then in the ledger. What somebody needs goes back, the rest goes for good. So no entry that was appended,
and none that is about to be, loses its object. Whoever comes after a kill ends what was begun. It decides nothing: that
an entry says it is to go, is the caller's to know.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, Literal

from archive.attributes import APPEND_ONLY, IMMUTABLE, attributes
from archive.durable import Disk
from archive.store.area import Area

LEAVING: Final = "leaving"  # below ROOT/store
_PATIENCE: Final = 60.0  # seconds for another who removes
# Why an object cannot go now: it may not be unlinked here; a writer still has a name for it; nobody can read it; in a
# bucket: its lock runs, it is under a legal hold, this account may delete nothing.
Obstacle = Literal["immutable", "arriving", "unreadable", "locked", "bucket_hold", "no_right"]
Needed = Callable[[list[str]], set[str]]  # of these digests those that entries need
_FIXED: Final = IMMUTABLE | APPEND_ONLY
_NO_FLAGS: Final = {errno.ENOTTY, errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS}


def obstacle(path: Path, *, lifts: bool = False) -> Obstacle | None:
    """Why an object cannot be removed; None: it can, or is not there. `lifts`: attributes are no obstacle."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    except OSError:
        return "unreadable"
    try:
        if _flags(fd) & _FIXED and not lifts:
            return "immutable"
        if os.fstat(fd).st_nlink > 1:
            return "arriving"
    finally:
        os.close(fd)
    return "immutable" if not lifts and _flags_of(path.parent) & _FIXED else None


def is_fixed(path: Path) -> bool:
    """Whether attributes keep an object from being removed. Raises OSError."""
    try:
        return bool((_flags_of(path) | _flags_of(path.parent)) & _FIXED)
    except FileNotFoundError:
        return False


@contextmanager
def lifted(paths: Iterable[Path], disk: Disk) -> Iterator[None]:
    """Take the attributes from exactly these objects, and from their folders for as long as the block runs.

    Raises:
        OSError: no right to; the folders have theirs.
    """
    folders: dict[Path, int] = {}
    try:
        for path in paths:
            with suppress(FileNotFoundError):
                if path.parent not in folders:
                    flags = _flags_of(path.parent)
                    folders[path.parent] = flags | APPEND_ONLY  # whom a kill left without, too
                    _set_flags(path.parent, flags & ~_FIXED, disk)
                if (flags := _flags_of(path)) & _FIXED:
                    _set_flags(path, flags & ~_FIXED, disk)
        yield
    finally:
        for folder, flags in folders.items():
            _set_flags(folder, flags, disk)


def _flags_of(path: Path) -> int:
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        return _flags(fd)
    finally:
        os.close(fd)


def _set_flags(path: Path, wanted: int, disk: Disk) -> None:
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        disk.set_attributes(fd, wanted)
    finally:
        os.close(fd)


def _flags(fd: int) -> int:
    try:
        return attributes(fd)
    except OSError as e:
        if e.errno in _NO_FLAGS:
            return 0
        raise


def is_unfinished(folder: Path) -> bool:
    """Whether a removal was cut short, or is under way. `folder`: ROOT/store."""
    try:
        return any((folder / LEAVING).iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return False


def remove(
    folder: Path,
    disk: Disk,
    paths: Iterable[Path],
    *,
    path_of: Callable[[str], Path],
    needed: Needed,
) -> set[str]:
    """Remove objects, and what an earlier removal left out of sight.

    Args:
        folder: ROOT/store.
        disk: for the calls.
        paths: where they lie; what is not there is no matter.
        path_of: where an object lies by its digest.
        needed: asked once they are out of sight.

    Returns:
        Those that went back, because somebody needs them.

    Raises:
        ArchiveBusyError: another removes. Nothing was done.
        OSError: the medium failed. The same again ends it.
    """
    with Area(folder, LEAVING, disk, patience=_PATIENCE) as area:
        for path in paths:
            _move_out(path, area.path / path.name, disk)
        disk.sync_dir(area.path)
        touched = {path.parent for path in paths if path.parent.is_dir()}
        for path in paths:
            if (area.path / path.name).exists():
                disk.unlink(path)
        for each in sorted(touched):
            disk.sync_dir(each)
        return _settle(folder, area, disk, path_of=path_of, needed=needed)


def _move_out(path: Path, aside: Path, disk: Disk) -> None:
    try:
        disk.link(path, aside)
    except FileNotFoundError:
        return
    except FileExistsError:
        return  # a removal that was cut short had it aside already


def _settle(
    folder: Path,
    area: Area,
    disk: Disk,
    *,
    path_of: Callable[[str], Path],
    needed: Needed,
) -> set[str]:
    out = area.names()
    if not out:
        return set()
    sizes = {path.name: path.stat().st_size for path in out}
    coming = sizes_coming(folder / "incoming")
    back = {digest for digest, size in sizes.items() if size in coming}
    # In this order: what has no name there any more has its entry.
    back |= needed(sorted(sizes))
    for path in out:
        if path.name in back:
            final = path_of(path.name)
            disk.make_dirs_synced(final.parent)
            with suppress(FileExistsError):  # the same bytes came again
                disk.link(path, final)
            disk.sync_dir(final.parent)
    # What is immutable can lose no name: it gets that back when it has one only.
    for path in out:
        disk.unlink(path)
        if path.name in back and disk.sealer is not None:
            disk.sealer.object(path.name)
    disk.sync_dir(area.path)
    return back


def sizes_coming(incoming: Path) -> set[int]:
    """Sizes of all files that are on their way: one of them may be the same bytes."""
    found = set()
    for path in incoming.rglob("*"):
        with suppress(FileNotFoundError):  # its entry is durable
            found.add(path.lstat().st_size)
    return found
