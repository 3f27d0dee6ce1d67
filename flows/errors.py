"""What flows/ raises on purpose. Codes F001-F099, listed in docs/errors.md.

FlowError
├─ asked for what is not there   UnknownDockingError
├─ found damage                  ReadBackDiffersError, AuditFoundDamageError
└─ the machinery                 RunnerLostError, StoppedError
"""

from __future__ import annotations

from typing import ClassVar


class FlowError(Exception):
    """Base: a flow ended early, or found something. No original is touched by any."""

    code: ClassVar[str] = "F000"
    retryable: ClassVar[bool] = False
    exit_status: ClassVar[int] = 5


class UnknownDockingError(FlowError):
    """The ledger knows no docking with this id. Nothing was done."""

    code = "F010"
    exit_status = 4


class ReadBackDiffersError(FlowError):
    """An object does not read back as it was written. Never retried: keep the recorder, run `muniment audit`."""

    code = "F020"
    exit_status = 1


class AuditFoundDamageError(FlowError):
    """The audit found something; it is in the ledger that it did."""

    code = "F021"
    exit_status = 1


class RunnerLostError(FlowError):
    """The flow runner ended, or cannot be started. What it did is in the ledger; the next one goes on."""

    code = "F030"
    retryable = True


class StoppedError(FlowError):
    """The station is ending. What was done is in the ledger; the next start goes on."""

    code = "F031"
    retryable = True
