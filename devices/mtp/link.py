"""The bulk pipes to one recorder, as the session needs them: a Protocol and its three outcomes.

Holds: a call ends within its time, with what came or with a LinkError; a LinkError never leaves
devices/. Knows nothing of containers and transactions. The real one is devices/usb.py.
"""

from __future__ import annotations

from typing import Protocol


class LinkError(Exception):
    """A transfer failed, for none of the reasons below. The link can no longer be trusted: reset it.

    `received` bytes of the transfer lie at the front of the reader's buffer, and are good.
    """

    def __init__(self, reason: str, *, received: int = 0) -> None:
        super().__init__(reason)
        self.received = received


class LinkGoneError(LinkError):
    """The recorder was unplugged (errno 19). Every later call gives the same."""


class LinkStalledError(LinkError):
    """The recorder halted a pipe (errno 32): clear it, ask its status, try again."""


class LinkTimeoutError(LinkError):
    """The time ran out (errno 110)."""


class Link(Protocol):
    """Bulk pipes to one recorder. Any call but `close` may raise LinkError or one of its three kinds."""

    @property
    def max_packet(self) -> int:
        """Of the bulk-in endpoint, bytes."""

    @property
    def name(self) -> str:
        """For people: ``usb:SERIAL``."""

    def write(self, data: bytes, *, timeout: float) -> None:
        """One bulk-out transfer; sends the zero-length packet after a multiple of the packet size."""

    def read_into(self, buffer: memoryview, *, timeout: float) -> int:
        """One bulk-in transfer: ends at a short packet or when the buffer is full.

        The buffer is a multiple of `max_packet`. 0: a zero-length packet.
        """

    def read_event(self, *, timeout: float) -> bytes | None:
        """What came over the interrupt pipe; None: nothing did."""

    def clear_halt(self) -> None:
        """Of both bulk pipes."""

    def cancel(self, transaction: int) -> None:
        """Class request 0x64 (USB Still Image 1.0, 5.2.1)."""

    def device_status(self) -> bytes:
        """Class request 0x67 (USB Still Image 1.0, 5.2.4); may be empty."""

    def reset(self) -> None:
        """Class request 0x66 (USB Still Image 1.0, 5.2.3), else a reset of the USB port."""

    def close(self) -> None:
        """Let go. May be called again; safe after a pull."""
