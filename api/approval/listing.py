"""Which requests somebody may see, list by list, and what they may do with each.

What always holds: an asker sees their own, and of what was asked behind their line only what was answered; whoever
decides sees what is theirs to decide; archivist and oversight see all, and decide nothing by that. Shows no footage.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal, get_args

from api.approval.asking import is_told
from api.approval.changing import organisation
from api.approval.deciding import Organisation
from api.identity.accounts import Account
from archive.catalogue.request_queries import RequestPage, RequestRow
from archive.catalogue.search import make_cursor
from archive.opening import Archive

List = Literal["mine", "work", "review", "given", "all"]
LISTS: Final[tuple[List, ...]] = get_args(List)
Act = Literal["decide", "review", "revoke", "withdraw"]
_SEES_ALL: Final = frozenset({"archivist", "oversight"})
_BATCH: Final = 100
_MOST_LOOKED: Final = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Looking:
    """Somebody who looks at requests, and the organisation as it is now."""

    account: Account
    organisation: Organisation

    def decides(self, row: RequestRow) -> bool:
        """Whether it is theirs to decide on, or to review."""
        if row.is_line or self.account.role != "supervisor":
            return False
        found = self.organisation.deciders(row.decided_by, row.unit_id, asker=row.account)
        return any(head.id == self.account.id for head in found)

    def knows(self, row: RequestRow) -> bool:
        """Whether they may know of it."""
        if row.account == self.account.id:
            return is_told(row)
        return self.account.role in _SEES_ALL or self.decides(row)

    def acts(self, row: RequestRow) -> frozenset[Act]:
        """What they may do with it now."""
        found: set[Act] = set()
        if row.account == self.account.id:
            if row.state == "open" or is_in_force(row):
                found.add("withdraw")
        elif self.decides(row):
            if row.state == "open":
                found.add("decide")
            if row.needs_review:
                found.add("review")
            if is_in_force(row) and row.granted_by != "duty":
                found.add("revoke")
        return frozenset(found)

    def wants(self, which: List, row: RequestRow) -> bool:
        """Whether a row stands in a list of theirs."""
        if which in {"mine", "all"}:
            return self.knows(row)
        if which == "given":
            return self.decides(row) and is_in_force(row)
        if which == "review":
            return self.decides(row) and row.needs_review
        return self.decides(row) and row.state == "open"


def looking(archive: Archive, account: Account) -> Looking:
    """Somebody, and who stands where."""
    return Looking(account=account, organisation=organisation(archive))


def is_in_force(row: RequestRow) -> bool:
    """Whether it is granted and its time is not over. Of an account that was changed see request_queries.py."""
    now_us = datetime.now(UTC).timestamp() * 1_000_000
    return row.state == "granted" and (row.granted_until_us or 0) > now_us


def page(
    archive: Archive, who: Looking, which: List, *, limit: int, cursor: str | None = None
) -> RequestPage:
    """One page of a list, newest first. It may be short although another follows.

    Raises:
        CursorError: the cursor is none of ours.
    """
    found: list[RequestRow] = []
    looked = 0
    while True:
        batch = _batch(archive, who, which, min(_BATCH, limit), cursor)
        for row in batch.requests:
            looked += 1
            if who.wants(which, row):
                found.append(row)
            if len(found) >= limit:
                is_last = row is batch.requests[-1] and batch.next_cursor is None
                following = None if is_last else make_cursor(row.index, row.id)
                return RequestPage(requests=found, next_cursor=following)
        cursor = batch.next_cursor
        if cursor is None or looked >= _MOST_LOOKED:
            return RequestPage(requests=found, next_cursor=cursor)


def _batch(
    archive: Archive, who: Looking, which: List, limit: int, cursor: str | None
) -> RequestPage:
    catalogue = archive.catalogue
    if which == "mine":
        return catalogue.requests(account=who.account.id, limit=limit, cursor=cursor)
    if which == "all":
        units = None if who.account.role in _SEES_ALL else _units(who)
        return catalogue.requests(units=units, limit=limit, cursor=cursor)
    states: dict[List, str | None] = {"work": "open", "given": "granted", "review": None}
    return catalogue.requests(
        units=_units(who),
        state=states[which],
        unreviewed=which == "review",
        limit=limit,
        cursor=cursor,
    )


def _units(who: Looking) -> frozenset[str]:
    if who.account.role != "supervisor":
        return frozenset()
    return who.organisation.units_below(who.account.unit)
