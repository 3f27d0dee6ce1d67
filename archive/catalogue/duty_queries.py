"""Questions about who may act and with what: certificates, recorders before duty, stations in charge.

Who had a recorder when is `RecorderQueries.assignments`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from archive.catalogue.reading import Reading
from archive.catalogue.row_values import selected, values
from archive.catalogue.words import number_key


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateRow:
    """A certificate of an officer."""

    index: int
    officer_id: str
    kind: str  # enforcement, reviewer
    number: str | None
    issuer: str | None
    valid_from: str  # day
    valid_until: str  # the last day
    withdrawn_at: str | None
    withdrawn_index: int | None
    withdrawn_reason: str | None
    actor: str
    said_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyCheckRow:
    """A look at a recorder before duty."""

    index: int
    recorder_id: str
    officer_id: str | None
    ok: bool
    codes: tuple[str, ...]
    battery: int | None  # per cent
    free_bytes: int | None
    offset_ms: int | None
    at: str
    at_us: int
    note: str | None
    actor: str
    said_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeRow:
    """Who is in charge of a station from then on; None: nobody."""

    index: int
    station: str
    officer_id: str | None
    actor: str
    said_at: str


_CERTIFICATES: Final = selected(CertificateRow, "certificates")
# What was done before a certificate was withdrawn was done with one.
_VALID: Final = (
    "t.kind = :kind AND t.valid_from <= :day AND t.valid_until >= :day"
    " AND (t.withdrawn_at IS NULL OR t.withdrawn_at > :moment)"
)


class DutyQueries(Reading):
    """See the module. A day is `YYYY-MM-DD`, a moment RFC 3339 UTC as entries have it."""

    def certificates(self, officer_id: str) -> list[CertificateRow]:
        """All of an officer, oldest first."""
        sql = f'{_CERTIFICATES} WHERE t.officer_id = :officer ORDER BY t."index"'
        return values(CertificateRow, self._rows(sql, officer=officer_id))

    def all_certificates(self) -> list[CertificateRow]:
        """Everybody's, oldest first."""
        return values(CertificateRow, self._rows(f'{_CERTIFICATES} ORDER BY t."index"'))

    def has_certificates(self, kind: str) -> bool:
        """Whether anybody's was ever entered."""
        return (
            self._one("SELECT 1 FROM certificates WHERE kind = :kind LIMIT 1", kind=kind)
            is not None
        )

    def certificates_numbered(self, number: str) -> list[CertificateRow]:
        """Those with this number, oldest first."""
        sql = f'{_CERTIFICATES} WHERE t.number_key = :key ORDER BY t."index"'
        return values(CertificateRow, self._rows(sql, key=number_key(number)))

    def certified(
        self, officer_id: str, kind: str, day: str, moment: str | None = None
    ) -> CertificateRow | None:
        """The certificate by which an officer may act on a day; of two the one that lasts longer.

        `moment`: what was withdrawn after it counts still; None: what was ever withdrawn does not.
        """
        sql = f"{_CERTIFICATES} WHERE t.officer_id = :officer AND {_VALID}"
        rows = self._rows(
            f'{sql} ORDER BY t.valid_until DESC, t."index" DESC LIMIT :most',
            officer=officer_id,
            kind=kind,
            day=day,
            moment=moment or "~",
            most=1,
        )
        return next(iter(values(CertificateRow, rows)), None)

    def certified_officers(self, kind: str, day: str) -> frozenset[str]:
        """Ids of all who hold a certificate of this kind on a day."""
        rows = self._rows(
            f"SELECT DISTINCT t.officer_id FROM certificates t WHERE {_VALID}",  # noqa: S608 - no value in it
            kind=kind,
            day=day,
            moment="~",
        )
        return frozenset(str(id_) for (id_,) in rows)

    def certificates_ending(self, first: str, last: str) -> list[CertificateRow]:
        """Those that end within these days, and that no later one of the officer goes on with."""
        rows = self._rows(
            f"{_CERTIFICATES} WHERE t.valid_until BETWEEN :first AND :last AND t.withdrawn_index IS NULL"  # noqa: S608 - no value in it
            " AND NOT EXISTS (SELECT 1 FROM certificates n WHERE n.officer_id = t.officer_id"
            " AND n.kind = t.kind AND n.valid_until > t.valid_until AND n.withdrawn_index IS NULL)"
            ' ORDER BY t.valid_until, t."index"',
            first=first,
            last=last,
        )
        return values(CertificateRow, rows)

    def duty_checks(self, recorder_id: str, *, limit: int = 50) -> list[DutyCheckRow]:
        """Of a recorder, newest first."""
        sql = f"{selected(DutyCheckRow, 'duty_checks')} WHERE t.recorder_id = :recorder"
        rows = self._rows(
            f'{sql} ORDER BY t.at_us DESC, t."index" DESC LIMIT :most',
            recorder=recorder_id,
            most=limit,
        )
        return values(DutyCheckRow, rows)

    def charges(self, station: str) -> list[ChargeRow]:
        """Who has been in charge of a station, oldest first; the last one is."""
        sql = f"{selected(ChargeRow, 'station_charges')} WHERE t.station = :station"
        return values(ChargeRow, self._rows(f'{sql} ORDER BY t."index"', station=station))
