"""“Every byte at least once in 90 days”: which objects were hashed lately, from what entries say. Pure.

Each audit on record is drawn again: `full` read all that entries named then, `turn` those whose turn it was, `sample`
those that its seed drew, `since` what entries from an index on named first; `clip.verified` read one original back.
What was drawn counts as read: where it could not be, the audit said so in its findings.
"""

from __future__ import annotations

import json
from array import array
from bisect import bisect_right
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from archive.audit.modes import TURNS, Sample, turn_of
from archive.audit.names import Names
from archive.audit.report import Coverage

SPAN: Final = timedelta(days=90)
_RUNS: Final = 400  # more than a year of days: what is older tells no more than how old
TimeOf = Callable[[int], datetime | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """An audit on record."""

    index: int  # of its entry
    size: int  # of the ledger that it audited: what it could know of
    data: dict[str, Any]


def runs_of(said: Sequence[tuple[int, bytes]]) -> list[Run]:
    """The audits on record, newest first, down to the newest that read all: older ones add nothing."""
    found = []
    for index, raw in reversed(said):
        if b'"type":"audit.run"' not in raw:
            continue
        document = json.loads(raw)
        data = document["data"]
        size = data.get("size")
        if document["type"] != "audit.run" or type(size) is not int:
            continue
        found.append(Run(index=index, size=size, data=data))
        if data.get("mode") == "full" or len(found) == _RUNS:
            break
    return found


class Checks:
    """When each object was hashed last, as the index of the entry that says so; -1: never again."""

    def __init__(self, names: Names, runs: Sequence[Run]) -> None:
        """Draw again what was drawn."""
        self._names = names
        self._turns: list[list[Run]] = [[] for _ in range(TURNS)]  # newest first
        self._drawn: list[tuple[Run, set[bytes]]] = []
        self._begins = array("Q", [0])  # of stretches of entries that name their objects first
        self._newest = array("q", [-1])  # the newest run that read a stretch
        for run in runs:
            self._take(run)
        for run in reversed(runs):
            since = 0 if run.data.get("mode") == "full" else run.data.get("since")
            if type(since) is int and 0 <= since < run.size:
                self._paint(since, run.size, run.index)

    def _take(self, run: Run) -> None:
        data = run.data
        first, count = data.get("turn"), data.get("turns")
        if type(first) is int and type(count) is int and data.get("of") == TURNS:
            for turn in range(first, first + min(count, TURNS)):
                self._turns[turn % TURNS].append(run)
        percent, seed = data.get("percent"), data.get("seed")
        if type(percent) is str and type(seed) is str:
            known = (d for d in self._names if self._names.first(d) < run.size)
            with suppress(ValueError):
                sample = Sample(percent=float(percent), seed=seed)
                self._drawn.append((run, sample.draw(known)))

    def _paint(self, begin: int, end: int, index: int) -> None:
        for cut in (begin, end):
            at = bisect_right(self._begins, cut)
            if self._begins[at - 1] != cut:
                self._newest.insert(at, self._newest[at - 1])
                self._begins.insert(at, cut)
        for at in range(len(self._begins)):
            if begin <= self._begins[at] < end:
                self._newest[at] = index

    def last(self, digest: bytes) -> int:
        """The entry that says that it was read last."""
        first = self._names.first(digest)
        best = max(
            self._names.verified(digest), self._newest[bisect_right(self._begins, first) - 1]
        )
        for run in self._turns[turn_of(digest)]:
            if run.size > first:
                best = max(best, run.index)
                break
        for run, drawn in self._drawn:
            if digest in drawn:
                best = max(best, run.index)
        return best


def coverage(
    names: Names,
    said: Sequence[tuple[int, bytes]],
    *,
    hashed: set[bytes] | None,
    lost: Collection[bytes] = (),
    size: int,
    time_of: TimeOf,
    now: datetime,
) -> Coverage:
    """What was hashed in the last 90 days.

    Args:
        names: what entries name.
        said: entries about audits.
        hashed: what this audit read; None: everything.
        lost: what is named and could not be read: not covered, whoever read it before.
        size: of the ledger.
        time_of: an entry's time; None where it cannot be read.
        now: the time.
    """
    total, weight = len(names), names.total_bytes()
    if hashed is None:
        return Coverage(
            objects=total,
            objects_hashed=total - len(lost),
            bytes=weight,
            bytes_hashed=weight - sum(max(0, names.size(digest)) for digest in lost),
        )
    checks = Checks(names, runs_of(said))
    begin = _first_since(now - SPAN, size, time_of)
    objects = weighed = overdue = unchecked = 0
    oldest = size
    for digest in names:
        last = size if digest in hashed else checks.last(digest)
        if last >= begin and digest not in lost:
            objects += 1
            weighed += max(0, names.size(digest))
        elif names.first(digest) < begin:
            overdue += 1
        if last < 0:
            unchecked += 1
        else:
            oldest = min(oldest, last)
    then = time_of(oldest) if oldest < size else None
    return Coverage(
        objects=total,
        objects_hashed=objects,
        bytes=weight,
        bytes_hashed=weighed,
        objects_overdue=overdue,
        unchecked=unchecked,
        oldest=None if then is None else then.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
    )


def _first_since(moment: datetime, size: int, time_of: TimeOf) -> int:
    """The first entry that is not older than a moment; the ledger's clock rarely goes back, and then a little."""
    low, high = 0, size
    while low < high:
        middle = (low + high) // 2
        time = time_of(middle)
        if time is None or time < moment:
            low = middle + 1
        else:
            high = middle
    return low
