"""Objects as HTTP bodies: originals and renditions, whole or by ranges.

What always holds: the bytes are sent so that no browser runs them; an answer is as long as it says, or its connection
ends. What leaves whole is hashed while it is sent, and its last HELD bytes are held back until the hash is right; what
is short is hashed before its first byte. A hash that is wrong is told (damaged.py), and the connection ends. What is
asked for by ranges is not hashed: the audit does that. Its file and its headers: objects.py. Who may see it and that
it is in the ledger: watching.py.

A long answer is asked about once a second while it is sent, however slowly it is taken: who may no longer see it gets
no more of it, and the connection ends at once. A short one (CHUNK) was allowed when it was asked for. Each reader costs
one chunk and what is held back of memory at most.

Reading: `preadv` with RWF_NOWAIT on the event loop, which answers from the page cache or not at all; what is not
there is read in a thread, so a cold disk stops nobody else.
"""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from io import RawIOBase
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api import mediatypes, ranges
from api.errors import PreconditionFailedError, StreamEndedError
from api.fields import field
from api.filesending import ABORT, FIELDS, FILE, NEXT, PIECE
from api.hashing import CHUNK, hash_piece, in_thread
from api.nextrange import NextRange
from api.objects import OpenObject, Served, ShortObjectError, encoded, etag, headers
from api.pagecache import in_memory
from archive.errors import FixityError

HELD: Final = 64 * 1024  # bytes: many players do without the last few
ASK_SECONDS: Final = 1.0
_QUICK: Final = 64 * 1024  # bytes that are hashed sooner than a thread is woken
# Not supported by the file system or the kernel: no reason to fail, only to use the thread.
_NO_NOWAIT: Final = frozenset({errno.EAGAIN, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL})


def unchanged(request: Request, digest: str) -> bool:
    """Whether If-None-Match names these bytes (RFC 9110, 13.1.2: weak comparison)."""
    return _names(field(request, b"if-none-match"), etag(digest))


def check_match(request: Request, digest: str) -> None:
    """Honour If-Match (RFC 9110, 13.1.1).

    Raises:
        PreconditionFailedError: it names other bytes.
    """
    header = field(request, b"if-match")
    if header is not None and not _names(header, etag(digest)):
        raise PreconditionFailedError("If-Match names other bytes than these")


def not_modified(served: Served) -> Response:
    """304: the visitor has these very bytes."""
    kept = headers(served, served.media_type or mediatypes.UNKNOWN)
    names = ("ETag", "Repr-Digest", "Cache-Control")
    return Response(status_code=304, headers={name: kept[name] for name in names})


class ObjectResponse(Response):
    """The object's bytes, as the request's Range and If-Range ask. Lets go of the object when it is sent.

    Args:
        request: what asks.
        shown: the object, held for this answer.
        allowed: whether this visitor may see it still.
        damaged: told, before the answer ends, that the object's bytes do not hash to its name.
        following: what the next range of it rests on; None: it is asked for the whole way.
    """

    def __init__(
        self,
        request: Request,
        shown: OpenObject,
        *,
        allowed: Callable[[], bool],
        damaged: Callable[[], Awaitable[None]],
        following: NextRange | None = None,
    ) -> None:
        self._allowed, self._damaged, self._following = allowed, damaged, following
        self._head = request.scope["method"] == "HEAD"
        try:
            wanted = None if self._head else _range_of(request, shown.served.digest)
            self._plan = ranges.plan(wanted, size=shown.served.size, media_type=shown.media_type)
        except BaseException:
            shown.let_go()
            raise
        self._shown, self._fd = shown, shown.fd
        self._is_all = not self._head and self._plan.is_all(shown.served.size)
        self._checked: bytes | bytearray | None = (
            None  # the body of a short answer, once its hash is right
        )
        # Not its base's: that would encode them all anew, and count an empty body.
        self.status_code, self.background, self.body = self._plan.status, None, b""
        kept = shown.fields
        if "Content-Type" in self._plan.headers:  # of several parts
            kept = tuple(pair for pair in kept if pair[0] != b"content-type")
        length = b"content-length", b"%d" % self._plan.length
        self._own = [*encoded(self._plan.headers), length]
        self.raw_headers = [*kept, *self._own]

    async def check(self) -> None:
        """Read and hash what is short and leaves whole.

        Raises:
            FixityError: the object's bytes have changed. It was told, and nothing was sent.
        """
        if not self._is_all or self._plan.length > CHUNK:
            return
        body = await self._whole()
        hashed = (
            hashlib.sha256(body) if len(body) <= _QUICK else await in_thread(hashlib.sha256, body)
        )
        if hashed.hexdigest() != self._shown.served.digest:
            await self._damaged()
            raise FixityError(digest=self._shown.served.digest, actual=hashed.hexdigest())
        self._checked = body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it; stop reading as soon as the visitor has gone."""
        try:
            if self._checked is None:
                await self.check()
            if self._checked is None and not self._head and self._is_at_hand(scope):
                span = self._plan.parts[0].span
                await send(
                    {
                        "type": FILE,
                        "status": self.status_code,
                        "headers": self._own,
                        FIELDS: self._shown.fields,
                        NEXT: self._following,
                        "file": self._fd,
                        "offset": span.start,
                        "count": span.length,
                    }
                )
                return
            await send(
                {
                    "type": "http.response.start",
                    "status": self.status_code,
                    "headers": self.raw_headers,
                }
            )
            if self._head:
                await send({"type": "http.response.body", "body": b""})
            elif self._plan.length <= CHUNK:
                body = await self._whole() if self._checked is None else self._checked
                await send({"type": "http.response.body", "body": body})
            else:
                await self._stream(scope, receive, send)
        finally:
            self._shown.let_go()

    def close(self) -> None:
        """Let go of the object of an answer that is not sent."""
        self._shown.let_go()

    def _is_at_hand(self, scope: Scope) -> bool:
        """Whether it is one short piece of the file, in memory, and the server sends such itself."""
        span = self._plan.parts[0].span
        return (
            self._fd >= 0
            and FILE in scope.get("extensions", ())
            and len(self._plan.parts) == 1
            and 0 < span.length <= CHUNK
            and in_memory(self._fd, span.start, span.length)
        )

    async def _whole(self) -> bytes | bytearray:
        span = self._plan.parts[0].span
        if len(self._plan.parts) == 1 and span.length and self._fd >= 0:
            body = await _read(self._fd, span.length, span.start)
            if len(body) == span.length:
                return body
        chunks = [chunk async for chunk in self._chunks()]
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    async def _stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        gone = asyncio.ensure_future(_disconnected(receive))
        pieces = self._is_all and self._fd >= 0 and PIECE in scope.get("extensions", ())
        sending = asyncio.ensure_future((self._send_file if pieces else self._send_all)(send))
        ended = asyncio.ensure_future(self._ended())
        try:
            await asyncio.wait({gone, sending, ended}, return_when=asyncio.FIRST_COMPLETED)
            if sending.done():
                await self._finish(sending, scope, gone)
            elif ended.done():
                sending.cancel()
                ended.result()  # what cannot be asked is not allowed, and is in the log
                await _abort(scope, gone)
        finally:
            for task in (gone, sending, ended):
                task.cancel()
            # The object is let go of next: nobody may still be reading it.
            await asyncio.wait({sending})

    async def _finish(
        self, sending: asyncio.Future[None], scope: Scope, gone: asyncio.Future[None]
    ) -> None:
        try:
            sending.result()
        except FixityError:
            try:
                await self._damaged()
            finally:
                await _abort(scope, gone)

    async def _send_all(self, send: Send) -> None:
        async for chunk in self._hashed() if self._is_all else self._chunks():
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def _send_file(self, send: Send) -> None:
        """All of a file, each piece hashed just before the server sends it from memory. As `_hashed`."""
        hashed, size, at = hashlib.sha256(), self._plan.length, 0
        after, free = hashed.copy(), size - HELD
        os.posix_fadvise(self._fd, 0, min(size, 8 * CHUNK), os.POSIX_FADV_WILLNEED)
        hashing = hash_piece(hashed, self._fd, 0, min(CHUNK, size))
        try:
            while at < size:
                count = min(CHUNK, size - at)
                await asyncio.shield(hashing)
                before, after = after, hashed.copy()
                if left := min(CHUNK, size - at - count):  # while this one is sent
                    hashing = hash_piece(hashed, self._fd, at + count, left)
                if (leaves := min(count, free - at)) > 0:
                    if in_memory(self._fd, at, leaves):
                        await send({"type": PIECE, "file": self._fd, "offset": at, "count": leaves})
                    else:
                        piece = await self._again(before, after, at, count)
                        message = {"type": "http.response.body", "body": piece[:leaves]}
                        await send({**message, "more_body": True})
                at += count
        finally:
            while not hashing.done():  # a thread that still reads has to have the file
                with suppress(asyncio.CancelledError):  # once more: who was told to end, ends below
                    await asyncio.wait({hashing})
        if hashed.hexdigest() != self._shown.served.digest:
            raise FixityError(digest=self._shown.served.digest, actual=hashed.hexdigest())
        begin = max(0, free)
        held = await _read(self._fd, size - begin, begin)
        await send({"type": "http.response.body", "body": held})

    async def _again(
        self, before: hashlib._Hash, after: hashlib._Hash, at: int, count: int
    ) -> bytes:
        """A piece that memory lost after it was hashed: what the disk gives now has to be the same."""
        piece = b"".join([chunk async for chunk in self._pieces(at, at + count)])
        await in_thread(before.update, piece)
        if before.digest() != after.digest():
            raise FixityError(digest=self._shown.served.digest, actual=before.hexdigest())
        return piece

    async def _ended(self) -> None:
        """Return when the visitor may no longer see it, or it is no longer there."""
        while self._shown.is_there() and self._allowed():  # noqa: ASYNC110 - another process may end it
            await asyncio.sleep(ASK_SECONDS)

    async def _hashed(self) -> AsyncIterator[bytes | bytearray]:
        """Each chunk leaves while it is hashed; the last HELD once all of it is right. Raises FixityError."""
        hashed, free, held = hashlib.sha256(), self._plan.length - HELD, bytearray()
        async for chunk in self._chunks():
            hashing = in_thread(hashed.update, chunk)
            leaves = max(0, min(len(chunk), free))
            free -= leaves
            if leaves:
                yield chunk if leaves == len(chunk) else chunk[:leaves]
            held += chunk[leaves:]
            await hashing
        if hashed.hexdigest() != self._shown.served.digest:
            raise FixityError(digest=self._shown.served.digest, actual=hashed.hexdigest())
        yield held

    async def _chunks(self) -> AsyncIterator[bytes | bytearray]:
        for part in self._plan.parts:
            if part.head:
                yield part.head
            at = part.span.start
            if self._shown.served.ranges is not None:
                async for piece in _streamed(self._shown.served.ranges, at, part.span.stop):
                    yield piece
                continue
            os.posix_fadvise(self._fd, at, min(part.span.length, 8 * CHUNK), os.POSIX_FADV_WILLNEED)
            async for chunk in self._pieces(at, part.span.stop):
                yield chunk
        if self._plan.tail:
            yield self._plan.tail

    async def _pieces(self, at: int, stop: int) -> AsyncIterator[bytes | bytearray]:
        while at < stop:
            chunk = await _read(self._fd, min(CHUNK, stop - at), at)
            yield chunk
            at += len(chunk)


async def respond(
    request: Request,
    shown: OpenObject,
    *,
    allowed: Callable[[], bool],
    damaged: Callable[[], Awaitable[None]],
    record: Callable[[], Awaitable[None]],
    following: NextRange | None = None,
) -> Response:
    """An object's answer to GET or HEAD; lets go of the object where there is none.

    Args:
        request: what asks.
        shown: the object, held for this answer.
        allowed: see `ObjectResponse`.
        damaged: see `ObjectResponse`.
        record: put on record that it leaves; not for HEAD, and not for what is found damaged before it leaves.
        following: see `ObjectResponse`.

    Raises:
        RangeNotSatisfiableError: as the request's headers ask.
        FixityError: it is short, and damaged. Nothing was sent or recorded.
        ArchiveError: it could not be recorded. Nothing was sent.
    """
    response = ObjectResponse(request, shown, allowed=allowed, damaged=damaged, following=following)
    try:
        await response.check()
        if request.scope["method"] != "HEAD":
            await record()
    except BaseException:
        response.close()
        raise
    return response


def _range_of(request: Request, digest: str) -> str | None:
    # RFC 9110, 13.1.5: If-Range compares strongly, and a date is never our validator.
    condition = field(request, b"if-range")
    if condition is not None and condition.strip() != etag(digest):
        return None
    return field(request, b"range")


async def _read(fd: int, length: int, at: int) -> bytes | bytearray:
    buffer = bytearray(length)
    try:
        got = os.preadv(fd, [buffer], at, os.RWF_NOWAIT)
    except OSError as e:
        if e.errno not in _NO_NOWAIT:
            raise
        got = 0
    if got == length:
        return buffer
    if got > 0:
        return buffer[:got]
    chunk = await asyncio.to_thread(os.pread, fd, length, at)
    if not chunk:
        # It was long enough when it was opened. Ending the connection early is the only honest answer left.
        raise ShortObjectError("the object became shorter while it was sent")
    return chunk


async def _streamed(
    ranges: Callable[[int, int], RawIOBase], at: int, stop: int
) -> AsyncIterator[bytes]:
    """The bytes [at, stop) of an object that is no file here: one request to its store."""
    file = await asyncio.to_thread(ranges, at, stop)
    try:
        while at < stop:
            chunk = await asyncio.to_thread(file.read, min(CHUNK, stop - at))
            if not chunk:
                raise ShortObjectError("the object became shorter while it was sent")
            yield chunk
            at += len(chunk)
    finally:
        file.close()


async def _abort(scope: Scope, gone: asyncio.Future[None]) -> None:
    """End the connection; what it holds of the answer does not leave any more."""
    extension = scope.get("extensions", {}).get(ABORT)
    if extension is None:
        raise StreamEndedError("who watches this may see it no longer")
    extension["abort"]()
    await gone


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _names(header: str | None, tag: str) -> bool:
    if header is None:
        return False
    return header.strip() == "*" or tag in (t.strip().removeprefix("W/") for t in header.split(","))
