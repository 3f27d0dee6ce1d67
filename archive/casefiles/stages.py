"""The stages of a case (R3): 立案 调查取证 审核 决定 送达 执行 结案, entered in order, each with its day.

What always holds: a stage that has to come before was entered before; one that is entered again, or is dated before
the one before it, has a reason; nothing is dated in the future; a concluded case is not concluded again. Which stages
an act may skip is data of oversight, handed in as `needed`; `check` may refuse while the register is held.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from archive.casefiles.errors import StageOrderError, StageTimeError
from archive.casefiles.filing import need_file, need_past, utc_text
from archive.casefiles.order import STAGES, Stage
from archive.cases import deciding, need_open_case
from archive.catalogue.file_queries import FileRow, StageRow
from archive.catalogue.rows import CaseRow
from archive.events import Event
from archive.opening import Archive

Needed = Callable[[str], frozenset[Stage]]  # of an act: what it may not skip
StageCheck = Callable[[CaseRow, FileRow], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entering:
    """A stage that a case is to enter."""

    stage: Stage
    at: datetime
    document: str | None = None  # id of the document that says so
    reason: str | None = None


def enter(
    archive: Archive,
    number: str,
    entering: Entering,
    *,
    actor: str,
    needed: Needed = lambda _: frozenset(),
    check: StageCheck = lambda _case, _file: None,
) -> CaseRow:
    """Enter a stage.

    Raises:
        UnknownCaseError, CaseNotOpenError, NoFileError: nothing was recorded.
        StageOrderError: a stage before it is missing, or the case is concluded.
        StageTimeError: in the future; or before the last stage, or back to an earlier one, without a reason.
        UnknownDocumentError: the case has no such document.
    """
    need_past(entering.at)
    reason = (entering.reason or "").strip()
    with deciding(archive):
        case = need_open_case(archive.catalogue, number)
        file = need_file(archive, case)
        entered = since_reopened(archive, case)
        check_order(entering, entered, needed(file.act or ""))
        if entering.document is not None:
            _need_document(archive, case, entering.document)
        check(case, file)
        data: dict[str, object] = {"stage": entering.stage, "at": utc_text(entering.at)}
        if entering.document is not None:
            data["document"] = entering.document
        text = {"reason": reason} if reason else None
        archive.record(
            [Event(type="case.stage_entered", subject=case.id, actor=actor, data=data, text=text)]
        )
    return case


def since_reopened(archive: Archive, case: CaseRow) -> list[StageRow]:
    """The stages of a case, as they were entered; without a conclusion that reopening took back."""
    rows = archive.catalogue.stages(case.id)
    reopened = archive.catalogue.newest(case.id, "case.reopened", limit=1)
    if not reopened:
        return rows
    return [r for r in rows if r.stage != "conclusion" or r.index > reopened[0].index]


def check_order(entering: Entering, entered: Sequence[StageRow], needed: frozenset[Stage]) -> None:
    """Whether a stage may follow those that were entered. Raises StageOrderError, StageTimeError."""
    reason = (entering.reason or "").strip()
    place = STAGES.index(entering.stage)
    there = {row.stage for row in entered}
    if "conclusion" in there:
        raise StageOrderError("the case is concluded: reopen it first, with the reason")
    missing = [s for s in STAGES[:place] if s in needed and s not in there]
    if missing:
        raise StageOrderError(
            f"before {entering.stage} an act of this kind enters {', '.join(missing)}"
        )
    if not entered or reason:
        return
    last = entered[-1]
    if place <= _place(last):
        raise StageTimeError(
            f"the case is at {last.stage}: going back to {entering.stage} needs a reason"
        )
    if entering.at < datetime.fromisoformat(last.at):
        raise StageTimeError(
            f"{last.stage} was entered at {last.at}: an earlier time needs a reason"
        )


def _place(row: StageRow) -> int:
    return next((n for n, stage in enumerate(STAGES) if stage == row.stage), -1)


def _need_document(archive: Archive, case: CaseRow, document: str) -> None:
    from archive.casefiles.documents import UnknownDocumentError

    row = archive.catalogue.document(document)
    if row is None or row.case_id != case.id or row.removed_at is not None:
        raise UnknownDocumentError("the case has no such document")
