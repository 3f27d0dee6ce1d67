"""The operations that a recorder is asked for, each as one call: numbers in, values out.

Every call raises what the session raises, and ParseError where the answer cannot be read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from devices.errors import SourceGoneError
from devices.mtp.codes import Operation
from devices.mtp.containers import Kind, Message, parse_message
from devices.mtp.datasets import (
    DeviceInfo,
    ObjectInfo,
    StorageInfo,
    parse_codes,
    parse_device_info,
    parse_handles,
    parse_object_info,
    parse_storage_info,
)
from devices.mtp.link import LinkError, LinkGoneError
from devices.mtp.properties import (
    ObjectProperty,
    PropertyDescription,
    parse_property_description,
    parse_property_list,
)
from devices.mtp.session import Session

ROOT: Final = 0xFFFF_FFFF  # GetObjectHandles: what lies in no folder (PIMA 15740, 10.4.7)
_ALL: Final = 0xFFFF_FFFF  # GetObjectPropList: every property


@dataclass(frozen=True, slots=True, kw_only=True)
class Operations:
    """What to ask over a session."""

    session: Session

    def device_info(self) -> DeviceInfo:
        """What the recorder says of itself."""
        return parse_device_info(self.session.get(Operation.GET_DEVICE_INFO))

    def storage_ids(self) -> tuple[int, ...]:
        """Its storages."""
        return parse_handles(self.session.get(Operation.GET_STORAGE_IDS))

    def storage_info(self, storage: int) -> StorageInfo:
        """One storage."""
        return parse_storage_info(self.session.get(Operation.GET_STORAGE_INFO, storage))

    def object_count(self, storage: int, parent: int) -> int | None:
        """How many objects lie in a folder; None where it does not say."""
        answer = self.session.command(Operation.GET_NUM_OBJECTS, storage, 0, parent)
        return answer.parameters[0] if answer.parameters else None

    def handles(self, storage: int, parent: int) -> tuple[int, ...]:
        """What lies in a folder of a storage. The storage is named: 0xFFFFFFFF makes some mute."""
        return parse_handles(self.session.get(Operation.GET_OBJECT_HANDLES, storage, 0, parent))

    def object_info(self, handle: int) -> ObjectInfo:
        """One object."""
        return parse_object_info(self.session.get(Operation.GET_OBJECT_INFO, handle))

    def properties_supported(self, format_: int) -> frozenset[int]:
        """Which properties objects of a format have."""
        return frozenset(
            parse_codes(self.session.get(Operation.GET_OBJECT_PROPS_SUPPORTED, format_))
        )

    def object_property(self, handle: int, code: int) -> bytes:
        """One property of an object, as its bytes."""
        return self.session.get(Operation.GET_OBJECT_PROP_VALUE, handle, code)

    def property_list(self, parent: int) -> list[ObjectProperty]:
        """Every property of everything in a folder; 0 for what lies in none."""
        data = self.session.get(Operation.GET_OBJECT_PROP_LIST, parent, 0, _ALL, 0, 1)
        return parse_property_list(data)

    def device_property(self, code: int) -> bytes:
        """A property of the recorder, as its bytes."""
        return self.session.get(Operation.GET_DEVICE_PROP_VALUE, code)

    def describe(self, code: int) -> PropertyDescription:
        """What a property of the recorder is."""
        data = self.session.get(Operation.GET_DEVICE_PROP_DESC, code)
        return parse_property_description(data)

    def set_device_property(self, code: int, value: bytes) -> None:
        """Set a property of the recorder. Never sent twice."""
        self.session.put(Operation.SET_DEVICE_PROP_VALUE, code, data=value)

    def delete(self, handle: int, *, generation: int) -> None:
        """Remove one object. Never sent twice, and never in another generation than the handle's.

        The second parameter is spelt out: without it some take the last command's for a format.
        """
        self.session.command(Operation.DELETE_OBJECT, handle, 0, again=False, generation=generation)

    def event(self, timeout: float) -> Message | None:
        """The next event; None: nothing came in time, or nothing that is one.

        Raises:
            SourceGoneError: it was pulled.
        """
        link = self.session.link
        try:
            data = link.read_event(timeout=timeout)
        except LinkGoneError as e:
            raise SourceGoneError(source=link.name) from e
        except LinkError:
            return None
        return None if data is None else parse_message(data, Kind.EVENT)
