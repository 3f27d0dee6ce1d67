"""A recorder as its port's worker sees it: bytes that are read from it are counted, and its listing is admitted first.

What always holds: it behaves as the recorder inside, under the facts that it was given; `admit` is asked with each
listing before a docking begins with it, and what it raises ends the docking with nothing read.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from devices.clips import FoundClip, Listing
from devices.recorder import ClockReading, Reader, Recorder, RecorderFacts


class MeteredReader:
    """A clip, open; tells how many bytes were read."""

    __slots__ = ("_inner", "_read")

    def __init__(self, inner: Reader, read: Callable[[int], None]) -> None:
        self._inner = inner
        self._read = read

    @property
    def size(self) -> int:
        """As the clip's."""
        return self._inner.size

    @property
    def mtime_ns(self) -> int:
        """As the clip's."""
        return self._inner.mtime_ns

    def read_into(self, buffer: memoryview, /) -> int:
        """As the clip's."""
        length = self._inner.read_into(buffer)
        self._read(length)
        return length

    def seek(self, offset: int, /) -> None:
        """As the clip's."""
        self._inner.seek(offset)

    def restat(self) -> tuple[int, int]:
        """As the clip's."""
        return self._inner.restat()

    def prefetch(self) -> None:
        """As the clip's."""
        self._inner.prefetch()

    def close(self) -> None:
        """As the clip's."""
        self._inner.close()


class MeteredRecorder:
    """See the module.

    Args:
        inner: the recorder; whoever made this closes it.
        facts: what is known of it; it may be more than it says itself.
        admit: asked with each listing.
        read: told of bytes that came from the recorder.
        clock: told of its clock.
    """

    def __init__(
        self,
        inner: Recorder,
        *,
        facts: RecorderFacts,
        admit: Callable[[Listing], None],
        read: Callable[[int], None],
        clock: Callable[[ClockReading], None],
    ) -> None:
        self._inner = inner
        self.facts = facts
        self._admit = admit
        self._read = read
        self._clock = clock

    @property
    def name(self) -> str:
        """As the recorder's."""
        return self._inner.name

    @property
    def streams(self) -> int:
        """As the recorder's."""
        return self._inner.streams

    def read_clock(self) -> ClockReading | None:
        """As the recorder's."""
        reading = self._inner.read_clock()
        if reading is not None:
            self._clock(reading)
        return reading

    def set_clock(self) -> bool:
        """As the recorder's."""
        return self._inner.set_clock()

    def list(self) -> Listing:
        """As the recorder's, admitted. Raises what `admit` raises too."""
        listing = self._inner.list()
        self._admit(listing)
        return listing

    def open(self, clip: FoundClip) -> Reader:
        """As the recorder's."""
        return MeteredReader(self._inner.open(clip), self._read)

    def releasing(self) -> AbstractContextManager[None]:
        """As the recorder's."""
        return self._inner.releasing()

    def erase(self, clip: FoundClip) -> None:
        """As the recorder's."""
        self._inner.erase(clip)

    def is_there(self) -> bool:
        """As the recorder's."""
        return self._inner.is_there()

    def close(self) -> None:
        """As the recorder's."""
        self._inner.close()
