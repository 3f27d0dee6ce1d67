"""Questions about a case's file: what act it is, its stages, times on its documents, stops and excuses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from archive.catalogue.reading import Reading
from archive.catalogue.row_values import selected, values


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRow:
    """What a case's file says; None: nothing was said. Microseconds since 1970, UTC."""

    id: str  # of the case
    act: str | None
    matter: str | None
    list: str | None  # digest of the list that the matter is of
    filed_as_index: int | None
    stage: str | None  # entered last
    stage_index: int | None
    initiated_us: int | None
    decided_us: int | None
    served_us: int | None
    concluded_us: int | None
    action_ended: str | None
    action_ended_us: int | None
    action_ended_index: int | None
    revoked_us: int | None
    revoked_index: int | None  # above `stage_index` of a later decision: that one stands
    catalogue: str | None  # digest
    signature: str | None  # digest
    signer: str | None
    catalogued_at: str | None
    catalogued_index: int | None
    measure: str | None  # what is to be decided: a code of the list of major decisions
    amount: int | None  # of money, in 分 (a hundredth of a yuan)
    intended_index: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StageRow:
    """A stage that a case entered."""

    index: int
    case_id: str
    stage: str
    at: str
    at_us: int
    document: str | None
    reason: str | None
    actor: str
    said_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationRow:
    """A decision that was revoked, changed or held unlawful."""

    index: int
    case_id: str
    how: str
    at: str
    at_us: int
    document: str | None
    reason: str | None
    actor: str
    said_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentTimeRow:
    """What a document says: from when to when a part of the act took place."""

    index: int
    case_id: str
    document: str
    part: str
    from_us: int
    to_us: int | None
    place: str | None
    actor: str
    said_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StopRow:
    """Why nothing was recorded."""

    index: int
    subject: str  # clip or case
    from_us: int | None
    to_us: int | None
    code: str
    reason: str | None
    actor: str
    said_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExcuseRow:
    """Why something is late."""

    index: int
    subject: str  # clip or case
    rule: str
    excuse: int | None  # which of the rule's, from 0
    reason: str | None
    actor: str
    said_at: str


_TIMES: Final = (
    f"{selected(DocumentTimeRow, 'document_times')} WHERE t.case_id = :case AND t.from_us IS NOT NULL"  # noqa: S608 - no value in it
    ' AND t."index" = (SELECT max(n."index") FROM document_times n'
    " WHERE n.case_id = t.case_id AND n.document = t.document AND n.part = t.part)"
    ' ORDER BY t.from_us, t."index"'
)


class FileQueries(Reading):
    """See the module. Nothing here says whether something is late."""

    def case_file(self, case_id: str) -> FileRow | None:
        """What a case's file says; None: nothing yet."""
        rows = self._rows(f"{selected(FileRow, 'case_files')} WHERE t.id = :id", id=case_id)
        return next(iter(values(FileRow, rows)), None)

    def stages(self, case_id: str) -> list[StageRow]:
        """The stages of a case, as they were entered."""
        sql = f"{selected(StageRow, 'stages')} WHERE t.case_id = :case"
        return values(StageRow, self._rows(f'{sql} ORDER BY t."index"', case=case_id))

    def revocations(self, case_id: str) -> list[RevocationRow]:
        """Decisions of a case that were revoked, oldest first."""
        sql = f"{selected(RevocationRow, 'revocations')} WHERE t.case_id = :case"
        return values(RevocationRow, self._rows(f'{sql} ORDER BY t."index"', case=case_id))

    def document_times(self, case_id: str) -> list[DocumentTimeRow]:
        """What the documents of a case say of their times, in the order of those; only what holds now."""
        return values(DocumentTimeRow, self._rows(_TIMES, case=case_id))

    def stops(self, subject: str) -> list[StopRow]:
        """Stops that were explained, of a clip or of a case, oldest first."""
        sql = f"{selected(StopRow, 'stops')} WHERE t.subject = :subject"
        return values(StopRow, self._rows(f'{sql} ORDER BY t."index"', subject=subject))

    def excuses(self, subject: str) -> list[ExcuseRow]:
        """What was said of a clip or a case that is late, oldest first."""
        sql = f"{selected(ExcuseRow, 'excuses')} WHERE t.subject = :subject"
        return values(ExcuseRow, self._rows(f'{sql} ORDER BY t."index"', subject=subject))
