"""What a recorder can do, however it is plugged in: the one interface that docking is written against.

Holds for every implementation: nothing is written to the recorder but by `set_clock` and inside `releasing`; every call
ends within a bounded time, with a DeviceError where the recorder does not do its part; a recorder that was pulled is
SourceGoneError from every call on, and `close` is still safe. Knows nothing of archives, cases and officers.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from devices.clips import FoundClip, Listing

Transport = Literal["folder", "mass_storage", "mtp", "ptp", "gat947"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecorderFacts:
    """What a recorder says of itself, as far as it was asked and answered. Text is shown, never trusted."""

    transport: Transport
    serial: str | None = None  # of the USB device; what the register knows it by
    second_serial: str | None = None  # a second witness: MTP DeviceInfo, ZFY_INFO
    make: str | None = None
    model: str | None = None
    firmware: str | None = None
    port: str | None = None  # where it is plugged in, as the kernel names it: "1-1.4"
    badge: str | None = None  # the officer it was set up for, where it keeps one
    unit: str | None = None  # the same for the unit's name or number
    battery: int | None = None  # percent
    capacity: int | None = None  # bytes
    free: int | None = None  # bytes; None where what it says cannot be (more than the capacity)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockReading:
    """A recorder's clock beside ours, at one moment.

    True time = what the recorder's clock shows + `offset_us`, give or take `uncertainty_us`.
    """

    raw: str  # as the recorder said it
    device: (
        datetime  # aware, UTC; read with the zone that recorders' clocks run in, where it says none
    )
    host: datetime  # aware, UTC; the middle of the question's round trip
    offset_us: int  # host - device, the middle of the device's last digit taken into account
    uncertainty_us: int  # half the round trip + half the device's last digit


class Reader(Protocol):
    """A clip of a recorder, open. For one thread at a time."""

    @property
    def size(self) -> int:
        """Bytes, when it was opened."""

    @property
    def mtime_ns(self) -> int:
        """Modification time, when it was opened, in nanoseconds since 1970."""

    def read_into(self, buffer: memoryview, /) -> int:
        """Fill a buffer as far as bytes are at hand; 0 at the end.

        Raises:
            ClipUnreadableError: the medium failed here; what came before is good.
            SourceGoneError: the recorder was pulled.
            RecorderSilentError, ProtocolError: it does not do its part; what came before is good.
        """

    def seek(self, offset: int, /) -> None:
        """Go on reading elsewhere. Raises as `read_into`."""

    def restat(self) -> tuple[int, int]:
        """Size and modification time now. Raises as `read_into`."""

    def prefetch(self) -> None:
        """The bytes are wanted soon: advice only."""

    def close(self) -> None:
        """Let go. May be called again."""


class Recorder(Protocol):
    """One recorder, open until `close`."""

    @property
    def name(self) -> str:
        """For people: a folder's name, a make and model."""

    @property
    def facts(self) -> RecorderFacts:
        """What it said when it was opened."""

    @property
    def streams(self) -> int:
        """How many clips are worth reading side by side: 2 for a folder, 1 for a USB pipe."""

    def read_clock(self) -> ClockReading | None:
        """Its clock now; None where it has none that can be asked. Raises DeviceError."""

    def set_clock(self) -> bool:
        """Set its clock to ours; False where it cannot be set. Raises DeviceError; the clock may be set then."""

    def list(self) -> Listing:
        """Everything on it that is no folder, each entry once. Raises DeviceError."""

    def open(self, clip: FoundClip) -> Reader:
        """Open a clip of a listing. Raises ClipChangedError, ClipUnreadableError, SourceGoneError, DeviceError."""

    def releasing(self) -> AbstractContextManager[None]:
        """The block in which `erase` may be called: a mount becomes writable, and read-only again at the end.

        Raises:
            NotErasableError: it cannot be erased from (no right, write-protected card). Nothing was changed.
        """

    def erase(self, clip: FoundClip) -> None:
        """Remove one file that is still the one that was listed. Never a folder, never two files.

        Raises:
            ClipChangedError: another size or time, gone, a link, a folder. Nothing was removed.
            NotErasableError: it refuses. Nothing was removed.
            SourceGoneError, DeviceError: not known whether it was removed; look again.
        """

    def is_there(self) -> bool:
        """Is it still plugged in?"""

    def close(self) -> None:
        """Let go. May be called again; safe after a pull."""
