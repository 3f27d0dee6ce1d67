"""What the fault laboratory does and sees: seeds, and rows of counted observations.

A row is one fault, injected in one way, with every run of it. A run ends in one short sentence of what was seen; a
promise that is broken raises, and the row says that it failed. Rows are appended as lines of JSON to the file that
FAULT_LOG names (`make test-faults`); without it they are only counted. `docs/reliability.md` is made of them.
"""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import TypeVar

_T = TypeVar("_T")


@dataclass(slots=True, kw_only=True)
class Row:
    """One fault, how it was injected, and what its runs saw."""

    area: str
    fault: str
    how: str
    seen: Counter[str] = field(default_factory=Counter)

    def saw(self, sentence: str) -> None:
        """Count one run. The same few sentences for all runs: they are counted, and printed."""
        self.seen[sentence] += 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Lab:
    """How long this run of the laboratory is, where its seeds begin, and where its rows go."""

    long: bool
    seed: int
    log: Path | None

    def seeds(self, *, short: int, long: int) -> range:
        """Seeds of the runs: fixed in a short part, new in every long one unless FAULT_SEED says which."""
        return range(self.seed, self.seed + (long if self.long else short))

    def sample(self, points: int, *, short: int) -> list[int]:
        """Which of `points` places a fault is put at: all of them in a long part, drawn ones in a short one."""
        if self.long or points <= short:
            return list(range(points))
        draw = random.Random(self.seed)  # noqa: S311 - it has to be the same again
        return sorted(draw.sample(range(points), short))

    def some(self, items: Sequence[_T], *, short: int) -> list[_T]:
        """The same of things in an order."""
        return [items[at] for at in self.sample(len(items), short=short)]

    @contextmanager
    def row(self, *, area: str, fault: str, how: str) -> Iterator[Row]:
        """A row for the runs made in this block; written when it ends, also when it fails."""
        row, begun, failed = Row(area=area, fault=fault, how=how), monotonic(), True
        try:
            yield row
            assert row.seen, f"{fault}: nothing was run"
            failed = False
        finally:
            self._keep(row, failed=failed, seconds=monotonic() - begun)

    def _keep(self, row: Row, *, failed: bool, seconds: float) -> None:
        if self.log is None:
            return
        line = {
            "area": row.area,
            "fault": row.fault,
            "how": row.how,
            "seen": dict(row.seen),
            "failed": failed,
            "seconds": round(seconds, 1),
            "seed": self.seed,
            "long": self.long,
        }
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("a", encoding="utf-8") as log:
            log.write(json.dumps(line, ensure_ascii=False) + "\n")


def from_environment() -> Lab:
    """The laboratory as FAULT_LONG, FAULT_SEED and FAULT_LOG say."""
    long = os.environ.get("FAULT_LONG") == "1"
    seed = int(
        os.environ.get("FAULT_SEED") or (random.SystemRandom().randrange(10**9) if long else 1)
    )
    log = os.environ.get("FAULT_LOG")
    return Lab(long=long, seed=seed, log=Path(log) if log else None)
