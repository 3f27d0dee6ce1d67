"""What clocks are set by, in streams of plain tuples: the moments of open case files and of clips.

What always holds: one pass over all cases and one over their clips, each a page at a time; nothing is decided here.
A page is one state of the catalogue, a whole stream is not: what came in between is in `touched`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

from archive.catalogue.file_queries import ExcuseRow
from archive.catalogue.reading import Reading
from archive.catalogue.row_values import selected, values
from archive.catalogue.statements import chunks

_PAGE: Final = 5_000  # cases
_CLIPS: Final = 20_000


class FileMoments(NamedTuple):
    """A case with what its clocks are set by. `…_us` is microseconds since 1970, `…_at` an entry's time."""

    opened_index: int
    case_id: str
    number: str | None
    unit_id: str | None
    opened_at: str
    closed_at: str | None
    act: str | None
    matter: str | None
    stage: str | None
    initiated_us: int | None
    decided_us: (
        int | None
    )  # the earliest word since a decision was revoked, or public, before the newest one
    served_us: int | None
    concluded_us: int | None
    action_ended_us: int | None
    catalogued_at: str | None
    revoked_us: int | None
    publication: str | None  # the newest of its decision that was not declined
    publication_state: str | None
    published_at: str | None
    withdrawn_at: str | None
    officers: str  # JSON list of ids
    action_ended_index: int | None
    catalogued_index: int | None
    revoked_index: int | None
    decided_index: int | None  # of the newest decision
    public_at: (
        str | None
    )  # since when that one was public first; not what was withdrawn while it stood
    reopened_at: str | None  # when a case whose file had been formed was reopened last
    reopened_index: int | None


class ClipMoments(NamedTuple):
    """A clip with what its clocks are set by."""

    ingested_index: int
    case_id: str | None  # None: asked for by itself
    clip: str
    unit_id: str | None
    officer_id: str | None
    kind: str | None
    start_us: int  # UNKNOWN_START: not known
    duration_us: int | None
    docked_at: str | None
    archived_at: str | None
    verified_at: str | None


class Touched(NamedTuple):
    """What entries said something of."""

    cases: frozenset[str]
    clips: frozenset[str]
    size: int  # entries looked at: where the next look begins


_DECIDED: Final = (
    "(SELECT max(s.\"index\") FROM stages s WHERE s.case_id = k.id AND s.stage = 'decision')"
)
# What was entered again, with another day, is due since the first: a decision that was neither public nor revoked.
_DECIDED_US: Final = (
    "(SELECT min(s.at_us) FROM stages s WHERE s.case_id = k.id AND s.stage = 'decision'"  # noqa: S608 - ours
    ' AND s."index" > coalesce((SELECT max(x."index") FROM revocations x WHERE x.case_id = k.id'
    f' AND x."index" < {_DECIDED}), -1)'
    ' AND s."index" > coalesce((SELECT max(y.published_index) FROM publications y'
    " WHERE y.about = k.id AND y.kind = 'decision' AND y.withdrawn_index IS NULL"
    f" AND y.published_index < {_DECIDED}), -1))"
)
# The newest reopening of a case whose file had been formed before.
_REOPENED: Final = (
    "(SELECT {} FROM custody r WHERE r.subject = k.id AND r.type = 'case.reopened'"
    " AND EXISTS (SELECT 1 FROM custody o WHERE o.subject = k.id AND o.type = 'case.catalogued'"
    ' AND o."index" < r."index") ORDER BY r."index" DESC LIMIT 1)'
)
_FILES: Final = (
    "SELECT k.opened_index, k.id, k.number, k.unit_id, k.opened_at, k.closed_at, f.act, f.matter,"  # noqa: S608 - ours
    " f.stage, f.initiated_us,"
    f" CASE WHEN f.decided_us IS NOT NULL THEN {_DECIDED_US} END,"
    " f.served_us, f.concluded_us, f.action_ended_us,"
    " f.catalogued_at, f.revoked_us, p.id, p.state, p.published_at, p.withdrawn_at,"
    " k.officers, f.action_ended_index, f.catalogued_index, f.revoked_index,"
    f" CASE WHEN f.decided_us IS NOT NULL THEN {_DECIDED} END,"
    " CASE WHEN f.decided_us IS NOT NULL THEN (SELECT min(n.published_at) FROM publications n"
    f" WHERE n.about = k.id AND n.kind = 'decision' AND n.published_index > {_DECIDED}"
    # Withdrawn although the decision stands: it is not public, so it is still due.
    " AND (n.withdrawn_index IS NULL OR (f.revoked_index IS NOT NULL AND n.withdrawn_index >"
    f" f.revoked_index AND f.revoked_index > {_DECIDED}))) END,"
    f" CASE WHEN f.catalogued_index IS NOT NULL THEN {_REOPENED.format('r.time')} END,"
    f""" CASE WHEN f.catalogued_index IS NOT NULL THEN {_REOPENED.format('r."index"')} END"""
    " FROM cases k LEFT JOIN case_files f ON f.id = k.id"
    " LEFT JOIN publications p ON f.decided_us IS NOT NULL AND p.id = (SELECT n.id FROM publications n"
    " WHERE n.about = k.id AND n.kind = 'decision' AND n.state <> 'declined'"
    ' ORDER BY n."index" DESC LIMIT 1)'
)
# Something may still be due: it is open, or lacks its file, or its decision is not as public as it should be.
_OPEN: Final = (
    "(k.closed_at IS NULL OR f.revoked_us IS NOT NULL"  # noqa: S608 - ours
    " OR (coalesce(f.action_ended_us, f.concluded_us) IS NOT NULL AND (f.catalogued_index IS NULL"
    " OR f.catalogued_index < f.action_ended_index))"
    " OR (f.act IS NOT NULL AND f.catalogued_index IS NULL)"
    " OR (k.closed_at <> f.catalogued_at AND EXISTS (SELECT 1 FROM custody r WHERE r.subject = k.id"
    " AND r.type = 'case.reopened' AND r.\"index\" > f.catalogued_index))"
    " OR (f.decided_us IS NOT NULL AND p.withdrawn_index IS NOT NULL)"
    " OR (f.decided_us IS NOT NULL AND (p.published_index IS NULL OR p.published_index <"
    f" {_DECIDED})))"
)
_CLIP: Final = (
    " c.clip, c.unit_id, c.officer_id, c.kind, c.start_us, c.duration_us, d.started_at,"
    ' v."time", c.verified_at'
)
_BESIDE: Final = (
    " LEFT JOIN dockings d ON d.id = c.docking"
    ' LEFT JOIN custody v ON v.subject = c.clip AND v."index" = c.ingested_index'
)
_CLIPS_OF: Final = (
    f"SELECT c.ingested_index, k.id,{_CLIP} FROM cases k"  # noqa: S608 - ours
    " JOIN links l ON l.case_id = k.id AND l.linked = TRUE"
    f" JOIN clips c ON c.ingested_index = l.clip_index{_BESIDE}"
)
_ANY: Final = f"SELECT c.ingested_index, NULL,{_CLIP} FROM clips c{_BESIDE}"  # noqa: S608 - ours
_ARRIVED: Final = f"{_ANY} WHERE c.ingested_index > :after ORDER BY c.ingested_index LIMIT :most"


class ClockQueries(Reading):
    """See the module."""

    def open_files(self) -> Iterator[FileMoments]:
        """Every case of which something may still be due, oldest first."""
        sql = f"{_FILES} WHERE k.opened_index > :after AND {_OPEN}"
        after = -1
        while rows := self._rows(
            f"{sql} ORDER BY k.opened_index LIMIT :most", after=after, most=_PAGE
        ):
            yield from map(FileMoments._make, rows)
            after = rows[-1][0]

    def file_moments(self, case_id: str) -> FileMoments | None:
        """One case, whatever is due."""
        row = self._one(f"{_FILES} WHERE k.id = :id", id=case_id)
        return None if row is None else FileMoments._make(row)

    def open_clips(self) -> Iterator[ClipMoments]:
        """Every clip of the cases that are not closed, case by case; a clip once for each of its cases."""
        after = -1
        while edge := self._edge(after):
            rows = self._rows(
                f"{_CLIPS_OF} WHERE k.opened_index > :after AND k.opened_index <= :edge"
                " AND k.closed_at IS NULL ORDER BY k.opened_index, l.start_us, l.clip",
                after=after,
                edge=edge[0],
            )
            yield from map(ClipMoments._make, rows)
            after = edge[0]

    def clip_moments(self, case_id: str) -> list[ClipMoments]:
        """The clips of one case, in the order in which they were recorded."""
        rows = self._rows(f"{_CLIPS_OF} WHERE k.id = :id ORDER BY l.start_us, l.clip", id=case_id)
        return [ClipMoments._make(row) for row in rows]

    def arrived_clips(self, after: int = -1) -> Iterator[ClipMoments]:
        """Every clip that came by an entry behind this one, in the ledger's order, in whatever case or none."""
        while rows := self._rows(_ARRIVED, after=after, most=_CLIPS):
            yield from map(ClipMoments._make, rows)
            after = rows[-1][0]

    def moments_of_clips(self, clips: Iterable[str]) -> list[ClipMoments]:
        """These clips, in whatever case or none; those that there are."""
        found: list[ClipMoments] = []
        for chunk in chunks(sorted(set(clips))):
            said = {f"i{n}": id_ for n, id_ in enumerate(chunk)}
            listed = ", ".join(f":{name}" for name in said)
            rows = self._rows(f"{_ANY} WHERE c.clip IN ({listed})", **said)
            found += map(ClipMoments._make, rows)
        return found

    def every_excuse(self) -> list[ExcuseRow]:
        """Whatever was said of anything that is late, oldest first."""
        sql = f'{selected(ExcuseRow, "excuses")} ORDER BY t."index"'
        return values(ExcuseRow, self._rows(sql))

    def touched(self, since: int) -> Touched:
        """What the entries from this index on, as far as the catalogue is, said something of.

        A clip's cases are among them, as they are now; so is the case of a review, publication or hold.
        """
        size = self.head().size
        cases, clips, others = set(), set(), set()
        for entry in self._reader.entries(since, size):
            data = entry.data
            for id_ in (entry.subject, data.get("case"), data.get("clip")):
                kind = id_.partition("-")[0] if isinstance(id_, str) else ""
                if kind == "case":
                    cases.add(str(id_))
                elif kind == "clip":
                    clips.add(str(id_))
                elif kind in _ABOUT:
                    others.add(str(id_))
        for kind, (table, column) in _ABOUT.items():
            found = self._named(
                table, column, {id_ for id_ in others if id_.startswith(f"{kind}-")}
            )
            cases |= {about for about in found if about.startswith("case-")}
            clips |= {about for about in found if about.startswith("clip-")}
        cases |= self._cases_of(clips)
        return Touched(frozenset(cases), frozenset(clips), size)

    def _edge(self, after: int) -> tuple[Any, ...] | None:
        """The last of the next page of cases."""
        return self._one(
            "SELECT max(n.opened_index) FROM (SELECT opened_index FROM cases"
            " WHERE opened_index > :after ORDER BY opened_index LIMIT :most) n"
            " HAVING max(n.opened_index) IS NOT NULL",
            after=after,
            most=_PAGE,
        )

    def _named(self, table: str, column: str, ids: set[str]) -> set[str]:
        return self._looked_up(f"SELECT {column} FROM {table} WHERE id IN ", ids)  # noqa: S608 - ours

    def _cases_of(self, clips: set[str]) -> set[str]:
        return self._looked_up("SELECT case_id FROM links WHERE linked = TRUE AND clip IN ", clips)

    def _looked_up(self, sql: str, ids: set[str]) -> set[str]:
        found: set[str] = set()
        for chunk in chunks(sorted(ids)):
            said = {f"i{n}": id_ for n, id_ in enumerate(chunk)}
            listed = ", ".join(f":{name}" for name in said)
            found |= {str(id_) for (id_,) in self._rows(f"{sql}({listed})", **said) if id_}
        return found


# Whom an entry about one of these is about.
_ABOUT: Final = {
    "review": ("reviews", "case_id"),
    "publication": ("publications", "about"),
    "hold": ("holds", "about"),
}
