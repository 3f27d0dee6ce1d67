"""Searching clips: what may be asked, and the SQL that asks it. No database here.

What always holds: everything that was typed travels as a parameter; the order is by start, then clip id,
unknown starts last; a cursor names the last clip of a page, so that clips which come in between move no page.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from archive.catalogue.errors import CursorError
from archive.catalogue.granted import granted_clips
from archive.catalogue.times import UNKNOWN_START, microseconds
from archive.catalogue.words import fold, number_key, number_match, spellings


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Whose footage somebody may know of: everybody's, or that of these units and officers, or what was granted."""

    all: bool = False
    units: frozenset[str] = frozenset()
    officers: frozenset[str] = frozenset()
    requests: frozenset[str] = frozenset()  # granted, and in force


@dataclass(frozen=True, slots=True, kw_only=True)
class FindQuery:
    """What is searched for; every filter that is not None has to be met."""

    case: str | None = None  # number
    number: str | None = None  # part of the number of a case
    officer: str | None = None  # badge
    unit: str | None = None  # name
    recorder: str | None = None  # serial
    place: str | None = None  # part of the place of a case
    from_: datetime | None = None  # aware; first moment taken in
    to: datetime | None = None  # aware; first moment not taken in
    mark: bool | None = None
    kind: str | None = None
    damage: bool | None = None
    linked: bool | None = None  # to a case
    late: bool | None = None  # docked later than the rules allow
    quarantined: bool | None = None
    text: str | None = None
    limit: int | None = None
    cursor: str | None = None
    scope: Scope | None = None  # None: no restriction
    most_counted: int | None = None  # counting may stop after so many; None: it does not
    total: int | None = (
        None  # what the same search's first page said: counted once, not with every page
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """A query whose badge, unit and serial have been looked up; an empty tuple finds nothing."""

    query: FindQuery
    officers: tuple[str, ...] | None = None
    units: tuple[str, ...] | None = None
    recorders: tuple[str, ...] | None = None


@dataclass(slots=True)
class Statement:
    """SQL under construction."""

    source: str
    order: str
    where: list[str] = field(default_factory=list)
    params: dict[str, Any] = field(default_factory=dict)

    def bind(self, value: Any) -> str:
        """A place for one value."""
        name = f"p{len(self.params)}"
        self.params[name] = value
        return f":{name}"

    def one_of(self, column: str, values: Sequence[str]) -> str:
        """The condition that a column holds one of these."""
        if not values:
            return "FALSE"
        if len(values) == 1:
            # An equality lets the index give the order too.
            return f"{column} = {self.bind(values[0])}"
        return f"{column} IN ({', '.join(self.bind(value) for value in values)})"


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
    ]
)
# What is due is nearly always nothing: a look into an empty table.
_DUE: Final = "(SELECT group_concat(d.kind) FROM due d WHERE d.clip = c.clip)"
CLIP_COLUMNS: Final = f"{_COLUMNS}, {_DUE}, c.start_us"


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
        statement = Statement("clips c", "c.start_us, c.clip")
    named = (
        ("c.officer_id", filters.officers),
        ("c.unit_id", filters.units),
        ("c.recorder_id", filters.recorders),
    )
    statement.where += [statement.one_of(c, ids) for c, ids in named if ids is not None]
    _add_facts(statement, query)
    _add_texts(statement, query)
    if query.scope is not None and not query.scope.all:
        mine = [
            statement.one_of("c.unit_id", sorted(query.scope.units)),
            statement.one_of("c.officer_id", sorted(query.scope.officers)),
        ]
        if query.scope.requests:
            granted = granted_clips([statement.bind(r) for r in sorted(query.scope.requests)])
            mine.append(f"c.ingested_index IN ({granted})")
        statement.where.append(f"({' OR '.join(mine)})")
    return statement


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


def _add_texts(statement: Statement, query: FindQuery) -> None:
    sets = _found_by_words(statement, query)
    if sets and query.case is None:
        # Words find few clips of many. CROSS JOIN: SQLite then begins with these, and does not walk all clips of a
        # unit, or all by their start, to see which of them are among the few.
        statement.source = f"({sets.pop(0)}) x CROSS JOIN clips c"
        statement.where.append("c.ingested_index = x.at")
    statement.where += [f"c.ingested_index IN ({found})" for found in sets]


def _found_by_words(statement: Statement, query: FindQuery) -> list[str]:
    """A query for each thing typed: the places (`at`, each once) of the clips that it finds."""
    sets = []
    linked = (
        "SELECT DISTINCT p.clip_index AS at FROM cases k CROSS JOIN links p "
        "WHERE p.case_id = k.id AND p.linked = TRUE"
    )
    if query.place is not None:
        part = statement.bind(containing(fold(query.place.strip())))
        sets.append(f"{linked} AND k.place_key LIKE {part} ESCAPE '\\'")
    if query.number is not None:
        numbered = numbered_cases(statement, query.number)
        sets.append(f"{linked} AND k.opened_index IN ({numbered})")
    if query.text is not None:
        found = spellings(query.text)
        readable = _readable(statement, query.scope)
        sets += [
            " UNION ".join(_text_set(statement.bind(m), readable) for m in group) for group in found
        ]
        if not found:
            # Nothing but punctuation was typed: nothing is found, rather than everything.
            statement.where.append("FALSE")
    return sets


def numbered_cases(statement: Statement, part: str) -> str:
    """A query for the places of the cases that have this part in their number."""
    found = number_match(part)
    if found is None:
        return "SELECT opened_index FROM cases"
    return f"SELECT rowid FROM words_of_cases WHERE words_of_cases MATCH {statement.bind(found)}"  # noqa: S608 - a parameter's name


def _readable(statement: Statement, scope: Scope | None) -> str:
    """The condition on a case `k` that its documents may be searched: who knows of one of its clips is not enough."""
    if scope is None or scope.all:
        return "TRUE"
    officers = statement.one_of("f.officer_id", sorted(scope.officers))
    requests = statement.one_of("g.id", sorted(scope.requests))
    return (
        f"({statement.one_of('k.unit_id', sorted(scope.units))}"  # noqa: S608 - parameters' names
        f" OR EXISTS (SELECT 1 FROM case_officers f WHERE f.case_id = k.id AND {officers})"
        " OR EXISTS (SELECT 1 FROM requests g WHERE g.case_id = k.id AND g.unit_id = k.unit_id"
        f" AND g.granted_by <> 'emergency' AND {requests}))"
    )


def _text_set(match: str, readable: str) -> str:
    """Clips whose path, markers or notes, whose link's reason, whose case's texts or documents match.

    SQLite's FTS5; a row's number is the entry that brought the text. What was taken away is not found by.
    """
    hits = f"SELECT rowid FROM words WHERE words MATCH {match}"  # noqa: S608 - a parameter's name
    return (
        f"SELECT r.clip_index AS at FROM links r WHERE r.linked = TRUE AND r.linked_index IN ({hits}) "  # noqa: S608
        f"UNION {hits} "
        "UNION SELECT t.clip_index FROM cases k JOIN links t ON t.case_id = k.id "
        f"WHERE t.linked = TRUE AND k.opened_index IN ({hits}) "
        "UNION SELECT n.ingested_index FROM markers m JOIN clips n ON n.clip = m.clip "
        f'WHERE m.removed_at IS NULL AND m."index" IN ({hits}) '
        "UNION SELECT b.clip_index FROM documents d JOIN links b ON b.case_id = d.case_id "
        "JOIN cases k ON k.id = d.case_id WHERE d.removed_at IS NULL AND b.linked = TRUE "
        f'AND d."index" IN ({hits}) AND {readable} '
        "UNION SELECT o.ingested_index FROM document_links e JOIN clips o ON o.clip = e.clip "
        "JOIN cases k ON k.id = e.case_id WHERE e.unlinked_at IS NULL "
        f'AND e."index" IN ({hits}) AND {readable}'
    )


def containing(part: str) -> str:
    """The LIKE pattern, with a backslash as its ESCAPE, of texts that hold this one."""
    for wild in "\\%_":
        part = part.replace(wild, "\\" + wild)
    return f"%{part}%"


def count_sql(statement: Statement, most: int | None = None) -> str:
    """How many clips there are on all pages; stops after so many."""
    where, source = _where(statement.where), statement.source
    if source == _OF_CASE and not any("c." in condition for condition in statement.where):
        # All that is asked is in the links' own index.
        source, where = "links l", f"{where} AND l.clip_index IS NOT NULL"
    if most is None:
        return f"SELECT count(*) FROM {source} {where}"  # noqa: S608 - no value in it
    return f"SELECT count(*) FROM (SELECT 1 FROM {source} {where} LIMIT {most:d}) counted"  # noqa: S608 - as above


def some_sql(statement: Statement, columns: str, most: int) -> str:
    """These columns of at most so many of the clips, in no order."""
    return f"SELECT {columns} FROM {statement.source} {_where(statement.where)} LIMIT {most:d}"  # noqa: S608 - no value in it


def page_sql(statement: Statement, query: FindQuery) -> tuple[str, dict[str, Any]]:
    """The clips of one page, and one more, so that it shows whether there is another.

    Raises:
        CursorError: the cursor is none of ours.
    """
    where, params = list(statement.where), dict(statement.params)
    if query.cursor is not None:
        params["after_us"], params["after_clip"] = read_cursor(query.cursor)
        where.append(f"({statement.order}) > (:after_us, :after_clip)")
    # Every piece is ours; values are parameters.
    sql = (
        f"SELECT {CLIP_COLUMNS} FROM {statement.source} {_where(where)} ORDER BY {statement.order}"  # noqa: S608
    )
    if query.limit is not None:
        params["most"] = min(query.limit, 2**62) + 1
        sql += " LIMIT :most"
    return sql, params


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
