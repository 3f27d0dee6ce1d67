"""Objects as facts: what one is called, how large it is, when it was changed, what lies in a folder.

Holds: sizes are property 0xDC04 where the recorder has it, because ObjectInfo's 32 bits wrap or say
nothing over 4 GiB; lists of properties are used for speed only, and only as long as they agree with what
ObjectInfo says. Handles are of one generation of the session. Every call raises what the session raises.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import tzinfo
from itertools import islice
from typing import Final

from devices.mtp.codes import DataType, Format, ObjectProperty, Operation, Response
from devices.mtp.datasets import DeviceInfo, ObjectInfo, StorageInfo
from devices.mtp.dates import nanoseconds, parse_date
from devices.mtp.errors import ParseError, RefusedError, SessionLostError
from devices.mtp.operations import ROOT, Operations
from devices.mtp.properties import Value, parse_size
from devices.mtp.strings import name_bytes, parse_string

_SIZE_UNKNOWN: Final = 0xFFFF_FFFF
_WORTH_A_LIST: Final = 8  # objects in a folder
_NO_SUCH_PROPERTY: Final = frozenset(
    {
        Response.OPERATION_NOT_SUPPORTED,
        Response.PARAMETER_NOT_SUPPORTED,
        Response.INVALID_OBJECT_PROP_CODE,
        Response.OBJECT_PROP_NOT_SUPPORTED,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectFacts:
    """One object, as it is now."""

    generation: int  # of the session; in another the handle means nothing, or another object
    storage: int
    handle: int
    parent: int
    name: str  # not checked: see `path_name`
    folder: bool
    size: int | None  # bytes; None: it does not say
    mtime_ns: int  # 0: it does not say

    def same_file(self, size: int, mtime_ns: int) -> bool:
        """Is it a file of this size and time?"""
        return not self.folder and (self.size, self.mtime_ns) == (size, mtime_ns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """An object of which nothing is known but its handle."""

    handle: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage:
    """A storage that has a medium."""

    id: int
    info: StorageInfo | None  # None: it does not say

    @property
    def name(self) -> bytes:
        """The first part of its paths, where there is more than one."""
        named = path_name(self.info.description) if self.info else None
        return named or self.plain_name

    @property
    def plain_name(self) -> bytes:
        """The same from its number alone."""
        return b"storage-%08x" % self.id


def path_name(name: str) -> bytes | None:
    """A name as one part of a path; None where it can be none."""
    raw = name_bytes(name)
    return None if raw in {b"", b".", b".."} or b"/" in raw or b"\0" in raw else raw


class Objects:
    """What lies on a recorder, over a session."""

    def __init__(self, operations: Operations, info: DeviceInfo, zone: tzinfo) -> None:
        self.operations = operations
        self._can = info.operations
        self._zone = zone
        self._sized: dict[int, bool] = {}  # format: do its objects have property 0xDC04?
        self.lists = Operation.GET_OBJECT_PROP_LIST in info.operations  # believed so far

    def storages(self) -> list[Storage]:
        """Every storage with a medium in it.

        Raises:
            ParseError, RefusedError: it does not say which it has.
        """
        # The low half is 0 for an empty slot (PIMA 15740, 5.3.3 and 8.1).
        return [
            Storage(id=number, info=self._storage_info(number))
            for number in dict.fromkeys(self.operations.storage_ids())
            if number & 0xFFFF
        ]

    def _storage_info(self, number: int) -> StorageInfo | None:
        try:
            return self.operations.storage_info(number)
        except (RefusedError, ParseError):
            return None

    def handles(self, storage: int, parent: int) -> tuple[int, ...]:
        """What a folder holds, each once; ROOT: what lies in no folder."""
        if parent != ROOT:
            return tuple(dict.fromkeys(self.operations.handles(storage, parent)))
        try:
            found = self.operations.handles(storage, ROOT)
        except RefusedError:
            found = self.operations.handles(storage, 0)
        else:
            if not found:  # some know 0 only; it may mean everything then: see `top`
                with suppress(RefusedError):
                    found = self.operations.handles(storage, 0)
        return tuple(dict.fromkeys(found))

    def facts(self, handle: int) -> ObjectFacts:
        """One object.

        Raises:
            ParseError, RefusedError: it does not say.
        """
        generation = self.operations.session.generation
        info = self.operations.object_info(handle)
        folder = info.format == Format.ASSOCIATION
        return ObjectFacts(
            generation=generation,
            storage=info.storage,
            handle=handle,
            parent=info.parent,
            name=info.name or self._long_name(handle),
            folder=folder,
            size=0 if folder else self._size(handle, info),
            mtime_ns=self._time(info.modified, info.captured),
        )

    def children(self, storage: int, parent: int) -> Iterator[ObjectFacts | Unreadable]:
        """Everything in a folder, one after another.

        Raises:
            ParseError, RefusedError: the folder cannot be listed. Nothing was given out.
        """
        handles = self.handles(storage, parent)
        listed = self._listed(parent, handles)
        for handle in handles:
            if handle in listed:
                yield listed[handle]
                continue
            try:
                yield self.facts(handle)
            except (RefusedError, ParseError) as e:
                yield Unreadable(handle=handle, reason=str(e))

    def top(
        self, storage: int, limit: int
    ) -> tuple[list[ObjectFacts | Unreadable], list[ObjectFacts]]:
        """What lies in no folder; and apart what was listed as if, but says it lies in one of them.

        Raises:
            ParseError, RefusedError: it cannot be listed.
        """
        found = list(islice(self.children(storage, ROOT), limit))
        folders = {child.handle for child in found} - {0, ROOT}
        inside = [
            child
            for child in found
            if isinstance(child, ObjectFacts) and child.parent in folders - {child.handle}
        ]
        apart = {child.handle for child in inside}
        return [child for child in found if child.handle not in apart], inside

    def _time(self, modified: str, created: str) -> int:
        date = parse_date(modified, self._zone) or parse_date(created, self._zone)
        return nanoseconds(date.when) if date else 0

    def _long_name(self, handle: int) -> str:
        """A name from the properties, where ObjectInfo has none."""
        if Operation.GET_OBJECT_PROP_VALUE not in self._can:
            return ""
        for code in (ObjectProperty.OBJECT_FILE_NAME, ObjectProperty.NAME):
            try:
                name = parse_string(self.operations.object_property(handle, code))[0]
            except (RefusedError, ParseError):
                continue
            if name:
                return name
        return ""

    def _size(self, handle: int, info: ObjectInfo) -> int | None:
        if self._has_size(info.format):
            try:
                code = ObjectProperty.OBJECT_SIZE
                return parse_size(self.operations.object_property(handle, code))
            except ParseError:
                return None
            except RefusedError as e:
                if e.code not in _NO_SUCH_PROPERTY:
                    raise
                self._sized[info.format] = False
        # HOLE: a recorder without properties whose ObjectInfo wraps at 4 GiB is believed here. The copy
        # then ends where the recorder says it ends, and its length is compared with this one.
        return info.size if info.size != _SIZE_UNKNOWN else None

    def _has_size(self, format_: int) -> bool:
        known = self._sized.get(format_)
        if known is None:
            known = Operation.GET_OBJECT_PROP_VALUE in self._can
            if known and Operation.GET_OBJECT_PROPS_SUPPORTED in self._can:
                try:
                    codes = self.operations.properties_supported(format_)
                    known = ObjectProperty.OBJECT_SIZE in codes
                except (RefusedError, ParseError):
                    known = True  # ask, and see
            self._sized[format_] = known
        return known

    # Lists of properties: fast, and believed only while they agree with ObjectInfo

    def _listed(self, parent: int, handles: tuple[int, ...]) -> Mapping[int, ObjectFacts]:
        if not self.lists or len(handles) < _WORTH_A_LIST:
            return {}
        generation = self.operations.session.generation
        try:
            rows = self.operations.property_list(0 if parent == ROOT else parent)
        except (RefusedError, ParseError):
            self.lists = False
            return {}
        except SessionLostError:  # some cannot do it in time for a large folder
            self.lists = False
            raise
        values: dict[int, dict[int, tuple[int, Value]]] = {handle: {} for handle in handles}
        for row in rows:
            if row.handle in values:
                values[row.handle][row.code] = (row.type, row.value)
        found = {
            handle: facts
            for handle, properties in values.items()
            if (facts := self._from_properties(generation, handle, properties)) is not None
        }
        if found:
            first = next(iter(found))
            try:
                self.lists = found[first] == self.facts(first)
            except (RefusedError, ParseError):
                self.lists = False
        return found if self.lists else {}

    def _from_properties(
        self, generation: int, handle: int, properties: Mapping[int, tuple[int, Value]]
    ) -> ObjectFacts | None:
        """An object from its row of properties; None unless all that is needed is there, of the right type."""

        def number(code: ObjectProperty, *types: DataType) -> int | None:
            type_, value = properties.get(code, (0, None))
            return value if type_ in types and isinstance(value, int) else None

        def text(code: ObjectProperty) -> str:
            value = properties.get(code, (0, ""))[1]
            return value if isinstance(value, str) else ""

        format_ = number(ObjectProperty.OBJECT_FORMAT, DataType.UINT16)
        size = number(ObjectProperty.OBJECT_SIZE, DataType.UINT64)
        parent = number(ObjectProperty.PARENT_OBJECT, DataType.UINT32)
        storage = number(ObjectProperty.STORAGE_ID, DataType.UINT32)
        name = text(ObjectProperty.OBJECT_FILE_NAME)
        if format_ is None or size is None or parent is None or storage is None or not name:
            return None
        folder = format_ == Format.ASSOCIATION
        modified, created = (
            text(ObjectProperty.DATE_MODIFIED),
            text(ObjectProperty.DATE_CREATED),
        )
        return ObjectFacts(
            generation=generation,
            storage=storage,
            handle=handle,
            parent=parent,
            name=name,
            folder=folder,
            size=0 if folder else size,
            mtime_ns=self._time(modified, created),
        )
