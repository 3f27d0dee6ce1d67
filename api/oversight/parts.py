"""Which parts the three systems have, and who is shown a link to one.

What always holds: a link is words and an address, no permission: each part's own routes name their check (gate.py).
A part's words are `part.<name>` and `part.<name>.lead` in its own catalogue.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from api.access import Right, may
from api.identity.accounts import Account


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of the three systems: its page, or what it adds to the address of a case's page."""

    path: str
    name: str
    right: Right


# In the order of the page.
PARTS: Final[tuple[Part, ...]] = (
    Part(path="/subjects", name="subjects", right=Right.CASES),
    Part(path="/oversight/deadlines", name="deadlines", right=Right.CASES),
    Part(path="/oversight/linking", name="linking", right=Right.CASES),
    Part(path="/oversight/lists", name="lists", right=Right.SYSTEMS),
    Part(path="/oversight/registers", name="registers", right=Right.REGISTERS),
    Part(path="/oversight/disposals", name="disposals", right=Right.DISPOSE),
    Part(path="/oversight/reviews", name="reviews", right=Right.CASES),
    Part(path="/oversight/publications", name="publications", right=Right.PUBLICATIONS),
    Part(path="/oversight/statistics", name="statistics", right=Right.STATISTICS),
)
# Below /cases/{number}, in the order of the row.
CASE_PARTS: Final[tuple[Part, ...]] = (
    Part(path="/file", name="file", right=Right.CASES),
    Part(path="/deadlines", name="deadlines", right=Right.CASES),
    Part(path="/checks", name="checks", right=Right.CASES),
    Part(path="/review", name="review", right=Right.CASES),
    Part(path="/publication", name="publication", right=Right.PUBLICATIONS),
    Part(path="/retention", name="retention", right=Right.CASES),
)


def parts_for(account: Account) -> list[Part]:
    """The cards of the page that this account is shown."""
    return [part for part in PARTS if may(account, part.right)]


def case_parts_for(account: Account) -> list[Part]:
    """The links on a case's page that this account is shown."""
    return [part for part in CASE_PARTS if may(account, part.right)]
