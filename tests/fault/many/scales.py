"""What a process weighs while it works: memory, descriptors, threads; and the rule by which that is flat.

The rule: what was weighed after the warm-up is cut into four parts. The lowest memory of the last part may be above
the lowest of the first by no more than NOISE or GROWTH of it, whichever is more; the median of descriptors and threads
by MORE. The lowest, because a docking that moves bytes holds a buffer of 64 MiB, and what stays when none does is what
would grow for ever. NOISE is what has a bound of its own: the pages that SQLite keeps of a catalogue that grows (32 MiB
for a connection), and an allocator's arenas. Memory is the process' own (RssAnon), not files that it maps.
"""

from __future__ import annotations

import statistics
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

NOISE: Final = 24 << 20  # bytes
GROWTH: Final = 0.08
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
        first, last = (_usual(some) for some in (warm[:part], warm[-part:]))
        return Weight(*(b - a for a, b in zip(first, last, strict=True)))

    def check_flat(self, name: str) -> None:
        """See the module."""
        grown, weights = self.growth(name), self.weights[name]
        allowed = max(NOISE, round(GROWTH * _usual(weights).memory))
        assert grown.memory <= allowed, f"{name} grew by {grown.memory >> 20} MB: {weights}"
        assert grown.descriptors <= MORE, f"{name}: {grown.descriptors} descriptors more: {weights}"
        assert grown.threads <= MORE, f"{name}: {grown.threads} threads more: {weights}"


def weight_of(pid: int) -> Weight:
    """Of a process, as the kernel says (proc(5))."""
    folder = Path(f"/proc/{pid}")
    status = (folder / "status").read_text()
    values = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    return Weight(
        memory=int(values["RssAnon"].split()[0]) << 10,
        descriptors=len(list((folder / "fd").iterdir())),
        threads=int(values["Threads"]),
    )


def _usual(weights: list[Weight]) -> Weight:
    return Weight(
        memory=min(weight.memory for weight in weights),
        descriptors=round(statistics.median(weight.descriptors for weight in weights)),
        threads=round(statistics.median(weight.threads for weight in weights)),
    )
