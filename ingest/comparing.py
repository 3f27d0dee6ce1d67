"""Comparing a file on a recorder with the object we hold, before the file may go.

Holds: what is said to be equal was read from the recorder by this call, and had the size and time of the file that we
hold before the first byte and after the last. Erases nothing.
"""

from __future__ import annotations

import hashlib
import mmap
from io import RawIOBase
from typing import Final, Literal

from devices.clips import FoundClip
from devices.errors import ClipChangedError
from devices.paths import display
from devices.recorder import Reader, Recorder

Compared = Literal["whole", "sample"]
SAMPLE: Final = 256 << 10  # bytes of the head, and of the tail
_BUFFER: Final = 2 << 20


def compare_whole(source: Recorder, found: FoundClip, digest: str) -> None:
    """Read the whole file and compare it with the digest of what we hold.

    Raises:
        ClipChangedError: it is another file, or has other bytes.
        DeviceError: it cannot be read.
    """
    reader = _opened(source, found)
    try:
        hasher, size = hashlib.sha256(), 0
        with mmap.mmap(-1, _BUFFER) as memory, memoryview(memory) as buffer:
            while size <= found.size and (n := reader.read_into(buffer)):
                hasher.update(buffer[:n])
                size += n
        _still(reader, found)
    finally:
        reader.close()
    if size != found.size or hasher.hexdigest() != digest:
        raise _changed(found, "its bytes are not those that are held")


def compare_sample(source: Recorder, found: FoundClip, held: RawIOBase) -> Compared:
    """Compare head and tail of a file that this docking read whole with the object.

    Returns:
        "whole" where head and tail are all of it.

    Raises:
        ClipChangedError: it is another file, or has other bytes.
        DeviceError: it cannot be read.
        OSError: the object cannot be read.
    """
    reader = _opened(source, found)
    try:
        head = min(SAMPLE, found.size)
        for start in (0, max(head, found.size - SAMPLE)):
            length = min(SAMPLE, found.size - start)
            held.seek(start)
            if _held(held, length) != _read(reader, start, length):
                raise _changed(found, "its bytes are not those that are held")
        _still(reader, found)
    finally:
        reader.close()
    return "whole" if found.size <= 2 * SAMPLE else "sample"


def _opened(source: Recorder, found: FoundClip) -> Reader:
    reader = source.open(found)
    if (reader.size, reader.mtime_ns) != (found.size, found.mtime_ns):
        reader.close()
        raise _changed(found, "its size or time is not that of the file that is held")
    return reader


def _held(file: RawIOBase, length: int) -> bytes:
    buffer, done = memoryview(bytearray(length)), 0
    while done < length and (n := file.readinto(buffer[done:])):
        done += n
    return bytes(buffer[:done])


def _read(reader: Reader, start: int, length: int) -> bytes:
    buffer, done = memoryview(bytearray(length)), 0
    reader.seek(start)
    while done < length and (n := reader.read_into(buffer[done:])):
        done += n
    return bytes(buffer[:done])


def _still(reader: Reader, found: FoundClip) -> None:
    if reader.restat() != (found.size, found.mtime_ns):
        raise _changed(found, "it changed while it was compared")


def _changed(found: FoundClip, reason: str) -> ClipChangedError:
    return ClipChangedError(path=display(found.path)[0], reason=reason)
