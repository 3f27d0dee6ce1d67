"""A form filled in out of the case file and by hand, made a PDF and kept as a document of the case.

What always holds: what was typed comes before what the file knows; what the form needs is there; what it does not ask
for is refused. Where the form's part of the act has times, they are recorded as what the paper says (times.py).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from archive.casefiles import documents, paper, times, words
from archive.casefiles.documents import NewDocument
from archive.casefiles.errors import FormError
from archive.casefiles.forms.model import Field, Fill, Form
from archive.casefiles.stages import since_reopened
from archive.cases import need_open_case
from archive.catalogue.errors import TimeTextError
from archive.catalogue.query import FindQuery
from archive.catalogue.rows import CaseRow
from archive.catalogue.times import lower_bound
from archive.opening import Archive

_MOST: Final = {"line": 200, "text": 20_000, "time": 64, "day": 64}
_SHOWN: Final = {"time": "%Y-%m-%d %H:%M", "day": "%Y-%m-%d"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A document that was made."""

    document: str  # id
    pages: int
    is_new: bool


def known(archive: Archive, case: CaseRow) -> dict[Fill, str]:
    """What a case file knows of what forms ask for; empty where it does not."""
    catalogue = archive.catalogue
    file, subjects = catalogue.case_file(case.id), catalogue.subjects_of(case.id)
    unit = None if case.unit_id is None else catalogue.unit(case.unit_id)
    entered = {row.stage: row.at for row in since_reopened(archive, case)}
    ended = None if file is None else file.action_ended
    return {
        "case.number": case.number or "",
        "case.title": case.title or "",
        "case.place": case.place or "",
        "case.unit": "" if unit is None else unit.name or "",
        "act": "" if file is None or file.act is None else words.act(file.act).zh,
        "subject.name": "、".join(s.name for s in subjects if s.name) or case.subject or "",
        "subject.number": "、".join(s.number for s in subjects if s.number),
        "officers": "、".join(_officer(archive, id_) for id_ in case.officers),
        "clips": _clips(archive, case),
        "documents": f"{len(catalogue.documents(case.id))} 件",
        "action_ended": _day(archive, ended),
        "stage.initiation": _day(archive, entered.get("initiation")),
        "stage.decision": _day(archive, entered.get("decision")),
        "stage.service": _day(archive, entered.get("service")),
    }


def make(
    archive: Archive, number: str, form: Form, typed: Mapping[str, str], *, actor: str
) -> Made:
    """Fill in a form, make it a PDF and keep it.

    Raises:
        UnknownCaseError, CaseNotOpenError, TooManyDocumentsError: nothing was kept.
        FormError: something that it needs is missing, or that it does not ask for is there.
        DocumentTimeError, StageTimeError: it ends before it begins, or is in the future. Nothing was kept.
        NoFontError: see the class.
    """
    case = need_open_case(archive.catalogue, number)
    values = _values(archive, case, form, typed)
    said = _said(archive, form, values)
    if said is not None:
        times.check(said)
    lines = [paper.Line(label=f.label, value=_shown(archive, f, values[f.id])) for f in form.fields]
    data, pages = paper.render(
        paper.Sheet(
            title=form.title,
            below=known(archive, case)["case.unit"],
            foot=f"{case.number}  {form.title.zh}  {form.basis.zh}",
            lines=lines,
            signs=form.signs,
            made_at=datetime.now(UTC),
        )
    )
    name = f"{form.title.zh} {case.number}.pdf".replace("/", "_")
    with archive.store.writing() as writing:
        path = writing.new_path()
        path.write_bytes(data)
        new = NewDocument(
            path=path, media_type="application/pdf", pages=pages, name=name, title=form.title.zh
        )
        document, is_new = documents.add(archive, writing, case, new, actor=actor)
    if said is not None:
        archive.catalogue.catch_up()
        times.time(archive, document, said, actor=actor)
    return Made(document=document, pages=pages, is_new=is_new)


def _values(
    archive: Archive, case: CaseRow, form: Form, typed: Mapping[str, str]
) -> dict[str, str]:
    strange = typed.keys() - {field.id for field in form.fields}
    if strange:
        raise FormError(f"the form {form.id} does not ask for {', '.join(sorted(strange))}")
    file = known(archive, case)
    found = {}
    for field in form.fields:
        value = typed.get(field.id, "").strip() or ("" if field.fill is None else file[field.fill])
        if field.needed and not value:
            raise FormError(f"the form {form.id} needs {field.id} ({field.label.zh})")
        found[field.id] = _checked(archive, field, value)
    return found


def _checked(archive: Archive, field: Field, value: str) -> str:
    most = _MOST[field.kind]
    allowed = "\n" if field.kind == "text" else ""
    value = value.replace("\r\n", "\n")
    if len(value) > most or any(
        unicodedata.category(c) in {"Cc", "Cs"} and c not in allowed for c in value
    ):
        raise FormError(f"{field.id} has at most {most} characters, and no control characters")
    if value and field.kind in _SHOWN:
        _moment(archive, value)
    return value


def _shown(archive: Archive, field: Field, value: str) -> str:
    if not value or field.kind not in _SHOWN:
        return value
    return _moment(archive, value).astimezone(archive.settings.zone).strftime(_SHOWN[field.kind])


def _said(archive: Archive, form: Form, values: Mapping[str, str]) -> times.Said | None:
    begin, end = values.get("from", ""), values.get("to", "")
    if form.part is None or not begin:
        return None
    return times.Said(
        part=form.part,
        from_=_moment(archive, begin),
        to=_moment(archive, end) if end else None,
        place=values.get("place") or None,
    )


def _moment(archive: Archive, value: str) -> datetime:
    try:
        return lower_bound(value, archive.settings.zone)
    except TimeTextError as e:
        raise FormError(f"{value} is no time; write it like 2026-01-17 09:30") from e


def _officer(archive: Archive, officer: str) -> str:
    row = archive.catalogue.officer(officer)
    day = datetime.now(UTC).astimezone(archive.settings.zone).date().isoformat()
    held = archive.catalogue.certified(officer, "enforcement", day)
    name = officer if row is None else row.name or row.badge or officer
    return name if held is None or held.number is None else f"{name}({held.number})"


def _clips(archive: Archive, case: CaseRow) -> str:
    found = archive.catalogue.find(FindQuery(case=case.number, limit=1)) if case.number else None
    return f"{found.total} 件" if found is not None and found.total else ""


def _day(archive: Archive, at: str | None) -> str:
    if at is None:
        return ""
    return datetime.fromisoformat(at).astimezone(archive.settings.zone).date().isoformat()
