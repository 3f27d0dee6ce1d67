"""`subject add|show|find|merge|split`: whom enforcement is about. What is refused is archive.casefiles.subjects'."""

from __future__ import annotations

from collections.abc import Sequence

from api.oversight.file import documents
from archive import cases
from archive.casefiles import subjects
from archive.casefiles.numbers import KINDS, Kind
from archive.casefiles.subjects import NewSubject
from archive.catalogue.subject_queries import SubjectRow
from archive.opening import Archive
from muniment.answer import Answer, Asked
from muniment.columns import printable, table
from muniment.errors import WrongUsageError
from muniment.opening import reading, writing


def add(asked: Asked, *, kind: str, name: str, number: str | None) -> Answer:
    """Register a subject; one of this number that is there already is answered. Raises as `subjects.register`."""
    new = NewSubject(kind=_kind(kind), name=name, number=number)
    with writing(asked) as archive:
        id_, is_new = subjects.register(archive, new, actor=asked.actor)
    key = "subject.added" if is_new else "subject.there"
    return Answer(
        document={"subject": id_, "new": is_new},
        text=asked.words(key, name=printable(name), subject=id_),
    )


def show(asked: Asked, said: str) -> Answer:
    """A subject, who is one with it, and its cases. Raises UnknownSubjectError."""
    with reading(asked) as archive:
        return _shown(asked, archive, subjects.find(archive, said))


def find(asked: Asked, words: str) -> Answer:
    """The subjects in whose name or number these words are."""
    with reading(asked) as archive:
        rows = archive.catalogue.find_subjects(words)
    found = [documents.subject(row) for row in rows]
    if not rows:
        return Answer(document={"subjects": []}, text=asked.words("subject.none"))
    lines = table(
        asked.words("subject.head").split("|"),
        [
            [asked.words(f"subject.kind.{r.kind}"), r.name or "-", r.number or "-", r.id]
            for r in rows
        ],
        cells=asked.cells,
    )
    return Answer(document={"subjects": found}, text="\n".join(lines))


def merge(asked: Asked, said: str, into: str, reason: str) -> Answer:
    """Say that two are one. Raises as `subjects.merge`."""
    with writing(asked) as archive:
        one, other = _id(archive, said), _id(archive, into)
        subjects.merge(archive, one, other, reason, actor=asked.actor)
        archive.catalogue.catch_up()
        return _shown(asked, archive, subjects.find(archive, other))


def split(asked: Asked, said: str, out_of: str, numbers: Sequence[str], reason: str) -> Answer:
    """Say that two are not one. Raises as `subjects.split`, UnknownCaseError."""
    with writing(asked) as archive:
        moved = [cases.need_case(archive.catalogue, number).id for number in numbers]
        one, other = _id(archive, said), _id(archive, out_of)
        subjects.split(archive, one, other, moved, reason, actor=asked.actor)
        archive.catalogue.catch_up()
        return _shown(asked, archive, subjects.find(archive, one))


def _id(archive: Archive, said: str) -> str:
    """An id as it was typed, also of one that was merged into another; of a number, whoever stands for it."""
    row = archive.catalogue.subject(said)
    return row.id if row is not None else subjects.find(archive, said).id


def _kind(typed: str) -> Kind:
    for kind in KINDS:
        if typed == kind:
            return kind
    raise WrongUsageError(f"--kind is one of {', '.join(KINDS)}")


def _shown(asked: Asked, archive: Archive, row: SubjectRow) -> Answer:
    catalogue = archive.catalogue
    same = catalogue.same_subject(row.id)
    about = [catalogue.case(id_) for id_ in catalogue.cases_of_subject(row.id)]
    numbers = [case.number or case.id for case in about if case is not None]
    document = documents.subject(row) | {
        "same": [documents.subject(one) for one in same],
        "cases": numbers,
    }
    lines = [
        f"{asked.words(f'subject.kind.{one.kind}')}  {printable(one.name or '-')}  {one.number or '-'}  {one.id}"
        for one in same
    ]
    lines += [f"  {printable(number)}" for number in numbers] or [asked.words("subject.no_case")]
    return Answer(document=document, text="\n".join(lines))
