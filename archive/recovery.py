"""What a killed writer left in `incoming/`: taken in or named, by the next writer, with the normal path's calls.

Nothing that was linked is ever removed: an object without an entry gets one (`object.set_aside`). Parts of a recorder's
clips stay for its next docking.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from archive.durable import Disk
from archive.errors import ArchiveBusyError
from archive.events import Event
from archive.store.area import Area
from archive.store.posix import PosixStore, Staged


def left_areas(store: PosixStore) -> list[str]:
    """Areas that are there now, held or not."""
    if not store.incoming.is_dir():
        return []
    return sorted(p.name for p in store.incoming.iterdir() if p.is_dir() and not p.is_symlink())


def linked_object(store: PosixStore, name: Path) -> Staged | None:
    """The object that a name in an area is linked to, or None for a write that was never committed."""
    if name.is_symlink() or not name.is_file() or name.stat().st_nlink < 2:
        return None
    with name.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    final = store.path(digest)
    if not final.is_file() or not final.samefile(name):
        return None
    return Staged(path=name, digest=digest, size=name.stat().st_size)


def set_aside(staged: Staged, *, subject: str, actor: str, why: str) -> Event:
    """The event that names an object which nothing else names."""
    return Event(
        type="object.set_aside",
        subject=subject,
        actor=actor,
        data={"set_aside": {"object": staged.digest, "size": staged.size}, "why": why},
    )


def take_in(
    store: PosixStore,
    disk: Disk,
    *,
    is_named: Callable[[str], bool],
    record: Callable[[list[Event]], object],
    station: str,
) -> int:
    """Look through the areas that nobody holds. Returns how many objects got an entry.

    Raises:
        ArchiveError, OSError: the ledger or the medium failed; what was not done is done next time.
    """
    count = 0
    for name in left_areas(store):
        try:
            area = Area(store.incoming, name, disk)
        except ArchiveBusyError:
            continue
        with area:
            count += take_in_area(
                area, store, disk, is_named=is_named, record=record, station=station
            )
            if name.startswith("w-"):
                for rest in area.names():
                    # A folder is nothing that a writer makes: left for the audit to name.
                    if rest.is_symlink() or not rest.is_dir():
                        area.remove(rest)
    return count


def take_in_area(
    area: Area,
    store: PosixStore,
    disk: Disk,
    *,
    is_named: Callable[[str], bool],
    record: Callable[[list[Event]], object],
    station: str,
) -> int:
    """Name what is linked in an area that the caller holds, and take its interim names away.

    Returns:
        How many objects got an entry.

    Raises:
        ArchiveError, OSError: as `take_in`.
    """
    area.settle()
    linked = [s for s in (linked_object(store, n) for n in area.names()) if s is not None]
    # The links may not be on the medium yet: the writer died before its sync.
    for staged in linked:
        for folder in store.path(staged.digest).parents[:3]:
            disk.sync_dir(folder)
    new = [s for s in linked if not is_named(s.digest)]
    if new:
        record([set_aside(s, subject=station, actor=station, why="no_entry") for s in new])
    for staged in linked:
        area.remove(staged.path)
        area.remove(staged.path.with_suffix(".journal"))
    return len(new)
