"""A clip on a card, open: a folder's reader whose errors are put in the recorder's words.

Reads nothing itself. For one thread at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Self

from devices.clip_reader import ClipReader


class CardReader:
    """An open clip. Leave its `with` block, or call `close`."""

    __slots__ = ("_explained", "_reader", "mtime_ns", "size")

    def __init__(
        self, reader: ClipReader, explained: Callable[[], AbstractContextManager[None]]
    ) -> None:
        """Take over a reader.

        Args:
            reader: the open clip.
            explained: a block that turns a folder's errors into the recorder's.
        """
        self._reader = reader
        self._explained = explained
        self.size = reader.size
        self.mtime_ns = reader.mtime_ns

    def read_into(self, buffer: memoryview) -> int:
        """Read on from where the last read ended.

        Returns:
            How many bytes came, perhaps fewer than fit. 0 at the end (or for an empty buffer).

        Raises:
            ClipUnreadableError: the card failed here. What came before is good.
            SourceGoneError: the recorder was pulled.
        """
        with self._explained():
            return self._reader.read_into(buffer)

    def seek(self, offset: int) -> None:
        """Read on from this byte. Past the end, reads give 0 bytes."""
        self._reader.seek(offset)

    def restat(self) -> tuple[int, int]:
        """Size and modification time (ns) now. Raises as `read_into`."""
        with self._explained():
            return self._reader.restat()

    def prefetch(self) -> None:
        """Ask the kernel to begin reading; returns at once."""
        self._reader.prefetch()

    def close(self) -> None:
        """Let go of the file. May be called again."""
        self._reader.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
