"""Stretches of a film that a page says it played: checked, and put together where they touch.

What always holds: the result is in order, nothing in it overlaps, and it ends where the film does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from api.errors import InvalidInputError

MOST: Final = 200  # as the ledger has them at most
LONGEST_MS: Final = 48 * 3_600_000
_SLACK_MS: Final = 1_000  # a player's end and a container's differ
_TOUCH_MS: Final = 100  # a player tells its time so finely
Span = tuple[int, int]


def checked(spans: Sequence[Sequence[int]], *, length_ms: int | None) -> list[Span]:
    """Return the stretches, those that touch put together.

    Args:
        spans: [from, to] in milliseconds of the film.
        length_ms: of the film; None: not known.

    Raises:
        InvalidInputError: none, too many, out of order, overlapping, or beyond the film.
    """
    if not 1 <= len(spans) <= MOST:
        raise InvalidInputError(f"1 to {MOST} spans")
    end = LONGEST_MS if length_ms is None else length_ms + _SLACK_MS
    found: list[Span] = []
    for span in spans:
        begin, stop = _pair(span)
        if not 0 <= begin < stop <= end:
            raise InvalidInputError(
                "a span begins before it ends, and both are moments of the clip"
            )
        if found and begin < found[-1][1]:
            raise InvalidInputError("spans are in order and do not overlap")
        if found and begin - found[-1][1] <= _TOUCH_MS:
            found[-1] = found[-1][0], stop
        else:
            found.append((begin, stop))
    return found


def merged(spans: Iterable[Span]) -> list[Span]:
    """The union of stretches in any order."""
    found: list[Span] = []
    for begin, stop in sorted(spans):
        if found and begin <= found[-1][1] + _TOUCH_MS:
            found[-1] = found[-1][0], max(found[-1][1], stop)
        else:
            found.append((begin, stop))
    return found


def _pair(span: Sequence[int]) -> Span:
    if len(span) != 2:
        raise InvalidInputError("a span is [from, to]")
    return span[0], span[1]
