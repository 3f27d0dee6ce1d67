"""The rules that bind one agency on one day: its own before its city's, its province's and the country's.

A rule of a lower level takes the place of the higher one with the same id, and of no other; a retention only where it
is longer: a place may keep more, and not less.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import TypeVar

from archive.tables import Words
from oversight.errors import NoRuleError
from oversight.rules.model import (
    LEVELS,
    Act,
    Deadline,
    Exposure,
    Fact,
    Level,
    Limit,
    Point,
    Procedure,
    Retention,
    Rule,
    RuleFile,
    Share,
    Way,
    Yearly,
)
from oversight.rules.periods import Period

_R = TypeVar("_R", bound=Rule)


class RuleBook:
    """Some files of rules, read as one."""

    def __init__(self, files: Iterable[RuleFile]) -> None:
        """Take one file for each level at most. Raises ValueError: there are two of one."""
        ordered = sorted(files, key=lambda file: LEVELS.index(file.level))
        self.levels: tuple[tuple[Level, Words], ...] = tuple((f.level, f.title) for f in ordered)
        if len({level for level, _ in self.levels}) < len(ordered):
            raise ValueError("two files of rules are of one level")
        self._files = ordered
        self.sources = tuple(f.data for f in ordered)  # the bytes that they were read from

    def deadlines(self, day: date) -> tuple[Deadline, ...]:
        """All that are in force."""
        return tuple(self._in_force(Deadline, day))

    def deadline(self, begins: Fact, ends: Fact, *, act: Act | None, day: date) -> Deadline:
        """What is due from one fact to another; a rule for this act comes before one for all.

        Args:
            begins: what starts it.
            ends: what it waits for.
            act: of which kind the act is; None: not known.
            day: on which it began.

        Raises:
            NoRuleError: no rule says anything about it.
        """
        found = [
            rule
            for rule in self._in_force(Deadline, day)
            if (rule.begins, rule.ends) == (begins, ends) and (not rule.acts or act in rule.acts)
        ]
        if not found:
            raise NoRuleError(f"no rule in force on {day} says until when {ends} follows {begins}")
        return min(found, key=lambda rule: (not rule.acts, len(rule.acts)))

    def first_day(self, begins: Fact, ends: Fact, *, act: Act | None) -> date | None:
        """Since when any rule says what is due from one fact to another; None: none ever did."""
        found = [
            rule.basis.in_force
            for file in self._files
            for rule in file.rules
            if isinstance(rule, Deadline)
            and (rule.begins, rule.ends) == (begins, ends)
            and (not rule.acts or act in rule.acts)
        ]
        return min(found, default=None)

    def yearlies(self, day: date) -> tuple[Yearly, ...]:
        """What is due on one day of each year."""
        return tuple(self._in_force(Yearly, day))

    def shares(self, day: date) -> tuple[Share, ...]:
        """The least shares."""
        return tuple(self._in_force(Share, day))

    def yearly(self, name: str, day: date) -> Yearly:
        """What is due on one day of each year. Raises NoRuleError."""
        return self._named(Yearly, name, day)

    def share(self, name: str, day: date) -> Share:
        """A least share. Raises NoRuleError."""
        return self._named(Share, name, day)

    def retentions(self, day: date) -> tuple[Retention, ...]:
        """The categories that are kept, and how long: of all levels the longest; what one keeps for ever stays so."""
        found: dict[str, list[Retention]] = {}
        for file in self._files:
            for rule in file.rules:
                if isinstance(rule, Retention) and rule.basis.is_in_force(day):
                    found.setdefault(rule.basis.id, []).append(rule)
        return tuple(_longest(rules) for rules in found.values())

    def least_kept(self, day: date) -> Period | None:
        """The country's shortest retention: what a place keeps less long is kept so long all the same."""
        country = [file for file in self._files if file.level == "national"]
        found = [
            rule.keep
            for file in country
            for rule in file.rules
            if isinstance(rule, Retention) and rule.keep is not None and rule.basis.is_in_force(day)
        ]
        return min(found, key=lambda keep: keep.about_days(), default=None)

    def points(self, day: date) -> tuple[Point, ...]:
        """The questions of a legal review, in their order."""
        return tuple(self._in_force(Point, day))

    def limit(self, name: str, day: date) -> Limit:
        """What a measure has at least or at most. Raises NoRuleError."""
        return self._named(Limit, name, day)

    def limits(self, day: date) -> tuple[Limit, ...]:
        """All of them."""
        return tuple(self._in_force(Limit, day))

    def procedure(self, name: str, day: date) -> Procedure:
        """Who has the last word. Raises NoRuleError."""
        return self._named(Procedure, name, day)

    def procedures(self, day: date) -> tuple[Procedure, ...]:
        """All of them."""
        return tuple(self._in_force(Procedure, day))

    def way(self, act: str, day: date) -> Way | None:
        """Which stages an act does not skip: its own way, else the one for all; None: no rule says anything."""
        found = [way for way in self.ways(day) if not way.acts or act in way.acts]
        return min(found, key=lambda way: (not way.acts, len(way.acts)), default=None)

    def ways(self, day: date) -> tuple[Way, ...]:
        """All of them."""
        return tuple(self._in_force(Way, day))

    def exposure(self, act: str | None, day: date) -> Exposure | None:
        """How long a decision of an act is public: its own rule, else the one for all; None: no rule says anything."""
        found = [rule for rule in self.exposures(day) if not rule.acts or act in rule.acts]
        return min(found, key=lambda rule: (not rule.acts, len(rule.acts)), default=None)

    def exposures(self, day: date) -> tuple[Exposure, ...]:
        """All of them."""
        return tuple(self._in_force(Exposure, day))

    def _named(self, kind: type[_R], name: str, day: date) -> _R:
        for rule in self._in_force(kind, day):
            if rule.basis.id == name:
                return rule
        raise NoRuleError(f"no rule {name} is in force on {day}")

    def _in_force(self, kind: type[_R], day: date) -> Iterator[_R]:
        """One for each id, where the country's file has it first, else behind."""
        found: dict[str, _R] = {}
        for file in self._files:
            for rule in file.rules:
                if isinstance(rule, kind) and rule.basis.is_in_force(day):
                    found[rule.basis.id] = rule
        yield from found.values()


def _longest(rules: Sequence[Retention]) -> Retention:
    """One of some rules about the same category; nothing is kept for less than any of them says."""
    last = rules[-1]  # of the lowest level: of equals it speaks
    for rule in reversed(rules):
        longer = last.keep is not None and (
            rule.keep is None or rule.keep.about_days() > last.keep.about_days()
        )
        last = rule if longer else last
    # Which of "183 days" and "6 months" is longer, the day says on which they begin.
    least = tuple(each.keep for each in rules if each is not last and each.keep is not None)
    return replace(last, of_cases=any(rule.of_cases for rule in rules), least=least)
