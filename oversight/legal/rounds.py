"""The rounds of a legal review: asked for, taken by a reviewer, answered, disputed, settled.

What always holds: whoever reviews is qualified at that moment, is no officer and no supervisor of the case, and did
not ask for the review; an answer says something about every point of the rules in force, each tied to what was
submitted; every round stays. A reviewer who loses the qualification in between answers nothing: the round is to be
taken by another. Who settles a dispute is named by the rules and is neither of the two. All is looked at, decided and
appended while the case register is held.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Final

from archive.canonical import encode
from archive.cases import deciding, need_open_case
from archive.catalogue.legal_queries import ReviewRow
from archive.catalogue.rows import CaseRow
from archive.events import Event, drafts
from archive.ids import new_id
from archive.opening import Archive
from oversight.legal.answers import Answer, Outcome, checked, line, noted
from oversight.legal.deciders import need_decider
from oversight.legal.errors import (
    NothingToReviewError,
    ReviewChangedError,
    ReviewerRefusedError,
    ReviewStateError,
    UnknownReviewError,
)
from oversight.legal.papers import changed_since, papers_of
from oversight.registers.certificates import certificate_at, need_certificate
from oversight.rules.model import Point
from oversight.rules.own import book_of

Beside = Callable[[ReviewRow, CaseRow], Sequence[Event]]
_OPEN: Final = frozenset({"requested", "taken", "disputed"})


def _nothing(_review: ReviewRow, _case: CaseRow) -> Sequence[Event]:
    return ()


def request(
    archive: Archive,
    number: str,
    *,
    actor: str,
    officer: str | None = None,
    question: str | None = None,
) -> ReviewRow:
    """Submit a case to legal review as it is now: all its documents and clips.

    Args:
        archive: opened to write.
        number: of the case.
        actor: who submits it.
        officer: the actor as an officer (id), who has to be certified; None: the actor is none.
        question: what to look at above all.

    Raises:
        UnknownCaseError, CaseNotOpenError, NotCertifiedError: nothing was recorded.
        ReviewStateError: a round is open, or the last one agreed to just this.
        NothingToReviewError: the case has nothing in it, or too much.
        ReviewAnswerError: the question cannot be written down.
    """
    asked = None if question is None or not question.strip() else line(question)
    with deciding(archive):
        case = need_open_case(archive.catalogue, number)
        if officer is not None:
            need_certificate(archive, officer, datetime.now(UTC))
        rounds = archive.catalogue.legal_reviews(case.id)
        if rounds and rounds[-1].state in _OPEN:
            raise ReviewStateError(f"round {rounds[-1].round} is {rounds[-1].state}: one at a time")
        if rounds and rounds[-1].result == "agree" and changed_since(archive, rounds[-1]).is_none:
            raise ReviewStateError("legal review agreed to the case as it is")
        papers = papers_of(archive, case.id)
        if papers.are_too_many or not (papers.documents or papers.clips):
            raise NothingToReviewError(
                "a review takes at least one document or clip, and at most 500 and 1000 of them"
            )
        id_ = new_id("review")
        data = {
            "case": case.id,
            "round": len(rounds) + 1,
            "documents": list(papers.documents),
            "clips": list(papers.clips),
        }
        text = {"question": asked} if asked else None
        _append(
            archive, Event(type="review.requested", subject=id_, actor=actor, data=data, text=text)
        )
        return need_review(archive, id_)


def take(
    archive: Archive, review: str, *, actor: str, reviewer: str, beside: Beside = _nothing
) -> ReviewRow:
    """Take a round (id) to review it; also from a reviewer who may not any more.

    `beside` says what else is appended with it: whose access begins, or ends.

    Raises:
        UnknownReviewError, ReviewStateError: there is nothing to take.
        NotCertifiedError, ReviewerRefusedError: the reviewer (an officer's id) may not review this case.
    """
    with deciding(archive):
        row = need_review(archive, review)
        case = _case_of(archive, row)
        if row.state == "taken" and row.reviewer == reviewer:
            raise ReviewStateError("you have it already")
        if not is_free(archive, row):
            raise ReviewStateError(f"the round is {row.state}, and not to be taken")
        _need_fit(archive, case, row, reviewer)
        data = {"reviewer": reviewer}
        event = Event(type="review.taken", subject=row.id, actor=actor, data=data)
        archive.record([event, *beside(row, case)])
        archive.catalogue.catch_up()
        return need_review(archive, review)


def answer(
    archive: Archive,
    review: str,
    said: Answer,
    *,
    actor: str,
    reviewer: str,
    beside: Beside = _nothing,
) -> ReviewRow:
    """Answer a round (id): agree, ask for correction, or ask to transfer the case. `beside`: as of `take`.

    Raises:
        UnknownReviewError, ReviewStateError, ReviewerRefusedError: it is not theirs to answer.
        NotCertifiedError: the reviewer lost the qualification: the round is to be taken by another.
        ReviewChangedError: agreement to what is not the case any more.
        ReviewAnswerError: a point is missing, or it points to what was not submitted.
    """
    with deciding(archive):
        row = need_review(archive, review)
        case = _case_of(archive, row)
        if row.state != "taken":
            raise ReviewStateError(f"the round is {row.state}: it is answered once, by who took it")
        if row.reviewer != reviewer:
            raise ReviewerRefusedError("another reviewer has it")
        _need_fit(archive, case, row, reviewer)
        points = points_on(archive, _today(archive))
        found = checked(archive, row, said, points)
        change = changed_since(archive, row)
        if said.outcome == "agree" and not change.is_none:
            raise ReviewChangedError(
                f"the case is not what was submitted ({change.in_words()}): it has to be submitted again"
            )
        data: dict[str, object] = {"outcome": said.outcome, "points": found}
        text: dict[str, object] = {"reason": line(said.reason)}
        if notes := noted(said):
            text["notes"] = notes
        event = Event(type="review.answered", subject=row.id, actor=actor, data=data, text=text)
        _append_answer(archive, [event, *beside(row, case)], points)
        return need_review(archive, review)


def dispute(
    archive: Archive, review: str, *, actor: str, reason: str, officer: str | None = None
) -> ReviewRow:
    """Say that the case's side does not agree with an answer that was no agreement.

    Raises:
        UnknownReviewError, ReviewStateError, ReviewAnswerError: nothing was recorded.
        ReviewerRefusedError: the one who answered does.
    """
    why = line(reason)
    with deciding(archive):
        row = need_review(archive, review)
        _case_of(archive, row)
        if row.state != "answered" or row.outcome == "agree":
            raise ReviewStateError("what is disputed is an answer that is no agreement")
        if actor == row.answered_actor or (officer is not None and officer == row.reviewer):
            raise ReviewerRefusedError("the reviewer does not dispute their own answer")
        _need_newest(archive, row)
        text = {"reason": why}
        _append(archive, Event(type="review.disputed", subject=row.id, actor=actor, text=text))
        return need_review(archive, review)


def settle(
    archive: Archive, review: str, *, actor: str, outcome: Outcome, reason: str
) -> ReviewRow:
    """Settle a dispute, as the one whom the rules name: from now on this outcome counts.

    Raises:
        UnknownReviewError, ReviewStateError, ReviewAnswerError: nothing was recorded.
        NotTheDeciderError: the actor (an account) is not the one, or is one of the two.
        ReviewChangedError: agreement to what is not the case any more.
        NoRuleError, RuleFileError: the rules name nobody.
    """
    why = line(reason)
    with deciding(archive):
        row = need_review(archive, review)
        case = _case_of(archive, row)
        if row.state != "disputed":
            raise ReviewStateError(f"the round is {row.state}: there is no dispute")
        need_decider(archive, case, row, actor)
        change = changed_since(archive, row)
        if outcome == "agree" and not change.is_none:
            raise ReviewChangedError(
                f"the case is not what was submitted ({change.in_words()}): it has to be submitted again"
            )
        event = Event(
            type="review.settled",
            subject=row.id,
            actor=actor,
            data={"outcome": outcome},
            text={"reason": why},
        )
        _append(archive, event)
        return need_review(archive, review)


def is_free(archive: Archive, row: ReviewRow) -> bool:
    """Whether a round waits for a reviewer: nobody has it, or whoever has may not answer any more."""
    if row.state != "taken":
        return row.state == "requested"
    case = archive.catalogue.case(row.case_id)
    if row.reviewer is None or (case is not None and row.reviewer in case.officers):
        return True
    return certificate_at(archive, row.reviewer, datetime.now(UTC), "reviewer") is None


def need_review(archive: Archive, review: str) -> ReviewRow:
    """A round by its id. Raises UnknownReviewError."""
    row = archive.catalogue.legal_review(review)
    if row is None:
        raise UnknownReviewError("there is no such review")
    return row


def points_on(archive: Archive, day: date) -> tuple[Point, ...]:
    """What a review has to answer on a day. Raises RuleFileError."""
    return book_of(archive.root).points(day)


def _today(archive: Archive) -> date:
    return datetime.now(archive.settings.zone).date()


def _case_of(archive: Archive, row: ReviewRow) -> CaseRow:
    case = archive.catalogue.case(row.case_id)
    return need_open_case(archive.catalogue, "" if case is None else case.number or "")


def _need_newest(archive: Archive, row: ReviewRow) -> None:
    if archive.catalogue.legal_reviews(row.case_id)[-1].id != row.id:
        raise ReviewStateError("a later round was asked for")


def _need_fit(archive: Archive, case: CaseRow, row: ReviewRow, reviewer: str) -> None:
    """Raise NotCertifiedError, ReviewerRefusedError for who may not review this case now."""
    need_certificate(archive, reviewer, datetime.now(UTC), "reviewer")
    if reviewer in case.officers:
        raise ReviewerRefusedError("an officer of the case does not review it")
    for account in archive.catalogue.accounts():
        if account.officer_id != reviewer:
            continue
        if account.id == row.requested_actor:
            raise ReviewerRefusedError("whoever asked for the review does not answer it")
        heads = account.role == "supervisor" and not account.disabled
        if heads and account.unit_id is not None and account.unit_id == case.unit_id:
            raise ReviewerRefusedError("the supervisor of the case does not review it")


def _append_answer(archive: Archive, events: list[Event], points: tuple[Point, ...]) -> None:
    """Append an answer and what is beside it, with the points as they were in force as an object of their own."""
    rules = encode({"points": [_point(point) for point in points]})
    with archive.store.writing() as writing:
        [kept] = writing.put([rules])
        data = {**events[0].data, "rules": {"object": kept.digest, "size": kept.size}}
        archive.ledger.append(drafts(writing, [replace(events[0], data=data), *events[1:]]))
    archive.catalogue.catch_up()


def _point(point: Point) -> dict[str, object]:
    basis = point.basis
    return {
        "id": basis.id,
        "name": {"zh": point.name.zh, "en": point.name.en},
        "clause": {"zh": basis.clause.zh, "en": basis.clause.en},
        "source": {"zh": basis.source.zh, "en": basis.source.en},
        "in_force": basis.in_force.isoformat(),
    }


def _append(archive: Archive, event: Event) -> None:
    archive.record([event])
    archive.catalogue.catch_up()
