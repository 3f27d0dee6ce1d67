"""What the audit raises when it cannot be done here. Never because of what it found.

AuditError
├─ AuditFailedError            the machine would not let it read on
└─ CatalogueNotCheckedError    all else is checked; `report` says what was found
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archive.errors import MACHINE, ArchiveError

if TYPE_CHECKING:
    from archive.audit.report import AuditReport


class AuditError(ArchiveError):
    """The audit could not be done, or not whole. It says nothing about the archive."""

    code = "A080"
    exit_status = MACHINE


class AuditFailedError(AuditError):
    """ROOT could not be read, or the machine ran out of descriptors, memory or processes."""

    code = "A081"
    exit_status = MACHINE


class CatalogueNotCheckedError(AuditError):
    """No room, or no means, to build the catalogue again beside the archive and compare."""

    code = "A082"
    exit_status = MACHINE

    def __init__(self, reason: str, *, report: AuditReport | None = None) -> None:
        super().__init__(reason)
        self.report = report
