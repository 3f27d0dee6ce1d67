"""One at a time over all processes: `flock` on a file. The kernel lets go when the holder dies."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from archive.errors import ArchiveBusyError

_PATIENCE: Final = 60.0  # seconds; a holder needs milliseconds
SOON: Final = 3.0  # seconds after which somebody who waits wants to know why


class FileLock:
    """An exclusive lock that any number of processes share."""

    def __init__(
        self,
        path: Path,
        *,
        patience: float | None = None,
        waiting: Callable[[], None] | None = None,
    ) -> None:
        """Open it; `patience`: seconds to wait for it, else a minute; `waiting`: told after SOON. Raises OSError."""
        self._path, self._waiting = path, waiting
        self._patience = _PATIENCE if patience is None else patience
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Wait for the lock, hold it for the block.

        Raises:
            ArchiveBusyError: somebody held it for so long.
        """
        self._acquire()
        try:
            yield
        finally:
            fcntl.flock(self._fd, fcntl.LOCK_UN)

    def _acquire(self) -> None:
        begun = time.monotonic()
        pause, deadline, waiting = 0.0005, begun + self._patience, self._waiting
        while True:
            try:
                fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise ArchiveBusyError(
                        f"{self._path.parent.name}/{self._path.name} is held by another program for"
                        f" {self._patience:.0f} seconds;"
                        " see with `fuser` who it is, then try again"
                    ) from None
                if waiting is not None and time.monotonic() > begun + SOON:
                    waiting()
                    waiting = None
                time.sleep(pause)
                pause = min(pause * 1.5, 0.02)
            else:
                return

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._fd)
