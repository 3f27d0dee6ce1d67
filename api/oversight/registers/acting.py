"""Entering what the registers say, for a visitor. The rules are oversight/registers', run in a thread.

What always holds: a person does it, not a token; a supervisor hands over and looks at what the unit has.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from api.deciding import decided
from api.errors import InvalidInputError, NotFoundError
from api.gate import Visitor
from api.oversight.registers.showing import may_know
from api.rights.work import in_person
from api.service import Service
from archive.catalogue.duty_queries import CertificateRow, ChargeRow, DutyCheckRow
from archive.catalogue.rows import Assignment, OfficerRow
from oversight.registers import certificates, recorders, stations
from oversight.registers.certificates import Kind, NewCertificate
from oversight.registers.recorders import HandOver, Look

_Done = TypeVar("_Done")


@dataclass(frozen=True, slots=True, kw_only=True)
class Passing:
    """A hand-over as it was typed: badge numbers."""

    recorder: str
    to: str | None
    by: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Looking:
    """A look before duty as it was typed."""

    recorder: str
    officer: str | None
    battery: int | None
    free_bytes: int | None
    offset_ms: int | None
    note: str | None = None


async def certify(
    service: Service, visitor: Visitor, badge: str, new: NewCertificate
) -> CertificateRow:
    """Enter a certificate. Raises NotInPersonError, NotFoundError, and as `certificates.certify`."""
    await in_person(service, visitor)
    officer, actor = _officer(service, badge).id, visitor.account.id
    return await _changing(
        service, lambda: certificates.certify(service.archive, new, actor=actor, officer=officer)
    )


async def withdraw(service: Service, visitor: Visitor, badge: str, kind: Kind, reason: str) -> None:
    """Withdraw what an officer holds. Raises as `certify`, and as `certificates.withdraw`."""
    await in_person(service, visitor)
    officer, actor = _officer(service, badge).id, visitor.account.id

    def do() -> None:
        certificates.withdraw(
            service.archive, actor=actor, officer=officer, kind=kind, reason=reason
        )

    await _changing(service, do)


async def hand_over(service: Service, visitor: Visitor, passing: Passing) -> Assignment:
    """From whose hands into whose. Raises as `certify`, and as `recorders.hand_over`."""
    await in_person(service, visitor)
    recorder, actor = _recorder(service, visitor, passing.recorder), visitor.account.id
    new = HandOver(to=_id(service, passing.to), by=_id(service, passing.by), reason=passing.reason)
    return await _changing(
        service, lambda: recorders.hand_over(service.archive, recorder, new, actor=actor)
    )


async def check(service: Service, visitor: Visitor, looking: Looking) -> DutyCheckRow:
    """Before duty. Raises as `certify`, and as `recorders.check`."""
    await in_person(service, visitor)
    recorder, actor = _recorder(service, visitor, looking.recorder), visitor.account.id
    look = Look(
        battery=looking.battery,
        free_bytes=looking.free_bytes,
        offset_ms=looking.offset_ms,
        officer=_id(service, looking.officer),
        note=looking.note,
    )
    return await _changing(
        service, lambda: recorders.check(service.archive, recorder, look, actor=actor)
    )


async def charge(service: Service, visitor: Visitor, badge: str | None) -> ChargeRow:
    """Who is in charge of this station. Raises as `certify`, and as `stations.charge`."""
    await in_person(service, visitor)
    officer, actor = _id(service, badge), visitor.account.id
    return await _changing(
        service, lambda: stations.charge(service.archive, actor=actor, officer=officer)
    )


def day_of(text: str) -> date:
    """A day as somebody typed it. Raises InvalidInputError."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError as e:
        raise InvalidInputError("a day is written like 2026-05-01") from e


def _officer(service: Service, badge: str) -> OfficerRow:
    row = service.archive.catalogue.officer_by_badge(badge) if badge.strip() else None
    if row is None:
        raise NotFoundError("no such officer")
    return row


def _id(service: Service, badge: str | None) -> str | None:
    return None if badge is None or not badge.strip() else _officer(service, badge).id


def _recorder(service: Service, visitor: Visitor, serial: str) -> str:
    row = service.archive.catalogue.recorder_by_serial(serial)
    if row is None or not may_know(service, visitor, row):
        raise NotFoundError("no such recorder")
    return row.id


async def _changing(service: Service, do: Callable[[], _Done]) -> _Done:
    try:
        return await decided(do)
    finally:
        service.freshness.changed()
        await service.freshness.for_search()
