"""What a search could be narrowed by, and how many clips each choice has. Values and sums; no database here.

What always holds: a choice's number is that of the clips which meet every filter but those of its own group, so that
choosing it finds as many; the bins of time are those of the clips which meet all. Where `exact` is false there are at
least so many.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, NamedTuple

from archive.catalogue.search import Filters
from archive.catalogue.tallies import (
    DAMAGED,
    DAYS,
    LATE,
    LINKED,
    MARKED,
    OFFSET,
    QUARANTINED,
    UNKNOWN,
    month_of,
)

Grain = Literal["month", "day", "hour"]
MOST_DAYS: Final = 62  # shown day by day
_HOUR: Final = timedelta(hours=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Group(NamedTuple):
    """Clips that are alike in what a facet asks."""

    unit_id: str
    kind: str
    state: int
    clips: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """A stretch of time and how many clips begin in it."""

    begin: datetime  # UTC
    end: datetime  # first moment after it
    clips: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Facets:
    """See the module."""

    total: int
    exact: bool
    units: tuple[tuple[str | None, int], ...]  # by name; most clips first
    kinds: tuple[tuple[str, int], ...]
    states: Mapping[str, int]  # marked, unmarked, damaged, late, quarantined, unlinked
    grain: Grain
    bins: tuple[Bin, ...]  # only those with clips, by time
    unknown: int  # clips whose start nobody knows


# A facet's filters by name: the bits that they ask for, and what those have to be.
_BITS: Final = {
    "mark": MARKED,
    "damage": DAMAGED,
    "late": LATE,
    "quarantined": QUARANTINED,
    "linked": LINKED,
}


def wanted_state(filters: Filters, *, but: str | None = None) -> tuple[int, int]:
    """The bits of a clip's state that a query asks for, and what they have to be; `but`: without this filter."""
    mask = value = 0
    for name, bit in _BITS.items():
        asked = getattr(filters.query, name)
        if asked is not None and name != but:
            mask |= bit
            value |= bit if asked else 0
    return mask, value


def summed(
    groups: Sequence[Group], filters: Filters, names: Mapping[str, str | None]
) -> tuple[tuple[tuple[str | None, int], ...], tuple[tuple[str, int], ...], dict[str, int]]:
    """Units, kinds and states of these groups, each by the filters of the others."""
    units: Counter[str | None] = Counter()
    kinds: Counter[str] = Counter()
    for group in groups:
        mask, value = wanted_state(filters)
        if group.state & mask != value:
            continue
        if _of_kind(group, filters):
            units[names.get(group.unit_id)] += group.clips
        if _of_unit(group, filters):
            kinds[group.kind or "unknown"] += group.clips
    chosen = [g for g in groups if _of_kind(g, filters) and _of_unit(g, filters)]
    return (
        tuple(sorted(units.items(), key=lambda pair: (-pair[1], pair[0] or ""))),
        tuple(sorted(kinds.items(), key=lambda pair: (-pair[1], pair[0]))),
        {
            "marked": _with(chosen, filters, "mark", wanted=True),
            "unmarked": _with(chosen, filters, "mark", wanted=False),
            "damaged": _with(chosen, filters, "damage", wanted=True),
            "late": _with(chosen, filters, "late", wanted=True),
            "quarantined": _with(chosen, filters, "quarantined", wanted=True),
            "unlinked": _with(chosen, filters, "linked", wanted=False),
        },
    )


def _of_kind(group: Group, filters: Filters) -> bool:
    return filters.query.kind is None or group.kind == filters.query.kind


def _of_unit(group: Group, filters: Filters) -> bool:
    return filters.units is None or group.unit_id in filters.units


def _with(groups: Iterable[Group], filters: Filters, name: str, *, wanted: bool) -> int:
    mask, value = wanted_state(filters, but=name)
    bit = _BITS[name]
    return sum(g.clips for g in groups if g.state & mask == value and bool(g.state & bit) == wanted)


def met_by_all(group: Group, filters: Filters) -> bool:
    """Whether clips of this group meet every filter that a group can meet."""
    mask, value = wanted_state(filters)
    return group.state & mask == value and _of_kind(group, filters) and _of_unit(group, filters)


def begin_of(span: int) -> datetime:
    """The first moment of a day or a month."""
    day = span - DAYS if span >= DAYS else span * 100 + 1
    local = datetime(day // 10_000, day // 100 % 100, day % 100, tzinfo=UTC)
    return max(local, datetime.min.replace(tzinfo=UTC) + OFFSET) - OFFSET


def end_of(span: int) -> datetime:
    """The first moment after a day or a month."""
    local = begin_of(span) + OFFSET
    try:
        if span >= DAYS:
            return local + timedelta(days=1) - OFFSET
        return (local.replace(day=28) + timedelta(days=4)).replace(day=1) - OFFSET
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)


def bins_of(spans: Mapping[int, int]) -> tuple[Bin, ...]:
    """Bins of days or months, by time; not of what has no time."""
    return tuple(
        Bin(begin=begin_of(span), end=end_of(span), clips=n)
        for span, n in sorted(spans.items())
        if span != UNKNOWN and n
    )


def by_month(spans: Mapping[int, int]) -> Counter[int]:
    """Days and months together, as months."""
    found: Counter[int] = Counter()
    for span, n in spans.items():
        found[month_of(span) if span >= DAYS else span] += n
    return found


def by_hour(starts: Iterable[int]) -> tuple[Bin, ...]:
    """Bins of hours."""
    hours = Counter(start // 3_600_000_000 for start in starts)
    return tuple(
        Bin(begin=_EPOCH + hour * _HOUR, end=_EPOCH + (hour + 1) * _HOUR, clips=n)
        for hour, n in sorted(hours.items())
    )
