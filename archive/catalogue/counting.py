"""Which cells of the tallies a search reads, and the SQL that sums them. No database here.

What always holds: cells are given only where their sum is the search's exact number of clips; a search by anything
that they do not tell (a case, words, a recorder, half a day) has none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from archive.catalogue import spans
from archive.catalogue.facets import wanted_state
from archive.catalogue.search import Filters
from archive.catalogue.tallies import DAYS, EVERYBODY


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """A part of the table."""

    officers: tuple[str, ...]  # whose; EVERYBODY alone: of whomever
    units: tuple[str, ...] | None  # None: of every unit
    ranges: tuple[spans.Range, ...]


def cells_of(filters: Filters) -> Cells | None:
    """The cells that hold what these filters ask, but for unit, kind and state; what was granted is not among them."""
    query, scope = filters.query, filters.query.scope
    words = (query.case, query.number, query.place, query.text, filters.recorders)
    found = spans.ranges(query.from_, query.to)
    if found is None or any(word is not None for word in words):
        return None
    officers, units = filters.officers, None
    if scope is not None and not scope.all:
        if scope.units and scope.officers:
            return None
        if scope.units:
            units = tuple(sorted(scope.units))
        else:
            mine = tuple(sorted(scope.officers))
            officers = mine if officers is None else tuple(o for o in officers if o in mine)
    if officers is not None and any(low >= DAYS for low, _ in found):
        return None  # an officer's days are not counted, only months
    if officers == (EVERYBODY,):
        return None
    return Cells(
        officers=(EVERYBODY,) if officers is None else officers,
        units=units,
        ranges=tuple(found),
    )


def day_by_day(cells: Cells, first: int, last: int) -> Cells | None:
    """The same part by days, between two months; None where days are not counted."""
    if cells.officers != (EVERYBODY,):
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
    where = [_one_of(params, "t.officer_id", cells.officers)]
    if cells.units is not None:
        where.append(_one_of(params, "t.unit_id", cells.units))
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
