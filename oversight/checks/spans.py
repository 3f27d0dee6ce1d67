"""Arithmetic of stretches of time: microseconds, the end not taken in. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable

Span = tuple[int, int]  # begin, end; begin <= end


def joined(spans: Iterable[Span], *, within: int = 0) -> list[Span]:
    """The same time as stretches that do not touch, in order; gaps up to `within` do not count."""
    found: list[Span] = []
    for begin, end in sorted(spans):
        if found and begin <= found[-1][1] + within:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((begin, end))
    return found


def clipped(spans: Iterable[Span], to: Span) -> list[Span]:
    """What of these lies in a stretch; an empty one that lies in it stays."""
    cut = ((max(begin, to[0]), min(end, to[1])) for begin, end in spans)
    return [(begin, end) for begin, end in cut if begin <= end]


def length(spans: Iterable[Span]) -> int:
    """How much time they take, what lies in two of them once."""
    return sum(end - begin for begin, end in joined(spans))


def gaps(spans: Iterable[Span], to: Span) -> list[Span]:
    """What of a stretch lies in none of these."""
    found, at = [], to[0]
    for begin, end in joined(clipped(spans, to)):
        if begin > at:
            found.append((at, begin))
        at = max(at, end)
    if at < to[1]:
        found.append((at, to[1]))
    return found


def covers(spans: Iterable[Span], wanted: Span, *, within: int = 0) -> bool:
    """Whether these, gaps up to `within` not counted, take in a whole stretch."""
    return any(
        begin - within <= wanted[0] and wanted[1] <= end + within
        for begin, end in joined(spans, within=within)
    )
