"""Stating why nothing was recorded (stop.explained): of a case for a stretch of time, or after one of its clips.

What always holds: it is said while the case register is held, of an open case; it takes nothing back and changes no
recording. Whether it takes in a gap is seen at each check anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from archive.cases import CaseNotOpenError, deciding
from archive.catalogue.times import microseconds, moment_text
from archive.events import Event
from archive.opening import Archive
from oversight.errors import CheckPlaceError

# Why a recording stops, by the rules of the field: technical causes, and what must not be recorded.
STOP_CODES: Final = (
    "battery",
    "storage",
    "fault",
    "secrecy",
    "privacy",
    "safety",
    "pause",
    "not_used",
    "other",
)
_MOST: Final = 1_000
_LONGEST: Final = 31 * 86_400  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """What somebody states."""

    code: str
    reason: str
    from_: datetime | None
    to: datetime | None
    clip: str | None = None  # that stopped; None: it is said of the case


def explain(archive: Archive, case_id: str, stop: Stop, *, actor: str) -> None:
    """State why nothing was recorded.

    Raises:
        CheckPlaceError: no reason, no such code, no time, an end before its begin, or a clip of another case.
        CaseNotOpenError: the case is closed. Nothing was recorded in either case.
    """
    _check(stop)
    with deciding(archive):
        case = archive.catalogue.case(case_id)
        if case is None or not case.is_open:
            raise CaseNotOpenError("the case is closed: what is said of it stays as it is")
        if stop.clip is not None:
            link = archive.catalogue.link(case_id, stop.clip)
            if link is None or not link.linked:
                raise CheckPlaceError("the clip is not linked to the case")
        event = Event(
            type="stop.explained",
            subject=case_id if stop.clip is None else stop.clip,
            actor=actor,
            data={"from": _text(stop.from_), "to": _text(stop.to), "code": stop.code},
            text={"reason": stop.reason.strip()},
        )
        archive.record([event])


def _check(stop: Stop) -> None:
    if stop.code not in STOP_CODES:
        raise CheckPlaceError(f"a stop's code is one of {', '.join(STOP_CODES)}")
    if not 0 < len(stop.reason.strip()) <= _MOST:
        raise CheckPlaceError(f"a stop needs a reason of 1 to {_MOST} characters")
    if stop.clip is None and (stop.from_ is None or stop.to is None):
        raise CheckPlaceError("a stop is from a moment to a moment, or after a clip")
    if stop.from_ is not None and stop.to is not None:
        lasted = (stop.to - stop.from_).total_seconds()
        if not 0 < lasted <= _LONGEST:
            raise CheckPlaceError("a stop ends after it begins, and within a month")


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment_text(microseconds(moment))
