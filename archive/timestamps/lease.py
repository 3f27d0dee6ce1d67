"""No genTime below one that was issued before, whoever was killed in between.

Before the first token of a second the file says up to when tokens may bear a time; it is on the medium before the
token is out. Who starts after a kill takes that moment for the last one. A clean end writes the true last one.
Where the file is gone or garbage, the newest token of the ledger, which whoever asks knows, is the bound.
"""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path
from typing import Final, Self

from archive.durable import Disk
from archive.errors import ArchiveBusyError
from archive.timestamps.clock import Clock, Reading

_AHEAD: Final = 1_000  # milliseconds
_WAIT: Final = (
    2_000  # milliseconds: a killed one's lease, or a clock that was nudged back, is waited for
)
_DOUBTFUL: Final = (
    3_600_000  # milliseconds; a file that is so far ahead of clock and ledger is wrong, or both are
)
_MOST_DIGITS: Final = 64
_TURN: Final = 30.0  # seconds: others stamp for a moment only


class ClockSetBackError(Exception):
    """The clock reads earlier than the last token. Nothing was issued."""


class Lease:
    """The right to issue tokens in a folder; one process at a time.

    Raises:
        ArchiveBusyError: another process holds it for long.
        OSError: the medium failed.
    """

    def __init__(self, folder: Path, clock: Clock, disk: Disk, *, not_before: int = 0) -> None:
        self._path = folder / "clock"
        self._not_before = not_before
        self._clock = clock
        self._disk = disk
        self._fd = _hold(folder / "lock")
        self._until = self._read()
        self._last = max(self._until, not_before)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._until != self._last:
            self._write(self._last)
        os.close(self._fd)

    def now(self) -> Reading:
        """The time of a token. Raises ClockSetBackError, OSError."""
        reading = self._clock()
        if reading.milliseconds < self._last:
            reading = self._wait(reading)
        self._last = reading.milliseconds
        if self._last > self._until:
            self._until = self._last + _AHEAD
            self._write(self._until)
        return reading

    def _wait(self, reading: Reading) -> Reading:
        left = self._last - reading.milliseconds
        if left <= _WAIT:
            time.sleep(left / 1000)
            reading = self._clock()
        if reading.milliseconds < self._last:
            raise ClockSetBackError(self._why(reading))
        return reading

    def _why(self, reading: Reading) -> str:
        why = f"the clock reads {self._last - reading.milliseconds} ms before the last token"
        if self._last > max(self._not_before, reading.milliseconds) + _DOUBTFUL:
            why += (
                f": so says {self._path.parent.name}/{self._path.name}, and no token of the ledger."
                " Where this machine's clock is right, remove that file"
            )
        return why

    def _read(self) -> int:
        try:
            with self._path.open("rb") as file:
                return int(file.read(_MOST_DIGITS))
        except (FileNotFoundError, ValueError):
            return 0  # torn or meddled with: the ledger's tokens are the bound

    def _write(self, moment: int) -> None:
        self._disk.replace_file(self._path, f"{moment}\n".encode(), mode=0o600)


def _hold(path: Path) -> int:
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    end = time.monotonic() + _TURN
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as e:
            if time.monotonic() > end:
                os.close(fd)
                raise ArchiveBusyError("another process stamps, and does not end") from e
            time.sleep(0.02)
        else:
            return fd
