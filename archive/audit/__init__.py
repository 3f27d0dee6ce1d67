"""Checks everything an archive holds, and never writes below its root (docs/audit.md)."""

from __future__ import annotations

from archive.audit.errors import AuditFailedError, CatalogueNotCheckedError
from archive.audit.modes import Full, Mode, Sample, Since, Turn
from archive.audit.report import AuditReport, Code, Finding, Notice, Progress
from archive.audit.run import audit

__all__ = [
    "AuditFailedError",
    "AuditReport",
    "CatalogueNotCheckedError",
    "Code",
    "Finding",
    "Full",
    "Mode",
    "Notice",
    "Progress",
    "Sample",
    "Since",
    "Turn",
    "audit",
]
