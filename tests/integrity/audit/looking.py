"""Audits without the catalogue, which has tests of its own and takes another process."""

from __future__ import annotations

from pathlib import Path

from archive.audit import AuditReport, Mode
from archive.audit import audit as whole


def audit(root: Path, *, mode: Mode | None = None) -> AuditReport:
    """Check all but the catalogue."""
    for path in root.glob("catalogue.db*"):
        path.unlink()
    return whole(root, mode=mode)


def codes(report: AuditReport) -> list[str]:
    """Of the findings."""
    return [str(finding.code) for finding in report.findings]


def warned(report: AuditReport) -> list[str]:
    """Codes of the warnings."""
    return [str(notice.code) for notice in report.warnings]
