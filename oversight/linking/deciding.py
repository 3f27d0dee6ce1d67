"""A person's word on proposed links.

What always holds: only what waits is confirmed or declined, once; a link that is confirmed has the rule and the score
that it was proposed by, and the name of whoever confirmed it; what was declined is not proposed again. It may still be
linked by hand.
"""

from __future__ import annotations

from archive.cases import (
    CaseNotOpenError,
    UnknownCaseError,
    UnknownClipError,
    deciding,
)
from archive.catalogue.link_queries import ProposalRow
from archive.events import Event
from archive.opening import Archive
from oversight.linking.errors import NoProposalError, ProposalTextError

MOST_REASON = 1000


def confirm(
    archive: Archive, *, clip: str, case_id: str, actor: str, reason: str | None = None
) -> None:
    """Link a clip to a case as it was proposed.

    Raises:
        NoProposalError: no proposal of the two waits. Nothing was done.
        CaseNotOpenError: the case is closed. Nothing was done.
        ProposalTextError: the reason is too long.
    """
    more = _reason(reason) if reason and reason.strip() else None
    with deciding(archive):
        row = _waiting(archive, clip, case_id)
        case = archive.catalogue.case(case_id)
        if case is None:
            raise UnknownCaseError("there is no such case")
        if not case.is_open:
            raise CaseNotOpenError(f"case {case.number} is closed since {case.closed_at}")
        if archive.catalogue.clip(clip) is None:
            raise UnknownClipError(f"there is no clip {clip}")
        said = row.reason or ""
        event = Event(
            type="clip.linked",
            subject=clip,
            actor=actor,
            data={"case": case_id, "by": "hand", "rule": row.rule, "score": row.score},
            text={"reason": f"{more}\n{said}".strip() if more else said or "-"},
        )
        archive.record([event])
    archive.catalogue.catch_up()


def decline(archive: Archive, *, clip: str, case_id: str, actor: str, reason: str) -> None:
    """Say that a clip does not belong to a case.

    Raises:
        NoProposalError: no proposal of the two waits. Nothing was done.
        ProposalTextError: no reason, or one that is too long. Nothing was done.
    """
    why = _reason(reason)
    with deciding(archive):
        _waiting(archive, clip, case_id)
        event = Event(
            type="link.declined",
            subject=clip,
            actor=actor,
            data={"case": case_id},
            text={"reason": why},
        )
        archive.record([event])
    archive.catalogue.catch_up()


def _waiting(archive: Archive, clip: str, case_id: str) -> ProposalRow:
    found = archive.catalogue.proposals("open", case_id=case_id, clip=clip, limit=1)
    if not found:
        raise NoProposalError("no proposal of this clip and case waits for a word")
    return found[0]


def _reason(reason: str) -> str:
    if not reason.strip() or len(reason) > MOST_REASON or "\0" in reason:
        raise ProposalTextError(f"a reason has 1 to {MOST_REASON} characters")
    return reason.strip()
