"""Whether a docking moves bytes into this archive right now, in whichever process: encodings stand still meanwhile.

A docking holds `flock` on its recorder's area of `incoming/` (archive/store/area.py). It is looked up in the kernel's
list of locks and never tried: somebody who tries a lock holds it for a moment, and a docking would be refused.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

_LOCKS: Final = Path("/proc/locks")


def docking_runs(incoming: Path) -> bool:
    """Whether anybody holds a recorder's area.

    Args:
        incoming: the store's folder of areas.
    """
    try:
        areas = {str(place.stat().st_ino) for place in incoming.glob("r-*")}
        # proc_locks(5): "1: FLOCK  ADVISORY  WRITE 1234 08:02:5678 0 EOF"; devices are not compared because
        # some file systems show another one here than stat does
        locks = _LOCKS.read_text(encoding="ascii", errors="replace") if areas else ""
    except OSError:
        return False
    held = (line.split() for line in locks.splitlines())
    return any(
        len(words) > 5 and words[1] == "FLOCK" and words[5].rpartition(":")[2] in areas
        for words in held
    )
