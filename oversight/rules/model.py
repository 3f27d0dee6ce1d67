"""What rules say, as values. Each names its clause and source, and the days on which it is in force."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final, Literal, get_args

from archive.casefiles.order import Stage
from archive.tables import Words
from oversight.rules.periods import Period

Level = Literal["national", "province", "city", "agency"]
LEVELS: Final[tuple[Level, ...]] = get_args(Level)  # the later one of two speaks for its place
# What a case, a clip, a list or an agency may be measured from and to: facts, whoever states them.
Fact = Literal[
    "recording_ended",
    "archived",
    "action_ended",
    "filed",
    "decided",
    "published",
    "revoked",
    "withdrawn",
    "changed",
    "updated",
]
FACTS: Final[tuple[Fact, ...]] = get_args(Fact)
# 行政许可、处罚、强制、检查、征收、收费、确认、登记、给付、裁决
Act = Literal[
    "permit",
    "penalty",
    "compulsion",
    "inspection",
    "levy",
    "charge",
    "confirmation",
    "registration",
    "payment",
    "adjudication",
]
ACTS: Final[tuple[Act, ...]] = get_args(Act)
# 本单位或其上级单位负责人;行政执法监督机构
Decider = Literal["head", "oversight"]
DECIDERS: Final[tuple[Decider, ...]] = get_args(Decider)


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """Where a rule stands, and when it is in force."""

    id: str  # one for each thing a rule is about; later versions have the same
    clause: Words
    source: Words
    in_force: date  # from this day on
    superseded: date | None  # from this day on no more

    def is_in_force(self, day: date) -> bool:
        """Whether it binds on this day."""
        return self.in_force <= day and (self.superseded is None or day < self.superseded)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """From one fact to another within a period."""

    basis: Basis
    begins: Fact
    ends: Fact
    within: Period
    rolls: bool  # ends with the next working day where it would end on a day off
    acts: frozenset[Act]  # of which acts; empty: of all
    excuses: tuple[Words, ...]  # what allows it to be later, if it is stated
    nearing: Period | None  # so long before its end it is told; hours or days


@dataclass(frozen=True, slots=True, kw_only=True)
class Yearly:
    """What is due on one day of each year."""

    basis: Basis
    month: int
    day: int
    nearing: Period | None  # as of a deadline


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long what belongs to a category is kept."""

    basis: Basis
    name: Words
    keep: Period | None  # None: for ever
    of_cases: bool  # what is linked to a case belongs to it without anybody's word
    least: tuple[Period, ...] = ()  # that other levels say: it is kept for no less


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A least share, in per cent."""

    basis: Basis
    percent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One question that a legal review answers."""

    basis: Basis
    name: Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """What a measure has at least, or at most."""

    basis: Basis
    name: Words
    least: int | None
    most: int | None

    def allows(self, value: int) -> bool:
        """Whether a measure keeps to it."""
        low = self.least is not None and value < self.least
        return not low and (self.most is None or value <= self.most)


@dataclass(frozen=True, slots=True, kw_only=True)
class Procedure:
    """Who has the last word where two do not agree."""

    basis: Basis
    name: Words
    by: Decider


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """Which stages an act does not skip."""

    basis: Basis
    name: Words
    acts: frozenset[Act]  # empty: every act without a way of its own
    needs: frozenset[Stage]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """How long a decision is public."""

    basis: Basis
    name: Words
    acts: frozenset[Act]  # empty: of every act without one of its own
    public: Period | None  # None: for ever


Rule = Deadline | Yearly | Retention | Share | Point | Limit | Procedure | Way | Exposure


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFile:
    """The rules of one place."""

    level: Level
    place: str  # empty: the whole country
    title: Words
    rules: tuple[Rule, ...]
    data: bytes  # as it was read: what something was decided by can be read for ever
