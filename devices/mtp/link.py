"""The narrow seam between MTP and USB: bulk pipes to one recorder, as promises.

Holds for every implementation: each call ends within its timeout (and a little), and three things that go
wrong stay apart: unplugged, stalled, timed out. Knows nothing of containers and transactions.
"""

from __future__ import annotations

from typing import Protocol


class LinkError(Exception):
    """Base: one transfer did not come about, for none of the reasons below; we may be out of step.

    Internal: it never leaves devices/.
    """

    def __init__(self, reason: str = "", *, received: int = 0) -> None:
        super().__init__(reason or type(self).__name__)
        self.received = (
            received  # bytes that had come into the caller's buffer before; they are good
        )


class LinkGoneError(LinkError):
    """Unplugged (errno 19). Every later call says the same; only `close` is of use."""


class LinkStalledError(LinkError):
    """The recorder refuses the pipe (errno 32) until `clear_halt`."""


class LinkTimeoutError(LinkError):
    """Nothing, or not everything, came in time (errno 110)."""


class Link(Protocol):
    """Bulk pipes to one recorder. Every method raises LinkError, as one of its three kinds where it is one."""

    @property
    def max_packet(self) -> int:
        """Bytes of a whole packet of the bulk-in endpoint."""

    @property
    def name(self) -> str:
        """For people: "usb:SERIAL"."""

    def write(self, data: bytes, *, timeout: float) -> None:
        """One bulk-out transfer; sends the zero-length packet after a multiple of the packet size."""

    def read_into(self, buffer: memoryview, *, timeout: float) -> int:
        """One bulk-in transfer into a buffer whose size is a multiple of `max_packet`.

        Returns:
            How many bytes came: it ends at a short packet or when the buffer is full. 0 is a zero-length packet.
        """

    def read_event(self, *, timeout: float) -> bytes | None:
        """What the interrupt pipe has; None: nothing came in time."""

    def clear_halt(self) -> None:
        """Make both bulk pipes usable again after a stall."""

    def cancel(self, transaction: int) -> None:
        """Class request 0x64: give up a transaction (USB Still Image Capture 1.0, 5.2.1)."""

    def device_status(self) -> bytes:
        """Class request 0x67; may be empty (5.2.4)."""

    def reset(self) -> None:
        """Class request 0x66 (5.2.3), else a reset of the USB port."""

    def is_there(self) -> bool:
        """Is it still plugged in? Asks the host, not the recorder; never raises."""

    def close(self) -> None:
        """Let go of the device. May be called again; safe after a pull."""
