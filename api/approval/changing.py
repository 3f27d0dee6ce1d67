"""Deciding on requests, ending and reviewing them.

What always holds: who decides, and in which state the request is, is looked at and changed under one lock, so of two
decisions the first counts and the other is told; nobody decides on, revokes or reviews their own request; a refusal and
a revocation have a reason. Durable, and in force for the next request, when these return.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final, Literal

from api.approval.asking import decisions, moment
from api.approval.deciding import Organisation
from api.approval.errors import DecidedAlreadyError, NotYoursToDecideError, PeriodError
from api.errors import InvalidInputError, NotFoundError
from archive.catalogue.request_queries import RequestRow
from archive.catalogue.words import number_key
from archive.events import Event
from archive.opening import Archive

Outcome = Literal["justified", "not_justified"]
_MOST_OPEN: Final = 400


def organisation(archive: Archive) -> Organisation:
    """Who stands where now."""
    return Organisation(tree=archive.catalogue.unit_tree(), accounts=archive.catalogue.accounts())


def decides(archive: Archive, account: str, row: RequestRow) -> bool:
    """Whether an account decides on, or reviews, a request."""
    if row.is_line:
        return False
    found = organisation(archive).deciders(row.decided_by, row.unit_id, asker=row.account)
    return any(head.id == account for head in found)


def decide(
    archive: Archive,
    *,
    account: str,
    request: str,
    granted: bool,
    reason: str | None,
    until: datetime | None = None,
    upto: int | None = None,
) -> None:
    """Grant or decline.

    Args:
        archive: written to.
        account: who decides.
        request: its id.
        granted: or declined.
        reason: needed to decline.
        until: earlier than asked for; None: as asked.
        upto: the size of the ledger when the decider looked; links made since are not decided on.

    Raises:
        NotFoundError: there is none.
        NotYoursToDecideError: somebody else decides.
        DecidedAlreadyError: it waits no longer.
        PeriodError: the end is past, or later than what was asked for.
        InvalidInputError: declined without a reason.
    """
    with decisions(archive):
        row = _of_mine(archive, account, request)
        if row.state != "open":
            raise DecidedAlreadyError(f"the request is {row.state} already")
        if granted:
            size = archive.catalogue.size()
            data = {
                "by": row.decided_by,
                "until": moment(_end_of(row, until)),
                "upto": size if upto is None else max(0, min(upto, size)),
            }
            event = _event("access.granted", row, account, data, reason)
        elif reason is None:
            raise InvalidInputError("to decline needs a reason")
        else:
            event = _event("access.declined", row, account, {}, reason)
        archive.record([event])


def end(archive: Archive, *, account: str, request: str, reason: str | None) -> None:
    """Withdraw one's own request or give back one's grant; or revoke what one has granted.

    Raises:
        NotFoundError: there is none.
        NotYoursToDecideError: it is another's, or was given by duty: a review says whether that was right.
        DecidedAlreadyError: it ended, or was declined.
        InvalidInputError: revoked without a reason.
    """
    with decisions(archive):
        row = _row(archive, request)
        own = row.account == account
        if not own:
            _must_decide(archive, account, row)
            if row.granted_by == "duty":
                raise NotYoursToDecideError(
                    "what a role may see by duty is not revoked but reviewed"
                )
        if row.state not in ({"open", "granted"} if own else {"granted"}):
            raise DecidedAlreadyError(f"the request is {row.state}")
        if not own and reason is None:
            raise InvalidInputError("to revoke needs a reason")
        rows = [row, *(_asked_with(archive, row) if own and row.is_line else ())]
        why = "withdrawn" if own else "revoked"
        archive.record([_event("access.ended", r, account, {"why": why}, reason) for r in rows])


def review(archive: Archive, *, account: str, request: str, outcome: Outcome, reason: str) -> None:
    """Say of what was seen by duty or in an emergency whether that was right; where it was not, it ends.

    Raises:
        NotFoundError: there is none.
        NotYoursToDecideError: somebody else reviews it.
        DecidedAlreadyError: it was reviewed, or needs no review.
    """
    with decisions(archive):
        row = _of_mine(archive, account, request)
        if not row.needs_review:
            raise DecidedAlreadyError("there is nothing to review, or it was reviewed")
        events = [_event("access.reviewed", row, account, {"outcome": outcome}, reason)]
        if outcome == "not_justified" and row.state == "granted":
            events.append(_event("access.ended", row, account, {"why": "revoked"}, reason))
        archive.record(events)


def _end_of(row: RequestRow, until: datetime | None) -> datetime:
    now, asked = datetime.now(UTC), datetime.fromisoformat(row.until)
    if asked <= now:
        raise PeriodError("the time that was asked for is over")
    end_ = asked if until is None else until
    if not now < end_ <= asked:
        raise PeriodError(f"the end lies between now and {moment(asked)}")
    return end_


def _event(
    type_: str, row: RequestRow, account: str, data: dict[str, Any], reason: str | None
) -> Event:
    text = None if reason is None else {"reason": reason}
    return Event(type=type_, subject=row.id, actor=account, data=data, text=text)


def _row(archive: Archive, request: str) -> RequestRow:
    row = archive.catalogue.request(request)
    if row is None:
        raise NotFoundError("no such request")
    return row


def _of_mine(archive: Archive, account: str, request: str) -> RequestRow:
    row = _row(archive, request)
    _must_decide(archive, account, row)
    return row


def _must_decide(archive: Archive, account: str, row: RequestRow) -> None:
    if not decides(archive, account, row):
        raise NotYoursToDecideError(
            "somebody else decides on this; nobody does on their own request"
        )


def _asked_with(archive: Archive, line: RequestRow) -> list[RequestRow]:
    """What was asked of the heads with a line, and waits."""
    waiting = archive.catalogue.requests(account=line.account, state="open", limit=_MOST_OPEN)
    same = number_key(line.sought or "")
    return [
        row
        for row in waiting.requests
        if row.index > line.index and not row.is_line and number_key(row.sought or "") == same
    ]
