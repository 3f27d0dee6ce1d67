"""Searching clips: what may be asked, and the SQL that asks it. No database here.

What always holds: everything that was typed travels as a parameter; the order is by start, then clip id,
unknown starts last; a cursor names the last clip of a page, so that clips which come in between move no page.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Any, Final

from archive.catalogue.errors import CursorError
from archive.catalogue.granted import granted_clips
from archive.catalogue.query import Filters, FindQuery, Scope, Statement
from archive.catalogue.times import UNKNOWN_START, microseconds
from archive.catalogue.typed import things_typed
from archive.catalogue.words import number_key

__all__ = [
    "CLIP_COLUMNS",
    "COMMON_KIND",
    "Filters",
    "FindQuery",
    "Scope",
    "Statement",
    "build",
    "count_sql",
    "make_cursor",
    "page_sql",
    "read_cursor",
    "some_sql",
    "within",
]

COMMON_KIND: Final = "video"  # what nearly all clips are: no index knows it
_COLUMNS: Final = ", ".join(
    f"c.{name}"
    for name in [
        "clip",
        "path",
        "path_base64",
        "recorder_id",
        "officer_id",
        "unit_id",
        "docking",
        "sha256",
        "sm3",
        "size",
        "modified",
        "start",
        "start_source",
        "start_raw",
        "offset_ms",
        "uncertainty_ms",
        "kind",
        "container",
        "duration_us",
        "video",
        "audio",
        "width",
        "height",
        "rate",
        "damaged",
        "damage",
        "playable",
        "marked",
        "late",
        "quarantined",
        "same_as",
        "belongs_to",
        "cases",
        "verified_at",
        "examined_index",
        "ingested_index",
        "erased_at",
        "accepted_index",
        "protected",
        "facts",
        "disposed_at",
    ]
)
# What is due is nearly always nothing: a look into an empty table.
_DUE: Final = "(SELECT group_concat(d.kind) FROM due d WHERE d.clip = c.clip)"
CLIP_COLUMNS: Final = f"{_COLUMNS}, {_DUE}, c.start_us"


_CLIPS: Final = "clips c"
_OF_CASE: Final = "links l JOIN clips c ON c.ingested_index = l.clip_index"


def build(filters: Filters) -> Statement:
    """The statement of a search, without its page."""
    query = filters.query
    if query.case is not None:
        statement = Statement(_OF_CASE, "l.start_us, l.clip")
        number = statement.bind(number_key(query.case))
        statement.where.append(
            f"l.case_id = (SELECT id FROM cases WHERE number_key = {number} "  # noqa: S608 - a parameter's name
            "ORDER BY opened_index LIMIT 1)"
        )
        statement.where.append("l.linked = TRUE")
    else:
        statement = Statement(_CLIPS, "c.start_us, c.clip")
    named = (
        ("c.officer_id", filters.officers),
        ("c.unit_id", filters.units),
        ("c.recorder_id", filters.recorders),
    )
    owned = [statement.one_of(c, ids) for c, ids in named if ids is not None]
    statement.where += map(_by_no_index, owned) if filters.rare else owned
    _add_facts(statement, query)
    _add_texts(statement, filters)
    if query.scope is not None and not query.scope.all:
        mine = within(statement, query.scope)
        statement.either = [_by_no_index(one) for one in mine] if filters.rare else mine
    return statement


def within(statement: Statement, scope: Scope) -> list[str]:
    """The conditions on a clip `c`, of which one has to be met for it to be in a scope."""
    scoped = (("c.unit_id", scope.units), ("c.officer_id", scope.officers))
    found = [statement.one_of(column, sorted(ids)) for column, ids in scoped if ids]
    if scope.requests:
        granted = granted_clips([statement.bind(r) for r in sorted(scope.requests)])
        found.append(f"c.ingested_index IN ({granted})")
    return found or ["FALSE"]


def _by_no_index(condition: str) -> str:
    # SQLite has no statistics here, and would walk all clips of a unit to find its one photo.
    return f"({condition} OR FALSE)"


def _add_facts(statement: Statement, query: FindQuery) -> None:
    if query.from_ is not None:
        statement.where.append(f"c.start_us >= {statement.bind(microseconds(query.from_))}")
    if query.from_ is not None or query.to is not None:
        end = UNKNOWN_START if query.to is None else microseconds(query.to)
        statement.where.append(f"c.start_us < {statement.bind(end)}")
    if query.mark is not None:
        statement.where.append(f"c.marked = {'TRUE' if query.mark else 'FALSE'}")
    if query.kind is not None:
        statement.where.append(f"c.kind = {statement.bind(query.kind)}")
        if query.kind != COMMON_KIND:
            statement.where.append(f"c.kind <> '{COMMON_KIND}'")  # as the partial index says it
    # Said as the partial indexes say it, so that what is rare is one stretch of one.
    for column, wanted in (
        ("damaged", query.damage),
        ("late", query.late),
        ("quarantined", query.quarantined),
    ):
        if wanted is not None:
            statement.where.append(f"c.{column} = {'TRUE' if wanted else 'FALSE'}")
    if query.linked is not None:
        statement.where.append(f"c.cases {'<>' if query.linked else '='} '[]'")


def _add_texts(statement: Statement, filters: Filters) -> None:
    sets = []
    for n, typed in enumerate(things_typed(filters.query)):
        if n in filters.broad:
            statement.where.append(typed.met(statement))
        else:
            sets.append(typed.found(statement))
    if sets and filters.query.case is None:
        # Words find few clips of many. CROSS JOIN: SQLite then begins with these, and does not walk all clips of a
        # unit, or all by their start, to see which of them are among the few.
        few = f"SELECT DISTINCT f.at FROM ({sets.pop(0)}) f"  # noqa: S608 - no value in it
        statement.source = f"({few}) x CROSS JOIN clips c"
        statement.where.append("c.ingested_index = x.at")
    statement.where += [f"c.ingested_index IN ({found})" for found in sets]


def count_sql(statement: Statement, most: int | None = None) -> str:
    """How many clips there are on all pages; stops after so many."""
    where, source = _where(statement.met()), statement.source
    if source == _OF_CASE and not any("c." in condition for condition in statement.met()):
        # All that is asked is in the links' own index.
        source, where = "links l", f"{where} AND l.clip_index IS NOT NULL"
    if most is None:
        return f"SELECT count(*) FROM {source} {where}"  # noqa: S608 - no value in it
    return f"SELECT count(*) FROM (SELECT 1 FROM {source} {where} LIMIT {most:d}) counted"  # noqa: S608 - as above


def some_sql(statement: Statement, columns: str, most: int) -> str:
    """These columns of at most so many of the clips, in no order."""
    return f"SELECT {columns} FROM {statement.source} {_where(statement.met())} LIMIT {most:d}"  # noqa: S608 - no value in it


def page_sql(statement: Statement, query: FindQuery) -> tuple[str, dict[str, Any]]:
    """The clips of one page, and one more, so that it shows whether there is another.

    Raises:
        CursorError: the cursor is none of ours.
    """
    after, params = list[str](), dict(statement.params)
    if query.cursor is not None:
        params["after_us"], params["after_clip"] = read_cursor(query.cursor)
        after = [f"({statement.order}) > (:after_us, :after_clip)"]
    # Every piece is ours; values are parameters.
    source, where = statement.source, [*statement.met(), *after]
    if query.limit is not None:
        params["most"] = min(query.limit, 2**62) + 1
        if source == _CLIPS and len(statement.either) > 1:
            source, where = _first_of_each(statement, after), ["c.ingested_index = x.at"]
    sql = f"SELECT {CLIP_COLUMNS} FROM {source} {_where(where)} ORDER BY {statement.order}"  # noqa: S608 - no value in it
    return sql if query.limit is None else f"{sql} LIMIT :most", params


def _first_of_each(statement: Statement, after: Sequence[str]) -> str:
    """As many as a page has of each choice, each along an index of its own: the page is among these."""
    each = (
        f"SELECT * FROM (SELECT c.ingested_index AS at FROM clips c "  # noqa: S608 - no value in it
        f"{_where([*statement.where, choice, *after])} ORDER BY {statement.order} LIMIT :most) e{n}"
        for n, choice in enumerate(statement.either)
    )
    return f"(SELECT DISTINCT f.at FROM ({' UNION ALL '.join(each)}) f) x CROSS JOIN clips c"  # noqa: S608 - as above


def _where(conditions: Sequence[str]) -> str:
    return "WHERE " + " AND ".join(conditions) if conditions else ""


def make_cursor(place: int, name: str) -> str:
    """An opaque name for a row's place in an order."""
    return base64.urlsafe_b64encode(json.dumps([place, name]).encode()).decode().rstrip("=")


def read_cursor(cursor: str) -> tuple[int, str]:
    """What `make_cursor` was given.

    Raises:
        CursorError: it was not made here.
    """
    try:
        document = json.loads(
            base64.b64decode(
                cursor.encode() + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True
            )
        )
    except (ValueError, binascii.Error, RecursionError) as e:
        raise CursorError("this page does not exist: the cursor is none of ours") from e
    match document:
        case [int(place), str(name)] if not isinstance(place, bool) and abs(place) < 2**63:
            return place, name
    raise CursorError("this page does not exist: the cursor is none of ours")
