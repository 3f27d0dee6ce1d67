"""What is found by what was typed: by words, by a part of a case number or of a place. SQL; no database here.

What always holds: each thing typed has two forms that say the same of a clip. `found` is a query for the places of all
clips that it finds: for what finds few. `met` is a condition on one clip `c`: for what finds so many that the first of
them, in the order of a search, are soon met by looking at one clip after the other. The beginning of a word has no
such condition: a text index gathers all that begins so, each time that it is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

from archive.catalogue.query import FindQuery, Scope, Statement
from archive.catalogue.words import fold, number_match, spellings


class Typed(Protocol):
    """See the module."""

    @property
    def can_be_met(self) -> bool:
        """Whether there is a condition on one clip."""
        ...

    def found(self, statement: Statement) -> str:
        """A query for the places (`at`) of the clips; one may be there several times."""
        ...

    def met(self, statement: Statement) -> str:
        """The condition."""
        ...


def things_typed(query: FindQuery) -> list[Typed]:
    """Each thing that was typed, in one order for the same query."""
    found: list[Typed] = []
    if query.place is not None:
        found.append(_Place(query.place))
    if query.number is not None:
        found.append(_Number(query.number))
    if query.text is not None:
        groups = spellings(query.text)
        found += [_Words(group, query.scope) for group in groups]
        if not groups:
            found.append(_Nothing())
    return found


class _Nothing:
    """Nothing but punctuation was typed: nothing is found, rather than everything."""

    can_be_met = True

    def found(self, statement: Statement) -> str:
        del statement
        return "SELECT ingested_index AS at FROM clips WHERE FALSE"

    def met(self, statement: Statement) -> str:
        del statement
        return "FALSE"


_LINKED = (
    "SELECT p.clip_index AS at FROM cases k CROSS JOIN links p "
    "WHERE p.case_id = k.id AND p.linked = TRUE"
)
_CASE_OF = (
    "EXISTS (SELECT 1 FROM links p JOIN cases k ON k.id = p.case_id"
    " WHERE p.clip = c.clip AND p.linked = TRUE"
)


@dataclass(frozen=True, slots=True)
class _Place:
    part: str
    can_be_met: ClassVar[bool] = True

    def found(self, statement: Statement) -> str:
        return f"{_LINKED} AND {self._like(statement)}"

    def met(self, statement: Statement) -> str:
        return f"{_CASE_OF} AND {self._like(statement)})"

    def _like(self, statement: Statement) -> str:
        part = statement.bind(containing(fold(self.part.strip())))
        return f"k.place_key LIKE {part} ESCAPE '\\'"


@dataclass(frozen=True, slots=True)
class _Number:
    part: str
    can_be_met: ClassVar[bool] = True

    def found(self, statement: Statement) -> str:
        return f"{_LINKED} AND k.opened_index IN ({numbered_cases(statement, self.part)})"

    def met(self, statement: Statement) -> str:
        match = number_match(self.part)
        if match is None:
            return f"{_CASE_OF})"
        hit = (
            "EXISTS (SELECT 1 FROM words_of_cases WHERE words_of_cases.rowid = k.opened_index"  # noqa: S608 - a parameter's name
            f" AND words_of_cases MATCH {statement.bind(match)})"
        )
        return f"{_CASE_OF} AND {hit})"


def numbered_cases(statement: Statement, part: str) -> str:
    """A query for the places of the cases that have this part in their number."""
    match = number_match(part)
    if match is None:
        return "SELECT opened_index FROM cases"
    return f"SELECT rowid FROM words_of_cases WHERE words_of_cases MATCH {statement.bind(match)}"  # noqa: S608 - a parameter's name


@dataclass(frozen=True, slots=True)
class _Words:
    """Clips whose path, markers or notes, whose link's reason, whose case's texts or documents match.

    A row's number in `words` is the entry that brought the text. What was taken away is not found by.
    """

    spellings: tuple[str, ...]  # of which one is enough
    scope: Scope | None

    @property
    def can_be_met(self) -> bool:
        return not any(match.endswith("*") for match in self.spellings)

    def found(self, statement: Statement) -> str:
        readable = _readable(statement, self.scope)
        return " UNION ALL ".join(_text_set(statement.bind(m), readable) for m in self.spellings)

    def met(self, statement: Statement) -> str:
        readable = _readable(statement, self.scope)
        each = (_text_met(statement.bind(m), readable) for m in self.spellings)
        return f"({' OR '.join(each)})"


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
    hits = f"SELECT rowid FROM words WHERE words MATCH {match}"  # noqa: S608 - a parameter's name
    # The hits themselves first: whoever counts so many and no more looks no further than these.
    return (
        f"SELECT rowid AS at FROM words WHERE words MATCH {match} "  # noqa: S608 - no value in it
        f"UNION ALL SELECT r.clip_index FROM links r WHERE r.linked = TRUE AND r.linked_index IN ({hits}) "
        "UNION ALL SELECT t.clip_index FROM cases k JOIN links t ON t.case_id = k.id "
        f"WHERE t.linked = TRUE AND k.opened_index IN ({hits}) "
        "UNION ALL SELECT n.ingested_index FROM markers m JOIN clips n ON n.clip = m.clip "
        f'WHERE m.removed_at IS NULL AND m."index" IN ({hits}) '
        "UNION ALL SELECT b.clip_index FROM documents d JOIN links b ON b.case_id = d.case_id "
        "JOIN cases k ON k.id = d.case_id WHERE d.removed_at IS NULL AND b.linked = TRUE "
        f'AND d."index" IN ({hits}) AND {readable} '
        "UNION ALL SELECT o.ingested_index FROM document_links e JOIN clips o ON o.clip = e.clip "
        "JOIN cases k ON k.id = e.case_id WHERE e.unlinked_at IS NULL "
        f'AND e."index" IN ({hits}) AND {readable}'
    )


def _text_met(match: str, readable: str) -> str:
    def hit(place: str) -> str:
        return f"EXISTS (SELECT 1 FROM words WHERE words.rowid = {place} AND words MATCH {match})"  # noqa: S608 - ours

    return (
        f"({hit('c.ingested_index')}"  # noqa: S608 - no value in it
        " OR EXISTS (SELECT 1 FROM links r LEFT JOIN cases k ON k.id = r.case_id"
        f" WHERE r.clip = c.clip AND r.linked = TRUE AND ({hit('r.linked_index')}"
        f" OR {hit('k.opened_index')}))"
        " OR EXISTS (SELECT 1 FROM markers m WHERE m.clip = c.clip AND m.removed_at IS NULL"
        f""" AND {hit('m."index"')})"""
        " OR EXISTS (SELECT 1 FROM links b JOIN documents d ON d.case_id = b.case_id"
        " JOIN cases k ON k.id = d.case_id WHERE b.clip = c.clip AND b.linked = TRUE"
        f""" AND d.removed_at IS NULL AND {hit('d."index"')} AND {readable})"""
        " OR EXISTS (SELECT 1 FROM document_links e JOIN cases k ON k.id = e.case_id"
        f""" WHERE e.clip = c.clip AND e.unlinked_at IS NULL AND {hit('e."index"')} AND {readable}))"""
    )


def containing(part: str) -> str:
    """The LIKE pattern, with a backslash as its ESCAPE, of texts that hold this one."""
    for wild in "\\%_":
        part = part.replace(wild, "\\" + wild)
    return f"%{part}%"


def many_of(typed: Sequence[Typed], most: int) -> list[Statement]:
    """For each of these a count of what it finds that stops after so many."""
    found = []
    for thing in typed:
        statement = Statement("", "")
        one = thing.found(statement)
        statement.source = (
            f"SELECT count(*) FROM (SELECT f.at FROM ({one}) f LIMIT {most:d}) counted"  # noqa: S608 - no value in it
        )
        found.append(statement)
    return found
