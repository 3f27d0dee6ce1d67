"""What goes wrong within devices/mtp: internal, each kind apart. None of these leaves the folder.

Three outcomes of a transaction are never mixed up: the recorder refused (`RefusedError`; both sides agree
where they are), what it sent cannot be read (`ParseError`; the same), and we lost each other
(`SessionLostError`; the session was opened anew and every object handle is void).
"""

from __future__ import annotations

from typing import Final

from devices.mtp.codes import Operation, Response, named
from devices.mtp.link import LinkTimeoutError

_DOING: Final = {
    Operation.OPEN_SESSION: "a session was being opened",
    Operation.GET_OBJECT: "a clip was being read",
    Operation.GET_PARTIAL_OBJECT: "a clip was being read",
    Operation.GET_PARTIAL_OBJECT64: "a clip was being read",
    Operation.DELETE_OBJECT: "a clip was being erased",
}


class MtpError(Exception):
    """Base."""


class ParseError(MtpError):
    """Bytes that are not what they should be. The one error of every parser here."""


class RefusedError(MtpError):
    """The recorder answered with a response code other than OK."""

    def __init__(self, code: int) -> None:
        super().__init__(f"it answers {named(Response, code)}")
        self.code = code


class OutOfStepError(MtpError):
    """A container that cannot be here: another transaction's, of a wrong kind, too short, too long."""


class SessionLostError(MtpError):
    """A transaction failed and the session was opened anew. Handles of before mean nothing now.

    `silent`: it did not answer; otherwise it sent what cannot be.
    """

    def __init__(self, reason: str, *, silent: bool) -> None:
        super().__init__(reason)
        self.silent = silent


def told(why: Exception, operation: Operation | None) -> tuple[str, bool]:
    """What went wrong, for people; and whether it was silence."""
    what = "it was being asked" if operation is None else _DOING.get(operation)
    what = what or f"{named(Operation, operation or 0)} was being asked"
    silent = isinstance(why, LinkTimeoutError)
    return (what if silent else f"{why} (while {what})"), silent
