"""What the integrity page shows: findings first, then who vouches for the ledger's newest checkpoint, and since when.

What always holds: everything comes from the catalogue, the entries and small files; nobody outside is asked, and
nothing is read that grows with the archive. No footage, no clip's name, no person.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

from archive.audit.standing import Day, Record, record
from archive.catalogue.rows import CustodyRow
from archive.errors import MalformedNoteError
from archive.keys.errors import KeyHistoryError
from archive.keys.history import KeyHistory, KeyPeriod
from archive.ledger.note import parse_checkpoint, parse_note
from archive.ledger.witness.cosignature import CosignatureVerifier
from archive.ledger.witness.cosigned import cosigned, witnesses_of
from archive.ledger.witness.remembered import Seen, read_seen
from archive.opening import Archive
from archive.timestamps.outlook import outlook

_SHADES: Final = 4
_AUDITS: Final = 10  # shown
_OPEN: Final = 100  # findings shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One day of the calendar."""

    day: Day
    shade: str  # a class of the sheet: heat-0 to heat-4, or bad


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """One audit on record."""

    index: int
    time: str  # RFC 3339 UTC
    ok: bool
    mode: str
    objects: int
    bytes: int
    findings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessRow:
    """One witness of the settings."""

    name: str
    cosigned: str | None  # RFC 3339 UTC: when it cosigned the newest with a quorum
    failing: str | None  # RFC 3339 UTC: since when it does not answer well
    code: str  # how the last asking went, where it failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Witnessed:
    """The newest checkpoint with a quorum."""

    quorum: int
    size: int | None  # its entries; None: there is none
    rows: tuple[WitnessRow, ...]

    @property
    def count(self) -> int:
        """Witnesses that cosigned it."""
        return sum(row.cosigned is not None for row in self.rows)

    @property
    def reached(self) -> bool:
        """Whether they are as many as are needed."""
        return self.size is not None and self.count >= self.quorum


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRow:
    """One key of the ledger."""

    id: str
    introduced: str | None  # RFC 3339 UTC
    state: str  # "in_force" | "rotated" | "compromised"
    until: int | None  # entries: checkpoints over more are not believed


def shown(archive: Archive, now: datetime) -> dict[str, Any]:
    """The page's values, for its template. Raises ArchiveError, OSError."""
    note = archive.reader.checkpoint()
    checkpoint = parse_checkpoint(parse_note(note).text)
    audits = record(archive, now)
    return {
        "origin": checkpoint.origin,
        "size": checkpoint.size,
        "root": checkpoint.root.hex(),
        "vkey": archive.reader.vkey().strip(),
        "note": note.decode("utf-8", "replace"),
        "audit": audits.standing,
        "late": audits.standing is not None and audits.standing.is_late(now),
        "audits": _audits(archive),
        "share": _share(audits),
        "cells": _cells(audits),
        "before": _weekday(audits),
        "time": outlook(archive, now),
        "open": archive.catalogue.damaged_objects(limit=_OPEN),
        "open_count": archive.catalogue.count_damaged_objects(),
        "witnesses": _witnesses(archive),
        "keys": _keys(archive),
    }


def _cells(audits: Record) -> list[Cell]:
    """Shades by bytes, the busiest day the darkest; a day with findings is red."""
    most = max((day.bytes for day in audits.days), default=0)
    cells = []
    for day in audits.days:
        shade = -(-day.bytes * _SHADES // most) if most else 0
        if not shade and day.objects:
            shade = 1
        cells.append(Cell(day=day, shade="bad" if day.findings else f"heat-{shade}"))
    return cells


def _share(audits: Record) -> int | None:
    """Percent of all bytes that were read again within 90 days, rounded down; None: no audit says."""
    covered = audits.standing.covered if audits.standing is not None else {}
    hashed, whole = covered.get("bytes_hashed"), covered.get("bytes")
    if not isinstance(hashed, int) or not isinstance(whole, int) or whole < 1:
        return None
    return min(100, 100 * hashed // whole)


def _audits(archive: Archive) -> list[AuditRow]:
    """The newest first."""
    rows = archive.catalogue.newest(archive.settings.station, "audit.run", limit=_AUDITS)
    return [_audit(row) for row in rows]


def _audit(row: CustodyRow) -> AuditRow:
    numbers = {
        name: value if isinstance(value := row.data.get(name), int) else 0
        for name in ("objects", "bytes", "findings")
    }
    return AuditRow(
        index=row.index,
        time=row.time,
        ok=row.data.get("ok") is True,
        mode=str(row.data.get("mode")),
        **numbers,
    )


def _weekday(audits: Record) -> int:
    """Empty places before the first day: weeks begin on Monday."""
    return date.fromisoformat(audits.days[0].date).weekday() if audits.days else 0


def _witnesses(archive: Archive) -> Witnessed | None:
    policy = archive.settings.witnesses
    if not policy.witnesses:
        return None
    note = cosigned(archive.root) or b""
    verifiers = [CosignatureVerifier.from_vkey(w.vkey) for w in policy.witnesses]
    times = {name: time for name, (time, _) in witnesses_of(note, verifiers).items()}
    seen = read_seen(archive.root)
    try:
        size = parse_checkpoint(parse_note(note).text).size
    except MalformedNoteError:
        size = None
    rows = tuple(
        _witness(verifier.name, times.get(verifier.name), seen.get(witness.vkey, Seen()))
        for witness, verifier in zip(policy.witnesses, verifiers, strict=True)
    )
    return Witnessed(quorum=policy.quorum, size=size, rows=rows)


def _witness(name: str, time: int | None, seen: Seen) -> WitnessRow:
    when = None
    if time is not None:
        when = datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    code = seen.code if seen.failing_since is not None else ""
    return WitnessRow(name=name, cosigned=when, failing=seen.failing_since, code=code)


def periods(archive: Archive) -> tuple[KeyPeriod, ...]:
    """The ledger's keys and how long each is believed, oldest first.

    Raises:
        KeyHistoryError: the entries contradict each other: an audit says how.
    """
    entries = [archive.reader.entry(row.index) for row in archive.catalogue.key_events()]
    told = ((entry.index, entry.raw) for entry in entries)
    return tuple(KeyHistory.of(told, archive.reader.known()).periods)


def _keys(archive: Archive) -> list[KeyRow] | None:
    """Oldest first; None where the entries contradict each other."""
    try:
        found = periods(archive)
    except KeyHistoryError:
        return None
    times = {row.index: row.time for row in archive.catalogue.key_events()}
    return [_key(period, times) for period in found]


def _key(period: KeyPeriod, times: dict[int, str]) -> KeyRow:
    return KeyRow(
        id=period.verifier.id.hex(),
        introduced=times.get(period.introduced),
        state="in_force" if period.retired is None else period.why,
        until=period.until,
    )
