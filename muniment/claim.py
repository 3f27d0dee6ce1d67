"""Who is finishing a docking: one process at a time, so that an original is not read back by two at once.

Advisory and disposable: without it work is done twice, never wrongly. The kernel lets go when the holder dies.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

FOLDER: Final = "work.claims"


@contextmanager
def claimed(root: Path, docking: str) -> Iterator[bool]:
    """Hold a docking for the block; False when somebody else holds it. True where no claim can be written at all."""
    path = root / FOLDER / f"{docking}.lock"
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:
        yield True
        return
    try:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
        path.unlink(missing_ok=True)
    finally:
        os.close(fd)
