"""What may be asked of the catalogue, and SQL under construction. Values; no database here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Whose footage somebody may know of: everybody's, or that of these units and officers, or what was granted."""

    all: bool = False
    units: frozenset[str] = frozenset()
    officers: frozenset[str] = frozenset()
    requests: frozenset[str] = frozenset()  # granted, and in force


@dataclass(frozen=True, slots=True, kw_only=True)
class FindQuery:
    """What is searched for; every filter that is not None has to be met."""

    case: str | None = None  # number
    number: str | None = None  # part of the number of a case
    officer: str | None = None  # badge
    unit: str | None = None  # name
    recorder: str | None = None  # serial
    place: str | None = None  # part of the place of a case
    from_: datetime | None = None  # aware; first moment taken in
    to: datetime | None = None  # aware; first moment not taken in
    mark: bool | None = None
    kind: str | None = None
    damage: bool | None = None
    linked: bool | None = None  # to a case
    late: bool | None = None  # docked later than the rules allow
    quarantined: bool | None = None
    text: str | None = None
    limit: int | None = None
    cursor: str | None = None
    scope: Scope | None = None  # None: no restriction
    most_counted: int | None = None  # counting may stop after so many; None: it does not
    total: int | None = (
        None  # what the same search's first page said: counted once, not with every page
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """A query whose badge, unit and serial have been looked up; an empty tuple finds nothing."""

    query: FindQuery
    officers: tuple[str, ...] | None = None
    units: tuple[str, ...] | None = None
    recorders: tuple[str, ...] | None = None
    rare: bool = False  # its state or kind is rarer than whose it is: the index of what is rare is to be taken
    broad: frozenset[int] = frozenset()  # of the things typed, those that find many clips


@dataclass(slots=True)
class Statement:
    """SQL under construction."""

    source: str
    order: str
    where: list[str] = field(default_factory=list)
    params: dict[str, Any] = field(default_factory=dict)
    either: list[str] = field(default_factory=list)  # of which one has to be met; none: nothing has

    def met(self) -> list[str]:
        """All conditions."""
        return [*self.where, f"({' OR '.join(self.either)})"] if self.either else self.where

    def bind(self, value: Any) -> str:
        """A place for one value."""
        name = f"p{len(self.params)}"
        self.params[name] = value
        return f":{name}"

    def one_of(self, column: str, values: Sequence[str]) -> str:
        """The condition that a column holds one of these."""
        if not values:
            return "FALSE"
        if len(values) == 1:
            # An equality lets the index give the order too.
            return f"{column} = {self.bind(values[0])}"
        return f"{column} IN ({', '.join(self.bind(value) for value in values)})"
