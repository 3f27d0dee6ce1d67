"""Questions about cases, their links, and which clips the officer-and-time rule would link."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from archive.catalogue.reading import Reading
from archive.catalogue.rows import CasePage, CaseRow, LinkRow
from archive.catalogue.search import make_cursor, read_cursor
from archive.catalogue.words import number_key

_CASE: Final = (
    'SELECT k.id, k.number, k.title, k.subject, k.place, k.unit_id, k.officers, k."from", k."to", '
    "k.opened_at, k.opened_index, "
    "k.closed_at, k.closed_reason, "
    "(SELECT count(*) FROM links l WHERE l.case_id = k.id AND l.linked = TRUE) FROM cases k "
)
_LINK: Final = (
    'SELECT l.case_id, k.number, l.clip, l.linked, l."by", l.rule, l.reason, l.linked_at, l.linked_index '
    "FROM links l LEFT JOIN cases k ON k.id = l.case_id "
)
# An officer of the case, the recording overlaps the case's time, and nobody ever linked or unlinked the two.
_CANDIDATES: Final = (
    "FROM cases k JOIN case_officers o ON o.case_id = k.id JOIN clips c ON c.officer_id = o.officer_id "
    "WHERE k.closed_at IS NULL AND k.from_us IS NOT NULL AND k.to_us IS NOT NULL AND c.quarantined = FALSE "
    # An unknown start is the largest number there is: as NUMERIC, so that the sum has room.
    "AND c.start_us <= k.to_us "
    "AND CAST(c.start_us AS NUMERIC) + coalesce(c.duration_us, 0) >= k.from_us "
    "AND NOT EXISTS (SELECT 1 FROM links l WHERE l.case_id = k.id AND l.clip = c.clip) "
)
_CHUNK: Final = 500


class CaseQueries(Reading):
    """See the module."""

    def case(self, case_id: str) -> CaseRow | None:
        """A case by id."""
        return _case(self._one(f"{_CASE} WHERE k.id = :id", id=case_id))

    def case_by_number(self, number: str) -> CaseRow | None:
        """A case by its number; width of characters and blanks around it do not count."""
        return _case(
            self._one(
                f"{_CASE} WHERE k.number_key = :number ORDER BY k.opened_index LIMIT 1",
                number=number_key(number),
            )
        )

    def cases(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        units: frozenset[str] | None = None,
        open_only: bool = False,
    ) -> CasePage:
        """The case register, newest first; of these units (ids), or of all.

        Raises:
            CursorError: the cursor is none of ours.
        """
        where, params = ["TRUE"], dict[str, Any]()
        if open_only:
            where.append("k.closed_at IS NULL")
        if units is not None:
            named = {f"u{n}": unit for n, unit in enumerate(sorted(units))}
            where.append(f"k.unit_id IN ({', '.join(f':{name}' for name in named)})")
            params |= named
        counted = f"SELECT count(*) FROM cases k WHERE {' AND '.join(where)}"  # noqa: S608 - no value in it
        page, page_params = list(where), dict(params)
        if cursor is not None:
            page.append("k.opened_index < :before")
            page_params["before"] = read_cursor(cursor)[0]
        sql = f"{_CASE} WHERE {' AND '.join(page)} ORDER BY k.opened_index DESC"
        if limit is not None:
            sql += " LIMIT :most"
            page_params["most"] = min(limit, 2**62) + 1
        total, rows = self._database.snapshot([(counted, params), (sql, page_params)])
        following = None
        if limit is not None and len(rows) > limit:
            rows = rows[:limit]
            following = make_cursor(rows[-1][10], rows[-1][0]) if rows else None
        found = [case for case in map(_case, rows) if case is not None]
        return CasePage(total=total[0][0], cases=found, next_cursor=following)

    def link(self, case_id: str, clip_id: str) -> LinkRow | None:
        """What ties, or tied, a clip to a case; None when nothing ever did."""
        found = self._links("l.case_id = :case AND l.clip = :clip", case=case_id, clip=clip_id)
        return found[0] if found else None

    def links_of(self, clip_id: str) -> list[LinkRow]:
        """The cases a clip is linked to now, in the order of linking."""
        return self._links(
            "l.clip = :clip AND l.linked = TRUE ORDER BY l.linked_index", clip=clip_id
        )

    def rule_candidates_of_case(self, case_id: str) -> list[str]:
        """Clips that the officer-and-time rule links to this case, oldest first."""
        rows = self._rows(
            f"SELECT c.clip {_CANDIDATES} AND k.id = :case GROUP BY c.clip ORDER BY min(c.ingested_index)",
            case=case_id,
        )
        return [clip for (clip,) in rows]

    def rule_candidates_of_clips(self, clip_ids: Sequence[str]) -> list[tuple[str, str]]:
        """Pairs of clip and case that the officer-and-time rule ties, for these clips."""
        found: list[tuple[str, str]] = []
        for at in range(0, len(clip_ids), _CHUNK):
            named = {f"p{n}": clip for n, clip in enumerate(clip_ids[at : at + _CHUNK])}
            listed = ", ".join(f":{name}" for name in named)
            rows = self._rows(
                f"SELECT DISTINCT c.clip, k.id, c.ingested_index, k.opened_index {_CANDIDATES} "
                f"AND c.clip IN ({listed}) ORDER BY c.ingested_index, k.opened_index",
                **named,
            )
            found += [(clip, case_id) for clip, case_id, *_ in rows]
        return found

    def _links(self, condition: str, **params: Any) -> list[LinkRow]:
        return [
            LinkRow(
                case_id=r[0],
                number=r[1],
                clip=r[2],
                linked=bool(r[3]),
                by=r[4],
                rule=r[5],
                reason=r[6],
                linked_at=r[7],
                linked_index=r[8],
            )
            for r in self._rows(f"{_LINK} WHERE {condition}", **params)
        ]


def _case(row: tuple[Any, ...] | None) -> CaseRow | None:
    if row is None:
        return None
    return CaseRow(
        id=row[0],
        number=row[1],
        title=row[2],
        subject=row[3],
        place=row[4],
        unit_id=row[5],
        officers=tuple(json.loads(row[6] or "[]")),
        from_=row[7],
        to=row[8],
        opened_at=row[9],
        opened_index=row[10],
        closed_at=row[11],
        closed_reason=row[12],
        clips=row[13],
    )
