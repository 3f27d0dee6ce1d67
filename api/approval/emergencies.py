"""How many emergencies somebody may have in a day, as the policy says.

What always holds: a wish counts once, however many units it reached; one that found nothing counts as well, so being
refused tells nothing of what there is. Asked under the lock of asking.py, so that no two are the last one.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from api.approval.errors import TooManyEmergenciesError
from api.approval.policy import Rule
from archive.catalogue.request_queries import RequestRow
from archive.opening import Archive

DAY: Final = timedelta(hours=24)
_MOST_LOOKED: Final = 2_000  # of one account's requests in a day


def check(archive: Archive, account: str, rule: Rule) -> None:
    """Refuse one emergency more than the rule allows.

    Raises:
        TooManyEmergenciesError: nothing was done.
    """
    if taken(archive, account) >= rule.a_day:
        raise TooManyEmergenciesError(
            f"{rule.a_day} emergencies in 24 hours are the most: ask without emergency,"
            " and the head of the unit that collected it decides"
        )


def taken(archive: Archive, account: str) -> int:
    """How many emergencies an account had in the last 24 hours."""
    page = archive.catalogue.requests(account=account, limit=_MOST_LOOKED)
    since = datetime.now(UTC) - DAY
    rows = [
        row
        for row in page.requests
        if row.decided_by == "emergency" and datetime.fromisoformat(row.requested_at) > since
    ]
    # What one wish was granted has one bound in the ledger: the size that it had before.
    return len({_wish(row) for row in rows})


def _wish(row: RequestRow) -> int:
    return row.index if row.upto is None else -1 - row.upto
