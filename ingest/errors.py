"""What ingest/ raises on purpose. Codes I001-I099, listed in docs/errors.md.

IngestError
├─ refused by rule   RecorderRefusedError, OfficerRefusedError, UnknownDockingError, NothingWaitsError
└─ ended early       DockingCancelledError
"""

from __future__ import annotations

from typing import ClassVar


class IngestError(Exception):
    """Base: a docking was refused or ended early. What was receipted stays."""

    code: ClassVar[str] = "I000"
    retryable: ClassVar[bool] = False
    exit_status: ClassVar[int] = 5


class RecorderRefusedError(IngestError):
    """The recorder is not registered and the settings refuse it. Nothing was read; the attempt is in the ledger."""

    code = "I040"
    exit_status = 4


class OfficerRefusedError(IngestError):
    """The officer is not registered and the settings refuse that. Nothing was read; the attempt is in the ledger."""

    code = "I041"
    exit_status = 4


class UnknownDockingError(IngestError):
    """No docking has this id. Nothing was done."""

    code = "I042"
    exit_status = 2


class NothingWaitsError(IngestError):
    """Nothing of this docking waits for a decision: none was needed, or somebody took it. Nothing was done."""

    code = "I043"
    exit_status = 4


class DockingCancelledError(IngestError):
    """Somebody stopped the docking. The clips before it are safe; the rest goes on at the next docking."""

    code = "I010"
    retryable = True
    exit_status = 3
