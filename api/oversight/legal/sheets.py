"""A case's legal review as a document: the gate, the points, every round; and the work list. No footage."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from api.documents import Document
from api.gate import Visitor
from api.oversight.legal import seeing
from api.rights.showing import Names
from api.service import Service
from archive.catalogue.legal_queries import ReviewRow
from archive.catalogue.rows import CaseRow
from archive.opening import Archive
from oversight.legal import gate
from oversight.legal.rounds import is_free, points_on
from oversight.rules.model import Point

_MOST: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One round of the work list."""

    row: ReviewRow
    case: CaseRow
    free: bool
    mine: bool


def waiting(service: Service, visitor: Visitor) -> list[Listed]:
    """Rounds that wait for somebody, of those that a visitor may know of, oldest first."""
    found, officer = [], seeing.reviewing(visitor)
    for row in service.archive.catalogue.waiting_reviews(limit=_MOST):
        case = service.archive.catalogue.case(row.case_id)
        if case is None or not seeing.may_know(service, visitor, case):
            continue
        mine = officer is not None and row.reviewer == officer and row.state == "taken"
        free = row.state != "disputed" and is_free(service.archive, row)
        found.append(Listed(row=row, case=case, free=free, mine=mine))
    return found


def listed(one: Listed, names: Names) -> Document:
    """A round of the work list."""
    row = one.row
    return {
        "review": row.id,
        "case": one.case.number,
        "round": row.round,
        "state": row.state,
        "free": one.free,
        "mine": one.mine,
        "documents": len(row.documents),
        "clips": len(row.clips),
        "requested_at": row.requested_at,
        "requested_by": names.who(row.requested_actor),
        "reviewer": names.badge(row.reviewer),
    }


def sheet(archive: Archive, case: CaseRow) -> Document:
    """All of a case's legal review.

    Raises:
        OversightError, ArchiveError, OSError: the catalogue of major decisions, or a file of rules, cannot be read.
    """
    names = Names.of(archive)
    file = archive.catalogue.case_file(case.id)
    said = file is not None and file.intended_index is not None
    points = points_on(archive, datetime.now(archive.settings.zone).date())
    return {
        "case": case.number,
        "gate": _gate(archive, case),
        "intention": {
            "measure": file.measure if file is not None and said else None,
            "amount": file.amount if file is not None and said else None,
            "said": said,
        },
        "points": [_point(point) for point in points],
        "rounds": [round_(archive, row, names) for row in archive.catalogue.legal_reviews(case.id)],
    }


def round_(archive: Archive, row: ReviewRow, names: Names) -> Document:
    """One round, whole."""
    notes = json.loads(row.notes or "{}")
    said: list[dict[str, Any]] = json.loads(row.points or "[]")
    return {
        "review": row.id,
        "round": row.round,
        "state": row.state,
        "free": row.state != "disputed" and is_free(archive, row),
        "question": row.question,
        "documents": list(row.documents),
        "clips": list(row.clips),
        "requested": _step(names, row.requested_at, row.requested_actor, None),
        "reviewer": names.badge(row.reviewer),
        "taken_at": row.taken_at,
        "outcome": row.outcome,
        "result": row.result,
        "answered": _step(names, row.answered_at, row.answered_actor, row.answered_reason),
        "points": [
            {
                "point": point.get("point"),
                "ok": point.get("ok"),
                "document": point.get("document"),
                "page": point.get("page"),
                "clip": point.get("clip"),
                "at_us": point.get("at_us"),
                "note": notes.get(point.get("point")),
            }
            for point in said
        ],
        "disputed": _step(names, row.disputed_at, row.disputed_actor, row.disputed_reason),
        "settled": _step(names, row.settled_at, row.settled_actor, row.settled_reason),
        "settled_outcome": row.settled_outcome,
    }


def _gate(archive: Archive, case: CaseRow) -> Document:
    match, version = gate.major_of(archive, case, datetime.now(UTC)) or (None, None)
    refusal = gate.may_decide(archive, case)
    changed = None if refusal is None else refusal.change
    return {
        "listed": gate.has_list(archive),
        "major": match is not None,
        "open": refusal is None,
        "code": None if refusal is None else refusal.code,
        "words": None if refusal is None else {"zh": refusal.words.zh, "en": refusal.words.en},
        "row": None if match is None else match.row.id,
        "name": None if match is None else match.row.name,
        "basis": None if match is None else match.row.basis,
        "version": version,
        "unknown": [] if match is None else list(match.unknown),
        "changed": None
        if changed is None
        else {
            "documents_added": list(changed.documents_added),
            "documents_removed": list(changed.documents_removed),
            "clips_added": list(changed.clips_added),
            "clips_removed": list(changed.clips_removed),
            "intention": changed.intention,
        },
    }


def _point(point: Point) -> Document:
    basis = point.basis
    return {
        "point": basis.id,
        "name": {"zh": point.name.zh, "en": point.name.en},
        "clause": {"zh": basis.clause.zh, "en": basis.clause.en},
        "source": {"zh": basis.source.zh, "en": basis.source.en},
    }


def _step(names: Names, at: str | None, actor: str | None, reason: str | None) -> Document | None:
    return None if at is None else {"at": at, "by": names.who(actor), "reason": reason}
