"""Which frame is shown at a moment of a clip, and what keeps it from being exported. Pure; decodes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from api.errors import InvalidInputError
from api.mediafacts import faults
from api.stills.errors import FrameDamagedError, NoStillError, NotExaminedError
from archive.catalogue.rows import ClipRow
from ingest.media.frametable import table_of, zero_of

MOST_US: Final = 2**52
_GRACE_US: Final = 2_000_000  # sound may go on after the last frame, which is still shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A frame.

    Attributes:
        stream: which of the clip's streams.
        ticks: its time in the stream's time base.
        number: from 0.
        count: of all frames.
        at_us: its time in the clip.
    """

    stream: int
    ticks: int
    number: int
    count: int
    at_us: int


def choose(clip: ClipRow, facts: Mapping[str, Any], at_us: int) -> Choice:
    """The frame that is shown at a moment.

    Raises:
        NoStillError: the clip is no film, encrypted, or too large for the times of its frames to be listed.
        NotExaminedError: nobody knows yet what it is.
        FrameDamagedError: the clip is known to be damaged there.
        InvalidInputError: the moment is outside the clip.
    """
    if not clip.examined or clip.facts is None:
        raise NotExaminedError("the clip has not been looked into yet: ask again in a moment")
    if clip.protected:
        raise NoStillError("the clip is encrypted: no frame of it can be seen here")
    if clip.kind != "video":
        raise NoStillError("only a film has frames: a photo is its own still, sound has none")
    table = table_of(facts)
    if table is None:
        raise NoStillError("the times of this clip's frames are not listed; export from its parts")
    last = table.frame(table.count - 1)
    end = max(last.at_us + last.length_us, int((clip.duration or 0) * 1_000_000))
    if not 0 <= at_us <= min(end + _GRACE_US, MOST_US):
        raise InvalidInputError(f"the clip has the moments 0 to {end} microseconds")
    shown = table.shown_at(at_us)
    if _is_damaged(facts, shown.at_us + zero_of(facts)):
        raise FrameDamagedError("the clip is damaged at this moment: no frame of it is whole")
    return Choice(
        stream=table.stream,
        ticks=shown.ticks,
        number=shown.number,
        count=table.count,
        at_us=shown.at_us,
    )


def _is_damaged(facts: Mapping[str, Any], moment_us: int) -> bool:
    """Whether a fault is known to lie there, in the streams' own time."""
    for fault in faults(dict(facts)):
        match fault:
            case {"from_us": int(begin), "to_us": int(end)} if begin <= moment_us < end:
                return True
    return False
