"""What a process weighs while it works: memory, descriptors, threads; and the rule by which that is flat.

The rule: what was weighed after the warm-up is cut into four parts. The median of the last part may be above the
median of the first by no more than NOISE of memory or GROWTH of it, whichever is more, and by MORE descriptors or
threads: a garbage collector, an allocator's arenas and what happens to be open at that moment. Medians, because one
request may hold a buffer just then.
"""

from __future__ import annotations

import statistics
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

NOISE: Final = 12 << 20  # bytes
GROWTH: Final = 0.06
MORE: Final = 8
WARM: Final = 0.4  # of the time: caches fill, pools start, every kind of work was done once
_PARTS: Final = 4


class Weight(NamedTuple):
    """At one moment."""

    memory: int
    descriptors: int
    threads: int


@dataclass(slots=True, kw_only=True)
class Scales:
    """Weighs processes by their names."""

    pids: dict[str, int]
    weights: dict[str, list[Weight]] = field(default_factory=dict)

    def weigh(self, ending: threading.Event, *, every: float) -> None:
        """Until the end."""
        while not ending.wait(every):
            for name, pid in self.pids.items():
                self.weights.setdefault(name, []).append(weight_of(pid))

    def growth(self, name: str) -> Weight:
        """How much more it was at the end than after the warm-up."""
        weights = self.weights[name]
        warm = weights[int(len(weights) * WARM) :]
        part = max(1, len(warm) // _PARTS)
        first, last = (_median(some) for some in (warm[:part], warm[-part:]))
        return Weight(*(b - a for a, b in zip(first, last, strict=True)))

    def check_flat(self, name: str) -> None:
        """See the module."""
        grown, weights = self.growth(name), self.weights[name]
        allowed = max(NOISE, round(GROWTH * _median(weights).memory))
        assert grown.memory <= allowed, f"{name} grew by {grown.memory >> 20} MB: {weights}"
        assert grown.descriptors <= MORE, f"{name}: {grown.descriptors} descriptors more: {weights}"
        assert grown.threads <= MORE, f"{name}: {grown.threads} threads more: {weights}"


def weight_of(pid: int) -> Weight:
    """Of a process, as the kernel says (proc(5))."""
    folder = Path(f"/proc/{pid}")
    status = (folder / "status").read_text()
    values = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    return Weight(
        memory=int(values["VmRSS"].split()[0]) << 10,
        descriptors=len(list((folder / "fd").iterdir())),
        threads=int(values["Threads"]),
    )


def _median(weights: list[Weight]) -> Weight:
    return Weight(*(round(statistics.median(column)) for column in zip(*weights, strict=True)))
