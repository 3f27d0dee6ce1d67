"""Asking for a review, taking, answering, disputing and settling it, for a visitor.

What always holds: a person does it, not a token; the case's own unit and officers ask and dispute, an account with the
role of a reviewer and a badge number takes and answers, whom the rules name settles. The rules are oversight/legal's,
run in a thread.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from api.access import Right, may
from api.deciding import decided
from api.errors import NotPermittedError
from api.gate import Visitor, refuse
from api.oversight.legal import seeing
from api.rights.work import in_person
from api.service import Service
from archive.cases import need_open_case
from archive.catalogue.legal_queries import ReviewRow
from archive.catalogue.rows import CaseRow
from oversight.legal import rounds
from oversight.legal.answers import Answer, Outcome
from oversight.legal.deciders import may_settle
from oversight.legal.intentions import intend as say_what

_Done = TypeVar("_Done")


def is_own(visitor: Visitor, case: CaseRow) -> bool:
    """Whether a visitor stands for the case: of its unit, or one of its officers."""
    account = visitor.account
    if not may(account, Right.LINK):
        return False
    of_case = account.officer is not None and account.officer in case.officers
    return of_case or (case.unit_id is not None and account.unit == case.unit_id)


async def intend(
    service: Service, visitor: Visitor, case: CaseRow, *, measure: str | None, amount: int | None
) -> None:
    """Say what is to be decided. Raises NotPermittedError, recorded, and as `intentions.intend`."""
    await _need(service, visitor, case, fits=is_own(visitor, case))
    number, actor = case.number or "", visitor.account.id

    def do() -> None:
        say_what(service.archive, number, actor=actor, measure=measure, amount=amount)

    await _changing(service, do)


async def request(
    service: Service, visitor: Visitor, case: CaseRow, question: str | None
) -> ReviewRow:
    """Submit the case as it is. Raises NotPermittedError, recorded, and as `rounds.request`."""
    await _need(service, visitor, case, fits=is_own(visitor, case))
    number, account = case.number or "", visitor.account

    def do() -> ReviewRow:
        return rounds.request(
            service.archive,
            number,
            actor=account.id,
            officer=account.officer,
            question=question,
        )

    return await _changing(service, do)


async def take(service: Service, visitor: Visitor, review: ReviewRow, case: CaseRow) -> ReviewRow:
    """Take a round; the reviewer sees the case from then on. Raises as `request`, and as `rounds.take`."""
    officer = seeing.reviewing(visitor)
    await _need(service, visitor, case, fits=officer is not None)
    account = visitor.account.id

    def do() -> ReviewRow:
        with seeing.granting(service.archive, account) as beside:
            return rounds.take(
                service.archive, review.id, actor=account, reviewer=officer or "", beside=beside
            )

    return await _changing(service, do)


async def see(service: Service, visitor: Visitor, review: ReviewRow, case: CaseRow) -> None:
    """See the case's footage again by duty, as long as the round is theirs.

    Raises:
        NotPermittedError: it is not, recorded.
        CaseNotOpenError: nothing is answered in a closed case.
    """
    officer = seeing.reviewing(visitor)
    theirs = officer is not None and review.state == "taken" and review.reviewer == officer
    await _need(service, visitor, case, fits=theirs and not rounds.is_free(service.archive, review))
    need_open_case(
        service.archive.catalogue, case.number or ""
    )  # nothing is answered in a closed one
    account = visitor.account.id

    def do() -> None:
        with seeing.granting(service.archive, account) as beside:
            events = beside(review, case)
            if events:
                service.archive.record(events)

    await _changing(service, do)


async def answer(
    service: Service, visitor: Visitor, review: ReviewRow, case: CaseRow, said: Answer
) -> ReviewRow:
    """Answer a round; what the reviewer saw by it ends. Raises as `request`, and as `rounds.answer`."""
    officer = seeing.reviewing(visitor)
    await _need(service, visitor, case, fits=officer is not None)
    account = visitor.account.id

    def do() -> ReviewRow:
        with seeing.ending(service.archive, account) as beside:
            return rounds.answer(
                service.archive,
                review.id,
                said,
                actor=account,
                reviewer=officer or "",
                beside=beside,
            )

    return await _changing(service, do)


async def dispute(
    service: Service, visitor: Visitor, review: ReviewRow, case: CaseRow, reason: str
) -> ReviewRow:
    """Say that the case's side does not agree. Raises as `request`, and as `rounds.dispute`."""
    await _need(service, visitor, case, fits=is_own(visitor, case))
    account = visitor.account

    def do() -> ReviewRow:
        return rounds.dispute(
            service.archive, review.id, actor=account.id, reason=reason, officer=account.officer
        )

    return await _changing(service, do)


async def settle(
    service: Service,
    visitor: Visitor,
    review: ReviewRow,
    case: CaseRow,
    *,
    outcome: Outcome,
    reason: str,
) -> ReviewRow:
    """Settle a dispute. Raises as `request`, and as `rounds.settle`."""
    await _need(service, visitor, case, fits=names(service, visitor, review, case))
    account = visitor.account.id

    def do() -> ReviewRow:
        return rounds.settle(
            service.archive, review.id, actor=account, outcome=outcome, reason=reason
        )

    return await _changing(service, do)


def names(service: Service, visitor: Visitor, review: ReviewRow, case: CaseRow) -> bool:
    """Whether the rules name this visitor to settle a dispute. Raises NoRuleError, RuleFileError."""
    row = service.archive.catalogue.account(visitor.account.id)
    return row is not None and may_settle(service.archive, case, review, row)


async def _need(service: Service, visitor: Visitor, case: CaseRow, *, fits: bool) -> None:
    """Raise NotInPersonError or NotPermittedError, recorded, where it is not theirs to do."""
    await in_person(service, visitor)
    if not fits:
        await refuse(service, visitor, code=NotPermittedError.code, case=case.id)
        raise NotPermittedError(
            "the case's unit and officers ask and dispute, reviewers with a badge number answer, "
            "and whom the rules name settles"
        )


async def _changing(service: Service, do: Callable[[], _Done]) -> _Done:
    try:
        return await decided(do)
    finally:
        service.freshness.changed()
        await service.freshness.for_search()
