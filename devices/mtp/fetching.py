"""Getting a stretch of a clip's bytes: by parts where the recorder can, else from one long stream.

Holds: no more bytes are given out than were asked for, and only such as the recorder's answer vouches
for, or that had come before it was pulled or fell silent; where a clip goes on behind the size that was
said, at least one byte of that is given out, so that nobody takes its beginning for all of it. Knows no
paths: handles are asked for anew at each try, because a session that was lost has new ones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol

from devices.errors import ClipUnreadableError, DeviceError, ProtocolError
from devices.mtp.codes import Operation, Response
from devices.mtp.datasets import DeviceInfo
from devices.mtp.errors import RefusedError, SessionLostError
from devices.mtp.objects import ObjectFacts
from devices.mtp.session import Session
from devices.mtp.streams import Piece, Stream

BLOCK: Final = 2 << 20  # bytes in one transaction
ROOM: Final = BLOCK + 1024  # the container's header too, in whole packets of any size
_SMALLEST: Final = 4096  # a failing card is closed in upon down to this
_WRAP: Final = 1 << 32
_NO_SUCH_OPERATION: Final = frozenset(
    {Response.OPERATION_NOT_SUPPORTED, Response.PARAMETER_NOT_SUPPORTED}
)


class NoPartsError(Exception):
    """It says that it can give parts, and cannot. Internal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """Bytes in the caller's buffer, and why there are no more, if it is an error."""

    data: memoryview  # empty, without an error: the end
    error: DeviceError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The clip that is being read."""

    shown: str
    size: int
    found: Callable[[], ObjectFacts]  # where it lies now; raises as a session, ClipChangedError too


class Fetcher(Protocol):
    """One clip's bytes, by offset."""

    def fetch(self, offset: int, block: memoryview) -> Fetched:
        """Bytes from an offset on, as many as come at once."""

    def close(self) -> None:
        """Leave the recorder ready for something else."""


def fetcher(session: Session, info: DeviceInfo, target: Target) -> Fetcher:
    """The best way that a recorder offers for a clip of this size."""
    if Operation.GET_PARTIAL_OBJECT64 in info.operations:
        return Parts(session, target, wide=True)
    if Operation.GET_PARTIAL_OBJECT in info.operations and target.size < _WRAP:
        return Parts(session, target, wide=False)
    return Whole(session, target)


class Parts:
    """By GetPartialObject (PIMA 15740, 10.4.27), or Android's with 64-bit offsets."""

    def __init__(self, session: Session, target: Target, *, wide: bool) -> None:
        self._session = session
        self._target = target
        self._wide = wide
        self._looks = True  # for bytes behind the end; not at a recorder that refuses this

    def fetch(self, offset: int, block: memoryview) -> Fetched:
        """Bytes from an offset on, as many as one transaction brings.

        The last stretch is asked for with one byte more: the length is a maximum (PIMA 15740, 10.4.27), and
        sizes lie.

        Raises:
            NoPartsError: it cannot give parts after all.
        """
        left = self._target.size - offset
        wanted = left + self._looks if left <= BLOCK else BLOCK
        if wanted <= 0:
            return Fetched(data=block[:0])
        piece = Piece(block)
        while True:
            try:
                self._session.settled(partial(self._ask, offset, wanted, piece))
                if len(piece.data) >= left:
                    self._looks = False  # once is enough
                return Fetched(data=piece.data)
            except RefusedError as e:
                if e.code in _NO_SUCH_OPERATION:
                    raise NoPartsError from e
                if wanted > left:
                    self._looks, wanted = False, left
                    if not wanted:
                        return Fetched(data=block[:0])
                    continue
                if wanted <= _SMALLEST:
                    return Fetched(data=block[:0], error=_unreadable(self._target, str(e)))
                wanted = max(_SMALLEST, wanted // 2)
            except DeviceError as e:
                return Fetched(data=piece.data, error=e)

    def close(self) -> None:
        """Nothing to do: no transaction is left open."""

    def _ask(self, offset: int, wanted: int, piece: Piece) -> None:
        """One transaction. Raises as the session, and ProtocolError where counts disagree."""
        piece.data = piece.block[:0]
        found = self._target.found()
        # Where the byte behind the end is asked for too, nobody knows how many come.
        expected = wanted if offset + wanted <= self._target.size else None
        try:
            if self._wide:
                answer = self._session.read(
                    Operation.GET_PARTIAL_OBJECT64,
                    found.handle,
                    offset % _WRAP,
                    offset // _WRAP,
                    wanted,
                    piece=piece,
                    wanted=wanted,
                    expected=expected,
                    generation=found.generation,
                )
            else:
                answer = self._session.read(
                    Operation.GET_PARTIAL_OBJECT,
                    found.handle,
                    offset,
                    wanted,
                    piece=piece,
                    wanted=wanted,
                    expected=expected,
                    generation=found.generation,
                )
        except SessionLostError:
            if len(piece.data):
                return  # good as far as it came; the next transaction goes on behind it
            raise
        said = answer.parameters[0] if answer.parameters else 0
        if said and said != len(piece.data):
            reason = f"{len(piece.data)} bytes of a clip came and {said} were counted"
            piece.data = piece.block[:0]
            raise ProtocolError(source=self._session.link.name, reason=reason)


class Whole:
    """By one GetObject from the start; going back means starting over."""

    def __init__(self, session: Session, target: Target) -> None:
        self._session = session
        self._target = target
        self._stream: Stream | None = None
        self._at = 0
        self._end: int | None = None  # where the recorder ended it

    def fetch(self, offset: int, block: memoryview) -> Fetched:
        """Bytes from an offset on, past whatever lies before it in the stream."""
        try:
            return Fetched(data=self._session.settled(lambda: self._ask(offset, block)))
        except RefusedError as e:
            self._stream = None
            return Fetched(data=block[:0], error=_unreadable(self._target, str(e)))
        except DeviceError as e:
            self._stream = None
            return Fetched(data=block[:0], error=e)

    def close(self) -> None:
        """Cancel what is still coming."""
        if self._stream is not None:
            self._stream.cancel()
            self._stream = None

    def _ask(self, offset: int, block: memoryview) -> memoryview:
        if self._end is not None and offset >= self._end:
            return block[:0]
        if self._stream is not None and self._at > offset:
            self.close()
        while True:
            stream = self._started()
            try:
                data = stream.next(block)
            except SessionLostError as e:
                self._stream = None
                if stream.transfer.ended and not stream.transfer.broken:
                    # No response: the bytes given out last may not be data.
                    raise self._session.given_up(e) from e
                raise
            if stream.interrupted:
                self._stream = None
                continue
            skipped = max(0, offset - self._at)
            self._at += len(data)
            if not len(data):
                self._stream, self._end = None, self._at
                return data
            if skipped < len(data):
                return data[skipped:]

    def _started(self) -> Stream:
        if self._stream is None:
            found = self._target.found()
            self._stream = self._session.stream(
                Operation.GET_OBJECT,
                found.handle,
                expected=self._target.size,
                generation=found.generation,
            )
            self._at = 0
        return self._stream


def _unreadable(target: Target, reason: str) -> ClipUnreadableError:
    return ClipUnreadableError(path=target.shown, reason=reason)
