"""Who decides on a request, and by which rule one may be made: pure functions of policy, tree and accounts.

What always holds: nobody decides on their own request; where a unit has no head, the head of the nearest unit above
does; where nobody is found, nobody decides. The relation of asker and footage is fixed by units, not by what is typed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from api.approval.policy import Policy, Relation, Rule
from api.rights.units import below, county_above, heads_of
from archive.catalogue.rows import AccountRow, UnitRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """Who stands where."""

    tree: Mapping[str, UnitRow]
    accounts: Sequence[AccountRow]

    def deciders(self, decided_by: str, unit: str | None, *, asker: str) -> tuple[AccountRow, ...]:
        """Who decides on, or reviews, a request for footage that a unit collected."""
        if decided_by == "county_head":
            unit = county_above(self.tree, unit)
        return heads_of(self.tree, self.accounts, unit, but=asker)

    def units_below(self, unit: str | None) -> frozenset[str]:
        """The units on whose footage the head of one might decide."""
        return frozenset() if unit is None else below(self.tree, unit)


def rule_of(
    policy: Policy,
    *,
    role: str,
    purpose: str,
    own: str | None,
    unit: str | None,
    outside: bool,
    emergency: bool,
    day: date,
) -> Rule | None:
    """The rule by which somebody may ask for a unit's footage; None: by none.

    Args:
        policy: in force.
        role: of who asks.
        purpose: its code.
        own: the unit of who asks.
        unit: that collected the footage.
        outside: it is for a body outside the agency.
        emergency: it cannot wait for a decision.
        day: today.
    """
    is_own = own is not None and own == unit
    relations: tuple[Relation, ...] = ("duty", "own_unit" if is_own else "other_unit")
    if outside or emergency:
        relations = ("outside",) if outside else ("emergency",)
    rules = (policy.rule_for(role, purpose, relation, day) for relation in relations)
    return next((rule for rule in rules if rule is not None), None)


def relations_of(*, outside: bool, emergency: bool) -> tuple[Relation, ...]:
    """Every relation that a request of this kind could be in, whatever footage there is."""
    if outside:
        return ("outside",)
    return ("emergency",) if emergency else ("duty", "own_unit", "other_unit")
