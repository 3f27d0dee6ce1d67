"""The bulk-in side of one transaction: data, if there is any, then the response.

Holds whatever the recorder sends: no byte is given out that is not data of this transaction, reads end
within the deadline, and nothing is kept but what lies in the caller's buffer. Both habits of ending a
transfer that fills its last packet are taken: with a zero-length packet and without one, where data and
response may come in one read (USB Still Image Capture 1.0, 7.2; MTP 1.1, H.2.2). Does not recover.
"""

from __future__ import annotations

from typing import Final

from devices.mtp.containers import (
    HEADER_SIZE,
    LENGTH_UNKNOWN,
    Header,
    Kind,
    Message,
    parse_header,
    parse_message,
)
from devices.mtp.errors import OutOfStepError, ParseError
from devices.mtp.link import Link, LinkError, LinkTimeoutError
from devices.mtp.timing import Timing

_EMPTY_PACKETS: Final = 2  # in a row; more is a recorder that sends nothing for ever
_RESPONSE_ROOM: Final = 512
_STEP: Final = 64 << 10  # bytes read at once of a dataset
_WRAP: Final = 1 << 32


def whole_packets(size: int, packet: int) -> int:
    """The smallest number of whole packets' bytes that holds a size."""
    return -(-size // packet) * packet


class Transfer:
    """Give `next` a buffer until it gives nothing back, then ask for the `response`."""

    def __init__(
        self,
        link: Link,
        timing: Timing,
        *,
        code: int,
        transaction: int,
        seconds: float,
        expected: int | None = None,
    ) -> None:
        """Wait for what follows a command.

        Args:
            link: the pipes; nothing else may use them meanwhile.
            timing: the clock.
            code: of the operation, which data containers repeat.
            transaction: its number.
            seconds: for everything together, until `extend`.
            expected: bytes of data, where that is known from elsewhere: it tells where data over
                4 GiB end, for which the container has no length.
        """
        self._link, self._timing = link, timing
        self._code, self._transaction = code, transaction
        self._deadline = timing.monotonic() + seconds
        self._expected = expected
        self._begun = False
        self.ended = False  # the data are over; the response is due
        self._left: int | None = None  # bytes of data to come; None: until a short packet
        self._tail = b""  # what came behind the data, in the same read
        self._broken: LinkError | None = None
        self.announced: int | None = (
            None  # bytes of data by the container's header; None: it did not say
        )

    def extend(self, seconds: float) -> None:
        """Allow so much from now on."""
        self._deadline = self._timing.monotonic() + seconds

    @property
    def broken(self) -> bool:
        """Did the link break in the midst of what `next` gave last?"""
        return self._broken is not None

    def next(self, block: memoryview) -> memoryview:
        """Read on into a buffer.

        Args:
            block: a multiple of the packet size; each read begins at its front.

        Returns:
            The part of the buffer that is data; empty at the end. Where a link breaks, what had
            come is given first, and the error raised at the next call.

        Raises:
            LinkError: of any kind.
            OutOfStepError: another transaction's container, or one that cannot be here.
        """
        if self._broken is not None:
            raise self._broken
        if self.ended:
            return block[:0]
        if not self._begun:
            return self._begin(block)
        wanted = len(block)
        if self._left is not None:
            wanted = min(wanted, whole_packets(self._left, self._link.max_packet))
        count = self._read(block[:wanted])
        return self._take(block[:count], short=count < wanted)

    def response(self) -> Message:
        """Read the response, behind the data.

        Raises:
            LinkError: of any kind.
            OutOfStepError: what came is not the response to this transaction, or data come without end.
        """
        if self._broken is not None:
            raise self._broken
        room = memoryview(bytearray(whole_packets(_RESPONSE_ROOM, self._link.max_packet)))
        if not self._begun and len(self.next(room)):
            raise OutOfStepError("data came where none was due")
        if not self.ended:
            raise OutOfStepError("more data came than was asked for")
        raw = self._tail or bytes(room[: self._read_something(room)])
        if self._broken is not None:
            raise self._broken
        try:
            message = parse_message(raw, Kind.RESPONSE)
        except ParseError as e:
            raise OutOfStepError(str(e)) from e
        self._check_transaction(message.transaction)
        return message

    def _begin(self, block: memoryview) -> memoryview:
        wanted = len(block)
        if self._expected is not None:
            packets = whole_packets(HEADER_SIZE + self._expected, self._link.max_packet)
            wanted = min(wanted, packets)
        count = self._read_something(block[:wanted])
        try:
            header = parse_header(block[:count])
        except ParseError as e:
            raise self._broken or OutOfStepError(str(e)) from e
        self._check_transaction(header.transaction)
        self._begun = True
        if header.kind is Kind.RESPONSE:
            self.ended, self._tail = True, bytes(block[:count])
            return block[:0]
        if header.kind is not Kind.DATA or header.code != self._code:
            raise OutOfStepError(f"a {header.kind.name} of code 0x{header.code:04X} came")
        self.announced = header.payload
        self._left = self._length(header)
        return self._take(block[HEADER_SIZE:count], short=count < wanted)

    def _length(self, header: Header) -> int | None:
        """How many bytes of data follow: recorders leave the length out over 4 GiB, or wrap it."""
        if self._expected is None:
            return header.payload
        total = self._expected + HEADER_SIZE
        if header.length == LENGTH_UNKNOWN or (total >= _WRAP and total % _WRAP == header.length):
            return self._expected
        return header.payload

    def _take(self, came: memoryview, *, short: bool) -> memoryview:
        """Split what came into data and what lies behind it."""
        short = short or self._broken is not None
        if self._left is None:
            self.ended = short
            size = self._before_response(came) if short else len(came)
        else:
            size = min(len(came), self._left)
            self._left -= size
            self.ended = short or not self._left
        behind = came[size:]
        if len(behind) > _RESPONSE_ROOM:
            raise OutOfStepError(f"{len(behind)} bytes came behind the data's end")
        self._tail = bytes(behind)
        return came[:size]

    def _before_response(self, came: memoryview) -> int:
        """Where data of unknown length end: a response may fill the last packet, which nothing parted."""
        for size in range(HEADER_SIZE, HEADER_SIZE + 21, 4):
            if size <= len(came):
                try:
                    header = parse_header(came[-size:])
                except ParseError:
                    continue
                mine = header.transaction == self._transaction
                if mine and header.kind is Kind.RESPONSE and header.length == size:
                    return len(came) - size
        return len(came)

    def _read_something(self, block: memoryview) -> int:
        """Read past zero-length packets: they ended the transfer before this one."""
        for _ in range(_EMPTY_PACKETS + 1):
            if (count := self._read(block)) or self._broken is not None:
                return count
        raise OutOfStepError("it sends nothing but empty packets")

    def _read(self, block: memoryview) -> int:
        left = self._deadline - self._timing.monotonic()
        if left <= 0:
            raise LinkTimeoutError("the transaction took too long")
        try:
            return self._link.read_into(block, timeout=left)
        except LinkError as e:
            if not e.received:
                raise
            self._broken = e
            return e.received

    def _check_transaction(self, number: int) -> None:
        if number != self._transaction:
            raise OutOfStepError(f"transaction {number} is answered instead of {self._transaction}")


def whole(transfer: Transfer, limit: int) -> bytes:
    """All data of a transaction. Raises OutOfStepError: more than the limit."""
    found = bytearray()
    room = memoryview(bytearray(_STEP))
    while len(data := transfer.next(room)):
        found += data
        if len(found) > limit or (transfer.announced or 0) > limit:
            raise OutOfStepError(f"a dataset of more than {limit} bytes")
    return bytes(found)
