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
        fd = _locked(path)
    except OSError:
        yield True
        return
    if fd is None:
        yield False
        return
    try:
        yield True
        path.unlink(missing_ok=True)
    finally:
        os.close(fd)


def _locked(path: Path) -> int | None:
    """The file of this name, locked; None: somebody else holds it. Raises OSError: there can be none."""
    while True:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        held = False
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Who held it may have taken the name away since we opened it: another one may be locked by now.
            held = _is_named(fd, path)
        except BlockingIOError:
            return None
        finally:
            if not held:
                os.close(fd)
        if held:
            return fd


def _is_named(fd: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(fd), path.stat())
    except FileNotFoundError:
        return False
