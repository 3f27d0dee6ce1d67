"""The policy: who may ask to see what, for which purpose, for how long, and who decides. Data, read from TOML.

What always holds: a policy is either whole and understood or refused, with every mistake and its line; an unknown key
is a mistake. No policy can give footage to administrators, skip a decision but by duty and in an emergency, or make an
emergency longer than a day. Nothing here reads a catalogue, an account or a clock. Format: docs/formats/policy.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from functools import cached_property
from hashlib import sha256
from typing import Final, Literal, get_args

from api.identity.accounts import Role
from archive.tables import Words

Relation = Literal["own_unit", "other_unit", "outside", "duty", "emergency"]
DecidedBy = Literal["head", "county_head", "duty", "emergency"]
RELATIONS: Final[tuple[Relation, ...]] = get_args(Relation)
# Who may be made to decide, by what the asker is to the footage.
DECIDERS: Final[Mapping[Relation, tuple[DecidedBy, ...]]] = {
    "own_unit": ("head", "county_head"),
    "other_unit": ("head", "county_head"),
    "outside": ("county_head",),
    "duty": ("duty", "head", "county_head"),
    "emergency": ("emergency",),
}
ASKERS: Final[tuple[Role, ...]] = ("officer", "supervisor", "archivist", "reviewer", "oversight")
EMERGENCIES_A_DAY: Final = 3  # unless the policy says another
AT_ONCE: Final[frozenset[DecidedBy]] = frozenset({"duty", "emergency"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    """What footage is needed for."""

    code: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Who may ask, and who decides."""

    id: str
    relation: Relation
    roles: frozenset[str]
    decided_by: DecidedBy
    longest: timedelta
    purposes: tuple[str, ...]
    clause: Words
    source: Words
    in_force: date  # from this day on
    a_day: int = 0  # how many emergencies somebody may have in 24 hours; 0 of other rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """A stretch of the day; it may reach past midnight."""

    begin: time
    end: time

    def __contains__(self, moment: time) -> bool:
        """Whether a time of day lies in it; the end does not."""
        if self.begin <= self.end:
            return self.begin <= moment < self.end
        return moment >= self.begin or moment < self.end


@dataclass(frozen=True, slots=True, kw_only=True)
class Unusual:
    """From how many on somebody is told; 0: never."""

    clips_an_hour: int
    refusals_an_hour: int
    exports_an_hour: int
    night: Hours
    night_clips: int
    duty: Mapping[str, Hours]  # by the name of the unit


@dataclass(frozen=True, kw_only=True)
class Policy:
    """One policy, and the bytes that it was read from."""

    zh: str
    en: str
    purposes: tuple[Purpose, ...]
    rules: tuple[Rule, ...]
    unusual: Unusual
    data: bytes

    @cached_property
    def digest(self) -> str:
        """What it is named by in every request."""
        return sha256(self.data).hexdigest()

    def purpose(self, code: str) -> Purpose | None:
        """The purpose of a code."""
        return next((p for p in self.purposes if p.code == code), None)

    def rule_for(self, role: str, purpose: str, relation: Relation, day: date) -> Rule | None:
        """The rule by which a role may ask: of those that fit and are in force the youngest, then the first."""
        fitting = [
            rule
            for rule in self.rules
            if rule.relation == relation
            and role in rule.roles
            and purpose in rule.purposes
            and rule.in_force <= day
        ]
        return max(fitting, key=lambda rule: rule.in_force, default=None)

    def purposes_for(self, role: str, day: date, *relations: Relation) -> tuple[Purpose, ...]:
        """What a role may give as its purpose."""
        return tuple(
            p for p in self.purposes if any(self.rule_for(role, p.code, r, day) for r in relations)
        )
