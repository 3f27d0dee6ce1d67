"""Deadlines as documents: of whom, by which rule and clause, how they stand, and why they may be late.

What always holds: a document says the clause that it rests on; names are looked up when somebody asks, and are in no
file of ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from api.documents import Document
from archive.catalogue.file_queries import ExcuseRow
from archive.catalogue.times import moment_text
from archive.opening import Archive
from archive.tables import Words
from oversight.clocks.excusing import rule_of
from oversight.clocks.kept_rows import KeptClock
from oversight.clocks.model import Clock
from oversight.clocks.reckoning import Reckoner
from oversight.errors import NoRuleError
from oversight.rules.model import Deadline, Yearly


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One deadline, whichever way it was found."""

    clock: Clock | KeptClock
    state: str
    excuse: ExcuseRow | None


def told(clock: Clock, now: int) -> Told:
    """As it was counted just now."""
    return Told(clock=clock, state=clock.state(now), excuse=clock.excuse)


class Showing:
    """Documents for one answer: what was looked up once is known for the rest of it."""

    def __init__(self, archive: Archive, reckoner: Reckoner) -> None:
        self._archive, self._reckoner = archive, reckoner
        self._cases: dict[str, str | None] = {}

    def of_kept(self, clock: KeptClock) -> Document:
        """One of oversight.db."""
        excuse = None
        if clock.state == "excused":
            found = self._archive.catalogue.excuses(clock.subject)
            excuse = next((row for row in reversed(found) if row.rule == clock.rule), None)
        return self.document(Told(clock=clock, state=clock.state, excuse=excuse))

    def document(self, told: Told) -> Document:
        """The API's form of a deadline."""
        clock = told.clock
        rule = self.rule(clock)
        about: Document = dict.fromkeys(("case", "clip", "list"))
        if clock.about == "case":
            about["case"] = self._number(clock.subject)
        elif clock.about in {"clip", "list"}:
            about[clock.about] = clock.subject
        return about | {
            "year": clock.year,
            "unit": None if clock.unit is None else self._units.get(clock.unit, clock.unit),
            "rule": clock.rule,
            "begins": rule.begins if isinstance(rule, Deadline) else "year_ended",
            "ends": rule.ends if isinstance(rule, Deadline) else "published",
            "state": told.state,
            "began": moment_text(clock.began),
            "due": moment_text(clock.due),
            "ended": None if clock.ended is None else moment_text(clock.ended),
            "provisional": clock.provisional,
            "excuse": None if told.excuse is None else self._excuse(told.excuse, rule),
            "clause": None if rule is None else _both(rule.basis.clause),
            "source": None if rule is None else _both(rule.basis.source),
        }

    def rule(self, clock: Clock | KeptClock) -> Deadline | Yearly | None:
        """The rule that it runs by; None where a file of rules has changed since."""
        found = rule_of(self._reckoner, clock.rule, clock.began)
        if found is not None or clock.year is None:
            return found
        day = self._reckoner.day_of(clock.due - 1)
        try:
            return None if day is None else self._reckoner.book.yearly(clock.rule, day)
        except NoRuleError:
            return None

    @cached_property
    def _units(self) -> dict[str, str]:
        return {row.id: row.name or row.id for row in self._archive.catalogue.units()}

    def _number(self, case: str) -> str | None:
        if case not in self._cases:
            row = self._archive.catalogue.case(case)
            self._cases[case] = None if row is None else row.number
        return self._cases[case]

    def _excuse(self, row: ExcuseRow, rule: Deadline | Yearly | None) -> Document:
        allowed = rule.excuses if isinstance(rule, Deadline) else ()
        kind = row.excuse
        words = allowed[kind] if kind is not None and 0 <= kind < len(allowed) else None
        return {
            "kind": kind,
            "words": None if words is None else _both(words),
            "reason": row.reason,
            "by": row.actor,
            "at": row.said_at,
        }


def _both(words: Words) -> dict[str, Any]:
    return {"zh": words.zh, "en": words.en}
