"""What a case is checked by: its stages, clips, times on documents, stops. Values only.

Microseconds since 1970, UTC; None: not known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class ClipFact(NamedTuple):
    """A clip of the case. A named tuple: half a million of them are made in one pass."""

    clip: str
    recorder: str | None
    kind: str | None
    begin: int | None
    length: int
    uncertainty: int

    @property
    def end(self) -> int:
        """When it ends; only of one whose begin is known."""
        return (self.begin or 0) + self.length


class TimeFact(NamedTuple):
    """What a document says of a part of the act."""

    document: str
    part: str
    begin: int
    end: int | None


class StopFact(NamedTuple):
    """Why nothing was recorded, in a stretch of time, or before and after a clip."""

    entry: int  # its index
    subject: str  # clip or case
    begin: int | None
    end: int | None
    code: str
    reason: str | None


class StageFact(NamedTuple):
    """A stage that the case entered, in the order of the entries."""

    stage: str
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFacts:
    """Of one case all that a check asks for."""

    case: str
    number: str | None
    unit: str | None
    act: str | None  # None: it was never filed
    matter: str | None
    filed_us: int  # by which version of the list it is checked: its initiation, else its opening
    over: bool  # closed, or its action ended: nothing is waited for any more
    stages: tuple[StageFact, ...] = ()
    clips: tuple[ClipFact, ...] = ()
    times: tuple[TimeFact, ...] = ()
    stops: tuple[StopFact, ...] = ()
