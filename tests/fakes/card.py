"""What lies on a recorder in memory, how it behaves, and what it does wrong: values for tests.fakes.responder."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from devices.mtp.codes import Format, Response
from devices.mtp.timing import Timing

PIMA: Final = frozenset(range(0x1001, 0x100C)) | {0x1014, 0x1015, 0x1016, 0x101B}
MTP: Final = PIMA | {0x9801, 0x9803, 0x9805}
ANDROID: Final = MTP | {0x95C1}
WRAP: Final = 1 << 32
_PAGE: Final = 4096
STORE: Final = 0x0001_0001


class Hand:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.start = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC)

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds

    def now(self) -> datetime:
        return self.start + timedelta(seconds=self.seconds)

    def timing(self) -> Timing:
        return Timing(monotonic=self.monotonic, sleep=self.sleep, now=self.now)


@dataclass(slots=True, eq=False)
class Node:
    """A file or a folder."""

    name: str
    content: bytes | Content = b""
    folder: bool = False
    date: str = "20260301T080000"
    parent: Node | None = None
    storage: int = STORE
    handle: int = 0
    format: int = Format.UNDEFINED
    claims: int | None = None  # the size it says it has
    bad: tuple[int, int] | None = None  # a stretch that its card cannot read
    protected: bool = False

    @property
    def size(self) -> int:
        return len(self.content)

    def read(self, offset: int, length: int) -> bytes:
        return self.content[offset : offset + length]


class Content:
    """Bytes that need no memory: each says where it is. `salt` makes other bytes of it."""

    def __init__(self, size: int, salt: int = 0) -> None:
        self.size = size
        self.salt = salt

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, key: slice) -> bytes:
        start, stop, _ = key.indices(self.size)
        first, last = start // _PAGE, -(-stop // _PAGE)
        data = b"".join(
            struct.pack("<QQ", page, self.salt) * (_PAGE // 16) for page in range(first, last)
        )
        return data[start - _PAGE * first : stop - _PAGE * first]


Deed = Literal[
    "mute",  # no answer at all
    "no_response",  # the data, but no response
    "stall",
    "long_header",  # announces more data than come
    "short_header",  # announces less
    "wrong_transaction",
    "wrong_code",
    "runt",  # five bytes
    "garbage",
    "huge_count",  # an array of 2^32 - 1 elements
    "empty_packets",  # nothing else
    "endless",  # data that never end
    "fewer",  # half of the data, and OK
    "more",  # a few bytes more than asked for
    "cut",  # the last 12 bytes are left out, and not said to be
    "stuck",  # nothing more, after half of the data
    "miscounted",  # the response counts other bytes
    "busy",
    "refuse",
    "pull",
]


@dataclass(slots=True, kw_only=True)
class Misdeed:
    """What it does wrong, when asked for an operation."""

    deed: Deed
    operation: int | None = None  # None: whatever it is asked
    after: int = 0  # so many times it does well first
    times: int | None = None  # then so many times not; None: for ever
    code: int = Response.GENERAL_ERROR


@dataclass(slots=True, kw_only=True)
class Habits:
    """How recorders differ, none of it wrong enough to be useless."""

    operations: frozenset[int] = ANDROID
    vendor: int = 6
    zero_length_packet: bool = True
    new_handles: bool = False  # on every OpenSession
    swapped_handles: bool = False  # on every OpenSession the same numbers, of other objects
    over_4g: Literal["unknown", "wrap"] = "unknown"  # ObjectInfo and container length
    always_unknown: bool = False  # container lengths are left out altogether
    root: Literal["usual", "zero_only", "all_for_zero", "own_handle"] = "usual"
    session_left_open: bool = False
    empty_status: bool = False
    read_only: bool = False
    clock: str | None = ""  # what is written behind the digits; None: it has no clock
    settable: bool = True
    battery: bytes | None = b"\x4d"
    capacity: int = 64 << 30
    free: int = 32 << 30
    props_without_size: bool = False
    nameless: bool = False  # names are properties only
    busy_status: int = 0  # so many times it says that it is not ready
    packet: int = 512
    disconnect_every: int | None = None  # bytes over the bulk-in pipe


def tree(paths: Mapping[str, bytes | Content]) -> list[Node]:
    """Nodes for files by their paths, with the folders that they need."""
    folders: dict[str, Node] = {}
    nodes: list[Node] = []
    for path, content in paths.items():
        *parts, name = path.split("/")
        parent: Node | None = None
        for depth in range(1, len(parts) + 1):
            key = "/".join(parts[:depth])
            if key not in folders:
                folders[key] = Node(parts[depth - 1], folder=True, parent=parent)
                nodes.append(folders[key])
            parent = folders[key]
        nodes.append(Node(name, content, parent=parent))
    return nodes
