"""The registers as documents: who is certified, who has which recorder, who is in charge, how many review."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from typing import Any, Final

from api.documents import Document
from api.gate import Visitor
from api.rights.showing import Names
from api.service import Service
from archive.catalogue.duty_queries import CertificateRow, DutyCheckRow
from archive.catalogue.rows import OfficerRow, RecorderRow
from oversight.registers.certificates import KINDS, standing_of
from oversight.registers.staffing import ending as certificates_ending
from oversight.registers.staffing import staffing
from oversight.registers.stations import in_charge
from oversight.rules.own import book_of

PAGE: Final = 100


def share(service: Service) -> Document:
    """How many review, against the share of the rules. Raises NoRuleError, RuleFileError."""
    archive = service.archive
    day = datetime.now(service.zone).date()
    found = staffing(archive, book_of(archive.root), day)
    basis = found.rule.basis
    return {
        "day": day.isoformat(),
        "officers": found.officers,
        "reviewers": found.reviewers,
        "per_mille": found.per_mille,
        "percent": found.rule.percent,
        "met": found.is_met,
        "clause": {"zh": basis.clause.zh, "en": basis.clause.en},
        "source": {"zh": basis.source.zh, "en": basis.source.en},
    }


def ending(service: Service, visitor: Visitor, names: Names) -> list[Document]:
    """Certificates that end soon; a supervisor's own unit's. Raises NoRuleError, RuleFileError."""
    archive, day = service.archive, datetime.now(service.zone).date()
    found = []
    for row in certificates_ending(archive, book_of(archive.root), day):
        officer = names.officers.get(row.officer_id)
        if _is_theirs(visitor, None if officer is None else officer.unit_id):
            found.append(
                {
                    "officer": names.badge(row.officer_id),
                    "kind": row.kind,
                    "number": row.number,
                    "until": row.valid_until,
                }
            )
    return found


def stations(service: Service, names: Names) -> list[Document]:
    """This archive's station, and who is in charge."""
    row = in_charge(service.archive)
    return [
        {
            "station": service.archive.settings.station,
            "officer": None if row is None else names.badge(row.officer_id),
            "since": None if row is None else row.said_at,
        }
    ]


def officers(
    service: Service, visitor: Visitor, names: Names, *, after: str = "", limit: int = PAGE
) -> tuple[list[Document], str | None]:
    """Officers by badge number with their certificates, and where the next page begins."""
    held: dict[str, list[CertificateRow]] = defaultdict(list)
    for row in service.archive.catalogue.all_certificates():
        held[row.officer_id].append(row)
    rows = [r for r in names.officers.values() if _is_theirs(visitor, r.unit_id)]
    rows.sort(key=_place)
    rows = [row for row in rows if _place(row) > after]
    shown = rows[:limit]
    following = _place(shown[-1]) if len(rows) > limit else None
    return [_officer(service, names, row, held[row.id]) for row in shown], following


def recorders(
    service: Service, visitor: Visitor, names: Names, *, after: str = "", limit: int = PAGE
) -> tuple[list[Document], str | None]:
    """Recorders by serial with who has them and how they were before duty, and where the next page begins."""
    rows = [
        r for r in service.archive.catalogue.recorders() if _is_near(service, visitor, names, r)
    ]
    rows = [row for row in rows if f"{row.serial or ''} {row.id}" > after]
    shown = rows[:limit]
    following = f"{shown[-1].serial or ''} {shown[-1].id}" if len(rows) > limit else None
    return [recorder(service, names, row) for row in shown], following


def recorder(service: Service, names: Names, row: RecorderRow) -> Document:
    """One recorder, its hand-overs newest first."""
    terms = service.archive.catalogue.assignments(row.id)
    checks = service.archive.catalogue.duty_checks(row.id, limit=1)
    last = terms[-1] if terms else None
    return {
        "recorder": row.serial,
        "id": row.id,
        "make": row.make,
        "model": row.model,
        "officer": names.badge(row.officer_id if last is None else last.officer_id),
        "since": None if last is None else last.from_,
        "hand_overs": [
            {
                "at": term.from_,
                "by": names.badge(term.handed_by),
                "to": names.badge(term.officer_id),
                "reason": term.reason,
            }
            for term in reversed(terms[-20:])
        ],
        "check": duty_check(names, checks[0]) if checks else None,
    }


def duty_check(names: Names, row: DutyCheckRow) -> Document:
    """A look at a recorder before duty."""
    return {
        "at": row.at,
        "ok": row.ok,
        "codes": list(row.codes),
        "battery": row.battery,
        "free_bytes": row.free_bytes,
        "offset_ms": row.offset_ms,
        "officer": names.badge(row.officer_id),
        "note": row.note,
    }


def certificate(row: CertificateRow) -> Document:
    """A certificate."""
    return {
        "kind": row.kind,
        "number": row.number,
        "issuer": row.issuer,
        "from": row.valid_from,
        "until": row.valid_until,
        "withdrawn_at": row.withdrawn_at,
        "withdrawn_reason": row.withdrawn_reason,
        "index": row.index,
    }


def may_know(service: Service, visitor: Visitor, row: RecorderRow) -> bool:
    """Whether a recorder is one that the visitor has to do with."""
    return _is_near(service, visitor, Names.of(service.archive), row)


def _officer(
    service: Service, names: Names, row: OfficerRow, held: list[CertificateRow]
) -> Document:
    now = datetime.now(UTC)
    day = now.astimezone(service.zone).date()
    found: dict[str, Any] = {
        "officer": row.badge,
        "id": row.id,
        "name": row.name,
        "unit": names.unit(row.unit_id),
        "certificates": [certificate(one) for one in held],
    }
    for kind in KINDS:
        standing = standing_of([one for one in held if one.kind == kind], now, day)
        until = None if standing.certificate is None else standing.certificate.valid_until
        found[kind] = {"state": standing.state, "until": until}
    return found


def _place(row: OfficerRow) -> str:
    return f"{row.badge or ''} {row.id}"


def _is_theirs(visitor: Visitor, unit: str | None) -> bool:
    """A supervisor's are those of the unit; the others see all: there is no footage here."""
    account = visitor.account
    return account.role != "supervisor" or unit == account.unit


def _is_near(service: Service, visitor: Visitor, names: Names, row: RecorderRow) -> bool:
    if visitor.account.role != "supervisor" or row.unit_id == visitor.account.unit:
        return True
    terms = service.archive.catalogue.assignments(row.id)
    holder = names.officers.get((terms[-1].officer_id if terms else row.officer_id) or "")
    unit = terms[-1].unit_id if terms else None
    return visitor.account.unit in {unit, None if holder is None else holder.unit_id}
