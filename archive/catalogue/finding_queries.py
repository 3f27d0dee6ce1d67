"""Searching clips, and what a search could be narrowed by.

What always holds: neither tells of a clip outside the query's scope. Facets are sums of the tallies where these can
tell, so that ten million clips take no longer than their months; else of the clips themselves, of at most
MOST_COUNTED, and then say that there are at least so many.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

from archive.catalogue.clip_rows import clip_rows
from archive.catalogue.counting import Cells, cells_of, day_by_day, tallied
from archive.catalogue.facets import (
    MOST_DAYS,
    Bin,
    Facets,
    Grain,
    Group,
    begin_of,
    bins_of,
    by_hour,
    by_month,
    end_of,
    met_by_all,
    summed,
)
from archive.catalogue.reading import Names, Reading
from archive.catalogue.rows import FindResult
from archive.catalogue.search import (
    NUMBER_PART,
    Filters,
    FindQuery,
    Scope,
    Statement,
    build,
    containing,
    count_sql,
    make_cursor,
    page_sql,
    part_key,
    some_sql,
)
from archive.catalogue.tallies import UNKNOWN, day_of, state_of
from archive.catalogue.times import UNKNOWN_START

MOST_COUNTED: Final = 10_000
_FACTS: Final = (
    "c.unit_id, c.officer_id, c.kind, c.start_us, c.marked, c.damaged, c.late, c.quarantined,"
    " c.cases <> '[]'"
)
_MONTHS_BY_DAY: Final = 2  # apart, at most, for a look at the days


class _Fact(NamedTuple):
    """What facets ask of one clip."""

    group: Group
    officer_id: str | None
    start_us: int


class FindingQueries(Reading):
    """See the module."""

    def find(self, query: FindQuery) -> FindResult:
        """Search, one page. With `query.total` the clips are not counted again.

        Raises:
            CursorError: the query's cursor is none of ours.
        """
        names = self._names_now()
        filters = _filters(query, names)
        statement = build(filters)
        page = page_sql(statement, query)
        total, exact = query.total, True
        if query.cursor is None or total is not None:
            rows = self._database.rows(*page)
            if query.cursor is None and (query.limit is None or len(rows) <= query.limit):
                total = len(rows)  # All there are: nothing is left to count.
        if total is None:
            counted, rows = self._database.snapshot([_count(filters, statement), page])
            total = int(counted[0][0])
            if query.most_counted is not None and _stops(filters) and total > query.most_counted:
                total, exact = query.most_counted, False
        cursor = None
        if query.limit is not None and len(rows) > query.limit:
            rows = rows[: query.limit]
            cursor = make_cursor(rows[-1][-1], rows[-1][0]) if rows else None
        return FindResult(
            total=total, clips=clip_rows(rows, names), next_cursor=cursor, exact=exact
        )

    def cases_with(self, part: str, *, most: int) -> int:
        """How many cases have this part in their number; stops after so many."""
        rows = self._rows(
            f"SELECT count(*) FROM (SELECT 1 FROM cases k WHERE {NUMBER_PART} LIKE :part"  # noqa: S608
            " ESCAPE '\\' LIMIT :most) counted",
            part=containing(part_key(part)),
            most=most,
        )
        return int(rows[0][0])

    def facets(self, query: FindQuery) -> Facets:
        """What the search could be narrowed by."""
        names = self._names_now()
        filters = _filters(replace(query, limit=None, cursor=None), names)
        cells = cells_of(filters)
        if cells is None:
            facts, exact = self._facts(filters)
            groups, spans = [fact.group for fact in facts], _spans(facts, filters)
        else:
            groups, spans = self._tallied(cells, filters)
            facts, exact = self._granted(filters)
            groups += [fact.group for fact in facts]
            spans.update(_spans(facts, filters))
        units, kinds, states = summed(groups, filters, names.units)
        grain, bins = self._bins(filters, cells, spans, facts)
        return Facets(
            total=sum(spans.values()),
            exact=exact,
            units=units,
            kinds=kinds,
            states=states,
            grain=grain,
            bins=bins,
            unknown=spans[UNKNOWN],
        )

    def _tallied(self, cells: Cells, filters: Filters) -> tuple[list[Group], Counter[int]]:
        source, params = tallied(cells, None)
        narrow, narrow_params = tallied(cells, filters)
        groups, spans = self._database.snapshot(
            [
                (
                    f"SELECT t.unit_id, t.kind, t.state, sum(t.clips) {source} GROUP BY 1, 2, 3",
                    params,
                ),
                (f"SELECT t.span, sum(t.clips) {narrow} GROUP BY 1", narrow_params),
            ]
        )
        return [Group(u, k, s, int(n)) for u, k, s, n in groups], Counter(
            {span: int(n) for span, n in spans}
        )

    def _facts(self, filters: Filters) -> tuple[list[_Fact], bool]:
        """The clips themselves; whether these are all. By every choice if they are few, else as they are chosen."""
        open_ = dict.fromkeys(("mark", "kind", "damage", "linked", "late", "quarantined"))
        wide = replace(filters, units=None, query=replace(filters.query, **open_))
        facts = self._read(build(wide))
        if len(facts) > MOST_COUNTED and wide != filters:
            facts = self._read(build(filters))
        return facts[:MOST_COUNTED], len(facts) <= MOST_COUNTED

    def _granted(self, filters: Filters) -> tuple[list[_Fact], bool]:
        """Clips that only a grant opens, which no cell tells apart."""
        scope = filters.query.scope
        if scope is None or scope.all or not scope.requests:
            return [], True
        query = replace(filters.query, scope=Scope(requests=scope.requests))
        facts, exact = self._facts(replace(filters, query=query))
        mine = [
            fact
            for fact in facts
            if fact.group.unit_id not in scope.units and fact.officer_id not in scope.officers
        ]
        return mine, exact

    def _read(self, statement: Statement) -> list[_Fact]:
        rows = self._database.rows(some_sql(statement, _FACTS, MOST_COUNTED + 1), statement.params)
        return [_fact(row) for row in rows]

    def _bins(
        self, filters: Filters, cells: Cells | None, spans: Counter[int], facts: Sequence[_Fact]
    ) -> tuple[Grain, tuple[Bin, ...]]:
        months = by_month(spans)
        known = sorted(month for month in months if month != UNKNOWN)
        if not known or _apart(known[0], known[-1]) > _MONTHS_BY_DAY:
            return "month", bins_of(months)
        days = self._days(filters, cells, (known[0], known[-1]), spans, facts)
        if days is None:
            return "month", bins_of(months)
        present = sorted(day for day in days if day != UNKNOWN)
        if (end_of(present[-1]) - begin_of(present[0])).days > MOST_DAYS:
            return "month", bins_of(months)
        if len(present) == 1:
            starts = self._starts(filters)
            if starts is not None:
                return "hour", by_hour(starts)
        return "day", bins_of(days)

    def _days(
        self,
        filters: Filters,
        cells: Cells | None,
        months: tuple[int, int],
        spans: Counter[int],
        facts: Sequence[_Fact],
    ) -> Counter[int] | None:
        if cells is None:
            return spans
        parts = day_by_day(cells, *months)
        if parts is None:
            starts = self._starts(filters)
            return None if starts is None else Counter(day_of(start) for start in starts)
        source, params = tallied(parts, filters)
        rows = self._database.rows(f"SELECT t.span, sum(t.clips) {source} GROUP BY 1", params)
        found = Counter({span: int(n) for span, n in rows})
        found.update(_spans(facts, filters))
        return found

    def _starts(self, filters: Filters) -> list[int] | None:
        """When each clip begins; None where they are too many to look at."""
        statement = build(filters)
        rows = self._database.rows(
            some_sql(statement, "c.start_us", MOST_COUNTED + 1), statement.params
        )
        if len(rows) > MOST_COUNTED:
            return None
        return [start for (start,) in rows if start != UNKNOWN_START]


def _filters(query: FindQuery, names: Names) -> Filters:
    return Filters(
        query=query,
        officers=names.ids(names.badges, query.officer),
        units=names.ids(names.units, query.unit),
        recorders=names.ids(names.serials, query.recorder),
    )


def _count(filters: Filters, statement: Statement) -> tuple[str, dict[str, Any]]:
    most = filters.query.most_counted
    if most is None:
        return count_sql(statement), statement.params
    cells = None if _stops(filters) else cells_of(filters)
    if cells is None:
        return count_sql(statement, most + 1), statement.params
    source, params = tallied(cells, filters)
    return f"SELECT coalesce(sum(t.clips), 0) {source}", params


def _stops(filters: Filters) -> bool:
    """Whether a count that may stop does so: the tallies do not tell."""
    scope = filters.query.scope
    granted = scope is not None and not scope.all and bool(scope.requests)
    return granted or cells_of(filters) is None


def _fact(row: tuple[Any, ...]) -> _Fact:
    unit, officer, kind, start_us, marked, damaged, late, quarantined, linked = row
    state = state_of(
        marked=marked, damaged=damaged, late=late, quarantined=quarantined, linked=linked
    )
    return _Fact(Group(unit or "", kind or "", state, 1), officer, start_us)


def _spans(facts: Iterable[_Fact], filters: Filters) -> Counter[int]:
    return Counter(day_of(fact.start_us) for fact in facts if met_by_all(fact.group, filters))


def _apart(first: int, last: int) -> int:
    """Months between two."""
    return (last // 100 - first // 100) * 12 + last % 100 - first % 100
