"""Whether a docking by hand is asked to stop: by a signal, or by `docking cancel`.

Holds: a signal that was ignored before stays ignored, and after the block every signal means what it did.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

from archive.errors import ArchiveError
from archive.opening import Archive
from muniment.work import Work

_LOOK: Final = 0.5  # seconds between two looks into work.db


class Stop:
    """Whether a docking is asked to stop: by a signal, or by `docking cancel`. Ask it often."""

    def __init__(self, archive: Archive, serial: str) -> None:
        self.by_signal = False
        self._archive, self._serial, self._work = archive, serial, Work(archive.root)
        self._since, self._looked, self._recorder = time.time(), time.monotonic(), ""

    def __call__(self) -> bool:
        """Whether to stop now."""
        if self.by_signal or time.monotonic() - self._looked < _LOOK:
            return self.by_signal
        self._looked = time.monotonic()
        return bool(self._id()) and self._work.is_stop_asked(self._recorder, self._since)

    def signalled(self, _number: int, _frame: FrameType | None) -> None:
        """The handler: the first signal asks, the second one insists."""
        if self.by_signal:
            raise KeyboardInterrupt
        self.by_signal = True

    def _id(self) -> str:
        if not self._recorder:
            row = self._archive.catalogue.recorder_by_serial(self._serial)
            self._recorder = row.id if row is not None else self._noticed()
        return self._recorder

    def _noticed(self) -> str:
        """The id of a recorder that this very docking saw for the first time."""
        try:
            self._archive.catalogue.catch_up()
        except (ArchiveError, OSError):
            return ""
        row = self._archive.catalogue.recorder_by_serial(self._serial)
        return row.id if row is not None else ""


@contextmanager
def stopping(archive: Archive, serial: str) -> Iterator[Stop]:
    """Signals ask the docking to stop, so that it can note how far it is; afterwards they mean what they did."""
    stop = Stop(archive, serial)
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    for number in numbers:
        if before[number] != signal.SIG_IGN:  # nohup stays nohup
            signal.signal(number, stop.signalled)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
