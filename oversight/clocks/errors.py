"""What clocks raise on purpose. Codes O010-O019, listed in docs/errors.md."""

from __future__ import annotations

from archive.errors import MACHINE, REFUSED
from oversight.errors import OversightError


class ClocksUnreadableError(OversightError):
    """oversight.db cannot be read or written. Nothing is lost: it is made anew, or deadlines are counted without it."""

    code = "O010"
    retryable = True
    exit_status = MACHINE

    def __init__(self, reason: str, *, damaged: bool = False, busy: bool = False) -> None:
        super().__init__(reason)
        self.damaged = damaged  # not only out of reach
        self.busy = busy  # another program counts


class NotExcusableError(OversightError):
    """No rule in force allows that to be late, or not for this reason. Nothing was done."""

    code = "O011"
    exit_status = REFUSED


class ExcuseTextError(OversightError):
    """A reason has to be stated, in at most 2,000 characters. Nothing was done."""

    code = "O012"
