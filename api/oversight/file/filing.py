"""What a visitor may say a case is: subjects that they may know of or registered, officers of their own unit."""

from __future__ import annotations

from collections.abc import Sequence

from api.errors import InvalidInputError
from api.gate import Visitor
from api.service import Service
from archive.casefiles.filing import Filing


def filing_of(
    service: Service,
    visitor: Visitor,
    *,
    act: str,
    matter: str | None,
    subjects: Sequence[str],
    badges: Sequence[str] | None,
) -> Filing:
    """What is filed.

    Raises:
        InvalidInputError: no such officer, or of another unit than a supervisor's or officer's own.
    """
    officers = None if badges is None else [_officer(service, visitor, badge) for badge in badges]
    return Filing(act=act, matter=matter or None, subjects=list(subjects), officers=officers)


def _officer(service: Service, visitor: Visitor, badge: str) -> str:
    row = service.archive.catalogue.officer_by_badge(badge)
    if row is None:
        raise InvalidInputError(f"there is no officer {badge}")
    own = service.archive.catalogue.officer(visitor.account.officer or "")
    units = {visitor.account.unit, None if own is None else own.unit_id} - {None}
    if row.id != visitor.account.officer and row.unit_id not in units:
        raise InvalidInputError(f"officer {badge} is of another unit")
    return row.id
