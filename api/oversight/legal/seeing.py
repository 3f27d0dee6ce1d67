"""Who knows of a review, and what its reviewer may see while it is theirs.

What always holds: a reviewer sees the case's footage and documents by duty (调阅审批规则), by grants that begin in the
append in which the round is taken and end in the one in which it is answered, or taken by another; each view is in
the ledger as any other. Without a rule of duty in the policy there is no grant, and the reviewer asks as others do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final

from api import casework
from api.approval.asking import decisions, moment
from api.approval.policy import Policy, Purpose, Rule
from api.approval.policy_reading import policy_of
from api.casefile.rights import may_read
from api.errors import NotFoundError
from api.gate import Visitor, refuse
from api.service import Service
from archive.catalogue.legal_queries import ReviewRow
from archive.catalogue.rows import CaseRow
from archive.events import Event
from archive.ids import is_id, new_id
from archive.opening import Archive
from oversight.legal.deciders import may_settle

ROLE: Final = "reviewer"
PURPOSE: Final = "legal_review"
_LIVE: Final = frozenset({"requested", "taken", "disputed"})
Beside = Callable[[ReviewRow, CaseRow], list[Event]]


def reviewing(visitor: Visitor) -> str | None:
    """The officer (id) as whom a visitor reviews; None: they do not."""
    account = visitor.account
    return account.officer if account.role == ROLE else None


def may_know(service: Service, visitor: Visitor, case: CaseRow) -> bool:
    """Whether a visitor may know of the reviews of a case: they read its documents, review it, or settle a dispute."""
    if may_read(service, visitor, case):
        return True
    officer, catalogue = reviewing(visitor), service.archive.catalogue
    rounds = catalogue.legal_reviews(case.id)
    if officer is not None:
        return any(row.state in _LIVE or row.reviewer == officer for row in rounds)
    account = catalogue.account(visitor.account.id) if rounds else None
    return account is not None and any(
        row.state == "disputed" and may_settle(service.archive, case, row, account)
        for row in rounds
    )


async def known_case(service: Service, visitor: Visitor, segment: str) -> CaseRow:
    """The case of a number in a path.

    Raises:
        NotFoundError: there is none, or none of whose reviews this visitor may know (recorded).
    """
    case = service.archive.catalogue.case_by_number(casework.number_of(segment))
    if case is None or not may_know(service, visitor, case):
        await refuse(
            service, visitor, code=NotFoundError.code, case=None if case is None else case.id
        )
        raise NotFoundError("no such case")
    return case


async def known_review(
    service: Service, visitor: Visitor, review: str
) -> tuple[ReviewRow, CaseRow]:
    """A round by its id, with its case. Raises NotFoundError, recorded, as `known_case`."""
    row = service.archive.catalogue.legal_review(review) if is_id(review, "review") else None
    case = None if row is None else service.archive.catalogue.case(row.case_id)
    if row is None or case is None or not may_know(service, visitor, case):
        await refuse(
            service, visitor, code=NotFoundError.code, case=None if case is None else case.id
        )
        raise NotFoundError("no such review")
    return row, case


@contextmanager
def granting(archive: Archive, account: str) -> Iterator[Beside]:
    """What is appended with the taking of a round: the earlier reviewer's access ends, the new one's begins."""
    policy, now = policy_of(archive.root), datetime.now(UTC)
    found = _duty(policy, now)

    def beside(review: ReviewRow, case: CaseRow) -> list[Event]:
        ended = [
            event
            for row in archive.catalogue.accounts()
            if row.officer_id is not None and row.officer_id == review.reviewer
            for event in _ended(archive, row.id, case)
        ]
        ended += _ended(archive, account, case)
        return ended if found is None else ended + _granted(archive, policy, found, account, case)

    with decisions(archive):
        if found is None or archive.catalogue.is_named(policy.digest):
            yield beside
            return
        with archive.store.writing() as writing:
            writing.put([policy.data])
            yield beside


@contextmanager
def ending(archive: Archive, account: str) -> Iterator[Beside]:
    """What is appended with an answer: the reviewer's access ends."""
    with decisions(archive):
        yield lambda _review, case: _ended(archive, account, case)


def sees(service: Service, visitor: Visitor, case: CaseRow) -> bool:
    """Whether a grant by duty for the case is in force."""
    grants = service.grants.active(visitor.account.id)
    return any(grant.case == case.id and grant.by == "duty" for grant in grants)


def _duty(policy: Policy, now: datetime) -> tuple[Rule, Purpose] | None:
    """The rule by which a reviewer sees at once; None: the policy has none."""
    purposes = sorted(policy.purposes, key=lambda purpose: purpose.code != PURPOSE)
    for purpose in purposes:
        rule = policy.rule_for(ROLE, purpose.code, "duty", now.date())
        if rule is not None and rule.decided_by == "duty":
            return rule, purpose
    return None


def _granted(
    archive: Archive, policy: Policy, found: tuple[Rule, Purpose], account: str, case: CaseRow
) -> list[Event]:
    rule, purpose = found
    until, upto = moment(datetime.now(UTC) + rule.longest), archive.catalogue.size()
    events = []
    units = dict.fromkeys([case.unit_id, *archive.catalogue.units_of_case(case.id)])
    for unit in units:
        id_ = new_id("request")
        asked = {
            "account": account,
            "case": case.id,
            "unit": unit,
            "rule": rule.id,
            "policy": {"object": policy.digest, "size": len(policy.data)},
            "decided_by": "duty",
            "purpose": purpose.code,
            "until": until,
        }
        text = {"reason": "法制审核 legal review"}
        events += [
            Event(type="access.requested", subject=id_, actor=account, data=asked, text=text),
            Event(
                type="access.granted",
                subject=id_,
                actor=account,
                data={"by": "duty", "until": until, "upto": upto},
            ),
        ]
    return events


def _ended(archive: Archive, account: str, case: CaseRow) -> list[Event]:
    return [
        Event(type="access.ended", subject=row.id, actor=account, data={"why": "withdrawn"})
        for row in archive.catalogue.granted(account)
        if row.case_id == case.id and row.granted_by == "duty"
    ]
