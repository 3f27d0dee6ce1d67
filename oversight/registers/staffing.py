"""How many certified officers are legal reviewers, against the share of the rules (R12); what is about to end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from archive.catalogue.duty_queries import CertificateRow
from archive.opening import Archive
from oversight.rules.book import RuleBook
from oversight.rules.model import Share

SHARE: Final = "reviewers"  # ids of the rules
ENDING: Final = "certificate_ending_days"


@dataclass(frozen=True, slots=True, kw_only=True)
class Staffing:
    """Who is certified on a day, counted."""

    officers: int  # with an enforcement certificate
    reviewers: int  # with a legal qualification
    rule: Share

    @property
    def per_mille(self) -> int | None:
        """Reviewers of a thousand officers, rounded down; None: there are no officers."""
        return self.reviewers * 1000 // self.officers if self.officers else None

    @property
    def is_met(self) -> bool:
        """Whether there are as many as the rule asks for."""
        return self.reviewers * 100 >= self.rule.percent * self.officers


def ending(archive: Archive, book: RuleBook, day: date) -> list[CertificateRow]:
    """Certificates that end soon, and that no later one goes on with; the first to end first. Raises NoRuleError."""
    most = book.limit(ENDING, day).most or 0
    last = day + timedelta(days=most)
    return archive.catalogue.certificates_ending(day.isoformat(), last.isoformat())


def staffing(archive: Archive, book: RuleBook, day: date) -> Staffing:
    """Officers and reviewers on a day. Raises NoRuleError."""
    catalogue, on = archive.catalogue, day.isoformat()
    return Staffing(
        officers=len(catalogue.certified_officers("enforcement", on)),
        reviewers=len(catalogue.certified_officers("reviewer", on)),
        rule=book.share(SHARE, day),
    )
