"""Who settles a dispute about a legal review: whom the rules name, and neither of the two."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from archive.catalogue.legal_queries import ReviewRow
from archive.catalogue.rows import AccountRow, CaseRow
from archive.opening import Archive
from oversight.legal.errors import NotTheDeciderError
from oversight.rules.model import Procedure
from oversight.rules.own import book_of

RULE: Final = "review_dispute"
_MOST_LEVELS: Final = 20  # of units above each other


def procedure(archive: Archive) -> Procedure:
    """The rule that names who has the last word now. Raises NoRuleError, RuleFileError."""
    return book_of(archive.root).procedure(RULE, datetime.now(archive.settings.zone).date())


def need_decider(archive: Archive, case: CaseRow, review: ReviewRow, actor: str) -> AccountRow:
    """The account that may settle it. Raises NotTheDeciderError, NoRuleError, RuleFileError."""
    account = archive.catalogue.account(actor)
    if account is None or not may_settle(archive, case, review, account):
        raise NotTheDeciderError("the rules name another for this, who is neither of the two")
    return account


def may_settle(archive: Archive, case: CaseRow, review: ReviewRow, account: AccountRow) -> bool:
    """Whether the rules name this account. Raises NoRuleError, RuleFileError."""
    if account.disabled:
        return False
    sides = {review.requested_actor, review.answered_actor, review.disputed_actor}
    own = account.officer_id is not None and (
        account.officer_id == review.reviewer or account.officer_id in case.officers
    )
    if account.id in sides or own:
        return False
    if procedure(archive).by == "oversight":
        return account.role == "oversight"
    return account.role == "supervisor" and account.unit_id in set(_upwards(archive, case.unit_id))


def _upwards(archive: Archive, unit: str | None) -> Iterator[str]:
    """A unit and those above it."""
    for _ in range(_MOST_LEVELS):
        if unit is None:
            return
        yield unit
        row = archive.catalogue.unit(unit)
        unit = None if row is None else row.parent
