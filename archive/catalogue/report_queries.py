"""The cases that a year's figures count, in streams of plain tuples: what was done, published, reviewed, revoked.

What always holds: a case is of one year, that of its newest decision (of an inspection without one: of its end), so the
years add up. Nothing is decided or counted here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from archive.catalogue.reading import Reading

_PAGE: Final = 20_000


class DoneCase(NamedTuple):
    """A case of a year. `…_us` is microseconds since 1970, `…_at` an entry's time."""

    case_id: str
    number: str | None
    unit_id: str | None
    act: str | None
    done_us: int
    decided_us: int | None
    decided_index: int | None  # of the newest decision
    revoked_index: int | None
    amount: int | None  # of money, in 分, as it was to be decided
    public_at: str | None  # since when the newest decision was public first
    withdrawn: int  # publications of its decisions that were public and were withdrawn
    agreed: int  # legal reviews that ended in agreement


_DONE: Final = (
    "CASE WHEN f.act = 'inspection' THEN coalesce(f.decided_us, f.action_ended_us, f.concluded_us)"
    " ELSE f.decided_us END"
)
_DECIDED: Final = (
    "(SELECT max(s.\"index\") FROM stages s WHERE s.case_id = f.id AND s.stage = 'decision')"
)
_CASES: Final = (
    f"SELECT f.id, k.number, k.unit_id, f.act, {_DONE}, f.decided_us,"  # noqa: S608 - ours
    f" CASE WHEN f.decided_us IS NOT NULL THEN {_DECIDED} END, f.revoked_index, f.amount,"
    " CASE WHEN f.decided_us IS NOT NULL THEN (SELECT min(n.published_at) FROM publications n"
    f" WHERE n.about = f.id AND n.kind = 'decision' AND n.published_index > {_DECIDED}) END,"
    " (SELECT count(*) FROM publications n WHERE n.about = f.id AND n.kind = 'decision'"
    " AND n.published_index IS NOT NULL AND n.state = 'withdrawn'),"
    " (SELECT count(*) FROM reviews r WHERE r.case_id = f.id"
    " AND coalesce(r.settled_outcome, r.outcome) = 'agree')"
    " FROM case_files f JOIN cases k ON k.id = f.id"
    f" WHERE f.id > :after AND {_DONE} >= :begin AND {_DONE} < :end ORDER BY f.id LIMIT :most"
)


class ReportQueries(Reading):
    """See the module."""

    def done_cases(self, begin: int, end: int) -> Iterator[DoneCase]:
        """What was done from one moment to before another (microseconds since 1970), by the id of the case."""
        after = ""
        while rows := self._rows(_CASES, after=after, begin=begin, end=end, most=_PAGE):
            yield from map(DoneCase._make, rows)
            after = rows[-1][0]
