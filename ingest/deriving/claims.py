"""Who derives from a clip: one of each hand at a time, in whichever process, so that nothing is made twice.

What always holds: the kernel lets go when the holder dies; nobody waits for a claim. One file with a lock on one byte
for each claim (fcntl(2), open file description locks), so that nothing has to be tidied up. Advisory: where the file
system has no such locks, work may be done twice, never wrongly.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import struct
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

FOLDER: Final = "work.claims"
_NAME: Final = "clips"
_PLACES: Final = 1 << 62
_TAKEN: Final = frozenset({errno.EAGAIN, errno.EACCES})


@contextmanager
def claimed(root: Path, clips: Iterable[str], hand: str) -> Iterator[frozenset[str]]:
    """Hold what nobody else holds of these clips, for the block.

    Args:
        root: of the archive.
        clips: ids.
        hand: what works at them: the media child and the encoder make different kinds, and may both be at work.
    """
    path = root / FOLDER / _NAME
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError:
        yield frozenset(clips)
        return
    try:
        yield frozenset(clip for clip in clips if _held(fd, f"{hand} {clip}"))
    finally:
        os.close(fd)


def _held(fd: int, name: str) -> bool:
    place = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") % _PLACES
    # struct flock: l_type, l_whence, l_start, l_len, l_pid, which has to be 0
    wanted = struct.pack("hhqqi", fcntl.F_WRLCK, os.SEEK_SET, place, 1, 0)
    try:
        fcntl.fcntl(fd, fcntl.F_OFD_SETLK, wanted)
    except OSError as e:
        return e.errno not in _TAKEN
    return True
