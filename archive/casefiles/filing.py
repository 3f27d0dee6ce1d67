"""Which act a case is, whom it is about, when the action ended, and that a closed case is open again.

What always holds: what is said of a case is said while the case register is held (cases.py), and of an open case
only; the newest word counts, and every word stays. Whether an act exists and an officer may act, oversight decides:
`check` is called with the case while the register is held.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from archive.casefiles.errors import (
    CaseOpenError,
    NoFileError,
    StageTimeError,
    UnknownSubjectError,
)
from archive.cases import CaseTextError, deciding, need_case, need_open_case
from archive.catalogue.file_queries import FileRow
from archive.catalogue.rows import CaseRow
from archive.events import Event
from archive.opening import Archive

Check = Callable[[CaseRow], None]
# Whoever types a time looks at another clock than ours.
_AHEAD: Final = timedelta(minutes=5)
_FIRST: Final = datetime(1949, 10, 1, tzinfo=UTC)  # what is typed as earlier is a slip
_MOST: Final = 100  # subjects, or officers, of one case


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """What a case is filed as."""

    act: str
    matter: str | None = None  # its id in the list
    list: tuple[str, int] | None = None  # digest and size of the list
    subjects: Sequence[str] = ()  # ids
    officers: Sequence[str] | None = None  # ids; None: as before


def file_as(
    archive: Archive, number: str, filing: Filing, *, actor: str, check: Check = lambda _: None
) -> CaseRow:
    """Say which act a case is; the newest word counts, whole.

    Raises:
        UnknownCaseError, CaseNotOpenError, UnknownSubjectError: nothing was recorded.
        CaseTextError: too many subjects or officers.
    """
    subjects = list(dict.fromkeys(filing.subjects))
    officers = None if filing.officers is None else list(dict.fromkeys(filing.officers))
    if len(subjects) > _MOST or len(officers or ()) > _MOST:
        raise CaseTextError(f"a case has at most {_MOST} subjects and {_MOST} officers")
    data: dict[str, object] = {"act": filing.act, "subjects": subjects}
    if filing.matter is not None:
        data["matter"] = filing.matter
    if filing.list is not None:
        data["list"] = {"object": filing.list[0], "size": filing.list[1]}
    if officers is not None:
        data["officers"] = officers
    with deciding(archive):
        case = need_open_case(archive.catalogue, number)
        for subject in subjects:
            if archive.catalogue.subject(subject) is None:
                raise UnknownSubjectError(f"there is no subject {subject}")
        check(case)
        archive.record([Event(type="case.filed_as", subject=case.id, actor=actor, data=data)])
    return case


def end_action(archive: Archive, number: str, at: datetime, *, actor: str) -> CaseRow:
    """Say when the action ended: the case file is due from then on, and no later word moves that.

    Raises:
        UnknownCaseError, CaseNotOpenError: nothing was recorded.
        StageTimeError: it is in the future, or after what was said before, and the case was not reopened since.
    """
    need_past(at)
    with deciding(archive):
        case = need_open_case(archive.catalogue, number)
        _need_no_later(archive, case, at)
        data = {"at": utc_text(at)}
        archive.record([Event(type="case.action_ended", subject=case.id, actor=actor, data=data)])
    return case


def reopen(archive: Archive, number: str, reason: str, *, actor: str) -> CaseRow:
    """Open a closed case again; its catalogue and signature stay readable, and the next closing makes new ones.

    Raises:
        CaseTextError: no reason.
        UnknownCaseError, CaseOpenError: nothing was recorded.
    """
    if not reason.strip():
        raise CaseTextError("a case is reopened for a reason")
    with deciding(archive):
        case = need_case(archive.catalogue, number)
        if case.is_open:
            raise CaseOpenError(f"case {case.number} is open")
        text = {"reason": reason.strip()}
        archive.record([Event(type="case.reopened", subject=case.id, actor=actor, text=text)])
    return case


def need_file(archive: Archive, case: CaseRow) -> FileRow:
    """What a case was filed as. Raises NoFileError."""
    row = archive.catalogue.case_file(case.id)
    if row is None or row.act is None:
        raise NoFileError(f"say first which act case {case.number} is: muniment case file")
    return row


def _need_no_later(archive: Archive, case: CaseRow, at: datetime) -> None:
    row = archive.catalogue.case_file(case.id)
    if row is None or row.action_ended is None or row.action_ended_index is None:
        return
    reopened = archive.catalogue.newest(case.id, "case.reopened", limit=1)
    is_new = bool(reopened) and reopened[0].index > row.action_ended_index
    if not is_new and at > datetime.fromisoformat(row.action_ended):
        raise StageTimeError(
            f"{row.action_ended} was said already: a later end would move the day on which the file is due"
        )


def need_past(at: datetime) -> None:
    """Raise StageTimeError for what is not yet, or before anybody acted by any of these rules."""
    if at < _FIRST:
        raise StageTimeError(f"{at.isoformat()} is no time of this: look at the year")
    if at > datetime.now(UTC) + _AHEAD:
        raise StageTimeError(f"{at.isoformat()} is in the future")


def utc_text(at: datetime) -> str:
    """A moment as entries have it."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
