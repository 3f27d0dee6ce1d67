"""`officer certify|withdraw`, `recorder hand-over|check`, `station charge`. What is refused is oversight/registers'."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from archive.catalogue.duty_queries import CertificateRow
from archive.catalogue.rows import OfficerRow
from archive.catalogue.times import lower_bound
from archive.opening import Archive
from muniment.answer import Answer, Asked
from muniment.columns import printable
from muniment.errors import UnknownNameError, WrongUsageError
from muniment.opening import writing
from muniment.receipt import local_text
from oversight.registers import certificates, recorders, stations
from oversight.registers.certificates import Kind, NewCertificate
from oversight.registers.recorders import HandOver, Look

_MEGABYTE: Final = 1_000_000
_FINDINGS: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """A certificate as it was typed."""

    badge: str
    reviewer: bool
    number: str
    first: str
    last: str
    issuer: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A look at a recorder as it was typed."""

    battery: int | None = None
    free_mb: int | None = None
    clock_off: str | None = None  # seconds
    officer: str | None = None  # badge
    note: str | None = None


def certify(asked: Asked, typed: Typed) -> Answer:
    """Enter a certificate. Raises WrongUsageError, UnknownNameError, and as `certificates.certify`."""
    new = NewCertificate(
        kind=_kind(typed.reviewer),
        number=typed.number,
        first=_day(typed.first),
        last=_day(typed.last),
        issuer=typed.issuer,
    )
    with writing(asked) as archive:
        officer = _officer(archive, typed.badge)
        row = certificates.certify(archive, new, actor=asked.actor, officer=officer.id)
        document = {"officer": officer.badge, **certificate(row)}
    words = {"badge": printable(typed.badge), "until": row.valid_until}
    return Answer(document=document, text=asked.words("officer.certified", **words))


def withdraw(asked: Asked, badge: str, *, reviewer: bool, reason: str) -> Answer:
    """Withdraw what an officer holds. Raises UnknownNameError, and as `certificates.withdraw`."""
    kind = _kind(reviewer)
    with writing(asked) as archive:
        officer = _officer(archive, badge)
        certificates.withdraw(
            archive, actor=asked.actor, officer=officer.id, kind=kind, reason=reason
        )
    return Answer(
        document={"officer": officer.badge, "kind": kind},
        text=asked.words("officer.withdrawn", badge=printable(badge)),
    )


def hand_over(
    asked: Asked, serial: str, *, to: str | None, by: str | None, at: str | None, reason: str | None
) -> Answer:
    """From whose hands into whose. Raises UnknownNameError, TimeTextError, and as `recorders.hand_over`."""
    with writing(asked) as archive:
        zone = archive.settings.zone
        new = HandOver(
            to=None if to is None else _officer(archive, to).id,
            by=None if by is None else _officer(archive, by).id,
            at=None if at is None else lower_bound(at, zone),
            reason=reason,
        )
        row = recorders.hand_over(archive, _recorder(archive, serial), new, actor=asked.actor)
        from_, to_ = _badge(archive, row.handed_by), _badge(archive, row.officer_id)
    document = {
        "recorder": serial.strip(),
        "from": from_,
        "to": to_,
        "at": row.from_,
        "reason": row.reason,
    }
    text = asked.words(
        "recorder.handed_over",
        serial=printable(serial),
        before=printable(from_ or "") or asked.words("recorder.nobody"),
        after=printable(to_ or "") or asked.words("recorder.nobody"),
        time=local_text(row.from_, zone),
    )
    return Answer(document=document, text=text)


def check(asked: Asked, serial: str, seen: Seen) -> Answer:
    """Before duty; exit status 1 where something is not in order. Raises as `recorders.check`."""
    free = None if seen.free_mb is None else seen.free_mb * _MEGABYTE
    with writing(asked) as archive:
        look = Look(
            battery=seen.battery,
            free_bytes=free,
            offset_ms=_milliseconds(seen.clock_off),
            officer=None if seen.officer is None else _officer(archive, seen.officer).id,
            note=seen.note,
        )
        row = recorders.check(archive, _recorder(archive, serial), look, actor=asked.actor)
    document = {
        "recorder": serial.strip(),
        "ok": row.ok,
        "codes": list(row.codes),
        "battery": row.battery,
        "free_bytes": row.free_bytes,
        "offset_ms": row.offset_ms,
        "officer": seen.officer,
        "at": row.at,
        "note": row.note,
    }
    found = [asked.words(f"recorder.fault.{code}") for code in row.codes]
    text = asked.words("recorder.fit" if row.ok else "recorder.unfit", serial=printable(serial))
    return Answer(
        document=document, text="\n".join([text, *found]), status=0 if row.ok else _FINDINGS
    )


def charge(asked: Asked, badge: str | None, *, nobody: bool) -> Answer:
    """Who is in charge of this station. Raises WrongUsageError, UnknownNameError, and as `stations.charge`."""
    if nobody == bool(badge):
        raise WrongUsageError("say who is in charge: BADGE, or --nobody alone")
    with writing(asked) as archive:
        officer = None if badge is None else _officer(archive, badge).id
        row = stations.charge(archive, actor=asked.actor, officer=officer)
    name = "station.charged" if badge else "station.nobody"
    return Answer(
        document={"station": row.station, "officer": badge},
        text=asked.words(name, badge=printable(badge or "")),
    )


def certificate(row: CertificateRow) -> dict[str, Any]:
    """A certificate as scripts read it."""
    return {
        "kind": row.kind,
        "number": row.number,
        "issuer": row.issuer,
        "from": row.valid_from,
        "until": row.valid_until,
        "withdrawn_at": row.withdrawn_at,
    }


def _kind(reviewer: bool) -> Kind:
    return "reviewer" if reviewer else "enforcement"


def _officer(archive: Archive, badge: str) -> OfficerRow:
    row = archive.catalogue.officer_by_badge(badge)
    if row is None:
        raise UnknownNameError(f"there is no officer {printable(badge)}")
    return row


def _recorder(archive: Archive, serial: str) -> str:
    row = archive.catalogue.recorder_by_serial(serial)
    if row is None:
        raise UnknownNameError(f"there is no recorder {printable(serial)}")
    return row.id


def _badge(archive: Archive, officer: str | None) -> str | None:
    row = archive.catalogue.officer(officer) if officer else None
    return officer if row is None else row.badge or officer


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError as e:
        raise WrongUsageError(f"{text} is no day; write it like 2026-05-01") from e


def _milliseconds(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        seconds = Decimal(text.strip())
        return int((seconds * 1000).to_integral_value())
    except (InvalidOperation, OverflowError, ValueError) as e:
        raise WrongUsageError(f"{text} is no number of seconds, like 12 or -0.5") from e
