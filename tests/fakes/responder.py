"""A recorder in memory, as the other end of a link: an MTP responder, honest or not.

Holds as on a real bus: a read ends at a short packet or when its buffer is full, and joins what no packet
boundary parts; after a stall nothing goes until it is cleared; a time-out costs time (of the clock that
is given). Its habits are those of recorders that were met (`Habits`), its misdeeds those that were not yet.
"""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from devices.mtp.codes import DeviceProperty, Format, ObjectProperty, Operation, Response
from devices.mtp.containers import HEADER_SIZE, Kind, build_message
from devices.mtp.link import LinkGoneError, LinkStalledError, LinkTimeoutError
from devices.mtp.strings import build_string
from tests.fakes.card import (
    ANDROID,
    MTP,
    PIMA,
    STORE,
    WRAP,
    Content,
    Deed,
    Habits,
    Hand,
    Misdeed,
    Node,
    tree,
)

__all__ = [  # the values too: whoever makes a responder needs them
    "ANDROID",
    "MTP",
    "PIMA",
    "STORE",
    "WRAP",
    "Content",
    "Deed",
    "Habits",
    "Hand",
    "Misdeed",
    "Node",
    "Payload",
    "Responder",
    "tree",
]


Payload = bytes | tuple[Node, int, int]  # data in memory, or a node's bytes: offset, length


@dataclass(slots=True, eq=False)
class Sending:
    """One bulk-in transfer on its way."""

    head: bytes
    payload: Payload = b""
    size: int = 0
    at: int = 0
    joined: bool = False  # nothing parts it from the next one, when its last packet is full

    def take(self, count: int) -> bytes:
        start, self.at = self.at, min(self.at + count, self.size)
        data = self.head[start : self.at]
        begin, end = max(0, start - len(self.head)), max(0, self.at - len(self.head))
        if isinstance(self.payload, bytes):
            return data + self.payload[begin:end]
        node, offset, _ = self.payload
        return data + node.read(offset + begin, end - begin)


class Responder:
    """A devices.mtp.link.Link with a recorder behind it."""

    def __init__(
        self,
        nodes: Iterable[Node] = (),
        *,
        habits: Habits | None = None,
        misdeeds: Iterable[Misdeed] = (),
        storages: tuple[int, ...] = (STORE,),
        hand: Hand | None = None,
    ) -> None:
        self.habits = habits or Habits()
        self.misdeeds = list(misdeeds)
        self.storages = storages
        self.descriptions = {number: f"Store {number >> 16}" for number in storages}
        self.hand = hand or Hand()
        self.clock_ahead = timedelta()
        self.nodes: list[Node] = list(nodes)
        self.name = "usb:FAKE"
        self.max_packet = self.habits.packet
        self.asked: list[tuple[int, ...]] = []  # operation, parameters
        self.sent = 0  # bytes over the bulk-in pipe, all told
        self.set_values: list[bytes] = []
        self.opened = self.habits.session_left_open
        self.plugged = True
        self.stalled = False
        self.closed = False
        self.reads = 0
        self._until_pull = self.habits.disconnect_every
        self._way: deque[Sending] = deque()
        self._command: tuple[int, int, tuple[int, ...]] | None = None  # waits for its data
        self._next_handle = 1
        self.extra_handles: Callable[[int], list[int]] | None = None
        self._number()

    # The link

    def write(self, data: bytes, *, timeout: float) -> None:  # noqa: ARG002
        self._check()
        length, kind, code, number = struct.unpack_from("<IHHI", data)
        if kind == Kind.COMMAND:
            parameters = struct.unpack_from(f"<{(length - HEADER_SIZE) // 4}I", data, HEADER_SIZE)
            self.asked.append((code, *parameters))
            if code == Operation.SET_DEVICE_PROP_VALUE:
                self._command = (code, number, parameters)
            else:
                self._answer(code, number, parameters)
        elif self._command is not None:
            code, number, parameters = self._command
            self._command = None
            self._set(data[HEADER_SIZE:])
            self._answer(code, number, parameters)

    def read_into(self, buffer: memoryview, *, timeout: float) -> int:
        self._check()
        assert len(buffer)
        assert len(buffer) % self.max_packet == 0
        self.reads += 1
        self.hand.seconds += 1e-4
        done = 0
        while done < len(buffer):
            if not self._way:
                self.hand.seconds += timeout
                raise LinkTimeoutError("nothing comes", received=done)
            sending = self._way[0]
            wanted = len(buffer) - done
            if self._until_pull is not None:
                wanted = min(wanted, self._until_pull)
            data = sending.take(wanted)
            buffer[done : done + len(data)] = data
            done += len(data)
            self.sent += len(data)
            self._count_down(len(data), done)
            if sending.at == sending.size:
                self._way.popleft()
                if sending.size % self.max_packet or not sending.size:
                    return done
                if not sending.joined:
                    if done < len(buffer):
                        return done
                    self._way.appendleft(Sending(b""))
        return done

    def read_event(self, *, timeout: float) -> bytes | None:
        self._check()
        self.hand.seconds += timeout
        return None

    def clear_halt(self) -> None:
        if not self.plugged:
            raise LinkGoneError
        self.stalled = False

    def cancel(self, transaction: int) -> None:  # noqa: ARG002
        if not self.plugged:
            raise LinkGoneError
        self._way.clear()
        self._command = None

    def device_status(self) -> bytes:
        if not self.plugged:
            raise LinkGoneError
        if self.habits.busy_status:
            self.habits.busy_status -= 1
            return struct.pack("<HH", 4, Response.DEVICE_BUSY)
        return b"" if self.habits.empty_status else struct.pack("<HH", 4, Response.OK)

    def reset(self) -> None:
        if not self.plugged:
            raise LinkGoneError
        self._way.clear()
        self._command = None
        self.stalled = self.opened = False

    def is_there(self) -> bool:
        return self.plugged

    def close(self) -> None:
        self.closed = True

    def replug(self) -> None:
        """As it is after it was pulled and plugged in again."""
        self._way.clear()
        self._command = None
        self.plugged, self.opened, self.stalled, self.closed = True, False, False, False
        self._until_pull = self.habits.disconnect_every

    def _check(self) -> None:
        if not self.plugged or self.closed:
            raise LinkGoneError
        if self.stalled:
            raise LinkStalledError

    def _count_down(self, count: int, received: int) -> None:
        if self._until_pull is not None:
            self._until_pull -= count
            if self._until_pull <= 0:
                self.plugged = False
                raise LinkGoneError("pulled", received=received)

    # What it answers

    def _number(self) -> None:
        for node in self.nodes:
            node.handle = self._next_handle
            self._next_handle += 1

    def _answer(self, code: int, number: int, parameters: tuple[int, ...]) -> None:
        deed = self._misdeed(code)
        if deed is not None and self._instead(deed, code, number):
            return
        payload, response, results = self._done(code, parameters)
        if deed is not None and deed.deed == "fewer" and payload is not None:
            payload = _half(payload)
        if deed is not None and deed.deed == "more" and isinstance(payload, tuple):
            payload = (payload[0], payload[1], payload[2] + 7)
            results = (payload[2],)
        if deed is not None and deed.deed == "huge_count":
            payload = b"\xff\xff\xff\xff" + bytes(20)
        if deed is not None and deed.deed == "miscounted":
            results = (12345,)
        self._send(
            deed, code, number, payload, build_message(Kind.RESPONSE, response, number, *results)
        )

    def _misdeed(self, code: int) -> Misdeed | None:
        for deed in self.misdeeds:
            if deed.operation in {None, code}:
                if deed.after:
                    deed.after -= 1
                elif deed.times is None:
                    return deed
                elif deed.times:
                    deed.times -= 1
                    return deed
        return None

    def _instead(self, deed: Misdeed, code: int, number: int) -> bool:
        """Misdeeds that leave the operation undone."""
        match deed.deed:
            case "mute":
                pass
            case "stall":
                self.stalled = True
            case "pull":
                self.plugged = False
            case "runt":
                self._way.append(Sending(b"\x05\0\0\0\3", size=5))
            case "garbage":
                self._way.append(Sending(b"\xa5" * 300, size=300))
            case "empty_packets":
                self._way.extend(Sending(b"") for _ in range(100_000))
            case "endless":
                node = Node("endless", Content(1 << 40))
                head = struct.pack("<IHHI", 0xFFFF_FFFF, Kind.DATA, code, number)
                self._way.append(Sending(head, (node, 0, 1 << 40), 1 << 40))
            case "busy":
                self._respond(build_message(Kind.RESPONSE, Response.DEVICE_BUSY, number))
            case "refuse":
                self._respond(build_message(Kind.RESPONSE, deed.code, number))
            case _:
                return False
        return True

    def _respond(self, response: bytes) -> None:
        self._way.append(Sending(response, size=len(response)))

    def _send(
        self, deed: Misdeed | None, code: int, number: int, payload: Payload | None, response: bytes
    ) -> None:
        what = deed.deed if deed else None
        if what == "wrong_transaction":
            number += 7
            response = response[:8] + struct.pack("<I", number) + response[12:]
        if payload is not None:
            size = len(payload) if isinstance(payload, bytes) else payload[2]
            length = HEADER_SIZE + size
            if what == "cut":
                size = max(0, size - 12)
            if what == "long_header":
                length += 1000
            if what == "short_header":
                length = HEADER_SIZE + size // 2
            head = struct.pack(
                "<IHHI",
                self._length(length),
                Kind.DATA,
                code + 1 if what == "wrong_code" else code,
                number,
            )
            joined = not self.habits.zero_length_packet
            if what == "stuck":
                size, joined = (size // 2) // self.max_packet * self.max_packet - HEADER_SIZE, True
            self._way.append(Sending(head, payload, HEADER_SIZE + size, joined=joined))
        if what not in {"no_response", "stuck"}:
            self._respond(response)

    def _length(self, length: int) -> int:
        if self.habits.always_unknown:
            return WRAP - 1
        if length >= WRAP - 1:
            return length % WRAP if self.habits.over_4g == "wrap" else WRAP - 1
        return length

    def _done(  # noqa: PLR0911 - an answer for each operation
        self, code: int, parameters: tuple[int, ...]
    ) -> tuple[Payload | None, int, tuple[int, ...]]:
        p = (*parameters, 0, 0, 0, 0, 0)
        if code == Operation.GET_DEVICE_INFO:
            return self._device_info(), Response.OK, ()
        if code == Operation.OPEN_SESSION:
            if self.opened:
                return None, Response.SESSION_ALREADY_OPEN, (1,)
            self.opened = True
            if self.habits.new_handles:
                self._number()
            if self.habits.swapped_handles:
                handles = [node.handle for node in self.nodes]
                for moved, handle in zip(self.nodes, handles[1:] + handles[:1], strict=True):
                    moved.handle = handle
            return None, Response.OK, ()
        if code not in self.habits.operations:
            return None, Response.OPERATION_NOT_SUPPORTED, ()
        if not self.opened:
            return None, Response.SESSION_NOT_OPEN, ()
        if code == Operation.CLOSE_SESSION:
            self.opened = False
            return None, Response.OK, ()
        if code in _OBJECT_OPERATIONS:
            node = next((n for n in self.nodes if n.handle == p[0]), None)
            if node is None:
                return None, Response.INVALID_OBJECT_HANDLE, ()
            return self._of_object(code, node, p)
        return self._of_recorder(code, p)

    def _of_recorder(  # noqa: PLR0911, PLR0912 - the same
        self, code: int, p: tuple[int, ...]
    ) -> tuple[Payload | None, int, tuple[int, ...]]:
        match code:
            case Operation.GET_STORAGE_IDS:
                return _array("I", self.storages), Response.OK, ()
            case Operation.GET_STORAGE_INFO:
                return self._storage_info(p[0]), Response.OK, ()
            case Operation.GET_NUM_OBJECTS:
                return None, Response.OK, (len(self._inside(p[0], p[2]) or ()),)
            case Operation.GET_OBJECT_HANDLES:
                found = self._inside(p[0], p[2])
                if found is None:
                    return None, Response.INVALID_PARENT_OBJECT, ()
                handles = [node.handle for node in found]
                if self.extra_handles is not None:
                    handles += self.extra_handles(p[2])
                return _array("I", handles), Response.OK, ()
            case Operation.GET_OBJECT_PROPS_SUPPORTED:
                codes = [0xDC01, 0xDC02, 0xDC07, 0xDC09]
                if not self.habits.props_without_size:
                    codes.append(ObjectProperty.OBJECT_SIZE)
                return _array("H", codes), Response.OK, ()
            case Operation.GET_OBJECT_PROP_LIST:
                return self._property_list(p[0]), Response.OK, ()
            case Operation.GET_DEVICE_PROP_VALUE:
                return self._device_property(p[0])
            case Operation.GET_DEVICE_PROP_DESC:
                value = build_string(self.clock_text())
                head = struct.pack("<HHB", p[0], 0xFFFF, self.habits.settable)
                return head + value + value + b"\0", Response.OK, ()
            case Operation.SET_DEVICE_PROP_VALUE:
                allowed = self.habits.settable
                return None, Response.OK if allowed else Response.ACCESS_DENIED, ()
            case _:
                return None, Response.OPERATION_NOT_SUPPORTED, ()

    def _of_object(  # noqa: PLR0911 - the same
        self, code: int, node: Node, p: tuple[int, ...]
    ) -> tuple[Payload | None, int, tuple[int, ...]]:
        match code:
            case Operation.GET_OBJECT_INFO:
                return self._object_info(node), Response.OK, ()
            case Operation.GET_OBJECT_PROP_VALUE:
                return self._object_property(node, p[1])
            case Operation.DELETE_OBJECT:
                if self.habits.read_only:
                    return None, Response.STORE_READ_ONLY, ()
                if node.protected:
                    return None, Response.OBJECT_WRITE_PROTECTED, ()
                self.nodes.remove(node)
                return None, Response.OK, ()
            case Operation.GET_PARTIAL_OBJECT:
                return self._bytes(node, p[1], p[2])
            case Operation.GET_PARTIAL_OBJECT64:
                return self._bytes(node, p[1] + (p[2] << 32), p[3])
            case _:
                return self._bytes(node, 0, node.size)

    def _bytes(
        self, node: Node, offset: int, length: int
    ) -> tuple[Payload | None, int, tuple[int, ...]]:
        length = max(0, min(length, node.size - offset))
        if node.bad is not None and offset < node.bad[1] and node.bad[0] < offset + length:
            part = max(0, node.bad[0] - offset)
            return (node, offset, part), Response.INCOMPLETE_TRANSFER, (part,)
        return (node, offset, length), Response.OK, (length % WRAP,)

    def _inside(self, storage: int, parent: int) -> list[Node] | None:
        """What lies in a folder; None: there is no such folder."""
        here = [node for node in self.nodes if node.storage == storage]
        root = self.habits.root
        if parent == WRAP - 1:
            if root in {"zero_only", "all_for_zero"}:
                return None if root == "zero_only" else []
            return [node for node in here if node.parent is None]
        if parent == 0:
            if root == "all_for_zero":
                return here
            return [node for node in here if node.parent is None]
        found = next((node for node in here if node.handle == parent and node.folder), None)
        if found is None:
            return None
        return [node for node in here if node.parent is found]

    # Datasets

    def _device_info(self) -> bytes:
        properties = [DeviceProperty.BATTERY_LEVEL] if self.habits.battery is not None else []
        if self.habits.clock is not None:
            properties.append(DeviceProperty.DATE_TIME)
        return b"".join(
            (
                struct.pack("<HIH", 100, self.habits.vendor, 100),
                build_string("microsoft.com: 1.0;" if self.habits.vendor == 6 else ""),
                struct.pack("<H", 0),
                _array("H", sorted(self.habits.operations)),
                _array("H", []),
                _array("H", properties),
                _array("H", []),
                _array("H", [Format.UNDEFINED, Format.ASSOCIATION]),
                *map(build_string, ("Muniment", "Fake 1", "0.1", "SECOND")),
            )
        )

    def _storage_info(self, storage: int) -> bytes:
        access = 1 if self.habits.read_only else 0
        head = struct.pack(
            "<HHHQQI", 3, 2, access, self.habits.capacity, self.habits.free, WRAP - 1
        )
        return head + build_string(self.descriptions[storage]) + build_string("")

    def _said_size(self, node: Node) -> int:
        return node.size if node.claims is None else node.claims

    def _object_info(self, node: Node) -> bytes:
        size = self._said_size(node)
        if size >= WRAP - 1:
            size = size % WRAP if self.habits.over_4g == "wrap" else WRAP - 1
        return b"".join(
            (
                struct.pack("<IHHI", node.storage, self._format(node), 0, size),
                bytes(26),
                struct.pack("<IHII", self._parent(node), 1 if node.folder else 0, 0, 0),
                _string("" if self.habits.nameless else node.name),
                build_string(""),
                build_string(node.date),
                b"\0",
            )
        )

    def _parent(self, node: Node) -> int:
        if node.parent is not None:
            return node.parent.handle
        return 0xABCD if self.habits.root == "own_handle" else 0

    def _format(self, node: Node) -> int:
        return Format.ASSOCIATION if node.folder else node.format

    def _object_property(
        self, node: Node, code: int
    ) -> tuple[Payload | None, int, tuple[int, ...]]:
        match code:
            case ObjectProperty.OBJECT_SIZE if not self.habits.props_without_size:
                return struct.pack("<Q", self._said_size(node)), Response.OK, ()
            case ObjectProperty.OBJECT_FILE_NAME:
                return _string(node.name), Response.OK, ()
            case _:
                return None, Response.INVALID_OBJECT_PROP_CODE, ()

    def _property_list(self, parent: int) -> bytes:
        rows = []
        folder = next((n for n in self.nodes if n.handle == parent and n.folder), None)
        for node in self.nodes:
            if node.parent is folder:
                for code, type_, value in (
                    (0xDC01, 6, struct.pack("<I", node.storage)),
                    (0xDC02, 4, struct.pack("<H", self._format(node))),
                    (0xDC04, 8, struct.pack("<Q", 0 if node.folder else self._said_size(node))),
                    (0xDC07, 0xFFFF, _string(node.name)),
                    (0xDC09, 0xFFFF, build_string(node.date)),
                    (0xDC0B, 6, struct.pack("<I", self._parent(node))),
                ):
                    rows.append(struct.pack("<IHH", node.handle, code, type_) + value)
        return struct.pack("<I", len(rows)) + b"".join(rows)

    def clock_text(self) -> str:
        """What its clock shows."""
        shown = self.hand.now() + self.clock_ahead
        return f"{shown:%Y%m%dT%H%M%S}{self.habits.clock or ''}"

    def _device_property(self, code: int) -> tuple[Payload | None, int, tuple[int, ...]]:
        if code == DeviceProperty.BATTERY_LEVEL and self.habits.battery is not None:
            return self.habits.battery, Response.OK, ()
        if code == DeviceProperty.DATE_TIME and self.habits.clock is not None:
            return build_string(self.clock_text()), Response.OK, ()
        return None, Response.DEVICE_PROP_NOT_SUPPORTED, ()

    def _set(self, value: bytes) -> None:
        self.set_values.append(value)


_OBJECT_OPERATIONS: Final = frozenset(
    {
        Operation.GET_OBJECT_INFO,
        Operation.GET_OBJECT,
        Operation.DELETE_OBJECT,
        Operation.GET_PARTIAL_OBJECT,
        Operation.GET_PARTIAL_OBJECT64,
        Operation.GET_OBJECT_PROP_VALUE,
    }
)


def _array(letter: str, values: Iterable[int]) -> bytes:
    values = list(values)
    return struct.pack(f"<I{len(values)}{letter}", len(values), *values)


def _string(text: str) -> bytes:
    """As `build_string`; what is too long for a string is cut by its own count."""
    units = (text + "\0").encode("utf-16-le", "surrogatepass") if text else b""
    return bytes([len(units) // 2 & 0xFF]) + units


def _half(payload: Payload) -> Payload:
    if isinstance(payload, bytes):
        return payload[: len(payload) // 2]
    node, offset, length = payload
    return node, offset, length // 2
