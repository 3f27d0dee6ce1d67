"""What a killed writer left in `incoming/`: taken in or named, by the next writer, with the normal path's calls.

Nothing that was linked is ever removed: an object without an entry gets one (`object.set_aside`). Parts of a recorder's
clips stay for its next docking.
"""

from __future__ import annotations

from collections.abc import Callable

from archive.durable import Disk
from archive.errors import ArchiveBusyError
from archive.events import Event
from archive.store.area import Area
from archive.store.protocol import Store
from archive.store.staged import Staged


def left_areas(store: Store) -> list[str]:
    """Areas that are there now, held or not."""
    if not store.incoming.is_dir():
        return []
    return sorted(p.name for p in store.incoming.iterdir() if p.is_dir() and not p.is_symlink())


def set_aside(staged: Staged, *, subject: str, actor: str, why: str) -> Event:
    """The event that names an object which nothing else names."""
    return Event(
        type="object.set_aside",
        subject=subject,
        actor=actor,
        data={"set_aside": {"object": staged.digest, "size": staged.size}, "why": why},
    )


def take_in(
    store: Store,
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
            count += take_in_area(area, store, is_named=is_named, record=record, station=station)
            if name.startswith("w-"):
                for rest in area.names():
                    # A folder is nothing that a writer makes: left for the audit to name.
                    if rest.is_symlink() or not rest.is_dir():
                        area.remove(rest)
    return count


def take_in_area(
    area: Area,
    store: Store,
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
    linked = [s for s in (store.committed(n) for n in area.names()) if s is not None]
    store.sync_names(linked)
    new = [s for s in linked if not is_named(s.digest)]
    if new:
        record([set_aside(s, subject=station, actor=station, why="no_entry") for s in new])
    for staged in linked:
        area.remove(staged.path)
        area.remove(staged.path.with_suffix(".journal"))
    return len(new)
