"""An audit's result as entries: what was read, so that anyone can draw it again, and what was found.

A finding on an object is opened by whoever finds it, an audit or a reading, and closed by an audit that began after it
to hash all of the object and found it right; beside another audit that found damage meanwhile, none is closed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final, Literal

from archive.audit.damaged import DAMAGED, OPENING, SOUND
from archive.audit.report import AuditReport, OpenFinding
from archive.events import Event

if TYPE_CHECKING:
    from archive.ledger.entry import Entry
    from archive.opening import Archive

TYPE: Final = "audit.run"
ALARM: Final = "object_damaged"
_MOST: Final = 100  # clips with the same bytes
FoundBy = Literal["audit", "reading"]


def on_record(
    report: AuditReport, *, station: str, actor: str, since: Iterable[Entry] = ()
) -> list[Event]:
    """All that an audit has to say: its own entry, then objects newly damaged and sound again. One batch.

    Args:
        report: of the audit.
        station: whose archive.
        actor: who wants it on record.
        since: entries that came after those the audit read.
    """
    told = told_by(report, station=station, actor=actor)
    if any(_found_damage(entry) for entry in since):
        # Another audit read later than ours, and says of a finding that is open nothing that we could see.
        told = [event for event in told if event.type != SOUND]
    return [recorded(report, station=station, actor=actor), *told]


def put_on_record(archive: Archive, report: AuditReport, *, actor: str) -> None:
    """Append what an audit has to say. Publishes nothing. Raises ArchiveError, OSError: it could not be."""
    station = archive.settings.station
    since = archive.reader.entries(report.size)
    archive.record(on_record(report, station=station, actor=actor, since=since))


def put_finding(
    archive: Archive, *, subject: str, digest: str, code: str, clip: str | None, actor: str
) -> bool:
    """Open a finding that a reading of a whole object made, with its alarms; nothing where one is open. No publishing.

    Args:
        archive: open to write.
        subject: the clip, case or station whose object it is.
        digest: of the object.
        code: the audit's word.
        clip: that it was, where it was one's.
        actor: who read.

    Returns:
        Whether it was opened by this.

    Raises:
        ArchiveError, OSError: it could not be recorded; whoever reads it next finds it again.
    """
    archive.catalogue.catch_up()
    if archive.catalogue.damaged_object(digest) is not None:
        return False
    station = archive.settings.station
    found = damaged(subject=subject, digest=digest, code=code, found_by="reading", actor=actor)
    raised = [_alarm(station, one) for one in _concerned(archive, digest, clip)]
    archive.record([found, *raised])
    archive.catalogue.catch_up()
    return True


def _alarm(station: str, clip: str | None) -> Event:
    data = {"code": ALARM, "account": None, "count": None, **({"clip": clip} if clip else {})}
    return Event(type="alarm.raised", subject=station, actor=station, data=data)


def _concerned(archive: Archive, digest: str, clip: str | None) -> list[str | None]:
    """The clip that was read, and of every other unit one with the same bytes: who sees an alarm goes by its clip."""
    found: dict[str | None, str | None] = {}
    for one in filter(None, (clip, *archive.catalogue.clips_with_object(digest, limit=_MOST))):
        row = archive.catalogue.clip(one)
        found.setdefault(None if row is None else row.unit_id, one)
    return list(found.values()) or [None]


def _found_damage(entry: Entry) -> bool:
    codes = entry.data.get("codes")
    return entry.type == TYPE and isinstance(codes, dict) and any(c in OPENING for c in codes)


def recorded(report: AuditReport, *, station: str, actor: str) -> Event:
    """The entry `audit.run`."""
    covered = asdict(report.coverage_90_days)
    data: dict[str, Any] = {
        "ok": report.ok,
        "mode": report.mode,
        **{name: _drawn(value) for name, value in report.coverage.items()},
        "objects": report.objects_checked,
        "bytes": report.bytes_checked,
        "entries": report.entries_checked,
        "timestamps": report.timestamps_checked,
        "cosignatures": report.cosignatures_checked,
        "findings": len(report.findings),
        "codes": dict(sorted(Counter(str(f.code) for f in report.findings).items())),
        "warnings": dict(sorted(Counter(str(w.code) for w in report.warnings).items())),
        "covered": covered,
        "size": report.size,
        "root": report.root,
    }
    return Event(type=TYPE, subject=station, actor=actor, data=data)


def _drawn(value: str | float) -> str | int:
    """Entries have no fractions."""
    return repr(value) if isinstance(value, float) else value


def damaged(*, subject: str, digest: str, code: str, found_by: FoundBy, actor: str) -> Event:
    """The entry that opens a finding on an object."""
    data = {"digest": digest, "code": code, "found_by": found_by}
    return Event(type=DAMAGED, subject=subject, actor=actor, data=data)


def sound(*, subject: str, digest: str, closes: int, found_by: FoundBy, actor: str) -> Event:
    """The entry that closes the finding on an object which entry `closes` opened."""
    data = {"digest": digest, "damaged": closes, "found_by": found_by}
    return Event(type=SOUND, subject=subject, actor=actor, data=data)


def told_by(report: AuditReport, *, station: str, actor: str) -> list[Event]:
    """What an audit has to say of objects beside its own entry: newly found damaged, and sound again."""
    known = {one.digest for one in report.open}
    new: dict[str, Event] = {}
    for finding in report.findings:
        digest = finding.digest
        if finding.code in OPENING and digest and digest not in known and digest not in new:
            new[digest] = damaged(
                subject=finding.subject or station,
                digest=digest,
                code=str(finding.code),
                found_by="audit",
                actor=actor,
            )
    return [*new.values(), *(_closed(one, actor) for one in report.open if one.mended)]


def _closed(one: OpenFinding, actor: str) -> Event:
    return sound(
        subject=one.subject, digest=one.digest, closes=one.index, found_by="audit", actor=actor
    )
