"""An audit's result as an entry: what was read, so that anyone can draw it again, and what was found."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import Any, Final

from archive.audit.report import AuditReport
from archive.events import Event

TYPE: Final = "audit.run"


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
