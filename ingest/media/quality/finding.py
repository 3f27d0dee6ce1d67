"""Findings, and how neighbouring looks become one. Plain values: knows neither pictures nor sound."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

MAX_FINDINGS = 60  # of one kind; three kinds of listeners stay within the 200 of clip.assessed


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that looks or sounds wrong, and when.

    Attributes:
        code: one of the codes of `clip.assessed`.
        from_us: where it begins, in microseconds of the clip's own time.
        to_us: where it ends; not before `from_us`.
    """

    code: str
    from_us: int
    to_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one look at the picture showed: a code, or None where nothing is wrong."""

    at_us: int
    code: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Persistence:
    """How long something has to last before it is worth a word."""

    looks: int
    span_us: int


def joined(looks: Sequence[Look], code: str, wanted: Persistence, end_us: int) -> Iterable[Finding]:
    """Yield a finding for each unbroken row of looks with this code that lasts long enough.

    A look stands for the time until the next one, the last one until `end_us`. A clip with fewer looks than wanted is
    judged by those that it has: all of them have to agree.
    """
    enough = min(wanted.looks, len(looks))
    ends = [*(look.at_us for look in looks[1:]), max(end_us, looks[-1].at_us if looks else 0)]
    first = None
    for index, look in enumerate(looks):
        if look.code != code:
            first = None
            continue
        first = index if first is None else first
        if index + 1 < len(looks) and looks[index + 1].code == code:
            continue
        from_us, to_us = looks[first].at_us, ends[index]
        whole = first == 0 and index + 1 == len(looks)
        if index + 1 - first >= enough and (to_us - from_us >= wanted.span_us or whole):
            yield Finding(code=code, from_us=from_us, to_us=to_us)


def bounded(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings in the order of time, the longest ones where there are too many."""
    longest = sorted(findings, key=lambda f: (f.from_us - f.to_us, f.from_us, f.code))
    return sorted(longest[:MAX_FINDINGS], key=lambda f: (f.from_us, f.to_us, f.code))
