"""Questions that proposing links asks: which clips wait for a case, which cases for clips, what is decided of pairs.

What always holds: a clip waits while it is linked to no case, stands apart from none, has a known beginning, and its
bytes are there. Nothing is decided here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from archive.catalogue.reading import Names, Reading
from archive.catalogue.row_values import selected, values
from archive.catalogue.times import UNKNOWN_START

_FREE: Final = "c.cases = '[]' AND c.quarantined = FALSE AND c.disposed_at IS NULL"
_CLIP: Final = (
    "SELECT c.start_us, c.clip, c.recorder_id, c.officer_id, c.unit_id, c.duration_us, c.marked,"  # noqa: S608 - ours
    " (SELECT r.sha256 FROM renditions r WHERE r.clip = c.clip AND r.kind = 'track'"
    ' ORDER BY r."index" DESC LIMIT 1)'
    f" FROM clips c WHERE {_FREE} AND c.start_us < {UNKNOWN_START}"
)
_CASE: Final = (
    "SELECT k.id, k.number, k.number_key, k.unit_id, k.officers, k.from_us, k.to_us FROM cases k"
    " WHERE k.closed_at IS NULL AND k.number_key IS NOT NULL"
)
# What two or more claim, or what became of a case or a clip since.
_CONFLICTS: Final = """
SELECT t.clip, t.case_id, t."index", t.score,
       CASE WHEN k.closed_at IS NOT NULL THEN 'closed'
            WHEN c.cases <> '[]' THEN 'linked' ELSE 'several' END
  FROM link_proposals t JOIN cases k ON k.id = t.case_id JOIN clips c ON c.clip = t.clip
 WHERE t.declined_index IS NULL AND t."index" > :after
   AND NOT EXISTS (SELECT 1 FROM links l WHERE l.case_id = t.case_id AND l.clip = t.clip)
   AND (k.closed_at IS NOT NULL OR c.cases <> '[]' OR EXISTS (
        SELECT 1 FROM link_proposals o WHERE o.clip = t.clip AND o.case_id <> t.case_id
           AND o.declined_index IS NULL
           AND NOT EXISTS (SELECT 1 FROM links l WHERE l.case_id = o.case_id AND l.clip = o.clip)))
 ORDER BY t."index" LIMIT :most
"""
# Open, with people and a time, and no clip: they wait for footage.
_WAITING_CASES: Final = (
    "SELECT k.id, k.number, k.number_key, k.unit_id, k.officers, k.from_us, k.to_us FROM cases k"
    " WHERE k.closed_at IS NULL AND k.opened_index < :before"
    " AND NOT EXISTS (SELECT 1 FROM links l WHERE l.case_id = k.id AND l.linked = TRUE)"
    " ORDER BY k.opened_index DESC LIMIT :most"
)
_CHUNK: Final = 500


class WaitingClip(NamedTuple):
    """A clip that belongs to no case yet."""

    start_us: int
    clip: str
    recorder_id: str | None
    officer_id: str | None
    unit_id: str | None
    duration_us: int | None
    marked: bool
    track: str | None  # digest of the newest one


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCase:
    """A case that is not closed, with what clips are compared to."""

    id: str
    number: str
    number_key: str
    unit_id: str | None
    officers: tuple[str, ...]
    from_us: int | None
    to_us: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """A proposal that another one, a link or a closed case stands against."""

    clip: str
    case_id: str
    index: int
    score: int
    why: str  # several, linked, closed


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportSource:
    """What was imported, and by which entry."""

    index: int
    kind: str | None
    sha256: str


class WaitingLinkQueries(Reading):
    """See the module."""

    def called(self) -> Names:
        """What recorders, officers and units are called now."""
        return self._names_now()

    def waiting_clips(
        self,
        *,
        after: tuple[int, str] = (-(2**62), ""),
        until: int = UNKNOWN_START,
        unclassified: bool = False,
        limit: int,
    ) -> list[WaitingClip]:
        """Clips without a case in the order in which they were recorded, from behind `after`, up to a start.

        `unclassified`: only those that nobody said a category of either.
        """
        more = (
            " AND NOT EXISTS (SELECT 1 FROM classes s WHERE s.subject = c.clip"
            " AND s.categories <> '[]')"
        )
        rows = self._rows(
            f"{_CLIP}{more if unclassified else ''}"
            " AND (c.start_us > :start OR (c.start_us = :start AND c.clip > :clip))"
            " AND c.start_us <= :until ORDER BY c.start_us, c.clip LIMIT :most",
            start=after[0],
            clip=after[1],
            until=until,
            most=limit,
        )
        return [_clip(row) for row in rows]

    def waiting_among(self, clips: Iterable[str]) -> list[WaitingClip]:
        """Those of these clips that wait, in the order in which they were recorded."""
        found: list[WaitingClip] = []
        for named, listed in _named(sorted(set(clips))):
            found += map(_clip, self._rows(f"{_CLIP} AND c.clip IN ({listed})", **named))
        return sorted(found)

    def open_cases_between(self, since: int, until: int) -> list[OpenCase]:
        """Open cases whose time overlaps a stretch."""
        sql = (
            f"{_CASE} AND coalesce(k.from_us, k.to_us) <= :until"
            " AND coalesce(k.to_us, k.from_us) >= :since ORDER BY k.opened_index"
        )
        return [_case(row) for row in self._rows(sql, since=since, until=until)]

    def open_cases_of(self, keys: Iterable[str]) -> list[OpenCase]:
        """Open cases by the key of their number (words.number_key)."""
        found: list[OpenCase] = []
        for named, listed in _named(sorted(set(keys))):
            found += map(_case, self._rows(f"{_CASE} AND k.number_key IN ({listed})", **named))
        return found

    def open_cases_named(self, ids: Iterable[str]) -> list[OpenCase]:
        """Open cases by id."""
        found: list[OpenCase] = []
        for named, listed in _named(sorted(set(ids))):
            found += map(_case, self._rows(f"{_CASE} AND k.id IN ({listed})", **named))
        return found

    def cases_without_clips(self, *, before: int = 2**62, limit: int) -> list[OpenCase]:
        """Open cases that nothing is linked to, newest first."""
        return [_case(row) for row in self._rows(_WAITING_CASES, before=before, most=limit)]

    def decided_pairs(self, clips: Iterable[str]) -> set[tuple[str, str]]:
        """Pairs of clip and case that were ever linked, unlinked or declined."""
        found: set[tuple[str, str]] = set()
        for named, listed in _named(sorted(set(clips))):
            for sql in (
                f"SELECT clip, case_id FROM links WHERE clip IN ({listed})",  # noqa: S608 - parameters' names
                "SELECT clip, case_id FROM link_proposals"  # noqa: S608 - as above
                f" WHERE declined_index IS NOT NULL AND clip IN ({listed})",
            ):
                found |= {(clip, case) for clip, case in self._rows(sql, **named)}
        return found

    def proposed_scores(self, clips: Iterable[str]) -> dict[tuple[str, str], int]:
        """By pair of clip and case: the score of the proposal that waits, or waited."""
        found: dict[tuple[str, str], int] = {}
        for named, listed in _named(sorted(set(clips))):
            sql = f"SELECT clip, case_id, score FROM link_proposals WHERE clip IN ({listed})"  # noqa: S608 - as above
            found |= {(clip, case): score for clip, case, score in self._rows(sql, **named)}
        return found

    def conflicts(self, *, after: int = -1, limit: int = 200) -> list[Conflict]:
        """Proposals that wait and that something stands against, by the index of their entry, from behind `after`."""
        rows = self._rows(_CONFLICTS, after=after, most=limit)
        return [
            Conflict(clip=clip, case_id=case, index=index, score=score, why=why)
            for clip, case, index, score, why in rows
        ]

    def imports_since(self, index: int) -> list[ImportSource]:
        """What was imported by an entry from this one on, oldest first."""
        sql = f'{selected(ImportSource, "imports")} WHERE t."index" >= :index ORDER BY t."index"'
        return values(ImportSource, self._rows(sql, index=index))


def _named(values_: Sequence[str]) -> Iterable[tuple[dict[str, str], str]]:
    for at in range(0, len(values_), _CHUNK):
        named = {f"p{n}": value for n, value in enumerate(values_[at : at + _CHUNK])}
        yield named, ", ".join(f":{name}" for name in named)


def _clip(row: tuple[Any, ...]) -> WaitingClip:
    return WaitingClip._make((*row[:6], bool(row[6]), row[7]))


def _case(row: tuple[Any, ...]) -> OpenCase:
    return OpenCase(
        id=row[0],
        number=row[1],
        number_key=row[2],
        unit_id=row[3],
        officers=tuple(json.loads(row[4] or "[]")),
        from_us=row[5],
        to_us=row[6],
    )
