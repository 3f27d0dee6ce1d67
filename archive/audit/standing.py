"""How the audits on record ended: what every surface says of them. Reads the catalogue and entries, as they are."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final

from archive.audit.covering import SPAN

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from archive.catalogue.rows import CustodyRow
    from archive.opening import Archive

LATE: Final = timedelta(days=3)  # a daily audit that did not run for so long is told
_MOST: Final = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The newest audit on record, and the newest that found nothing."""

    time: str  # RFC 3339 UTC
    ok: bool
    mode: str
    findings: int
    codes: dict[str, int]  # of the findings; empty where the entry does not say
    warnings: dict[str, int]
    objects: int  # hashed
    entries: int
    covered: dict[str, Any]  # coverage within 90 days; empty where the entry does not say
    last_ok: str | None  # RFC 3339 UTC

    def is_late(self, now: datetime) -> bool:
        """Whether the next one is overdue."""
        return now - datetime.fromisoformat(self.time) > LATE


@dataclass(slots=True)
class Day:
    """What was hashed again on one day of the archive's zone."""

    date: str
    bytes: int = 0
    objects: int = 0
    findings: int = 0
    audits: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What there is to show of audits."""

    standing: Standing | None = None  # None: none is on record
    days: list[Day] = field(default_factory=list)  # the last 90, oldest first


def standing(archive: Archive) -> Standing | None:
    """How the archive stands; None: no audit is on record. Raises ArchiveError."""
    newest = archive.catalogue.latest(archive.settings.station, "audit.run")
    if newest is None:
        return None
    rows = [newest] if newest.data.get("ok") is True else _runs(archive)
    return _standing(rows)


def record(archive: Archive, now: datetime) -> Record:
    """The audits of 90 days, by days of the archive's zone, with the originals read back. Raises ArchiveError."""
    rows = _runs(archive)
    zone = archive.settings.zone
    begin = now.astimezone(zone).date() - SPAN + timedelta(days=1)
    days: dict[str, Day] = defaultdict(lambda: Day(date=""))
    for n in range(SPAN.days):
        date = (begin + timedelta(days=n)).isoformat()
        days[date] = Day(date=date)
    for row in rows:
        day = days[_date(row.time, zone)]
        day.audits += 1
        day.bytes += _number(row.data.get("bytes"))
        day.objects += _number(row.data.get("objects"))
        day.findings += _number(row.data.get("findings"))
    midnight = datetime.combine(begin, time(), zone).astimezone(UTC)
    for minute, count, size in archive.catalogue.verified_by_minute(f"{midnight:%Y-%m-%dT%H:%M}"):
        date = _date(minute, zone)
        days[date].objects += count
        days[date].bytes += size
    shown = [day for day in days.values() if day.date]
    return Record(standing=_standing(rows) if rows else None, days=shown)


def _date(moment: str, zone: ZoneInfo) -> str:
    """The day of an RFC 3339 time where the archive is."""
    return datetime.fromisoformat(moment).astimezone(zone).date().isoformat()


def _runs(archive: Archive) -> list[CustodyRow]:
    return archive.catalogue.newest(archive.settings.station, "audit.run", limit=_MOST)


def _standing(rows: list[CustodyRow]) -> Standing:
    """Of rows with the newest first."""
    row = rows[0]
    data = row.data
    return Standing(
        time=row.time,
        ok=data.get("ok") is True,
        mode=str(data.get("mode")),
        findings=_number(data.get("findings")),
        codes=_counts(data.get("codes")),
        warnings=_counts(data.get("warnings")),
        objects=_number(data.get("objects")),
        entries=_number(data.get("entries")),
        covered=covered if isinstance(covered := data.get("covered"), dict) else {},
        last_ok=next((r.time for r in rows if r.data.get("ok") is True), None),
    )


def _number(value: object) -> int:
    return value if type(value) is int else 0


def _counts(value: object) -> dict[str, int]:
    return {str(k): _number(v) for k, v in value.items()} if isinstance(value, dict) else {}
