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
from archive.catalogue.counting import Parts, Rest, day_by_day, parts_of, rivals, tallied
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
    Filters,
    FindQuery,
    Statement,
    build,
    count_sql,
    make_cursor,
    page_sql,
    some_sql,
)
from archive.catalogue.tallies import DAY_US, SINCE, UNKNOWN, day_of, day_since, state_of
from archive.catalogue.times import UNKNOWN_START
from archive.catalogue.typed import many_of, numbered_cases, things_typed

MOST_COUNTED: Final = 10_000
MOST_FOUND: Final = 20_000  # clips by what was typed, before each clip is held against it instead
MOST_MET: Final = 1_000  # counted, of those
_LOOK: Final = 10  # as long as one into an index takes a look at a clip
_FACTS: Final = (
    "c.unit_id, c.kind, c.marked, c.damaged, c.late, c.quarantined, c.cases <> '[]' AS linked,"
    f" CASE WHEN c.start_us = {UNKNOWN_START} THEN NULL"
    f" ELSE (c.start_us + {SINCE}) / {DAY_US} END AS day"
)
_MONTHS_BY_DAY: Final = 2  # apart, at most, for a look at the days


class _Fact(NamedTuple):
    """Clips of one day that are alike in what a facet asks."""

    group: Group
    day: int


class FindingQueries(Reading):
    """See the module."""

    def find(self, query: FindQuery) -> FindResult:
        """Search, one page. With `query.total` the clips are not counted again.

        Raises:
            CursorError: the query's cursor is none of ours.
        """
        names = self._names_now()
        filters = self._filters(query, names)
        statement = build(filters)
        page = page_sql(statement, query)
        total, exact = query.total, True
        if query.cursor is None or total is not None:
            rows = self._database.rows(*page)
            if query.cursor is None and (query.limit is None or len(rows) <= query.limit):
                total = len(rows)  # All there are: nothing is left to count.
        if total is None:
            *counted, rows = self._database.snapshot([*_counts(filters, statement), page])
            total, exact = _sum([int(n) for ((n,),) in counted], filters)
        cursor = None
        if query.limit is not None and len(rows) > query.limit:
            rows = rows[: query.limit]
            cursor = make_cursor(rows[-1][-1], rows[-1][0]) if rows else None
        return FindResult(
            total=total, clips=clip_rows(rows, names), next_cursor=cursor, exact=exact
        )

    def cases_with(self, part: str, *, most: int) -> int:
        """How many cases have this part in their number; stops after so many."""
        statement = Statement("", "")
        found = numbered_cases(statement, part)
        rows = self._rows(
            f"SELECT count(*) FROM ({found} LIMIT :most) counted",  # noqa: S608 - no value in it
            **statement.params,
            most=most,
        )
        return int(rows[0][0])

    def facets(self, query: FindQuery) -> Facets:
        """What the search could be narrowed by."""
        names = self._names_now()
        filters = self._filters(
            replace(query, limit=None, cursor=None, most_counted=MOST_COUNTED), names
        )
        parts = parts_of(filters) or Parts(cells=(), rests=(Rest(filters=filters),))
        groups, spans = self._tallied(parts, filters)
        facts, exact = self._facts(parts.rests)
        groups += [fact.group for fact in facts]
        spans.update(_spans(facts, filters))
        units, kinds, states = summed(groups, filters, names.units)
        grain, bins = self._bins(filters, parts, spans, facts)
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

    def _filters(self, query: FindQuery, names: Names) -> Filters:
        filters = Filters(
            query=query,
            officers=names.ids(names.badges, query.officer),
            units=names.ids(names.units, query.unit),
            recorders=names.ids(names.serials, query.recorder),
            broad=self._broad(query),
        )
        return replace(filters, rare=self._is_rare(filters))

    def _is_rare(self, filters: Filters) -> bool:
        sums = rivals(filters)
        if sums is None:
            return False
        (((rare,),), *somebody) = self._database.snapshot(sums)
        return not somebody or rare < _LOOK * sum(n for ((n,),) in somebody)

    def _broad(self, query: FindQuery) -> frozenset[int]:
        """What was typed and finds many; nothing where all of it is wanted, or where a case has few clips anyway."""
        typed = {n: thing for n, thing in enumerate(things_typed(query)) if thing.can_be_met}
        if not typed or query.most_counted is None or query.case is not None:
            return frozenset()
        counts = many_of(list(typed.values()), MOST_FOUND + 1)
        found = self._database.snapshot([(s.source, s.params) for s in counts])
        return frozenset(n for n, ((many,),) in zip(typed, found, strict=True) if many > MOST_FOUND)

    def _tallied(self, parts: Parts, filters: Filters) -> tuple[list[Group], Counter[int]]:
        asked = []
        for cells in parts.cells:
            source, params = tallied(cells, None)
            narrow, narrow_params = tallied(cells, filters)
            asked += [
                (
                    f"SELECT t.unit_id, t.kind, t.state, sum(t.clips) {source} GROUP BY 1, 2, 3",
                    params,
                ),
                (f"SELECT t.span, sum(t.clips) {narrow} GROUP BY 1", narrow_params),
            ]
        found = self._database.snapshot(asked) if asked else []
        groups = [Group(u, k, s, int(n)) for rows in found[::2] for u, k, s, n in rows]
        spans = Counter[int]()
        for rows in found[1::2]:
            spans.update({span: int(n) for span, n in rows})
        return groups, spans

    def _facts(self, rests: Iterable[Rest]) -> tuple[list[_Fact], bool]:
        """The clips themselves; whether these are all. By every choice if they are few, else as they are chosen."""
        facts, exact, left = list[_Fact](), True, MOST_COUNTED
        for rest in rests:
            most = min(left, MOST_MET) if rest.filters.broad else left
            found, all_ = self._read(rest.wide(), most)
            if not all_ and rest.wide() != rest:
                found, all_ = self._read(rest, most)
            exact = exact and all_
            left -= sum(fact.group.clips for fact in found)
            facts += found
        return facts, exact

    def _read(self, rest: Rest, most: int) -> tuple[list[_Fact], bool]:
        """At most so many; whether these are all."""
        one = rest.statement()
        alike = some_sql(one, _FACTS, most)
        grouped = (
            "SELECT f.unit_id, f.kind, f.marked, f.damaged, f.late, f.quarantined, f.linked, f.day, count(*)"  # noqa: S608 - no value in it
            f" FROM ({alike}) f GROUP BY 1, 2, 3, 4, 5, 6, 7, 8"
        )
        facts = [_fact(row) for row in self._database.rows(grouped, one.params)]
        return facts, sum(fact.group.clips for fact in facts) < most

    def _bins(
        self, filters: Filters, parts: Parts, spans: Counter[int], facts: Sequence[_Fact]
    ) -> tuple[Grain, tuple[Bin, ...]]:
        months = by_month(spans)
        known = sorted(month for month in months if month != UNKNOWN)
        if not known or _apart(known[0], known[-1]) > _MONTHS_BY_DAY:
            return "month", bins_of(months)
        days = self._days(filters, parts, (known[0], known[-1]), spans, facts)
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
        parts: Parts,
        months: tuple[int, int],
        spans: Counter[int],
        facts: Sequence[_Fact],
    ) -> Counter[int] | None:
        found = Counter(_spans(facts, filters))
        by_day = [day_by_day(cells, *months) for cells in parts.cells]
        if None in by_day:
            if sum(spans.values()) > MOST_COUNTED:
                return None
            starts = self._starts(filters)
            return None if starts is None else Counter(day_of(start) for start in starts)
        for cells in by_day:
            if cells is not None:
                source, params = tallied(cells, filters)
                rows = self._database.rows(
                    f"SELECT t.span, sum(t.clips) {source} GROUP BY 1", params
                )
                found.update({span: int(n) for span, n in rows})
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


def _counts(filters: Filters, statement: Statement) -> list[tuple[str, dict[str, Any]]]:
    """Queries whose sum is how many clips there are; those of the cells first."""
    most = _most(filters)
    if most is None:
        return [(count_sql(statement), statement.params)]
    parts = parts_of(filters)
    if parts is None:
        return [(count_sql(statement, most + 1), statement.params)]
    found = []
    for cells in parts.cells:
        source, params = tallied(cells, filters)
        found.append((f"SELECT coalesce(sum(t.clips), 0) {source}", params))
    for rest in parts.rests:
        one = rest.statement()
        found.append((count_sql(one, most + 1), one.params))
    return found


def _most(filters: Filters) -> int | None:
    most = filters.query.most_counted
    return most if most is None or not filters.broad else min(most, MOST_MET)


def _sum(counts: Sequence[int], filters: Filters) -> tuple[int, bool]:
    """How many clips; whether these are all."""
    most = _most(filters)
    if most is None:
        return sum(counts), True
    parts = parts_of(filters)
    told = 0 if parts is None else len(parts.cells)
    exact = all(n <= most for n in counts[told:])
    return sum(counts[:told]) + sum(min(n, most) for n in counts[told:]), exact


def _fact(row: tuple[Any, ...]) -> _Fact:
    unit, kind, marked, damaged, late, quarantined, linked, day, clips = row
    state = state_of(
        marked=marked, damaged=damaged, late=late, quarantined=quarantined, linked=linked
    )
    return _Fact(Group(unit or "", kind or "", state, int(clips)), day_since(day))


def _spans(facts: Iterable[_Fact], filters: Filters) -> Counter[int]:
    found = Counter[int]()
    for fact in facts:
        if met_by_all(fact.group, filters):
            found[fact.day] += fact.group.clips
    return found


def _apart(first: int, last: int) -> int:
    """Months between two."""
    return (last // 100 - first // 100) * 12 + last % 100 - first % 100
