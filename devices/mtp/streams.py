"""What a session's data go into: a buffer for one transaction, or a stream of them from a long one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devices.mtp.transfers import Transfer

if TYPE_CHECKING:
    from devices.mtp.session import Session


class Piece:
    """A buffer for one reading transaction, and what of it is data now.

    After an error, `data` is what a break in the midst of the data left, which is good; else nothing.
    """

    __slots__ = ("block", "data")

    def __init__(self, block: memoryview) -> None:
        self.block = block
        self.data = block[:0]


class Stream:
    """The data of one long transaction. Another transaction of the session ends it (`interrupted`)."""

    def __init__(self, session: Session, transfer: Transfer, transaction: int) -> None:
        self._session = session
        self.transfer = transfer
        self.transaction = transaction
        self.interrupted = False

    def next(self, block: memoryview) -> memoryview:
        """Read on; empty at the end, when the recorder has said that all is well. Raises as the session."""
        return self._session.stream_on(self, block)

    def cancel(self) -> None:
        """Give up what is left. May be called at any time; never raises for a recorder's sake."""
        self._session.stream_off(self)
