"""Whether somebody stated why nothing was recorded (stop.explained). Pure functions."""

from __future__ import annotations

from collections.abc import Iterable

from oversight.checks.facts import StopFact
from oversight.checks.spans import Span

_NEVER, _EVER = -(2**62), 2**62


def explaining(
    stops: Iterable[StopFact], hole: Span, within: int, *, beside: tuple[str, ...]
) -> StopFact | None:
    """The newest statement that takes in a whole stretch; one about a clip counts beside that clip only.

    Args:
        stops: what was stated, oldest first.
        hole: where nothing was recorded.
        within: how far a stated time may miss it.
        beside: the clips before and after it.
    """
    found = None
    for stop in stops:
        of_clip = stop.subject.startswith("clip-")
        if of_clip and stop.subject not in beside:
            continue
        if stop.begin is None and stop.end is None and not of_clip:
            continue  # about no time and no clip: it explains nothing
        begin = _NEVER if stop.begin is None else stop.begin - within
        end = _EVER if stop.end is None else stop.end + within
        if begin <= hole[0] and hole[1] <= end:
            found = stop
    return found
