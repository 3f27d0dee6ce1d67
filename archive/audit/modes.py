"""How much an audit reads: every object, a drawn sample, or what was named lately.

Entries, signatures, tiles, names, sizes and modes are checked in every mode; a mode only says
whose bytes are hashed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

TURNS: Final = 84  # days: within 90, with room for days on which nothing could run


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """The objects whose turn it is, and those that entries from an index on name.

    Each object has one turn of `TURNS`, by its digest alone: whoever takes them in order, one a day, has read every
    object that was there when he began after `TURNS` days. Drawn anew each day, 1.2 per cent would leave a third.
    """

    first: int  # 0 <= first < TURNS
    count: int  # of turns, in order, the first after the last
    since: int
    name = "turn"

    def has(self, digest: bytes) -> bool:
        """Whether it is an object's turn."""
        return (turn_of(digest) - self.first) % TURNS < self.count


def turn_of(digest: bytes) -> int:
    """Which turn is an object's."""
    return int.from_bytes(digest[:8], "big") * TURNS >> 64


Mode = Full | Sample | Since | Turn
