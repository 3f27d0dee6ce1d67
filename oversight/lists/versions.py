"""The published versions of a list: which is in force on a day, and what it says.

What always holds: one list of each kind; of its versions that were not withdrawn the one that came into force last
binds, until the next one does. A version is read out of the object that its entry names, and held against its digest.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import date
from typing import Final

from archive.catalogue.list_queries import ListRow
from archive.opening import Archive
from oversight.errors import UnknownListError
from oversight.lists.kinds import Kind
from oversight.lists.model import AgencyList
from oversight.lists.reading import read_list

_KEPT: Final = 32  # lists in memory
_lock: Final = threading.Lock()
_read: Final[OrderedDict[tuple[str, str], AgencyList]] = OrderedDict()


def versions_of(archive: Archive, kind: Kind) -> list[ListRow]:
    """All versions of a kind, oldest first, withdrawn ones among them."""
    return archive.catalogue.list_versions(kind=kind)


def standing(rows: list[ListRow]) -> list[ListRow]:
    """Those that were not withdrawn, as they come into force."""
    found = [row for row in rows if row.withdrawn_index is None]
    return sorted(found, key=lambda row: (row.in_force, row.index))


def in_force(rows: list[ListRow], day: date) -> ListRow | None:
    """The version that binds on a day; None: none does."""
    found = [row for row in standing(rows) if row.in_force <= day.isoformat()]
    return found[-1] if found else None


def until(rows: list[ListRow], row: ListRow) -> str | None:
    """The day from which on a version binds no more; None: no other follows it."""
    after = [
        r.in_force for r in standing(rows) if (r.in_force, r.index) > (row.in_force, row.index)
    ]
    return after[0] if after else None


def need_version(archive: Archive, kind: Kind, version: int) -> ListRow:
    """One version. Raises UnknownListError."""
    for row in versions_of(archive, kind):
        if row.version == version:
            return row
    raise UnknownListError(f"there is no version {version} of the list {kind}")


def need_in_force(archive: Archive, kind: Kind, day: date) -> ListRow:
    """The version that binds on a day. Raises UnknownListError."""
    found = in_force(versions_of(archive, kind), day)
    if found is None:
        raise UnknownListError(f"no list {kind} is in force on {day}")
    return found


def list_of(archive: Archive, row: ListRow) -> AgencyList:
    """What a version says.

    Raises:
        MissingObjectError, FixityError: its object is gone, or is not what its entry says.
        ListFileError: an outsider's entry names something that is no list of this kind.
    """
    key = (row.sha256, row.kind)
    with _lock:
        if key in _read:
            _read.move_to_end(key)
            return _read[key]
    kind: Kind = row.kind  # type: ignore[assignment]  # read_list says so where it is none
    found = read_list(archive.store.read(row.sha256), "list.json", kind=kind)
    with _lock:
        _read[key] = found
        while len(_read) > _KEPT:
            _read.popitem(last=False)
    return found
