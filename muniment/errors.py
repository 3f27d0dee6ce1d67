"""What muniment/ raises on purpose. Codes C001-C099, listed in docs/errors.md, never reused.

The sample recorder's own error (M090) is beside its code.
"""

from __future__ import annotations

from typing import ClassVar

USAGE = 2
REFUSED = 4
MACHINE = 5


class CommandError(Exception):
    """Base: the command was not carried out."""

    code: ClassVar[str] = "C000"
    exit_status: ClassVar[int] = USAGE


class WrongUsageError(CommandError):
    """A word of the command line cannot be understood. Nothing was done."""

    code = "C001"


class NotRunningError(CommandError):
    """The docking to be stopped does not run, or nobody here may stop it. Nothing was stopped."""

    code = "C011"
    exit_status = REFUSED


class AlreadyRegisteredError(CommandError):
    """The badge or serial is in the register already. Nothing was written."""

    code = "C012"
    exit_status = REFUSED


class UnknownNameError(CommandError):
    """No officer, recorder or unit is called that."""

    code = "C013"
    exit_status = REFUSED


class PortTakenError(CommandError):
    """Another program listens on the port that was asked for."""

    code = "C020"
    exit_status = MACHINE


class NotFitError(CommandError):
    """This machine, or this installation of Muniment, lacks what the command needs."""

    code = "C021"
    exit_status = MACHINE
