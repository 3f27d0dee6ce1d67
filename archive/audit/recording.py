"""An audit's result as entries: what was read, so that anyone can draw it again, and what was found.

A finding on an object is opened by whoever finds it, an audit or a reading, and closed by an audit that hashed all of
it right.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import Any, Final, Literal

from archive.audit.damaged import DAMAGED, OPENING, SOUND
from archive.audit.report import AuditReport, OpenFinding
from archive.events import Event

TYPE: Final = "audit.run"
FoundBy = Literal["audit", "reading"]


def on_record(report: AuditReport, *, station: str, actor: str) -> list[Event]:
    """All that an audit has to say: its own entry, then objects newly damaged and sound again. One batch."""
    told = told_by(report, station=station, actor=actor)
    return [recorded(report, station=station, actor=actor), *told]


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


def sound(*, subject: str, digest: str, found_by: FoundBy, actor: str) -> Event:
    """The entry that closes the finding on an object."""
    data = {"digest": digest, "found_by": found_by}
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
    return sound(subject=one.subject, digest=one.digest, found_by="audit", actor=actor)
