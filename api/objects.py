"""Objects of the store that are being shown: their files, open, and what every answer about one says.

What always holds: the object's length is compared with what the ledger says before the first byte, so a cut object is
a 500, never a short answer; ETag is the object's own SHA-256. A file that is kept open for the next range is used only
while the object's path leads to that very file, unchanged since it was opened: the path is asked for every answer. At
most MOST are kept, for at most 2 * KEEP_SECONDS after their last use, none after `close`; whoever sends one holds it.
For one thread, the event loop's. An object that was removed keeps its room on the disk for those seconds.
"""

from __future__ import annotations

import asyncio
import base64
import os
from collections.abc import Callable
from dataclasses import dataclass
from io import RawIOBase
from pathlib import Path
from typing import Final

from api import mediatypes
from archive.errors import MissingObjectError

MOST: Final = 16
KEEP_SECONDS: Final = 2.0
_Fields = tuple[tuple[bytes, bytes], ...]
_Identity = tuple[int, int, int, int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """An object that is to be sent."""

    path: Path  # says nothing where `ranges` is there
    digest: str
    size: int  # as the ledger says
    name: str  # what a browser saves it as
    kind: str | None = None
    media_type: str | None = None  # None: look at the bytes
    cache: str = "private, no-store"
    ranges: Callable[[int, int], RawIOBase] | None = None  # bytes of an object that is no file here


class ShortObjectError(MissingObjectError):
    """The store's file has another length than the ledger says. Nothing was sent."""

    code = "A024"


class OpenObject:
    """An object's file, open until nobody holds it any more. Whoever makes it holds it."""

    __slots__ = ("_holders", "_identity", "_path", "fd", "fields", "media_type", "served", "used")

    def __init__(self, served: Served) -> None:
        """Open it.

        Raises:
            MissingObjectError: it is not there.
            ShortObjectError: it is shorter or longer than the ledger says.
        """
        self.served, self._path, self._holders, self.used = served, str(served.path), 1, True
        self._identity: _Identity | None = None
        if served.ranges is not None:
            self.fd = -1
            self.media_type = served.media_type or mediatypes.media_type(
                _head(served, served.ranges), served.kind
            )
            self.fields = encoded(headers(served, self.media_type))
            return
        self.fd = _open(served)
        try:
            self._identity = _identity(_whole(self.fd, served))
            self.media_type = served.media_type or mediatypes.media_type(
                os.pread(self.fd, mediatypes.HEAD, 0), served.kind
            )
            self.fields = encoded(headers(served, self.media_type))
        except BaseException:
            os.close(self.fd)
            raise

    def is_still(self, served: Served) -> bool:
        """Whether opening it anew would give this very file, unchanged."""
        if served is not self.served and served != self.served:
            return False
        if served.ranges is not None:
            return True  # one version of one key: it cannot become another
        try:
            return _identity(os.lstat(self._path)) == self._identity
        except OSError:
            return False  # opening it says why

    def is_there(self) -> bool:
        """Whether a file of its length lies at its path still: it was not disposed of, and not cut."""
        if self.served.ranges is not None:
            return True
        try:
            return os.lstat(self._path).st_size == self.served.size
        except OSError:
            return False

    def hold(self) -> OpenObject:
        """One more holds it."""
        self._holders += 1
        return self

    def let_go(self) -> None:
        """One fewer; the last one closes it."""
        self._holders -= 1
        if not self._holders and self.fd >= 0:
            os.close(self.fd)


class KeptObjects:
    """The files of one process that stay open; see the module."""

    def __init__(self) -> None:
        self._kept: dict[str, OpenObject] = {}
        self._turn: asyncio.TimerHandle | None = None
        self._closed = False

    def open(self, served: Served) -> OpenObject:
        """Give the object's file, held for the caller.

        Raises:
            MissingObjectError: it is not there.
            ShortObjectError: it is shorter or longer than the ledger says.
        """
        found = self._kept.get(served.digest)
        if found is not None and found.is_still(served):
            found.used = True
            return found.hold()
        self._drop(served.digest)
        found = OpenObject(served)
        if not self._closed:
            self._keep(found)
        return found

    def kept(self, served: Served) -> OpenObject | None:
        """The object's file where it is open and unchanged, else None. Not held: use it before anything is awaited."""
        found = self._kept.get(served.digest)
        if found is None or found.fd < 0 or not found.is_still(served):
            return None
        found.used = True
        return found

    async def opened(self, served: Served) -> OpenObject:
        """The same, for objects that are no files here too: these are asked for in a thread.

        Raises:
            MissingObjectError, ShortObjectError: as `open`.
            ArchiveError: the store does not answer.
        """
        found = self._kept.get(served.digest)
        if served.ranges is None or (found is not None and found.is_still(served)):
            return self.open(served)
        found = await asyncio.to_thread(OpenObject, served)
        self._drop(served.digest)
        if not self._closed:
            self._keep(found)
        return found

    def close(self) -> None:
        """Keep none, from now on."""
        self._closed = True
        if self._turn is not None:
            self._turn.cancel()
        for digest in list(self._kept):
            self._drop(digest)

    def _keep(self, one: OpenObject) -> None:
        if len(self._kept) >= MOST:
            self._drop(next(iter(self._kept)))
        self._kept[one.served.digest] = one.hold()
        if self._turn is None:
            self._look_later()

    def _look_later(self) -> None:
        self._turn = asyncio.get_running_loop().call_later(KEEP_SECONDS, self._look)

    def _look(self) -> None:
        self._turn = None
        for digest, one in list(self._kept.items()):
            if not one.used:
                self._drop(digest)
            one.used = False
        if self._kept:
            self._look_later()

    def _drop(self, digest: str) -> None:
        one = self._kept.pop(digest, None)
        if one is not None:
            one.let_go()


def etag(digest: str) -> str:
    """The strong entity tag of an object (RFC 9110, 8.8.3)."""
    return f'"{digest}"'


def headers(served: Served, media_type: str) -> dict[str, str]:
    """The headers of every answer about this object."""
    digest = base64.b64encode(bytes.fromhex(served.digest)).decode()
    return {
        "ETag": etag(served.digest),
        "Repr-Digest": f"sha-256=:{digest}:",  # RFC 9530
        "Accept-Ranges": "bytes",
        "Cache-Control": served.cache,
        "Content-Type": media_type,
        "Content-Disposition": mediatypes.disposition(media_type, served.name),
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cross-Origin-Resource-Policy": "same-origin",
    }


def encoded(fields: dict[str, str]) -> _Fields:
    """Header fields as ASGI has them."""
    return tuple(
        [(name.lower().encode(), value.encode("latin-1")) for name, value in fields.items()]
    )


def _open(served: Served) -> int:
    try:
        return os.open(served.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError as e:
        raise MissingObjectError(f"object {served.digest} is missing; run `muniment audit`") from e


def _head(served: Served, ranges: Callable[[int, int], RawIOBase]) -> bytes:
    """The first bytes of an object that is no file here."""
    with ranges(0, min(mediatypes.HEAD, served.size)) as file:
        found = file.seek(0, os.SEEK_END)
        if found != served.size:
            raise ShortObjectError(
                f"object {served.digest} has {found} bytes, the ledger says {served.size}"
            )
        file.seek(0)
        return file.readall() or b""


def _whole(fd: int, served: Served) -> os.stat_result:
    found = os.fstat(fd)
    if found.st_size != served.size:
        raise ShortObjectError(
            f"object {served.digest} has {found.st_size} bytes, the ledger says {served.size}"
        )
    return found


def _identity(found: os.stat_result) -> _Identity:
    # The time of the last change of anything, names and mode too, cannot be set back by a program.
    return (
        found.st_dev,
        found.st_ino,
        found.st_size,
        found.st_mtime_ns,
        found.st_ctime_ns,
        found.st_nlink,
    )
