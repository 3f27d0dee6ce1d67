"""What a change of the retention rules would do, before it is made: counted by day and category, nothing written.

What always holds: clips are counted by the day of their recording, by the corrected clock; what came in later, or lies
in a case that was closed later, becomes due later than is said here, never earlier. Holds and open cases are not looked
at: they stop a disposal under any rules.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, Protocol

from archive.catalogue.class_queries import KeptGroup
from oversight.retention.keeping import Keeper, Keeping

# Its time ends at once where it did not, ends earlier, later, never any more; nothing changes; its day is not known.
Change = Literal["at_once", "earlier", "later", "kept_for_good", "same", "unknown"]
CHANGES: Final[tuple[Change, ...]] = (
    "at_once",
    "earlier",
    "later",
    "kept_for_good",
    "same",
    "unknown",
)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Groups(Protocol):
    """A catalogue at the ledger's end."""

    def kept_groups(self) -> list[KeptGroup]:
        """Every clip that was not disposed of, by day and by what decides its retention."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """Clips of the same categories for which the same changes."""

    categories: tuple[str, ...]
    change: Change
    clips: int
    bytes: int
    first: str  # day of the earliest and the latest recording
    last: str


@dataclass(slots=True)
class Tried:
    """What came of it."""

    clips: int = 0
    counts: Counter[Change] = field(default_factory=Counter)
    bytes: Counter[Change] = field(default_factory=Counter)
    changed: list[Changed] = field(default_factory=list)


def what_if(catalogue: Groups, now: Keeper, then: Keeper, moment: datetime) -> Tried:
    """Hold the rules in force against others.

    Args:
        catalogue: at the ledger's end.
        now: by the rules in force.
        then: by the others.
        moment: as of when, aware.
    """
    tried = Tried()
    found: dict[tuple[tuple[str, ...], Change], list[KeptGroup]] = {}
    for group in catalogue.kept_groups():
        change, categories = _change(group, now, then, moment)
        tried.clips += group.clips
        tried.counts[change] += group.clips
        tried.bytes[change] += group.bytes
        if change != "same":
            found.setdefault((categories, change), []).append(group)
    for (categories, change), groups in sorted(found.items()):
        days = [group.day for group in groups if group.day is not None]
        tried.changed.append(
            Changed(
                categories=categories,
                change=change,
                clips=sum(group.clips for group in groups),
                bytes=sum(group.bytes for group in groups),
                first=_day(min(days)) if days else "",
                last=_day(max(days)) if days else "",
            )
        )
    return tried


def _change(
    group: KeptGroup, now: Keeper, then: Keeper, moment: datetime
) -> tuple[Change, tuple[str, ...]]:
    categories = categories_of(group)
    if group.day is None:
        return "unknown", tuple(sorted(categories))
    # The last moment of the day: a clip of it begins no later.
    begins = _EPOCH + timedelta(days=group.day + 1, microseconds=-1)
    linked = bool(group.linked)
    before = now.keeping(categories, linked=linked, begins=begins)
    after = then.keeping(categories, linked=linked, begins=begins)
    return _between(before, after, moment), tuple(sorted(after.categories or categories))


def _between(before: Keeping, after: Keeping, moment: datetime) -> Change:
    if before.until == after.until:
        return "same"
    if after.until is None:
        return "kept_for_good"
    if after.is_over(moment) and not before.is_over(moment):
        return "at_once"
    return "earlier" if before.until is None or after.until < before.until else "later"


def categories_of(group: KeptGroup) -> frozenset[str]:
    """Its own and those of its cases."""
    found = set(json.loads(group.categories)) if group.categories else set()
    for listed in json.loads(f"[{group.by_case}]") if group.by_case else []:
        found |= set(listed)
    return frozenset(found)


def _day(number: int) -> str:
    return (_EPOCH + timedelta(days=number)).date().isoformat()
