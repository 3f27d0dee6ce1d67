"""Reading an object: ranges of one version, as a file that goes on where a connection was cut.

What is read is the version that the file was opened with. Bytes are not hashed here; who needs that reads to the end.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from typing import Any, Final

from archive.errors import FixityError, MissingObjectError
from archive.store.s3.client import S3
from archive.store.s3.errors import CallRefusedError
from archive.store.s3.versions import Version

_WINDOW: Final = (1 << 20, 256 << 20)  # bytes asked for at once: the first time, and at most
_PIECE: Final = 1 << 20
_NO_RIGHT: Final = (401, 403)


class S3File(io.RawIOBase):
    """A version's bytes. One thread at a time.

    Args:
        s3: where.
        digest: of the object.
        version: of its key.
        stop: where it ends for this reader; by default at its end.
    """

    def __init__(self, s3: S3, digest: str, version: Version, *, stop: int | None = None) -> None:
        super().__init__()
        self.size = version.size
        self.version = version
        self._s3, self._digest = s3, digest
        self._stop = version.size if stop is None else min(stop, version.size)
        self._at = 0
        self._body: Any = None
        self._left = 0  # bytes that the body has still
        self._window = _WINDOW[0] if stop is None else _WINDOW[1]

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """Where the next byte comes from."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go there; what was read ahead is dropped."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}[whence]
        if base + offset < 0:
            raise ValueError("a place before the first byte")
        if base + offset != self._at:
            self._drop()
            self._at, self._window = base + offset, min(self._window, _WINDOW[0])
        return self._at

    def skip(self, start: int) -> None:
        """Begin there, before the first byte was read; all that is asked for is asked for at once."""
        self._at = start

    def readinto(self, buffer: Any) -> int:
        """Some bytes; 0 at the end.

        Raises:
            MissingObjectError: the version is gone.
            S3Error: it cannot be read, for as long as we wait.
        """
        view = memoryview(buffer).cast("B")[: max(0, min(len(buffer), self._stop - self._at))]
        if not view:
            return 0
        count = self._s3.patiently("get_object", lambda: self._piece(view))
        self._at += count
        self._left -= count
        return count

    def close(self) -> None:
        """Let go of the connection."""
        self._drop()
        super().close()

    def _piece(self, view: memoryview) -> int:
        if not self._left:
            self._ask()
        count: int
        try:
            count = self._body.readinto(view)
        except BaseException:
            self._drop()
            raise
        if not count:
            self._drop()
            raise ConnectionError("the connection ended before the bytes did")
        return count

    def _ask(self) -> None:
        self._drop()
        end = min(self._stop, self._at + self._window)
        self._window = min(self._window * 4, _WINDOW[1])
        try:
            answer = self._s3.once(
                "get_object",
                Key=self.version.key,
                VersionId=self.version.id,
                Range=f"bytes={self._at}-{end - 1}",
            )
        except CallRefusedError as e:
            if e.status in _NO_RIGHT:
                raise  # whoever may not read does not know what is there
            raise MissingObjectError(
                f"object {self._digest} cannot be had from the S3 store ({e}): run `muniment audit`"
            ) from e
        self._body, self._left = answer["Body"], end - self._at

    def _drop(self) -> None:
        body, self._body, self._left = self._body, None, 0
        if body is not None:
            body.close()


def hash_of(file: S3File, *, told: Callable[[int], None] | None = None) -> tuple[str, int]:
    """SHA-256 and number of the bytes from here on.

    Raises:
        MissingObjectError, S3Error: as `S3File.readinto`; and what `told` raises.
    """
    hasher, size = hashlib.sha256(), 0
    buffer = memoryview(bytearray(_PIECE))
    while count := file.readinto(buffer):
        hasher.update(buffer[:count])
        size += count
        if told is not None:
            told(count)
    return hasher.hexdigest(), size


def checked(s3: S3, digest: str, version: Version) -> int:
    """Read a version whole; its size.

    Raises:
        FixityError: the bytes are others.
        MissingObjectError, S3Error: as `S3File.readinto`.
    """
    with S3File(s3, digest, version, stop=version.size) as file:
        actual, size = hash_of(file)
    if actual != digest:
        raise FixityError(digest=digest, actual=actual)
    return size
