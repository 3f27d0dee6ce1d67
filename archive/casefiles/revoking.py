"""That a decision does not stand any more: revoked, changed, or held unlawful (行政处罚法第四十八条第二款).

What always holds: only what was decided is revoked, not before it was decided, with a reason; a case may be closed by
then, and stays so.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal, get_args

from archive.casefiles.errors import StageOrderError, StageTimeError
from archive.casefiles.filing import need_past, utc_text
from archive.cases import CaseTextError, deciding, need_case
from archive.catalogue.rows import CaseRow
from archive.catalogue.times import microseconds
from archive.events import Event
from archive.opening import Archive

How = Literal["revoked", "changed", "held_unlawful"]
HOWS: Final[tuple[How, ...]] = get_args(How)


def revoke(
    archive: Archive, number: str, how: How, at: datetime, reason: str, *, actor: str
) -> CaseRow:
    """Say that a case's decision does not stand.

    Raises:
        CaseTextError: no reason.
        UnknownCaseError: nothing was recorded.
        StageOrderError: nothing was decided, or the newest decision was revoked already.
        StageTimeError: in the future, or before the decision.
    """
    if not reason.strip():
        raise CaseTextError("a decision is revoked for a reason")
    need_past(at)
    with deciding(archive):
        case = need_case(archive.catalogue, number)
        decisions = [r for r in archive.catalogue.stages(case.id) if r.stage == "decision"]
        revoked = archive.catalogue.revocations(case.id)
        if not decisions or (revoked and revoked[-1].index > decisions[-1].index):
            raise StageOrderError("there is no decision that stands")
        if microseconds(at) < decisions[-1].at_us:
            raise StageTimeError(f"it was decided at {decisions[-1].at}")
        archive.record(
            [
                Event(
                    type="case.decision_revoked",
                    subject=case.id,
                    actor=actor,
                    data={"how": how, "at": utc_text(at)},
                    text={"reason": reason.strip()},
                )
            ]
        )
    return case
