"""Which lines are wrong, when a stretch of entries does not lead to the root that was signed for it.

Each leaf hash stands in several places: it follows from the line, the next entry's `prev` repeats
it, a tile holds it. The signed root is the judge between them: hashes that lead to it are what was
signed, and a line that hashes to something else was changed. No files but through `Hints`.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from archive.audit.columns import NULL, Columns
from archive.audit.hints import Hints
from archive.audit.levels import Levels, split
from archive.audit.lines import read_slice
from archive.audit.report import Code
from archive.ledger.merkle import HASH_SIZE


@dataclass(frozen=True, slots=True)
class Located:
    """A stretch as it was signed, and what of it the file does not hold any more."""

    columns: Columns  # one slot for each entry signed; changed ones out of their bundle
    wrong: dict[int, Code]  # slot: what is wrong with its line
    surplus: list[int]  # offsets of lines that are no signed entry
    lost: bool  # nothing holds what one of them was


def locate(
    hand: Columns, *, levels: Levels, count: int, root: bytes, hints: Hints
) -> Located | None:
    """Find what was signed, if it can still be told.

    Args:
        hand: the lines of the stretch.
        levels: the tree before the stretch; grown by it when something is returned.
        count: entries that the checkpoint covers and `levels` does not.
        root: of the checkpoint.
        hints: the published tiles.
    """
    if count <= 0:
        return None
    lines = split(hand.leaves)
    tiled = [hints.leaf(levels.size + i) for i in range(count)]
    slots = _align(hand, lines, tiled)
    if slots is None:
        return None
    said = _said_by_next(hand, slots)
    own = [None if slot is None else lines[slot] for slot in slots]
    for choice in _choices(own, tiled, said):
        if None not in choice:
            leaves = [leaf for leaf in choice if leaf is not None]
            if levels.extend(b"".join(leaves), root):
                return _rebuilt(hand, slots, leaves, levels.size - count, hints)
    return None


def _align(hand: Columns, lines: list[bytes], tiled: list[bytes | None]) -> list[int | None] | None:
    """For each entry the line that holds it, or should."""
    count, extra = len(tiled), len(lines) - len(tiled)
    if extra == 0:
        return list(range(count))
    slots: list[int | None] = [None] * count
    places = {leaf: slot for slot, leaf in enumerate(lines)}
    for i, leaf in enumerate(tiled):
        slots[i] = places.get(leaf) if leaf is not None else None
    if not any(slot is not None for slot in slots):
        # Nothing published: lines from the front as far as they are chained, the rest from the back.
        front = 0
        while front < min(count, len(lines)) and front not in hand.problems:
            slots[front] = front
            front += 1
        for back in range(1, count - front + 1):
            slots[-back] = len(lines) - back if len(lines) - back >= front else None
    return _fill(slots, len(lines))


def _fill(slots: list[int | None], lines: int) -> list[int | None] | None:
    """Give entries without a line the lines that lie in their gap."""
    known = [-1, *(slot for slot in slots if slot is not None), lines]
    if any(later <= earlier for earlier, later in pairwise(known)):
        return None
    at = 0
    for i, slot in enumerate(slots):
        if slot is not None:
            at = slot + 1
            continue
        following = next((s for s in slots[i:] if s is not None), lines)
        if at < following:
            slots[i] = at
            at += 1
    return slots


def _said_by_next(hand: Columns, slots: list[int | None]) -> list[bytes | None]:
    said: list[bytes | None] = []
    for slot in [*slots[1:], None]:
        prev = b"" if slot is None else bytes(hand.prevs[slot * 32 : slot * 32 + 32])
        said.append(prev if prev and prev != NULL else None)
    return said


def _choices(
    own: list[bytes | None], tiled: list[bytes | None], said: list[bytes | None]
) -> list[list[bytes | None]]:
    """Leaf hashes that may be the signed ones, the likeliest first."""
    voted: list[bytes | None] = []
    for line, tile, prev in zip(own, tiled, said, strict=True):
        agreed = line is not None and line in {tile, prev}
        voted.append(line if agreed else tile or prev or line)
    by_tile = [tile or line for line, tile in zip(own, tiled, strict=True)]
    by_next = [prev or line for line, prev in zip(own, said, strict=True)]
    return [voted, by_tile, by_next, own]


def _rebuilt(
    hand: Columns, slots: list[int | None], leaves: list[bytes], first: int, hints: Hints
) -> Located:
    columns = Columns()
    wrong: dict[int, Code] = {}
    lost = False
    used = set()
    names = hand.names_by_slot()
    for i, (slot, leaf) in enumerate(zip(slots, leaves, strict=True)):
        if slot is not None:
            used.add(slot)
            if hand.leaves[slot * HASH_SIZE : (slot + 1) * HASH_SIZE] == leaf:
                columns.take(hand, slot, slot + 1, names.get(slot, []))
                continue
        wrong[i] = Code.ENTRY_MISSING if slot is None else Code.ENTRY_CHANGED
        raw = hints.entry(first + i, leaf)
        lost = lost or raw is None
        spare = read_slice((raw or b"?") + b"\n", 0, ()).columns
        spare.offsets[0] = 0 if slot is None else hand.offsets[slot]
        spare.leaves[:] = leaf
        columns.take(spare, 0, 1, spare.names)
    surplus = [hand.offsets[slot] for slot in range(len(hand)) if slot not in used]
    return Located(columns=columns, wrong=wrong, surplus=surplus, lost=lost)
