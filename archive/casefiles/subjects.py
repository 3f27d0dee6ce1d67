"""Whom enforcement is about (R4): registering, merging two that are one, splitting what is two after all.

What always holds: a subject's name and number are in text rows only; a number is one that somebody can have; merging
and splitting move no case by themselves and take nothing back: each says why, and what was said before stays.
Everything is looked at, decided and appended while the case register is held (cases.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from archive.casefiles.errors import SameSubjectError, UnknownSubjectError
from archive.casefiles.numbers import Kind, checked, narrow
from archive.cases import CaseTextError, deciding
from archive.catalogue.subject_queries import SubjectRow
from archive.events import Event
from archive.ids import is_id, new_id
from archive.opening import Archive

MOST_NAME: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSubject:
    """What is known of a subject."""

    kind: Kind
    name: str
    number: str | None = None  # of an identity card or an organisation, as somebody typed it


def register(archive: Archive, new: NewSubject, *, actor: str) -> tuple[str, bool]:
    """Register a subject; answers with its id and whether it is new: of one kind a number is there once.

    Raises:
        CaseTextError, SubjectNumberError: nothing was recorded.
    """
    text = _text(new)
    with deciding(archive):
        if "number" in text:
            there = [
                row
                for row in archive.catalogue.subjects_numbered(text["number"])
                if row.kind == new.kind
            ]
            if there:
                return archive.catalogue.same_subject(there[0].id)[0].id, False
        id_ = new_id("subject")
        archive.record([_registered(id_, new, text, actor)])
    return id_, True


def correct(archive: Archive, subject: str, new: NewSubject, *, actor: str) -> None:
    """Say anew what is known of a subject.

    Raises:
        CaseTextError, SubjectNumberError, UnknownSubjectError: nothing was recorded.
    """
    text = _text(new)
    with deciding(archive):
        _need(archive, subject)
        archive.record([_registered(subject, new, text, actor)])


def merge(archive: Archive, subject: str, into: str, reason: str, *, actor: str) -> None:
    """Say that two are one; each keeps the cases that name it.

    Raises:
        CaseTextError: no reason.
        UnknownSubjectError, SameSubjectError: nothing was recorded.
    """
    said = _reason(reason)
    with deciding(archive):
        one, other = _need(archive, subject), _need(archive, into)
        same = archive.catalogue.same_subject(one.id)
        if any(row.id == other.id for row in same):
            raise SameSubjectError("they are one subject already")
        if one.kind != other.kind:
            raise SameSubjectError("a person and an organisation are never one")
        # Who stands for the others is merged, so that nobody is merged twice.
        archive.record(
            [
                Event(
                    type="subject.merged",
                    subject=same[0].id,
                    actor=actor,
                    data={"into": archive.catalogue.same_subject(other.id)[0].id},
                    text={"reason": said},
                )
            ]
        )


def split(
    archive: Archive,
    subject: str,
    out_of: str,
    cases: Sequence[str],
    reason: str,
    *,
    actor: str,
) -> None:
    """Say that two are not one: the first stands for itself, and has these of the other's cases.

    Raises:
        CaseTextError: no reason.
        UnknownSubjectError: there is none of one id.
        SameSubjectError: they are no one, and no case is moved; or a case is not the other's.
    """
    said, wanted = _reason(reason), list(dict.fromkeys(cases))
    with deciding(archive):
        own, other = _need(archive, subject), _need(archive, out_of)
        if own.id == other.id:
            raise SameSubjectError("a subject is not split out of itself: register the other first")
        merged = any(row.id == other.id for row in archive.catalogue.same_subject(own.id))
        if merged and own.merged_into is None:
            raise SameSubjectError(f"{own.id} stands for the others: split those out of it")
        if not merged and not wanted:
            raise SameSubjectError("they are two already, and no case is to be moved")
        strange = [
            case
            for case in wanted
            if all(row.id != other.id for row in archive.catalogue.subjects_of(case))
        ]
        if strange:
            raise SameSubjectError(f"not a case of {other.id}: {', '.join(strange)}")
        archive.record(
            [
                Event(
                    type="subject.split",
                    subject=own.id,
                    actor=actor,
                    data={"out_of": other.id, "cases": wanted},
                    text={"reason": said},
                )
            ]
        )


def find(archive: Archive, said: str) -> SubjectRow:
    """The subject of an id or a number, as it stands for itself.

    Raises:
        UnknownSubjectError: there is none, or more than one.
    """
    catalogue = archive.catalogue
    if is_id(said, "subject"):
        rows = catalogue.same_subject(said)[:1]
    else:
        numbered = catalogue.subjects_numbered(narrow(said))
        found = [catalogue.same_subject(row.id)[0] for row in numbered]
        rows = list({row.id: row for row in found}.values())
    if len(rows) != 1:
        many = "more than one subject has" if rows else "no subject has"
        raise UnknownSubjectError(f"{many} the id or number {said.strip()}")
    return rows[0]


def _need(archive: Archive, subject: str) -> SubjectRow:
    row = archive.catalogue.subject(subject)
    if row is None:
        raise UnknownSubjectError(f"there is no subject {subject}")
    return row


def _text(new: NewSubject) -> dict[str, str]:
    name = " ".join(new.name.split())
    if not 0 < len(name) <= MOST_NAME or not name.isprintable():
        raise CaseTextError(f"a subject has a name of 1 to {MOST_NAME} characters")
    text = {"name": name}
    if new.number is not None and new.number.strip():
        text["number"] = checked(new.kind, new.number)
    return text


def _reason(reason: str) -> str:
    if not reason.strip():
        raise CaseTextError("merging and splitting need a reason")
    return reason.strip()


def _registered(id_: str, new: NewSubject, text: dict[str, str], actor: str) -> Event:
    return Event(
        type="subject.registered", subject=id_, actor=actor, data={"kind": new.kind}, text=text
    )
