"""How much an audit reads: every object, a drawn sample, or what was named lately.

Entries, signatures, tiles, names, sizes and modes are checked in every mode; a mode only says
whose bytes are hashed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Full:
    """Every byte of every object."""

    name = "full"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A part of the objects that anyone can draw again from the seed."""

    percent: float  # of the objects, 0 < percent <= 100
    seed: str
    name = "sample"

    def draw(self, digests: Iterable[bytes]) -> set[bytes]:
        """The first `percent` of the digests in the order of SHA-256(seed ‖ digest), rounded up."""
        seed = self.seed.encode()
        ordered = sorted(digests, key=lambda digest: hashlib.sha256(seed + digest).digest())
        return set(ordered[: -int(-len(ordered) * self.percent // 100)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Since:
    """The objects that entries from this index on name."""

    index: int
    name = "since"


Mode = Full | Sample | Since
