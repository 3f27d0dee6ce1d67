"""A case's file for its page: the line of stages, whom it is about, who acts, what it holds stage by stage."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from api.casefile.wording import document_view
from api.finding import searching
from api.gate import Visitor
from api.messages import Lang
from api.oversight.file import documents
from api.oversight.lists.showing import person
from api.service import Service
from archive.casefiles.forms import filling
from archive.casefiles.forms.model import Field, forms_of
from archive.casefiles.order import STAGES
from archive.casefiles.stages import since_reopened
from archive.catalogue.file_queries import StageRow
from archive.catalogue.rows import CaseRow, ClipRow
from archive.catalogue.times import known_us
from oversight.registers.certificates import standing_at
from oversight.rules.own import book_of

_MOST_CLIPS: Final = 200


def file_view(service: Service, visitor: Visitor, case: CaseRow, lang: Lang) -> dict[str, Any]:
    """Everything that the page shows but the forms.

    Raises:
        RuleFileError: the rules cannot be read.
    """
    archive = service.archive
    file = archive.catalogue.case_file(case.id)
    entered = since_reopened(archive, case)
    act = None if file is None else file.act
    return {
        "act": act,
        "matter": None if file is None else file.matter,
        "action_ended": None if file is None else file.action_ended,
        "stages": _stages(service, entered, _needed(service, act)),
        "next": next_stage(entered, _needed(service, act)),
        "concluded": any(row.stage == "conclusion" for row in entered),
        "decided": any(row.stage == "decision" for row in entered),
        "subjects": archive.catalogue.subjects_of(case.id),
        "officers": [_officer(service, id_) for id_ in case.officers],
        "revocations": archive.catalogue.revocations(case.id),
        "held": held(service, visitor, case, entered, lang),
        "file_number": documents.file_number(archive, case),
        "signed": None if case.is_open or file is None or file.signature is None else file,
        **documents.signed_by(archive, None if file is None else file.signature),
    }


def _needed(service: Service, act: str | None) -> frozenset[str]:
    if act is None:
        return frozenset()
    way = book_of(service.archive.root).way(act, datetime.now(service.zone).date())
    return frozenset() if way is None else frozenset(way.needs)


def _stages(
    service: Service, entered: Sequence[StageRow], needed: frozenset[str]
) -> list[dict[str, Any]]:
    """All seven, each with how it stands."""
    reached = max((STAGES.index(r.stage) for r in entered if r.stage in STAGES), default=-1)
    now = entered[-1].stage if entered else None
    found = []
    for place, stage in enumerate(STAGES):
        rows = [row for row in entered if row.stage == stage]
        if rows:
            state = "now" if stage == now else "done"
        elif place < reached:
            state = "skipped"
        else:
            state = "needed" if stage in needed else "coming"
        times = [
            {"at": r.at, "by": person(service, r.actor), "reason": r.reason, "index": r.index}
            for r in rows
        ]
        found.append({"stage": stage, "state": state, "times": times})
    return found


def next_stage(entered: Sequence[StageRow], needed: frozenset[str]) -> str:
    """What is likely to be entered next: the next that the act needs, else the next."""
    reached = max((STAGES.index(r.stage) for r in entered if r.stage in STAGES), default=-1)
    coming = STAGES[reached + 1 :] or STAGES[-1:]
    return next((stage for stage in coming if stage in needed), coming[0])


def _officer(service: Service, officer: str) -> dict[str, Any]:
    row = service.archive.catalogue.officer(officer)
    standing = standing_at(service.archive, officer, datetime.now(UTC))
    certificate = standing.certificate
    return {
        "badge": officer if row is None else row.badge or officer,
        "name": None if row is None else row.name,
        "state": standing.state,
        "number": None if certificate is None else certificate.number,
        "until": None if certificate is None else certificate.valid_until,
    }


def held(
    service: Service, visitor: Visitor, case: CaseRow, entered: Sequence[StageRow], lang: Lang
) -> list[dict[str, Any]]:
    """What the case holds, by the stage at which it came about; of clips those in the visitor's reach."""
    catalogue = service.archive.catalogue
    said = {
        time.document: time.from_us
        for time in catalogue.document_times(case.id)
        if time.from_us is not None
    }
    asked = searching.for_case(case.number or "", visitor, limit=_MOST_CLIPS, cursor=None)
    places: dict[str | None, dict[str, Any]] = {}
    for document in catalogue.documents(case.id):
        place = _place(places, entered, said.get(document.id) or known_us(document.added_at))
        place["documents"].append(document_view(document, lang))
    for clip in sorted(catalogue.find(asked.query).clips, key=lambda c: c.start or "~"):
        _place(places, entered, known_us(clip.start))["clips"].append(_clip(clip))
    order: list[str | None] = [None, *STAGES]
    return [places[stage] for stage in order if stage in places]


def _place(
    places: dict[str | None, dict[str, Any]], entered: Sequence[StageRow], at: int | None
) -> dict[str, Any]:
    """Of the stage that was entered last before a moment; what is earlier than all, or of no time, stands first."""
    before = [row for row in entered if at is not None and row.at_us <= at]
    stage = max(before, key=lambda row: (row.at_us, row.index)).stage if before else None
    return places.setdefault(stage, {"stage": stage, "documents": [], "clips": []})


def _clip(row: ClipRow) -> dict[str, Any]:
    return {
        "clip": row.clip,
        "path": row.path or row.clip,
        "kind": row.kind or "unknown",
        "start": row.start,
        "duration": row.duration,
        "officer": row.officer,
    }


def forms_view(service: Service, case: CaseRow, lang: Lang) -> list[dict[str, Any]]:
    """The standard forms with what the file knows in them. Raises FormError: an own form has a mistake."""
    known = filling.known(service.archive, case)
    return [
        {
            "id": form.id,
            "stage": form.stage,
            "title": form.title.of(lang),
            "basis": form.basis.of(lang),
            "fields": [
                _field(field, "" if field.fill is None else known[field.fill], lang)
                for field in form.fields
            ],
        }
        for form in forms_of(service.archive.root).values()
    ]


def _field(field: Field, value: str, lang: Lang) -> dict[str, Any]:
    return {
        "id": field.id,
        "label": field.label.of(lang),
        "kind": field.kind,
        "needed": field.needed,
        "value": value,
    }
