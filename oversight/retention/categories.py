"""Which categories there are to choose from. Decides nothing about who may."""

from __future__ import annotations

from collections.abc import Iterable

from oversight.disposal.errors import UnknownCategoryError
from oversight.retention.keeping import Keeper


def checked_categories(keeper: Keeper, names: Iterable[str]) -> tuple[str, ...]:
    """Ids of retention rules in force, sorted. Raises UnknownCategoryError: one is none."""
    wanted = tuple(sorted(set(names)))
    for name in wanted:
        if name not in keeper.rules:
            there = ", ".join(sorted(keeper.rules))
            raise UnknownCategoryError(f"no retention rule in force is called {name}: {there}")
    return wanted
