"""What deriving did: a value that grows while it runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

# Nothing is made of bytes that nobody trusts: it stays due until the finding is closed.
WITHHELD: Final = (
    "a finding on its original is open: put back a good copy, then run `muniment audit --record`"
)
Progress = Callable[[int, int, str], None]  # done, of how many, the stage


@dataclass(slots=True, kw_only=True)
class DeriveResult:
    """What was done."""

    examined: int = 0
    posters: int = 0
    made: dict[str, int] = field(
        default_factory=dict
    )  # kind: how many, posters and looks at quality too
    failed: list[tuple[str, str]] = field(default_factory=list)  # clip, why: it could not be read
    unmade: list[tuple[str, str, str]] = field(default_factory=list)  # clip, kind, code

    def add(self, other: DeriveResult) -> None:
        """What another hand did for the same clips. What it could not read was tried again here."""
        self.examined += other.examined
        self.posters += other.posters
        for kind, count in other.made.items():
            self.made[kind] = self.made.get(kind, 0) + count
        self.unmade = other.unmade + self.unmade

    def count(self, kind: str) -> None:
        """One more of a kind was made."""
        self.made[kind] = self.made.get(kind, 0) + 1
        if kind == "poster":
            self.posters += 1
