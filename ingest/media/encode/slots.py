"""At most so many encodings at once on this machine's archive, whichever processes do them: lock files.

The kernel lets go when a holder dies. Nothing is in the files, and they stay.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ingest.media.errors import EncodingError

_TURN: Final = 0.2  # seconds between two looks


def default_count() -> int:
    """How many encodings this machine bears beside its other work: each keeps two processors busy."""
    return max(1, len(os.sched_getaffinity(0)) // 2)


@contextmanager
def slot(
    folder: Path, *, count: int | None = None, cancelled: Callable[[], bool] | None = None
) -> Iterator[None]:
    """Hold one of the places, waiting for it.

    Args:
        folder: where the lock files are, the same for all processes; made where it is missing.
        count: how many places there are.
        cancelled: asked while waiting.

    Raises:
        EncodingError: cancelled while waiting.
        OSError: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    names = [folder / f"encoding-{number}.lock" for number in range(count or default_count())]
    held = None
    while held is None:
        if cancelled is not None and cancelled():
            raise EncodingError("cancelled")
        held = next((fd for fd in map(_try, names) if fd is not None), None)
        if held is None:
            time.sleep(_TURN)
    try:
        yield
    finally:
        os.close(held)


def _try(path: Path) -> int | None:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor
