"""Walking everything on a recorder, and finding one path again. No bytes of clips are read.

Holds whatever the recorder says: time, memory and depth are bounded; each object is listed once, under a
path that stays below the root, or refused with a stable code; nothing is left out in silence. Codes:
`bad_name`, `same_path` (a second object with the path of a clip), `unreadable`, `unreadable_folder`,
`listing_failed`. A refused object without a usable name is shown as `object-HANDLE`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from devices.clips import FoundClip, Listing, RefusedEntry
from devices.mtp.errors import ParseError, RefusedError
from devices.mtp.objects import ObjectFacts, Objects, Storage, Unreadable, path_name
from devices.mtp.operations import ROOT
from devices.mtp.strings import shown
from devices.mtp.timing import Timing


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Where a listing stops, and says so."""

    objects: int = 250_000
    depth: int = 4096  # folders in folders
    text: int = 64 << 20  # bytes of all paths together
    seconds: float = 3600.0


@dataclass(slots=True, kw_only=True)
class Places:
    """A listing, and where its clips lie in this generation of the session."""

    listing: Listing
    objects: dict[bytes, ObjectFacts] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Folder:
    storage: int
    handle: int  # ROOT for the storage itself
    prefix: bytes  # ends with "/" or is empty
    depth: int


class _LimitError(Exception):
    """The listing must stop here."""


def storage_prefixes(storages: list[Storage]) -> dict[int, bytes]:
    """What paths of each storage begin with: nothing where there is one storage only."""
    if len(storages) == 1:
        return {storages[0].id: b""}
    names = [storage.name for storage in storages]
    return {
        storage.id: (storage.plain_name if names.count(storage.name) > 1 else storage.name) + b"/"
        for storage in storages
    }


class Walk:
    """One walk over everything."""

    def __init__(self, objects: Objects, timing: Timing, limits: Limits) -> None:
        self._objects = objects
        self._limits = limits
        self._timing = timing
        self._ends = timing.monotonic() + limits.seconds
        self._text = self._count = 0
        self._seen: set[tuple[int, int]] = set()
        self._refused: list[RefusedEntry] = []
        self._places: dict[bytes, ObjectFacts] = {}
        self._pending: list[_Folder] = []

    def run(self) -> Places:
        """List everything. Raises what the session raises."""
        try:
            self._run()
        except _LimitError as e:
            self._refuse(b".", "listing_failed", f"the listing was ended: {e}")
        clips = [
            FoundClip(
                path=path,
                size=facts.size or 0,
                mtime_ns=facts.mtime_ns,
                dev=facts.storage,
                ino=facts.handle,
            )
            for path, facts in sorted(self._places.items())
        ]
        self._refused.sort(key=lambda entry: (entry.path, entry.code))
        return Places(listing=Listing(clips=clips, refused=self._refused), objects=self._places)

    def _run(self) -> None:
        try:
            storages = self._objects.storages()
        except (RefusedError, ParseError) as e:
            self._refuse(b".", "listing_failed", f"it does not say which storages it has: {e}")
            return
        if not storages:  # locked, or charging only: not the same as empty
            self._refuse(b".", "listing_failed", "it offers no storage")
        for number, prefix in storage_prefixes(storages).items():
            self._pending.append(_Folder(storage=number, handle=ROOT, prefix=prefix, depth=0))
            while self._pending:
                self._list(self._pending.pop())

    def _list(self, folder: _Folder) -> None:
        try:
            children = self._children(folder)
            for child in children:
                self._count += 1
                self._text += len(folder.prefix)
                self._check_limits()
                self._enter(folder, child)
        except (RefusedError, ParseError) as e:
            path = folder.prefix.rstrip(b"/") or b"."
            self._refuse(path, "unreadable_folder", f"it cannot be listed: {e}")

    def _children(self, folder: _Folder) -> Iterator[ObjectFacts | Unreadable]:
        """What lies in a folder. Where a root lists everything, its folders come first."""
        if folder.handle != ROOT:
            yield from self._objects.children(folder.storage, folder.handle)
            return
        top, inside = self._objects.top(folder.storage, self._limits.objects + 1)
        yield from top
        if inside:
            while self._pending:
                self._list(self._pending.pop())
            # What its folder did not list after all.
            yield from (
                child for child in inside if (folder.storage, child.handle) not in self._seen
            )

    def _enter(self, folder: _Folder, child: ObjectFacts | Unreadable) -> None:
        nameless = folder.prefix + b"object-%08X" % child.handle
        key = (folder.storage, child.handle)
        if key in self._seen:
            self._refuse(nameless, "listing_failed", "it is listed in two places")
            return
        self._seen.add(key)
        if isinstance(child, Unreadable):
            self._refuse(nameless, "unreadable", f"it does not say what it is: {child.reason}")
            return
        name = path_name(child.name)
        if name is None:
            reason = f"its name {shown(child.name)!r} cannot be part of a path"
            self._refuse(nameless, "bad_name", reason)
            return
        path = folder.prefix + name
        self._text += len(name)
        if child.folder:
            self._descend(folder, child, path)
        elif child.size is None:
            self._refuse(path, "unreadable", "it does not say how large it is")
        elif path in self._places:
            self._refuse(path, "same_path", "another clip with this path was listed before")
        else:
            self._places[path] = child

    def _descend(self, folder: _Folder, child: ObjectFacts, path: bytes) -> None:
        if folder.depth >= self._limits.depth:
            self._refuse(path, "unreadable_folder", "it lies too deep")
            return
        self._pending.append(
            _Folder(
                storage=folder.storage,
                handle=child.handle,
                prefix=path + b"/",
                depth=folder.depth + 1,
            )
        )

    def _refuse(self, path: bytes, code: str, reason: str) -> None:
        self._refused.append(RefusedEntry(path=path, code=code, reason=reason))

    def _check_limits(self) -> None:
        if self._count > self._limits.objects:
            raise _LimitError(f"more than {self._limits.objects} objects")
        if self._text > self._limits.text:
            raise _LimitError(f"more than {self._limits.text} bytes of paths")
        if self._timing.monotonic() > self._ends:
            raise _LimitError(f"it took more than {self._limits.seconds:.0f} s")


def find(objects: Objects, path: bytes) -> list[ObjectFacts]:
    """Every file at a path, by its names from the top: no handle of before is used.

    Raises:
        ParseError, RefusedError: a folder on the way cannot be listed.
    """
    found: list[ObjectFacts] = []
    for storage, prefix in storage_prefixes(objects.storages()).items():
        if not path.startswith(prefix):
            continue
        *folders, name = path[len(prefix) :].split(b"/")
        at = [ROOT]
        for folder in folders:
            at = [c.handle for h in at for c in _named(objects, storage, h, folder) if c.folder]
        found += [c for h in at for c in _named(objects, storage, h, name) if not c.folder]
    return found


def _named(objects: Objects, storage: int, parent: int, name: bytes) -> list[ObjectFacts]:
    inside = (
        objects.top(storage, Limits().objects)[0]
        if parent == ROOT
        else objects.children(storage, parent)
    )
    return [
        child
        for child in inside
        if isinstance(child, ObjectFacts) and path_name(child.name) == name
    ]
