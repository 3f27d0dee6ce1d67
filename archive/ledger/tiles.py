"""Where tiles lie and what is in them (C2SP tlog-tiles). Bytes and names, no files.

A hash tile of level l and index n holds up to 256 hashes of subtrees of 256^l leaves; an entry
bundle holds the entries under a tile of level 0.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from archive.errors import LedgerDamagedError
from archive.ledger.merkle import HASH_SIZE, TILE_WIDTH

_PATH: Final = re.compile(
    r"(entries|0|[1-9][0-9]?)((?:/x[0-9]{3})*/[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?"
)
MAX_ENTRY: Final = 65_535  # bytes: the length prefix has 16 bits


@dataclass(frozen=True, slots=True, kw_only=True)
class TileName:
    """One file below `tile/`."""

    level: int | None  # None: an entry bundle
    index: int
    width: int  # 1..256; 256 is the full tile

    def path(self) -> str:
        """Relative to the ledger's folder, with `/`."""
        digits = f"{self.index:03}"
        digits = digits.zfill((len(digits) + 2) // 3 * 3)
        groups = [digits[i : i + 3] for i in range(0, len(digits), 3)]
        number = "/".join(["x" + g for g in groups[:-1]] + groups[-1:])
        kind = "entries" if self.level is None else str(self.level)
        partial = "" if self.width == TILE_WIDTH else f".p/{self.width}"
        return f"tile/{kind}/{number}{partial}"

    @classmethod
    def parse(cls, path: str) -> TileName | None:
        """The other way; None where the path names no tile."""
        match = _PATH.fullmatch(path.removeprefix("tile/")) if path.startswith("tile/") else None
        if match is None or (match[1] != "entries" and int(match[1]) > 63):
            return None
        width = int(match[3]) if match[3] else TILE_WIDTH
        name = cls(
            level=None if match[1] == "entries" else int(match[1]),
            index=int(match[2].replace("/", "").replace("x", "")),
            width=width,
        )
        # One spelling only: no leading groups of zeros, no .p/256.
        return name if name.path() == path and (match[3] is None or width < TILE_WIDTH) else None


def tiles_of(size: int) -> Iterator[TileName]:
    """Every tile and bundle that a checkpoint of this size needs, full and partial."""
    yield from partial_tiles_of(size)
    for level, count in full_counts(size):
        for index in range(count):
            yield TileName(level=level, index=index, width=TILE_WIDTH)


def full_counts(size: int) -> Iterator[tuple[int | None, int]]:
    """How many full tiles a checkpoint of this size needs: of bundles (None) and of each level."""
    level, count = 0, size // TILE_WIDTH
    if count:
        yield None, count
    while count:
        yield level, count
        level, count = level + 1, count // TILE_WIDTH


def partial_tiles_of(size: int) -> Iterator[TileName]:
    """The partial tiles and the partial bundle of a checkpoint of this size."""
    if size % TILE_WIDTH:
        yield TileName(level=None, index=size // TILE_WIDTH, width=size % TILE_WIDTH)
    level, count = 0, size
    while count:
        if count % TILE_WIDTH:
            yield TileName(level=level, index=count // TILE_WIDTH, width=count % TILE_WIDTH)
        level, count = level + 1, count // TILE_WIDTH


def bundle(entries: Iterable[bytes]) -> bytes:
    """An entry bundle: for each entry 16 bits of length, big-endian, and its bytes."""
    return b"".join(len(e).to_bytes(2, "big") + e for e in entries)


def unbundle(data: bytes, count: int) -> list[bytes]:
    """Take a bundle apart.

    Raises:
        LedgerDamagedError: not exactly `count` entries and nothing else.
    """
    entries: list[bytes] = []
    at = 0
    for _ in range(count):
        start = at + 2
        at = start + int.from_bytes(data[at:start], "big")
        if start > len(data) or at > len(data):
            raise LedgerDamagedError(f"an entry bundle ends within entry {len(entries)} of {count}")
        entries.append(data[start:at])
    if at != len(data):
        raise LedgerDamagedError(f"an entry bundle goes on after its {count} entries")
    return entries


def split_hashes(data: bytes, count: int) -> list[bytes]:
    """The hashes of a tile.

    Raises:
        LedgerDamagedError: not exactly `count` hashes.
    """
    if len(data) != count * HASH_SIZE:
        raise LedgerDamagedError(f"a tile of {count} hashes has {len(data)} bytes")
    return [data[i : i + HASH_SIZE] for i in range(0, len(data), HASH_SIZE)]
