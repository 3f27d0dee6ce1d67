"""Whether somebody stated why nothing was recorded (stop.explained). Pure functions."""

from __future__ import annotations

from collections.abc import Iterable

from oversight.checks.facts import StopFact
from oversight.checks.spans import Span

_NEVER, _EVER = -(2**62), 2**62


def explaining(
    stops: Iterable[StopFact], hole: Span, within: int, *, ended: tuple[str, ...] = ()
) -> StopFact | None:
    """The newest statement that takes in a whole stretch.

    Args:
        stops: what was stated of the case and of its clips, oldest first.
        hole: where nothing was recorded.
        within: how far a stated time may miss it.
        ended: the clips that ended where it begins: what is stated of one of them needs no times.
    """
    found = None
    for stop in stops:
        if None in {stop.begin, stop.end} and stop.subject not in ended:
            continue  # about no time and no clip that ended: it explains nothing
        begin = _NEVER if stop.begin is None else stop.begin - within
        end = _EVER if stop.end is None else stop.end + within
        if begin <= hole[0] and hole[1] <= end:
            found = stop
    return found
