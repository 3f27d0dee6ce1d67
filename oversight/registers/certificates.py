"""Certificates of officers (持证上岗): entering, withdrawing, and who may act at a moment.

What always holds: a day is one where the archive is; a certificate is valid from its first day to its last, and up to
the moment at which it was withdrawn. Nobody is certified by having been: whoever asks names the moment. A decision is
looked at, made and appended while the case register is held.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final, Literal, get_args
from zoneinfo import ZoneInfo

from archive.cases import deciding
from archive.catalogue.duty_queries import CertificateRow, DutyQueries
from archive.catalogue.rows import ClipRow
from archive.catalogue.words import number_key
from archive.events import Event
from archive.opening import Archive
from oversight.registers.errors import (
    CertificateTakenError,
    CertificateTextError,
    NotCertifiedError,
    NotRegisteredError,
)

Kind = Literal["enforcement", "reviewer"]  # 行政执法证; 法律职业资格
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
State = Literal["valid", "none", "early", "expired", "withdrawn"]
MOST_NUMBER: Final = 64
MOST_TEXT: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Whether an officer is certified at a moment, and by what; else what comes nearest to it."""

    state: State
    certificate: CertificateRow | None  # None: there never was one of this kind

    @property
    def is_valid(self) -> bool:
        """Whether the officer may act."""
        return self.state == "valid"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCertificate:
    """What is written on a certificate."""

    kind: Kind
    number: str
    first: date
    last: date
    issuer: str | None = None


def certificate_at(
    archive: Archive, officer: str, moment: datetime, kind: Kind = "enforcement"
) -> CertificateRow | None:
    """The certificate by which an officer (id) may act at a moment (aware); None: there is none."""
    day = moment.astimezone(archive.settings.zone).date().isoformat()
    return archive.catalogue.certified(officer, kind, day, _instant(moment))


def standing_at(
    archive: Archive, officer: str, moment: datetime, kind: Kind = "enforcement"
) -> Standing:
    """Whether an officer (id) is certified at a moment (aware), and if not, why not."""
    held = [row for row in archive.catalogue.certificates(officer) if row.kind == kind]
    return standing_of(held, moment, moment.astimezone(archive.settings.zone).date())


def standing_of(held: Sequence[CertificateRow], moment: datetime, day: date) -> Standing:
    """As `standing_at`, of what an officer holds of one kind; `day`: of the moment, where the archive is."""
    if not held:
        return Standing(state="none", certificate=None)
    on, instant = day.isoformat(), _instant(moment)
    then = [row for row in held if row.valid_from <= on <= row.valid_until]
    valid = [row for row in then if row.withdrawn_at is None or row.withdrawn_at >= instant]
    if valid:
        last = max(valid, key=lambda row: (row.valid_until, row.index))
        return Standing(state="valid", certificate=last)
    if then:
        return Standing(state="withdrawn", certificate=then[-1])
    return _outside(held, on)


def _outside(held: Sequence[CertificateRow], day: str) -> Standing:
    over = [row for row in held if row.valid_until < day]
    if over:
        last = max(over, key=lambda row: (row.valid_until, row.index))
        return Standing(state="expired", certificate=last)
    return Standing(state="early", certificate=min(held, key=lambda row: row.valid_from))


def recorded_with(catalogue: DutyQueries, zone: ZoneInfo, clip: ClipRow) -> State | None:
    """How its officer stood when a clip was recorded.

    None: nobody knows whose it is or when it was recorded, or the agency keeps no certificates here.
    """
    if clip.officer_id is None or clip.start is None:
        return None
    moment = datetime.fromisoformat(clip.start)
    held = [row for row in catalogue.certificates(clip.officer_id) if row.kind == "enforcement"]
    state = standing_of(held, moment, moment.astimezone(zone).date()).state
    if state == "none" and not catalogue.has_certificates("enforcement"):
        return None
    return state


def need_certificate(
    archive: Archive, officer: str, moment: datetime, kind: Kind = "enforcement"
) -> CertificateRow:
    """The certificate by which an officer (id) acts. Raises NotCertifiedError."""
    standing = standing_at(archive, officer, moment, kind)
    if standing.is_valid and standing.certificate is not None:
        return standing.certificate
    row = archive.catalogue.officer(officer)
    badge = officer if row is None else row.badge or officer
    raise NotCertifiedError(f"officer {badge} {_why(standing, kind)}")


def certify(archive: Archive, new: NewCertificate, *, actor: str, officer: str) -> CertificateRow:
    """Enter a certificate of an officer (id).

    Raises:
        CertificateTextError, NotRegisteredError, CertificateTakenError: nothing was done.
    """
    number, issuer = _line(new.number, MOST_NUMBER), new.issuer and _line(new.issuer, MOST_TEXT)
    if new.last < new.first:
        raise CertificateTextError("a certificate ends after it begins")
    days = {"from": new.first.isoformat(), "until": new.last.isoformat()}
    with deciding(archive):
        _need_officer(archive, officer)
        for row in archive.catalogue.certificates_numbered(number):
            if row.kind == new.kind and row.withdrawn_at is None:
                _check_free(row, officer, days)
        text = {"number": number} | ({"issuer": issuer} if issuer else {})
        event = Event(
            type="officer.certified",
            subject=officer,
            actor=actor,
            data={"kind": new.kind, **days},
            text=text,
        )
        archive.record([event])
        archive.catalogue.catch_up()
        return archive.catalogue.certificates(officer)[-1]


def withdraw(archive: Archive, *, actor: str, officer: str, kind: Kind, reason: str) -> None:
    """Withdraw what an officer (id) holds of a kind; what was done before stays done.

    Raises:
        CertificateTextError: no reason.
        NotRegisteredError, NotCertifiedError: there is nothing to withdraw. Nothing was done.
    """
    why = _line(reason, 1000)
    with deciding(archive):
        _need_officer(archive, officer)
        held = [row for row in archive.catalogue.certificates(officer) if row.kind == kind]
        if all(row.withdrawn_at is not None for row in held):
            raise NotCertifiedError("the officer holds no such certificate: nothing to withdraw")
        event = Event(
            type="officer.certificate_withdrawn",
            subject=officer,
            actor=actor,
            data={"kind": kind},
            text={"reason": why},
        )
        archive.record([event])
        archive.catalogue.catch_up()


def _check_free(row: CertificateRow, officer: str, days: dict[str, str]) -> None:
    if row.officer_id != officer:
        raise CertificateTakenError("this number is on another officer's certificate")
    if days == {"from": row.valid_from, "until": row.valid_until}:
        raise CertificateTakenError("this certificate is entered already")


def _need_officer(archive: Archive, officer: str) -> None:
    if archive.catalogue.officer(officer) is None:
        raise NotRegisteredError("there is no such officer: `muniment officer add` enters one")


def _line(text: str, most: int) -> str:
    """A line that people read, trimmed. Raises CertificateTextError."""
    shown = unicodedata.normalize("NFC", text).strip()
    if not 0 < len(shown) <= most or not shown.isprintable() or not number_key(shown):
        raise CertificateTextError(f"it has to be a line of 1 to {most} characters")
    return shown


def _why(standing: Standing, kind: Kind) -> str:
    what = "enforcement certificate" if kind == "enforcement" else "legal qualification"
    row = standing.certificate
    match standing.state:
        case "expired" if row is not None:
            return f"holds no valid {what}: it ended with {row.valid_until}"
        case "early" if row is not None:
            return f"holds no {what} yet: it begins on {row.valid_from}"
        case "withdrawn" if row is not None:
            return f"holds no valid {what}: it was withdrawn at {row.withdrawn_at}"
        case _:
            return f"has no {what} in the register"


def _instant(moment: datetime) -> str:
    """As entries write a time, so that the two compare."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
