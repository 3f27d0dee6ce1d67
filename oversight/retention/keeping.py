"""Until when something is kept: a pure function of facts, rules and a day.

What always holds: of several categories the longest counts; what has no category, or one that no rule in force is
about, is kept for ever; nothing is kept for less than the country's shortest period, nor past its own doubt: a period
begins with the latest moment that could be meant. No files, no clock, no catalogue.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from oversight.rules.book import RuleBook
from oversight.rules.model import Retention
from oversight.rules.periods import End
from oversight.workdays import Workdays

# Why it is kept: nobody said what it is, no rule says how long, one says for ever, or until a moment.
State = Literal["unclassified", "no_rule", "for_ever", "until"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """Until when something is kept, and by which rule."""

    state: State
    until: datetime | None = None  # UTC; only with "until"
    rule: Retention | None = None  # the one that counts
    provisional: bool = False
    categories: frozenset[str] = frozenset()  # all that it belongs to

    def is_over(self, now: datetime) -> bool:
        """Whether nothing keeps it any more by rule."""
        return self.until is not None and self.until <= now


class Keeper:
    """The retention rules of one agency on one day."""

    def __init__(self, book: RuleBook, day: date, zone: ZoneInfo, workdays: Workdays) -> None:
        """Take the rules in force on `day`; where the archive is."""
        rules = book.retentions(day)
        self.rules = {rule.basis.id: rule for rule in rules}
        self._of_cases = frozenset(rule.basis.id for rule in rules if rule.of_cases)
        self._least = book.least_kept(day)
        self._zone, self._workdays = zone, workdays

    def keeping(self, categories: frozenset[str], *, linked: bool, begins: datetime) -> Keeping:
        """Until when.

        Args:
            categories: that it was given, itself or by its cases.
            linked: whether it is linked to a case.
            begins: aware; the latest moment from which its period may be counted.
        """
        found = categories | self._of_cases if linked else categories
        if not found:
            return Keeping(state="unclassified")
        if not found <= self.rules.keys():
            return Keeping(state="no_rule", categories=found)
        rules = [self.rules[name] for name in sorted(found)]
        for rule in rules:
            if rule.keep is None:
                return Keeping(state="for_ever", rule=rule, categories=found)
        try:
            ends = [(self._end(rule, begins), rule) for rule in rules]
        except ValueError:  # after the year 9999
            return Keeping(state="for_ever", rule=rules[0], categories=found)
        end, rule = max(ends, key=lambda each: each[0].moment)
        return Keeping(
            state="until",
            until=end.moment,
            rule=rule,
            provisional=end.provisional,
            categories=found,
        )

    def _end(self, rule: Retention, begins: datetime) -> End:
        periods = [each for each in (rule.keep, *rule.least, self._least) if each is not None]
        ends = [each.end(begins, self._zone, self._workdays, rolls=False) for each in periods]
        return max(ends, key=lambda end: end.moment)
