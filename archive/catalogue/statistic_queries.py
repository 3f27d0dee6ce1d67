"""Counts for statistics: clips by month, unit and person; cases without footage; looks before duty; plays; devices.

What always holds: clips are counted in the tallies, whose months are those of UTC+8; a unit is asked for by id, None is
all. Nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

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
# What a station could not take whole, or what ended early.
_DOCKED: Final = (
    "SELECT {month}, d.recorder_id, d.unit_id, count(*), sum(CASE WHEN coalesce(d.refused, 0) > 0"
    " OR coalesce(d.partial, 0) > 0 OR d.stopped IS NOT NULL THEN 1 ELSE 0 END)"
    " FROM dockings d WHERE d.started_at >= :since AND d.started_at < :until"
    " AND (CAST(:unit AS TEXT) IS NULL OR d.unit_id = :unit) GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
)
# As the recorder's clock was when it came; not as it was set then.
_CLOCKS: Final = (
    "SELECT {month}, r.recorder_id, d.unit_id, count(*),"
    " sum(CASE WHEN abs(r.offset_us) > :most THEN 1 ELSE 0 END), max(abs(r.offset_us)),"
    " max(abs(r.drift_ms_per_day)) FROM clock_readings r LEFT JOIN dockings d ON d.id = r.docking"
    " WHERE r.was_set = FALSE AND r.host_us >= :since AND r.host_us < :until"
    " AND (CAST(:unit AS TEXT) IS NULL OR d.unit_id = :unit) GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
)
_OTHERS: Final = "(a.officer_id IS NULL OR c.officer_id IS NULL OR a.officer_id <> c.officer_id)"
# By no request, and of what is neither their own nor of a case of theirs.
_UNASKED: Final = (
    f"p.request IS NULL AND {_OTHERS} AND NOT EXISTS (SELECT 1 FROM links l"  # noqa: S608 - ours
    " JOIN case_officers o ON o.case_id = l.case_id"
    " WHERE l.clip = p.clip AND l.linked = TRUE AND o.officer_id = a.officer_id)"
)
_PLAYED: Final = (
    " FROM plays p JOIN clips c ON c.clip = p.clip LEFT JOIN accounts a ON a.id = p.actor"
    " WHERE p.at >= :since AND p.at < :until"
    " AND (CAST(:unit AS TEXT) IS NULL OR c.unit_id = :unit)"
)
_VIEWS: Final = (
    "SELECT {month}, p.actor, c.unit_id, count(*),"
    f" sum(CASE WHEN {_UNASKED} THEN 1 ELSE 0 END),"
    f" count(DISTINCT CASE WHEN {_OTHERS} THEN p.clip END){_PLAYED}"
    " GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
)
_NEWEST: Final = (
    f'SELECT p."index", p.clip, p.actor, p.at{_PLAYED}'
    f' AND {_UNASKED} ORDER BY p."index" DESC LIMIT :most'
)
_SCORES: Final = (
    'SELECT {month}, u.actor, u."index" FROM custody u'
    " WHERE u.subject >= 'draw-'"
    " AND u.subject < 'draw.' AND u.type = 'score.given' AND u.time >= :since AND u.time < :until"
    ' ORDER BY u."index"'
)
_SUPERVISORS: Final = (
    "SELECT a.id, a.name, a.unit_id, min(u.time) FROM accounts a JOIN custody u ON u.subject = a.id"
    " WHERE a.role = 'supervisor' AND a.disabled = FALSE"
    " AND (CAST(:unit AS TEXT) IS NULL OR a.unit_id = :unit) GROUP BY 1, 2, 3 ORDER BY 2, 1"
)


class Docked(NamedTuple):
    """Dockings of one recorder in one month."""

    month: int
    recorder: str | None
    unit: str | None
    dockings: int
    bad: int  # something was refused, only part of it read, or it ended early


class Clocks(NamedTuple):
    """What one recorder's clock was when it came, in one month; microseconds."""

    month: int
    recorder: str
    unit: str | None
    readings: int
    off: int  # by more than was asked about
    worst_us: int | None
    drift_ms_per_day: int | None


class Views(NamedTuple):
    """What somebody played of a unit in one month."""

    month: int
    account: str
    unit: str | None
    plays: int
    unasked: int  # by no request, and not of their own clips and cases
    others: int  # different clips of other officers


class Unasked(NamedTuple):
    """One play by no request."""

    entry: int  # its index
    clip: str
    account: str
    at: str


class Supervisor(NamedTuple):
    """An account that supervises now."""

    id: str
    name: str | None
    unit: str | None
    since: str  # when it was first heard of


class Span(NamedTuple):
    """Months, one after the other: each with the first moment after it, text or microseconds."""

    since: Any
    ends: Sequence[tuple[int, Any]]

    def asked(self, sql: str, column: str) -> tuple[str, dict[str, Any]]:
        """A question about these months, and its values."""
        cases = [f"WHEN {column} < :m{n} THEN {int(m)}" for n, (m, _) in enumerate(self.ends)]
        values = {f"m{n}": end for n, (_, end) in enumerate(self.ends)}
        values |= {"since": self.since, "until": self.ends[-1][1]}
        return sql.replace("{month}", f"CASE {' '.join(cases)} END"), values


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

    def docked(self, span: Span, unit: str | None = None) -> list[Docked]:
        """Dockings that began then; a span in text."""
        sql, values = span.asked(_DOCKED, "d.started_at")
        return [Docked._make(row) for row in self._rows(sql, unit=unit, **values)]

    def clocks(self, span: Span, most_us: int, unit: str | None = None) -> list[Clocks]:
        """What clocks of recorders were then; a span in microseconds."""
        sql, values = span.asked(_CLOCKS, "r.host_us")
        return [Clocks._make(row) for row in self._rows(sql, unit=unit, most=most_us, **values)]

    def views(self, span: Span, unit: str | None = None) -> list[Views]:
        """What was played then; a span in text. Looks through all plays."""
        sql, values = span.asked(_VIEWS, "p.at")
        return [Views._make(row) for row in self._rows(sql, unit=unit, **values)]

    def unasked(self, since: str, until: str, unit: str | None, *, limit: int) -> list[Unasked]:
        """Plays by no request of what is not theirs, newest first."""
        rows = self._rows(_NEWEST, since=since, until=until, unit=unit, most=limit)
        return [Unasked._make(row) for row in rows]

    def scores(self, span: Span) -> list[tuple[int, str, int]]:
        """Scores of drawn cases: month, account, index of the entry; a span in text."""
        sql, values = span.asked(_SCORES, "u.time")
        return [(int(m), str(actor), int(index)) for m, actor, index in self._rows(sql, **values)]

    def supervisors(self, unit: str | None = None) -> list[Supervisor]:
        """Accounts of supervisors that may sign in."""
        return [Supervisor._make(row) for row in self._rows(_SUPERVISORS, unit=unit)]
