"""Counts for statistics: clips by month, unit and person; cases without footage; looks before duty; who watched.

What always holds: clips are counted in the tallies, whose months are those of UTC+8; a unit is asked for by id, None is
all. Nothing is decided here.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from archive.catalogue.reading import Reading
from archive.catalogue.tallies import DAMAGED, LATE, LINKED

_TALLIED: Final = (
    "SELECT whose, span, unit_id,"  # noqa: S608 - ours
    f" sum(clips), sum(CASE WHEN state & {LATE} <> 0 THEN clips ELSE 0 END),"
    f" sum(CASE WHEN state & {DAMAGED} <> 0 THEN clips ELSE 0 END),"
    f" sum(CASE WHEN state & {LINKED} = 0 THEN clips ELSE 0 END)"
    " FROM tallies WHERE span >= :first AND span <= :last"
    " AND (CAST(:unit AS TEXT) IS NULL OR unit_id = :unit)"
    " GROUP BY whose, span, unit_id ORDER BY whose, span, unit_id"
)
_BARE: Final = (
    "SELECT coalesce(k.unit_id, ''), count(*) FROM cases k WHERE k.closed_at IS NULL"
    " AND (CAST(:unit AS TEXT) IS NULL OR k.unit_id = :unit)"
    " AND NOT EXISTS (SELECT 1 FROM links l WHERE l.case_id = k.id AND l.linked = TRUE)"
    " GROUP BY 1 ORDER BY 1"
)
_LOOKS: Final = (
    "SELECT d.recorder_id, count(*), sum(CASE WHEN d.ok = TRUE THEN 0 ELSE 1 END) FROM duty_checks d"
    " WHERE d.at_us >= :since AND d.at_us < :until GROUP BY 1 ORDER BY 1"
)
_WATCHED: Final = (
    "SELECT p.actor, count(DISTINCT p.clip) FROM plays p JOIN clips c ON c.clip = p.clip"
    " WHERE p.at >= :since AND p.at < :until"
    " AND (CAST(:unit AS TEXT) IS NULL OR c.unit_id = :unit) GROUP BY 1 ORDER BY 1"
)


class Tallied(NamedTuple):
    """Clips of one month."""

    whose: str  # '': everybody's; `officer:…`, `recorder:…`
    month: int  # 202605
    unit: str  # '': none
    clips: int
    late: int
    damaged: int
    unlinked: int


class StatisticQueries(Reading):
    """See the module."""

    def tallied(self, first: int, last: int, unit: str | None = None) -> list[Tallied]:
        """Clips that were recorded from one month (202601) to another, of everybody, officers and recorders."""
        rows = self._rows(_TALLIED, first=first, last=last, unit=unit)
        return [
            Tallied(str(whose), int(span), str(of), *(int(count) for count in counts))
            for whose, span, of, *counts in rows
        ]

    def bare_cases(self, unit: str | None = None) -> dict[str, int]:
        """By unit ('': none): open cases that nothing is linked to."""
        return {str(of): int(count) for of, count in self._rows(_BARE, unit=unit)}

    def duty_looks(self, since: int, until: int) -> dict[str, tuple[int, int]]:
        """By recorder (id): looks before duty, and those that found something; microseconds."""
        rows = self._rows(_LOOKS, since=since, until=until)
        return {str(of): (int(count), int(bad or 0)) for of, count, bad in rows}

    def watched(self, since: str, until: str, unit: str | None = None) -> dict[str, int]:
        """By account (id): different clips that were played. Looks through all plays."""
        rows = self._rows(_WATCHED, since=since, until=until, unit=unit)
        return {str(of): int(count) for of, count in rows}
