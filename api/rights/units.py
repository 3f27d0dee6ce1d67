"""The tree of units, and who is the head of one: pure functions of the tree and the accounts.

What always holds: a walk upwards ends, also where the ledger's newest words make a circle (two machines that placed
two units under each other at the same moment); whoever is asked for nobody's decision gets nobody, never everybody.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Literal, get_args

from archive.catalogue.rows import AccountRow, UnitRow

Level = Literal["squad", "office", "county", "city", "province"]
LEVELS: Final[tuple[Level, ...]] = get_args(Level)  # lowest first
_COUNTY_UP: Final = frozenset({"county", "city", "province"})
Tree = Mapping[str, UnitRow]


def upwards(tree: Tree, unit: str | None) -> Iterator[UnitRow]:
    """The unit itself, then the one above it, and so on; ends at the top, or where a circle would begin again."""
    seen: set[str] = set()
    while unit is not None and unit not in seen:
        seen.add(unit)
        row = tree.get(unit)
        if row is None:
            return
        yield row
        unit = row.parent


def heads_of(
    tree: Tree, accounts: Iterable[AccountRow], unit: str | None, *, but: str | None = None
) -> tuple[AccountRow, ...]:
    """The heads of a unit: its enabled supervisors; where it has none, those of the nearest unit above.

    Args:
        tree: of units.
        accounts: all of them.
        unit: whose heads.
        but: an account that does not count: nobody decides on their own request.
    """
    by_unit: dict[str, list[AccountRow]] = {}
    for account in accounts:
        is_head = account.role == "supervisor" and not account.disabled and account.id != but
        if is_head and account.unit_id is not None:
            by_unit.setdefault(account.unit_id, []).append(account)
    found = (by_unit[row.id] for row in upwards(tree, unit) if row.id in by_unit)
    return tuple(next(found, ()))


def county_above(tree: Tree, unit: str | None) -> str | None:
    """The nearest unit, itself or above, that is of the county or higher; None where there is none."""
    return next((row.id for row in upwards(tree, unit) if row.level in _COUNTY_UP), None)


def below(tree: Tree, unit: str) -> frozenset[str]:
    """The unit itself and every unit that stands under it."""
    return frozenset(id_ for id_ in tree if any(row.id == unit for row in upwards(tree, id_)))


def makes_a_circle(tree: Tree, unit: str, parent: str) -> bool:
    """Whether the unit, placed under the parent, would stand under itself."""
    return any(row.id == unit for row in upwards(tree, parent))


def in_order(tree: Tree) -> list[tuple[UnitRow, int]]:
    """Each unit once with its depth, those above first; what stands in a circle, or under nothing known, at the top."""
    below_of: dict[str | None, list[UnitRow]] = {}
    for row in tree.values():
        parent = row.parent if row.parent in tree else None
        below_of.setdefault(parent, []).append(row)
    found: list[tuple[UnitRow, int]] = []
    seen: set[str] = set()
    # Circles come last: whoever is in one is reached from no top.
    waiting = [(row, 0) for row in (*below_of.get(None, ()), *tree.values())][::-1]
    while waiting:
        row, depth = waiting.pop()
        if row.id not in seen:
            seen.add(row.id)
            found.append((row, depth))
            waiting += [(under, depth + 1) for under in below_of.get(row.id, ())][::-1]
    return found
