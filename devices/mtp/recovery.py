"""Making a recorder and its pipes usable again. Decides nothing: when to, the session knows.

Holds: each step ends within Timing's `settle` and a little, whatever the recorder does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from devices.mtp.codes import Response
from devices.mtp.link import Link, LinkError, LinkGoneError, LinkTimeoutError
from devices.mtp.timing import Timing
from devices.mtp.transfers import whole_packets

_ROOM: Final = 64 << 10


class Recovery:
    """The steps, over one link."""

    def __init__(self, link: Link, timing: Timing) -> None:
        self._link = link
        self._timing = timing

    def calm(self, transaction: int, *, harder: bool) -> None:
        """Make the recorder forget what it was doing, as far as it lets us. Raises LinkGoneError."""
        steps: list[Callable[[], object]] = [lambda: self._link.cancel(transaction), self.settle]
        if harder:
            steps = [self._link.reset, self.settle]
        for step in [*steps, self._link.clear_halt, self.drain]:
            try:
                step()
            except LinkGoneError:
                raise
            except LinkError:
                continue  # what it does not know, or cannot now: the next step may help

    def settle(self) -> None:
        """Ask for the status until it is ready (Still Image 1.0, 5.2.4), or cannot be asked.

        Raises:
            LinkError: it is not ready in time, or is gone.
        """
        ends = self._timing.monotonic() + self._timing.settle
        while True:
            try:
                status = self._link.device_status()
            except LinkGoneError:
                raise
            except LinkError:
                return  # many do not know the request
            if int.from_bytes(status[2:4], "little") != Response.DEVICE_BUSY:
                return  # also where nothing came
            if self._timing.monotonic() >= ends:
                raise LinkTimeoutError("it does not become ready")
            self._timing.sleep(0.02)

    def drain(self) -> None:
        """Drop what is on its way. Raises LinkError: it does not end, or the pipe is of no use."""
        room = memoryview(bytearray(whole_packets(_ROOM, self._link.max_packet)))
        ends = self._timing.monotonic() + self._timing.settle
        while self._timing.monotonic() < ends:
            try:
                self._link.read_into(room, timeout=self._timing.quiet)
            except LinkTimeoutError as e:
                if not e.received:
                    return
        raise LinkError("it does not stop sending")
