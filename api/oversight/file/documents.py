"""Case files and subjects as JSON, for the API and the command line alike. No web framework here."""

from __future__ import annotations

from typing import Any

from archive.casefiles.forms.model import Form
from archive.casefiles.signature import MOST, whose
from archive.catalogue.rows import CaseRow
from archive.catalogue.subject_queries import SubjectRow
from archive.errors import ArchiveError
from archive.opening import Archive


def file(archive: Archive, case: CaseRow) -> dict[str, Any]:
    """What a case's file says."""
    catalogue = archive.catalogue
    row = catalogue.case_file(case.id)
    return {
        "number": case.number,
        "state": "open" if case.is_open else "closed",
        "act": None if row is None else row.act,
        "matter": None if row is None else row.matter,
        "list": None if row is None else row.list,
        "action_ended": None if row is None else row.action_ended,
        "officers": [_badge(archive, id_) for id_ in case.officers],
        "subjects": [subject(one) for one in catalogue.subjects_of(case.id)],
        "stages": [
            {
                "stage": s.stage,
                "at": s.at,
                "document": s.document,
                "reason": s.reason,
                "account": s.actor,
                "said_at": s.said_at,
                "index": s.index,
            }
            for s in catalogue.stages(case.id)
        ],
        "revocations": [
            {"how": r.how, "at": r.at, "reason": r.reason, "index": r.index}
            for r in catalogue.revocations(case.id)
        ],
        "catalogue": None if row is None else row.catalogue,
        "signature": None if row is None else row.signature,
        "signer": None if row is None else row.signer,
        **signed_by(archive, None if row is None else row.signature),
        "catalogued_at": None if row is None else row.catalogued_at,
        "file_number": file_number(archive, case),
    }


def signed_by(archive: Archive, signature: str | None) -> dict[str, Any]:
    """Whose certificate signed it, in its own words, and whether nobody but itself says so; None: not to be read."""
    found = None
    if signature is not None:
        try:
            found = whose(archive.store.read(signature, most=MOST))
        except (ArchiveError, OSError):
            found = None  # the object is damaged or gone: the audit says so, the file is shown all the same
    name, own = found or (None, None)
    return {"signer_name": name, "self_signed": own}


def file_number(archive: Archive, case: CaseRow) -> str | None:
    """档号, as it was said when the case was closed last."""
    for event in archive.catalogue.newest(case.id, "case.catalogued", limit=1):
        number = event.written.get("number")
        return number if isinstance(number, str) else None
    return None


def subject(row: SubjectRow) -> dict[str, Any]:
    """Whom enforcement is about."""
    return {
        "subject": row.id,
        "kind": row.kind,
        "name": row.name,
        "number": row.number,
        "merged_into": row.merged_into,
    }


def form(found: Form) -> dict[str, Any]:
    """A standard form: what it asks for."""
    return {
        "form": found.id,
        "title": {"zh": found.title.zh, "en": found.title.en},
        "basis": {"zh": found.basis.zh, "en": found.basis.en},
        "stage": found.stage,
        "part": found.part,
        "fields": [
            {
                "field": field.id,
                "label": {"zh": field.label.zh, "en": field.label.en},
                "kind": field.kind,
                "filled": field.fill is not None,
                "needed": field.needed,
            }
            for field in found.fields
        ],
    }


def _badge(archive: Archive, officer: str) -> str:
    row = archive.catalogue.officer(officer)
    return officer if row is None or row.badge is None else row.badge
