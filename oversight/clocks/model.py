"""A clock: what began when, until when something has to follow by which rule, and what became of it.

What always holds: the state follows from the clock's facts and the moment of whoever asks; it is kept nowhere. Times
are microseconds since 1970, UTC, as in the catalogue.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

from archive.catalogue.file_queries import ExcuseRow

# met: in time; late: done, but not in time; excused: not in time, with a reason that the rule allows.
# running, nearing, missed: not done yet.
State = Literal["met", "late", "excused", "running", "nearing", "missed"]
STATES: Final[tuple[State, ...]] = get_args(State)
OPEN: Final[tuple[State, ...]] = ("running", "nearing", "missed")  # somebody still has to do it
WORRYING: Final[tuple[State, ...]] = ("nearing", "missed")  # told on the desk and in the digest
About = Literal["case", "clip", "list", "agency"]
AGENCY: Final = "agency"  # the subject of what the whole agency has to do


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """One deadline of one subject. `began`, `due` and the others: see the module."""

    subject: str  # id of a case, a clip or a list; "agency"
    about: About
    rule: str  # id of the deadline
    began: int
    due: int  # from this moment on it is late
    nearing: int  # from this moment on it is told; `due` where the rule says nothing
    ended: int | None  # when what it waits for happened
    provisional: bool  # a day on the way is in no notice of the State Council yet
    excuse: ExcuseRow | None
    unit: str | None
    officers: tuple[str, ...] = ()  # whose it is, beside the unit
    case: str | None = None  # the case that it is shown with
    year: int | None = None  # of what is due each year: which one's figures

    def state(self, now: int) -> State:
        """How it stands at a moment."""
        if self.ended is not None and self.ended < self.due:
            return "met"
        if self.excuse is not None and (self.ended is not None or now >= self.due):
            return "excused"
        if self.ended is not None:
            return "late"
        if now >= self.due:
            return "missed"
        return "nearing" if now >= self.nearing else "running"
