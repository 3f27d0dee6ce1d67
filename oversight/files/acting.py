"""Filing a case and entering its stages by the rules (R3): who may act, what is not skipped, what is reviewed.

What always holds: all of it is looked at while the case register is held, in the same hold in which the entry is
appended. An officer without a certificate on that day, and now, does not act; a major decision passes the gate of
legal review.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from archive.casefiles import filing as files
from archive.casefiles import stages
from archive.casefiles.filing import Filing, need_past
from archive.casefiles.order import Stage
from archive.casefiles.stages import Entering
from archive.cases import CaseTextError
from archive.catalogue.file_queries import FileRow
from archive.catalogue.rows import CaseRow
from archive.opening import Archive
from oversight.legal import gate
from oversight.registers.certificates import need_certificate, standing_at
from oversight.rules.model import ACTS
from oversight.rules.own import book_of


def file_as(
    archive: Archive, number: str, filing: Filing, *, actor: str, acting: str | None = None
) -> CaseRow:
    """Say which act a case is; its matter is of the list of recordings that is in force now.

    Args:
        archive: opened to write.
        number: of the case.
        filing: what is said.
        actor: who says it.
        acting: the officer (id) that they are; None: they are none.

    Raises:
        CaseTextError: no such act.
        NotCertifiedError: an officer of the case, or who acts, holds no valid certificate.
        DecidedError: a decision of the case stands.
        ArchiveError: as archive.casefiles.filing.file_as.
    """
    if filing.act not in ACTS:
        raise CaseTextError(f"an act is one of {', '.join(ACTS)}")

    now = datetime.now(UTC)
    if filing.matter is not None and filing.list is None:
        day = now.astimezone(archive.settings.zone).date().isoformat()
        row = archive.catalogue.list_in_force("recording", day)
        filing = filing if row is None else replace(filing, list=(row.sha256, row.size))

    def check(case: CaseRow) -> None:
        gate.need_undecided(archive, case)
        named = case.officers if filing.officers is None else filing.officers
        _need_certified(archive, [*named, acting], now)

    return files.file_as(archive, number, filing, actor=actor, check=check)


def enter(
    archive: Archive,
    number: str,
    entering: Entering,
    *,
    actor: str,
    acting: str | None = None,
    by_officers: bool = False,
) -> CaseRow:
    """Enter a stage; arguments as of `file_as`.

    With `by_officers` nobody is known to act, so one of the case's officers, where it names any, has to be certified.

    Raises:
        StageTimeError: it is in the future.
        NotCertifiedError: who acts holds no certificate that is valid at the time of the stage, and now.
        ReviewNeededError: a major decision, without an agreement of legal review from before it.
        RuleFileError: the rules cannot be read.
        ArchiveError: as archive.casefiles.stages.enter.
    """
    need_past(entering.at)
    book = book_of(archive.root)
    day = entering.at.astimezone(archive.settings.zone).date()

    def needed(act: str) -> frozenset[Stage]:
        way = book.way(act, day)
        return frozenset() if way is None else way.needs

    def check(case: CaseRow, _file: FileRow) -> None:
        # A day that is typed is no way around a certificate that is over.
        moments = (entering.at, datetime.now(UTC))
        for moment in moments:
            _need_certified(archive, [acting], moment)
        if by_officers and acting is None:
            _need_one_certified(archive, case, moments)
        if entering.stage == "decision":
            gate.check(archive, case, at=entering.at)

    return stages.enter(archive, number, entering, actor=actor, needed=needed, check=check)


def _need_one_certified(archive: Archive, case: CaseRow, moments: Sequence[datetime]) -> None:
    for officer in case.officers:
        if all(standing_at(archive, officer, moment).is_valid for moment in moments):
            return
    for moment in moments:
        _need_certified(archive, case.officers, moment)


def _need_certified(archive: Archive, officers: Iterable[str | None], moment: datetime) -> None:
    for officer in dict.fromkeys(officers):
        if officer is not None:
            need_certificate(archive, officer, moment)
