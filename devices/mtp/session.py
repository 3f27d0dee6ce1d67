"""A session: transactions over a link, one whole one at a time, and finding back when one goes wrong.

Holds: every call ends within its time (Timing) and a bounded recovery, with a result or one of: RefusedError
(the recorder said no), SessionLostError (opened anew: ask again with new handles, `settled` does), and of
devices/errors.py SourceGoneError, RecorderSilentError, ProtocolError. Several threads may call; their
transactions do not mix. Does not parse datasets, and knows no paths.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final, TypeVar

from devices.errors import DeviceError, ProtocolError, RecorderSilentError, SourceGoneError
from devices.mtp.codes import Operation, Response
from devices.mtp.containers import Kind, Message, build, build_message
from devices.mtp.errors import (
    MtpError,
    OutOfStepError,
    RefusedError,
    SessionLostError,
    told,
)
from devices.mtp.link import Link, LinkError, LinkGoneError, LinkStalledError
from devices.mtp.recovery import Recovery
from devices.mtp.streams import Piece, Stream
from devices.mtp.timing import Timing
from devices.mtp.transfers import Transfer, whole

T = TypeVar("T")

DATASET: Final = 8 << 20  # bytes; a dataset that is longer is refused
_SESSION: Final = 1
_NOT_IN_SESSION: Final = frozenset({Response.SESSION_NOT_OPEN, Response.INVALID_TRANSACTION_ID})
_BUSY_TRIES: Final = 5
_BUSY_SECONDS: Final = 0.2
# A recorder that is lost again and again is given up: one recovery for so many transactions.
_RECOVERIES: Final = 6
_TRANSACTIONS_PER_RECOVERY: Final = 50


class Session:
    """One open session; see the module. `open` first."""

    def __init__(self, link: Link, timing: Timing | None = None) -> None:
        self.link = link
        self.timing = timing or Timing()
        self.generation = 0  # changes when handles become void
        self._recovery = Recovery(link, self.timing)
        self._lock = threading.RLock()
        self._number = 0  # of the last transaction
        self._stream: Stream | None = None
        # A transaction was left in the middle (an interrupt from the keyboard).
        self._halfway = False
        self._dead: DeviceError | None = None
        self._done = 0
        self._recoveries = 0

    # What a caller does

    def open(self) -> None:
        """Open a session, also where somebody left one open. Raises as the module says."""
        with self._lock:
            try:
                why = self._opened()
                if why is not None:
                    self._recover(*told(why, Operation.OPEN_SESSION), resetting=True)
            except LinkGoneError as e:
                raise self._gone() from e

    def command(
        self,
        operation: Operation,
        *parameters: int,
        again: bool = True,
        generation: int | None = None,
    ) -> Message:
        """A transaction without data.

        Args:
            operation: what is asked for.
            parameters: up to five numbers.
            again: False where it must never be sent twice.
            generation: the one that handles among the parameters are of; in another nothing is sent.
        """
        return self._transact(
            operation, parameters, lambda _: None, again=again, generation=generation
        )[1]

    def get(self, operation: Operation, *parameters: int, limit: int = DATASET) -> bytes:
        """A transaction that brings a dataset."""
        return self._transact(operation, parameters, lambda transfer: whole(transfer, limit))[0]

    def put(self, operation: Operation, *parameters: int, data: bytes) -> Message:
        """A transaction that sends a dataset. Never sent twice."""
        return self._transact(operation, parameters, lambda _: None, out=data, again=False)[1]

    def read(
        self,
        operation: Operation,
        *parameters: int,
        piece: Piece,
        wanted: int,
        expected: int | None,
        generation: int,
    ) -> Message:
        """A transaction that brings at most so many bytes into a buffer that holds them and a header."""
        broken = False

        def fill(transfer: Transfer) -> None:
            nonlocal broken
            piece.data = piece.block[:0]
            data = transfer.next(piece.block)
            if max(transfer.announced or 0, len(data)) > wanted:
                raise OutOfStepError(f"{transfer.announced} bytes, where {wanted} were asked for")
            piece.data, broken = data, transfer.broken

        try:
            return self._transact(
                operation, parameters, fill, expected=expected, generation=generation
            )[1]
        except (DeviceError, MtpError):
            # Without its response a whole answer is not believed: where data are shorter than their
            # header says and nothing parts them from the response, its bytes look like theirs.
            if not broken:
                piece.data = piece.block[:0]
            raise

    def stream(
        self, operation: Operation, *parameters: int, expected: int, generation: int
    ) -> Stream:
        """Begin a long transaction; its data are read from the Stream."""
        with self._lock:
            self._ready(generation)
            try:
                transfer = self._send(operation, parameters, None, expected)
            except LinkGoneError as e:
                raise self._gone() from e
            except LinkError as e:
                raise self._recovered(operation, e) from e
            self._stream = Stream(self, transfer, self._number)
            return self._stream

    def settled(self, ask: Callable[[], T]) -> T:
        """Ask; where the session was lost meanwhile, ask once more, with whatever handles are new.

        Raises:
            RecorderSilentError, ProtocolError: lost twice.
        """
        try:
            return ask()
        except SessionLostError:
            try:
                return ask()
            except SessionLostError as e:
                raise self.given_up(e) from e

    def steady(self, ask: Callable[[], T]) -> T:
        """Ask several questions whose handles belong together.

        Raises:
            SessionLostError: the session was opened anew meanwhile; the answer is of no use.
        """
        generation = self.generation
        answer = ask()
        if generation != self.generation:
            raise SessionLostError("its session was opened anew", silent=True)
        return answer

    def given_up(self, lost: SessionLostError) -> DeviceError:
        """The error that leaves devices/ for a session that was lost too often."""
        if lost.silent:
            return RecorderSilentError(source=self.link.name, doing=str(lost))
        return ProtocolError(source=self.link.name, reason=str(lost))

    def is_there(self) -> bool:
        """Is the recorder still plugged in?"""
        return not isinstance(self._dead, SourceGoneError) and self.link.is_there()

    def close(self) -> None:
        """End the session, politely where the recorder is well, and let go of the link."""
        with self._lock:
            if self._dead is None:
                with suppress(LinkError, MtpError):
                    if self._stream is not None:
                        self._cancel(self._stream)
                    self._raw(Operation.CLOSE_SESSION, seconds=self.timing.settle)
            self._dead = self._dead or SourceGoneError(source=self.link.name)
            self.link.close()

    # Streams

    def stream_on(self, stream: Stream, block: memoryview) -> memoryview:
        """For Stream.next."""
        with self._lock:
            self._check_alive()
            if self._stream is not stream:
                stream.interrupted = True
                return block[:0]
            stream.transfer.extend(self.timing.answer)
            try:
                self._halfway = True
                if len(data := stream.transfer.next(block)):
                    self._halfway = False
                    return data
                response = stream.transfer.response()
            except LinkGoneError as e:
                raise self._gone() from e
            except (LinkError, OutOfStepError) as e:
                raise self._recovered(Operation.GET_OBJECT, e) from e
            self._stream, self._halfway = None, False
            self._succeeded(response)
            return block[:0]

    def stream_off(self, stream: Stream) -> None:
        """For Stream.cancel."""
        with self._lock:
            if self._stream is stream and self._dead is None:
                with suppress(LinkError):  # the next transaction finds out
                    self._cancel(stream)
            stream.interrupted = True

    def _cancel(self, stream: Stream) -> None:
        """Still Image 1.0, 5.2.1: the request, then its status until ready; then drop what is on its way."""
        self._stream, stream.interrupted = None, True
        self._halfway = True
        self.link.cancel(stream.transaction)
        self._recovery.settle()
        self._recovery.drain()
        self._halfway = False

    # One transaction

    def _transact(
        self,
        operation: Operation,
        parameters: tuple[int, ...],
        work: Callable[[Transfer], T],
        *,
        out: bytes | None = None,
        expected: int | None = None,
        again: bool = True,
        generation: int | None = None,
    ) -> tuple[T, Message]:
        """One whole transaction; again where it stalled, and where the recorder was busy."""
        stalled, busy = False, 0
        with self._lock:
            while True:
                self._ready(generation)
                try:
                    self._halfway = True
                    transfer = self._send(operation, parameters, out, expected)
                    result = work(transfer)
                    response = transfer.response()
                    self._halfway = False
                except LinkGoneError as e:
                    raise self._gone() from e
                except LinkStalledError as e:
                    if stalled or not again or not self._cleared():
                        raise self._recovered(operation, e) from e
                    stalled = True
                    continue
                except (LinkError, OutOfStepError) as e:
                    raise self._recovered(operation, e) from e
                if response.code in _NOT_IN_SESSION:
                    raise self._recovered(operation, OutOfStepError("it lost the session"))
                busy += 1
                if response.code == Response.DEVICE_BUSY and busy < _BUSY_TRIES:
                    self.timing.sleep(_BUSY_SECONDS)
                    continue
                self._succeeded(response)
                return result, response

    def _succeeded(self, response: Message) -> None:
        """Raises RefusedError where the response is not OK."""
        self._done += 1
        if response.code != Response.OK:
            raise RefusedError(response.code)

    def _send(
        self,
        operation: Operation,
        parameters: tuple[int, ...],
        out: bytes | None = None,
        expected: int | None = None,
        seconds: float | None = None,
    ) -> Transfer:
        """Send a command, and data if there are any."""
        if seconds is None:
            seconds = self.timing.seconds_for(operation)
        # Opening has number 0, and numbers begin again with it (PIMA 15740, 9.3.1).
        self._number = 0 if operation is Operation.OPEN_SESSION else self._number % 0xFFFF_FFFE + 1
        self.link.write(
            build_message(Kind.COMMAND, operation, self._number, *parameters), timeout=seconds
        )
        if out is not None:
            self.link.write(build(Kind.DATA, operation, self._number, out), timeout=seconds)
        return Transfer(
            self.link,
            self.timing,
            code=operation,
            transaction=self._number,
            seconds=seconds,
            expected=expected,
        )

    def _raw(self, operation: Operation, *parameters: int, seconds: float) -> int:
        """A small transaction while opening, closing or recovering; its response code.

        Raises:
            LinkError, OutOfStepError: it failed; nothing was done about it.
        """
        return self._send(operation, parameters, seconds=seconds).response().code

    def _ready(self, generation: int | None = None) -> None:
        """Make room for a transaction: end a stream, find back from one that was left halfway.

        Raises:
            SessionLostError: it is another generation than the caller's handles are of.
        """
        self._check_alive()
        try:
            if self._stream is not None:
                self._cancel(self._stream)
            halfway, self._halfway = self._halfway, False
        except LinkGoneError as e:
            raise self._gone() from e
        except LinkError as e:
            raise self._recovered(Operation.GET_OBJECT, e) from e
        if halfway:
            raise self._recovered(None, OutOfStepError("a transaction was left halfway"))
        if generation not in {None, self.generation}:
            raise SessionLostError("its session was opened anew", silent=True)

    def _check_alive(self) -> None:
        if self._dead is not None:
            raise self._dead

    # Finding back

    def _gone(self) -> DeviceError:
        """It was pulled; from now on every call says so."""
        self._dead = SourceGoneError(source=self.link.name)
        return self._dead

    def _cleared(self) -> bool:
        """After a stall: make the pipes usable, wait until the recorder is ready. Did it work?"""
        try:
            self._recovery.settle()
            self.link.clear_halt()
        except LinkGoneError as e:
            raise self._gone() from e
        except LinkError:
            return False
        self._halfway = False
        return True

    def _recovered(self, operation: Operation | None, why: Exception) -> MtpError:
        """Recover; what to raise then. Raises a DeviceError where nothing helps."""
        reason, silent = told(why, operation)
        try:
            self._recover(reason, silent, resetting=False)
        except LinkGoneError as e:
            raise self._gone() from e
        return SessionLostError(reason, silent=silent)

    def _recover(self, reason: str, silent: bool, *, resetting: bool) -> None:
        """Cancel, clear, drain, open anew; then the same after a reset.

        Raises:
            LinkGoneError: it was pulled.
            RecorderSilentError, ProtocolError: nothing helps; every later call raises the same.
        """
        self._stream, self._halfway = None, False
        self._recoveries += 1
        allowed = _RECOVERIES + self._done // _TRANSACTIONS_PER_RECOVERY
        if self._recoveries <= allowed:
            for harder in (False, True)[int(resetting) :]:
                self._recovery.calm(self._number, harder=harder)
                if self._opened() is None:
                    return
        self._dead = self.given_up(SessionLostError(reason, silent=silent))
        raise self._dead

    def _opened(self) -> Exception | None:
        """Open a session; why it did not work, if so. Raises LinkGoneError."""
        self.generation += 1
        seconds = self.timing.answer
        try:
            code = self._raw(Operation.OPEN_SESSION, _SESSION, seconds=seconds)
            if code == Response.SESSION_ALREADY_OPEN:  # somebody was unplugged or killed
                self._raw(Operation.CLOSE_SESSION, seconds=seconds)
                code = self._raw(Operation.OPEN_SESSION, _SESSION, seconds=seconds)
        except LinkGoneError:
            raise
        except (LinkError, OutOfStepError) as e:
            return e
        return None if code == Response.OK else RefusedError(code)
