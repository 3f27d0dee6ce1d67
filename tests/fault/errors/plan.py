"""Which calls of a command can fail, and in which ways: made of what a healthy run of it did.

A call is named by its kind, by its path with everything random left open, and by how many of those came before: two
threads never make the same list, but they meet the same calls. What repeats is tried a few times, and the last time.
"""

from __future__ import annotations

import errno
import random
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from tests.fault.errors.machine import AFTER, FAIL, FOREVER, HALF, LOST, TORN, Fault

_FULL: Final = (errno.ENOSPC, errno.EDQUOT)
_ALL: Final = (errno.EIO, *_FULL, errno.EROFS, errno.EINTR)
_ONE_BYTE: Final = "[0-9a-f][0-9a-f]"
_RANDOM: Final = (
    (re.compile(r"sha256/[0-9a-f]{2}/[0-9a-f]{2}(?=/|$)"), f"sha256/{_ONE_BYTE}/{_ONE_BYTE}"),
    (re.compile(r"sha256/[0-9a-f]{2}$"), f"sha256/{_ONE_BYTE}"),
    (re.compile(r"[0-9a-f]{16,64}"), "*"),
    (re.compile(r"docking-[0-9a-z]{26}"), "docking-*"),
    (re.compile(r"tmp[0-9a-z_]{8}(?=/|$)"), "tmp*"),
)
_READING: Final = frozenset({"read", "open", "list", "stat", "close"})
_OFTEN: Final = 3  # times that a call which changes something is tried, and once more: the last
_SELDOM: Final = 1


def pattern_of(path: str) -> str:
    """A path with everything random left open."""
    for known, shown in _RANDOM:
        path = known.sub(shown, path)
    return path.replace(" (deleted)", "*")


def faults_of(calls: Iterable[tuple[str, str]], *, below: str = "") -> list[Fault]:
    """One fault at a time, in every call of a healthy run on files below a folder, in every way it can fail."""
    counts = Counter((kind, pattern_of(path)) for kind, path in calls if path.startswith(below))
    faults: list[Fault] = []
    for (kind, pattern), count in sorted(counts.items()):
        most = _SELDOM if kind in _READING else _OFTEN
        places = sorted({*range(1, min(count, most) + 1), count})
        for nth in places:
            faults += [
                Fault(kind=kind, pattern=pattern, nth=nth, way=way, error=error)
                for way, error in _ways(kind)
            ]
    return faults


def lasting_faults(calls: Iterable[tuple[str, str]], places: int) -> list[Fault]:
    """From some change on every change fails: a disk that was remounted read-only, is full, or is gone."""
    count = sum(kind not in _READING for kind, _ in calls)
    step = max(1, count // places)
    return [
        Fault(kind="change", pattern="archive*", nth=nth, error=error, times=FOREVER)
        for nth in range(1, count + 1, step)
        for error in (errno.EROFS, errno.ENOSPC, errno.EIO)
    ]


def drawn(faults: Sequence[Fault], seed: int, most: int) -> list[Fault]:
    """So many of them, spread over all, the same for the same seed."""
    if len(faults) <= most:
        return list(faults)
    draw = random.Random(seed)  # noqa: S311 - it has to be the same again
    return draw.sample(list(faults), most)


def _ways(kind: str) -> list[tuple[int, int]]:
    if kind == "write":
        torn = [(TORN, errno.EIO), (TORN, errno.ENOSPC), (HALF, errno.EIO), (AFTER, errno.ENOSPC)]
        return [*((FAIL, e) for e in _ALL), (AFTER, errno.EIO), *torn]
    if kind == "sync":
        lost = [(LOST, errno.EIO), (LOST, errno.ENOSPC)]
        return [*((FAIL, e) for e in (errno.EIO, *_FULL, errno.EINTR)), (AFTER, errno.EIO), *lost]
    if kind == "read":
        return [(FAIL, errno.EIO), (FAIL, errno.EINTR), (HALF, errno.EIO)]
    if kind in {"open", "list", "stat"}:
        return [(FAIL, errno.EIO), (FAIL, errno.EINTR)]
    if kind == "close":
        return [(AFTER, e) for e in (errno.EIO, errno.EINTR, errno.ENOSPC)]
    return [*((FAIL, e) for e in _ALL), (AFTER, errno.EIO)]
