"""What a publication, its record and the decision below it are now. Decides nothing, writes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from archive.catalogue.file_queries import FileRow
from archive.catalogue.publication_queries import PublicationRow
from archive.catalogue.rows import CaseRow
from archive.catalogue.subject_queries import SubjectRow
from archive.opening import Archive
from oversight.clocks.reckoning import at as moment_at
from oversight.publication.errors import (
    NotDecidedError,
    PrivacyLeftError,
    PublicationStateError,
    UnknownPublicationError,
)
from oversight.publication.record import (
    TEXTS,
    Record,
    Wording,
    read_record,
    shown_subjects,
    without_persons,
)
from oversight.publication.scan import CERTAIN, Passage, scan

LIVE: Final = frozenset({"proposed", "checked", "approved", "published"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A passage that a scan found in a text of a record."""

    field: str
    passage: Passage
    words: str


def findings(archive: Archive, row: PublicationRow, record: Record) -> list[Finding]:
    """What a scan finds in a record, its texts in their order; the names are those of the case's persons."""
    names = [s.name for s in _persons(archive, row) if s.name]
    found = []
    for field in TEXTS:
        text = getattr(record, field)
        found += [
            Finding(field=field, passage=p, words=text[p.begin : p.end]) for p in scan(text, names)
        ]
    return found


def record_of(archive: Archive, row: PublicationRow) -> Record:
    """What is, or would be, public of a decision. Raises PublicationTextError; ArchiveError: its object."""
    return read_record(archive.store.read(row.record))


def need(archive: Archive, publication: str, *states: str) -> PublicationRow:
    """A publication, in one of these states where any are named.

    Raises:
        UnknownPublicationError, PublicationStateError: there is none.
    """
    row = archive.catalogue.publication(publication)
    if row is None:
        raise UnknownPublicationError("there is no such publication")
    if states and row.state not in states:
        raise PublicationStateError(f"the publication is {row.state}")
    return row


def need_decision(archive: Archive, case: CaseRow) -> tuple[FileRow, int]:
    """A case's file, and the index of its newest decision. Raises NotDecidedError: none stands."""
    file = archive.catalogue.case_file(case.id)
    decided = [s.index for s in archive.catalogue.stages(case.id) if s.stage == "decision"]
    if file is None or file.act is None or not decided:
        raise NotDecidedError(f"case {case.number} has no decision to publish")
    if file.revoked_index is not None and file.revoked_index > decided[-1]:
        raise NotDecidedError(f"the decision of case {case.number} was revoked")
    return file, decided[-1]


def need_clean(archive: Archive, row: PublicationRow, record: Record, *, hinted: bool) -> None:
    """Raise PrivacyLeftError where the scan still finds something; hints may stay with a reason (`hinted`)."""
    left = findings(archive, row, record)
    certain = [f for f in left if f.passage.kind in CERTAIN]
    if certain:
        said = ", ".join(sorted({f"{f.field}: {f.passage.kind}" for f in certain}))
        raise PrivacyLeftError(f"the record still tells what is nobody's business ({said})")
    if left and not hinted:
        said = ", ".join(sorted({f"{f.field}: {f.passage.kind}" for f in left}))
        raise PrivacyLeftError(f"take it out, or say why it may stay ({said})")


def _persons(archive: Archive, row: PublicationRow) -> list[SubjectRow]:
    if row.about is None or row.kind != "decision":
        return []
    return [s for s in archive.catalogue.subjects_of(row.about) if s.kind == "person"]


def need_plain(archive: Archive, row: PublicationRow, text: str) -> None:
    """Raise PrivacyLeftError where words that the public will read tell what is nobody's business."""
    names = [s.name for s in _persons(archive, row) if s.name]
    found = sorted({p.kind for p in scan(text, names) if p.kind in CERTAIN})
    if found:
        raise PrivacyLeftError(f"the reason tells what is nobody's business ({', '.join(found)})")


def need_free(archive: Archive, case: CaseRow, decided: int) -> None:
    """Raise PublicationStateError where a decision of the case is public or on its way."""
    for row in archive.catalogue.publications_about(case.id):
        if row.kind == "decision" and row.state in LIVE:
            what = "an earlier decision" if row.index < decided else "this decision"
            raise PublicationStateError(f"{what} is {row.state}: withdraw it first")


def record_for(archive: Archive, case: CaseRow, file: FileRow, said: Wording) -> Record:
    """What would be told of a decision, with the words that somebody wrote."""
    subjects = archive.catalogue.subjects_of(case.id)
    unit = next((u for u in archive.catalogue.units() if u.id == case.unit_id), None)
    decided = moment_at(file.decided_us or 0).astimezone(archive.settings.zone).date()
    texts = {name: without_persons(getattr(said, name), subjects) for name in TEXTS}
    return Record(
        case=case.number or "",
        document=said.document,
        agency=(None if unit is None else unit.name) or archive.settings.origin,
        subjects=shown_subjects(subjects),
        act=file.act or "",
        matter=file.matter,
        decided=decided.isoformat(),
        **texts,
    )


def case_of(archive: Archive, row: PublicationRow) -> CaseRow:
    """The case of a publication. Raises NotDecidedError."""
    case = None if row.about is None else archive.catalogue.case(row.about)
    if case is None:
        raise NotDecidedError("the case of this publication is not in the catalogue")
    return case
