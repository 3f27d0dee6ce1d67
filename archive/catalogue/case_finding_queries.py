"""Cases by words of their title, subject, place or number, or by a part of their number; newest first.

What always holds: a case is found only by whoever may know of it, as `Knowing` says; nothing here tells how many
others there are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from archive.catalogue.case_queries import CaseQueries
from archive.catalogue.query import Scope, Statement
from archive.catalogue.rows import CaseRow
from archive.catalogue.search import within
from archive.catalogue.typed import numbered_cases
from archive.catalogue.words import fold, spellings

_LEAST_PART: Final = 3  # characters of a part of a number


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowing:
    """Which cases somebody may know of."""

    scope: Scope | None = None  # those that hold a clip of these; None: every case
    cases: frozenset[str] = frozenset()  # these
    own: bool = False  # those of no unit, of `unit`, and those that name `officer`
    unit: str | None = None
    officer: str | None = None


class CaseFindingQueries(CaseQueries):
    """See the module."""

    def cases_found(
        self, *, text: str | None, number: str | None, knowing: Knowing, limit: int
    ) -> list[CaseRow]:
        """At most so many cases that have every word of `text`, and `number` as a part of their number.

        What has a digit may be a part of the number too.
        """
        statement = Statement("cases k", "k.opened_index DESC")
        for word in fold(text or "").split():
            each = [
                f"SELECT rowid FROM words_of_cases WHERE words_of_cases MATCH {statement.bind(m)}"  # noqa: S608 - no value in it
                for group in spellings(word)
                for m in group
            ]
            if len(word) >= _LEAST_PART and any(sign.isdigit() for sign in word):
                each.append(numbered_cases(statement, word))
            if each:
                statement.where.append(f"k.opened_index IN ({' UNION '.join(each)})")
        if number is not None:
            statement.where.append(f"k.opened_index IN ({numbered_cases(statement, number)})")
        if not statement.where:
            return []
        if knowing.scope is not None and not knowing.scope.all:
            statement.either = _known(statement, knowing)
        rows = self._rows(
            f"SELECT k.id FROM cases k WHERE k.number IS NOT NULL AND {' AND '.join(statement.met())}"  # noqa: S608 - no value in it
            f" ORDER BY {statement.order} LIMIT :most",
            **statement.params,
            most=limit,
        )
        found = (self.case(case_id) for (case_id,) in rows)
        return [case for case in found if case is not None]


def _known(statement: Statement, knowing: Knowing) -> list[str]:
    """The conditions on a case `k`, of which one has to be met."""
    found = [statement.one_of("k.id", sorted(knowing.cases))]
    if knowing.own:
        found.append("k.unit_id IS NULL")
        if knowing.unit is not None:
            found.append(f"k.unit_id = {statement.bind(knowing.unit)}")
        if knowing.officer is not None:
            found.append(
                "EXISTS (SELECT 1 FROM case_officers f WHERE f.case_id = k.id"  # noqa: S608 - a parameter's name
                f" AND f.officer_id = {statement.bind(knowing.officer)})"
            )
    either = " OR ".join(within(statement, knowing.scope or Scope()))
    found.append(
        "EXISTS (SELECT 1 FROM links l JOIN clips c ON c.ingested_index = l.clip_index"  # noqa: S608 - as above
        f" WHERE l.case_id = k.id AND l.linked = TRUE AND ({either}))"
    )
    return found
