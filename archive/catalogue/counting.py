"""Which cells of the tallies a search reads, and the SQL that sums them. No database here.

What always holds: `parts_of` cuts a search into parts that share no clip and are all of it: cells, and stretches of
time (of less than two months) that no cell is of; what a grant alone opens is a part of its own. A search by anything
that the cells do not tell (a case, words, a recorder with an officer) is not cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from archive.catalogue import spans
from archive.catalogue.facets import wanted_state
from archive.catalogue.search import COMMON_KIND, Filters, FindQuery, Scope, Statement, build
from archive.catalogue.tallies import DAYS, EVERYBODY, officers, recorders

_STATES: Final = ("mark", "kind", "damage", "linked", "late", "quarantined")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """A part of the table."""

    whose: tuple[str, ...]  # EVERYBODY alone: of whomever
    units: tuple[str, ...] | None = None  # None: of every unit
    but_units: tuple[str, ...] = ()
    ranges: tuple[spans.Range, ...] = ()

    @property
    def by_day(self) -> bool:
        """Whether its days are counted, not only its months."""
        return self.whose == (EVERYBODY,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """Clips that are looked at one by one."""

    filters: Filters
    but_units: tuple[str, ...] = ()
    but_officers: tuple[str, ...] = ()

    def statement(self) -> Statement:
        """Those that meet all filters."""
        found = build(self.filters)
        for column, values in (("c.unit_id", self.but_units), ("c.officer_id", self.but_officers)):
            if values:
                one_of = found.one_of(column, values)
                found.where.append(f"({column} IS NULL OR NOT {one_of})")
        return found

    def wide(self) -> Rest:
        """Also those of another unit, kind or state."""
        query = replace(self.filters.query, **dict.fromkeys(_STATES))
        return replace(self, filters=replace(self.filters, units=None, query=query))


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """A search, cut."""

    cells: tuple[Cells, ...]
    rests: tuple[Rest, ...]


def parts_of(filters: Filters) -> Parts | None:
    """The parts of a search, but for its unit, kind and state; None where the cells do not tell."""
    query = filters.query
    words = (query.case, query.number, query.place, query.text)
    if any(word is not None for word in words):
        return None
    scope = query.scope
    if filters.recorders is not None and filters.officers is not None:
        return None
    if scope is None or scope.all:
        return _cut([(Cells(whose=_whose(filters)), filters)])
    if filters.recorders is not None and scope.officers:
        return None  # a recorder's clips are not counted by officer
    found = _cut(_mine(filters, scope))
    if not scope.requests:
        return found
    granted = Rest(
        filters=replace(filters, query=replace(query, scope=Scope(requests=scope.requests))),
        but_units=tuple(sorted(scope.units)),
        but_officers=tuple(sorted(scope.officers)),
    )
    return replace(found, rests=(*found.rests, granted))


def _whose(filters: Filters) -> tuple[str, ...]:
    if filters.recorders is not None:
        return tuple(map(recorders, filters.recorders))
    return (EVERYBODY,) if filters.officers is None else tuple(map(officers, filters.officers))


def _mine(filters: Filters, scope: Scope) -> list[tuple[Cells, Filters]]:
    """What a scope of units and officers has, as cells and as filters; not what was granted."""
    units, own = tuple(sorted(scope.units)), tuple(sorted(scope.officers))
    asked = filters.officers
    others = None if asked is None else tuple(o for o in asked if o not in own)
    mine = own if asked is None else tuple(o for o in asked if o in own)
    by_unit = replace(filters, officers=others, query=_within(filters, Scope(units=scope.units)))
    by_self = replace(filters, officers=mine, query=_within(filters, Scope(all=True)))
    found = []
    if units and others != ():
        found.append((Cells(whose=_whose(by_unit), units=units), by_unit))
    if mine:
        but = units if asked is None else ()
        found.append((Cells(whose=_whose(by_self), but_units=but), by_self))
    return found


def _within(filters: Filters, scope: Scope) -> FindQuery:
    return replace(filters.query, scope=scope)


def _cut(scoped: Sequence[tuple[Cells, Filters]]) -> Parts:
    """Each part of the table with what of its time is whole months or days; what is not, clip by clip."""
    cells, rests = [], list[Rest]()
    for part, filters in scoped:
        query = filters.query
        stretches, left = spans.cut(query.from_, query.to, by_day=part.by_day)
        cells.append(replace(part, ranges=tuple(stretches)))
        rests += [
            Rest(
                filters=replace(filters, query=replace(query, from_=begin, to=end)),
                but_units=part.but_units,
            )
            for begin, end in left
        ]
    return Parts(cells=tuple(cells), rests=tuple(rests))


_RARE: Final = {
    "mark": True,
    "damage": True,
    "late": True,
    "quarantined": True,
    "linked": False,
}


def rivals(filters: Filters) -> list[tuple[str, dict[str, Any]]] | None:
    """Where what is rare is asked for of somebody: queries for how many are rare, and how many are somebody's."""
    query, ever = filters.query, spans.ranges(None, None)
    rare = any(getattr(query, name) is wanted for name, wanted in _RARE.items())
    if not rare and query.kind in {None, COMMON_KIND}:
        return None
    whose = (filters.officers, filters.units, filters.recorders)
    if all(ids is None for ids in whose) and (query.scope is None or query.scope.all):
        return None
    somebody = parts_of(replace(filters, query=FindQuery(scope=query.scope)))
    everybody = Cells(whose=(EVERYBODY,), ranges=tuple(ever or ()))
    sums = [tallied(everybody, replace(filters, units=None))]
    for cells in () if somebody is None else somebody.cells:
        sums.append(tallied(cells, Filters(query=FindQuery(), units=filters.units)))
    return [(f"SELECT coalesce(sum(t.clips), 0) {source}", params) for source, params in sums]


def day_by_day(cells: Cells, first: int, last: int) -> Cells | None:
    """The same part by days, between two months; None where days are not counted."""
    if not cells.by_day:
        return None
    low, high = spans.days(first, last)
    kept = []
    for begin, end in cells.ranges:
        whole = (begin, end) if begin >= DAYS else spans.days(max(begin, first), min(end, last))
        part = max(low, whole[0]), min(high, whole[1])
        if part[0] <= part[1]:
            kept.append(part)
    return replace(cells, ranges=tuple(kept))


def tallied(cells: Cells, filters: Filters | None) -> tuple[str, dict[str, Any]]:
    """FROM and WHERE of these cells; with filters also of the unit, kind and state that they ask for."""
    params: dict[str, Any] = {}
    where = [_one_of(params, "t.whose", cells.whose)]
    if cells.units is not None:
        where.append(_one_of(params, "t.unit_id", cells.units))
    if cells.but_units:
        where.append(f"NOT {_one_of(params, 't.unit_id', cells.but_units)}")
    stretches = []
    for low, high in cells.ranges:
        begin, end = _bound(params, low), _bound(params, high)
        stretches.append(f"t.span BETWEEN {begin} AND {end}")
    where.append(f"({' OR '.join(stretches) or 'FALSE'})")
    if filters is not None:
        if filters.units is not None:
            where.append(_one_of(params, "t.unit_id", filters.units))
        if filters.query.kind is not None:
            where.append(f"t.kind = {_bound(params, filters.query.kind)}")
        mask, value = wanted_state(filters)
        where.append(f"(t.state & {mask:d}) = {value:d}")
    return f"FROM tallies t WHERE {' AND '.join(where)}", params


def _one_of(params: dict[str, Any], column: str, values: Sequence[str]) -> str:
    return f"{column} IN ({', '.join(_bound(params, v) for v in values)})" if values else _NONE


_NONE: Final = "FALSE"


def _bound(params: dict[str, Any], value: object) -> str:
    name = f"t{len(params)}"
    params[name] = value
    return f":{name}"
