"""What cases are checked by against the list of matters that must be recorded: a page of cases at a time.

What always holds: what is said of one case is one state of the catalogue; nothing is decided here. A document that was
taken away says nothing any more, nor does a time that was taken back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from archive.catalogue.reading import Reading
from archive.catalogue.times import UNKNOWN_START

_PAGE: Final = 2_000  # cases
_Rows = list[tuple[Any, ...]]


class FiledCase(NamedTuple):
    """A case of which it was said which act it is, and what it is checked by.

    `clips`: id, recorder, kind, start_us or None, duration_us, uncertainty_us; in the order of their starts.
    `times`: document, part, from_us, to_us or None. `stops`: index, clip or case, from_us, to_us, code, reason.
    """

    opened_index: int
    case_id: str
    number: str | None
    unit_id: str | None
    opened_at: str
    closed_at: str | None
    act: str | None
    matter: str | None
    initiated_us: int | None
    action_ended_us: int | None
    stages: list[tuple[str, int]]
    clips: list[tuple[str, str | None, str | None, int | None, int, int]]
    times: list[tuple[str, str, int, int | None]]
    stops: list[tuple[int, str, int | None, int | None, str, str | None]]


_CASE: Final = (
    "SELECT k.opened_index, k.id, k.number, k.unit_id, k.opened_at, k.closed_at, f.act, f.matter,"
    " f.initiated_us, f.action_ended_us FROM cases k"
)
_STAGES: Final = "SELECT k.id, s.stage, s.at_us FROM cases k JOIN stages s ON s.case_id = k.id"
_CLIPS: Final = (
    "SELECT k.id, c.clip, c.recorder_id, c.kind,"  # noqa: S608 - ours
    f" nullif(c.start_us, {UNKNOWN_START}), coalesce(c.duration_us, 0),"
    " coalesce(c.uncertainty_ms, 0) * 1000 FROM cases k"
    " JOIN links l ON l.case_id = k.id AND l.linked = TRUE"
    " JOIN clips c ON c.ingested_index = l.clip_index"
)
_TIMES: Final = (
    "SELECT k.id, t.document, t.part, t.from_us, t.to_us FROM cases k"
    " JOIN document_times t ON t.case_id = k.id AND t.from_us IS NOT NULL"
    ' AND t."index" = (SELECT max(n."index") FROM document_times n WHERE n.case_id = t.case_id'
    " AND n.document = t.document AND n.part = t.part)"
    " AND NOT EXISTS (SELECT 1 FROM documents d WHERE d.id = t.document AND d.removed_at IS NOT NULL)"
)
_STOPS: Final = (
    'SELECT k.id, s."index", s.subject, s.from_us, s.to_us, s.code, s.reason FROM cases k'
    " JOIN stops s ON s.subject = k.id"
)
_CLIP_STOPS: Final = (
    'SELECT k.id, s."index", s.subject, s.from_us, s.to_us, s.code, s.reason FROM cases k'
    " JOIN links l ON l.case_id = k.id AND l.linked = TRUE JOIN stops s ON s.subject = l.clip"
)
_FILED: Final = " JOIN case_files f ON f.id = k.id AND f.act IS NOT NULL"
_TIMED: Final = (
    "(CAST(:unit AS TEXT) IS NULL OR k.unit_id = :unit) AND EXISTS (SELECT 1 FROM document_times n"
    " WHERE n.case_id = k.id AND n.from_us < :until AND coalesce(n.to_us, n.from_us) >= :since)"
)


class CheckQueries(Reading):
    """See the module."""

    def filed_case(self, case_id: str) -> FiledCase | None:
        """One case, also one that was not filed; None: there is none."""
        found = self._filed(" LEFT JOIN case_files f ON f.id = k.id", "k.id = :id", id=case_id)
        return found[0] if found else None

    def filed_cases(self) -> Iterator[FiledCase]:
        """Every open case that was filed, oldest first."""
        yield from self._each("k.closed_at IS NULL")

    def timed_cases(self, since: int, until: int, unit: str | None = None) -> Iterator[FiledCase]:
        """Every filed case, open or closed, of which a paper names a time that meets this one (microseconds)."""
        yield from self._each(_TIMED, since=since, until=until, unit=unit)

    def _each(self, which: str, **params: Any) -> Iterator[FiledCase]:
        after = -1
        while edge := self._rows(
            "SELECT max(n.opened_index) FROM (SELECT opened_index FROM cases"
            " WHERE opened_index > :after ORDER BY opened_index LIMIT :most) n"
            " HAVING max(n.opened_index) IS NOT NULL",
            after=after,
            most=_PAGE,
        ):
            yield from self._filed(
                _FILED,
                f"k.opened_index > :after AND k.opened_index <= :edge AND {which}",
                after=after,
                edge=edge[0][0],
                **params,
            )
            after = edge[0][0]

    def _filed(self, join: str, where: str, **params: Any) -> list[FiledCase]:
        cases, stages, clips, times, *stops = self._database.snapshot(
            [
                (f"{_CASE}{join} WHERE {where} ORDER BY k.opened_index", params),
                (f'{_STAGES} WHERE {where} ORDER BY k.opened_index, s."index"', params),
                (f"{_CLIPS} WHERE {where} ORDER BY k.opened_index, l.start_us, l.clip", params),
                (
                    f"{_TIMES} WHERE {where} ORDER BY k.opened_index, t.from_us, t.document, t.part",
                    params,
                ),
                (f'{_STOPS} WHERE {where} ORDER BY k.opened_index, s."index"', params),
                (f'{_CLIP_STOPS} WHERE {where} ORDER BY k.opened_index, s."index"', params),
            ]
        )
        of = [_by_case(rows) for rows in (stages, clips, times, [*stops[0], *stops[1]])]
        return [FiledCase(*row, *(rows[row[1]] for rows in of)) for row in cases]


def _by_case(rows: _Rows) -> defaultdict[str, Any]:
    found: defaultdict[str, Any] = defaultdict(list)
    for row in rows:
        found[row[0]].append(row[1:])
    return found
