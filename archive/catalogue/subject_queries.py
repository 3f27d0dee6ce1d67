"""Questions about subjects: who they are, who is the same, and which cases are about them.

What always holds: merged subjects are one, whoever was merged into whom and in whatever order; each keeps the cases
that named it, so a split gives back what was its own. Who may know of a subject is not decided here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from archive.catalogue.reading import Reading
from archive.catalogue.row_values import selected, values
from archive.catalogue.words import matches, number_key


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectRow:
    """A person or organisation that enforcement is about."""

    id: str
    index: int
    kind: str  # person, organisation
    name: str | None  # None when its text was disposed of
    number: str | None
    registered_at: str
    merged_into: str | None
    merged_index: int | None


_SUBJECTS: Final = selected(SubjectRow, "subjects")
# Up the merges to the one that stands for itself, then down to all that were merged into it. A ring ends itself.
_SAME: Final = (
    "WITH RECURSIVE up(id) AS (SELECT id FROM subjects WHERE id = :id"
    " UNION SELECT s.merged_into FROM subjects s JOIN up ON s.id = up.id"
    " WHERE s.merged_into IS NOT NULL),"
    " same(id) AS (SELECT id FROM up UNION"
    " SELECT s.id FROM subjects s JOIN same ON s.merged_into = same.id) "
)


class SubjectQueries(Reading):
    """See the module."""

    def subject(self, subject_id: str) -> SubjectRow | None:
        """One subject, also one that was merged into another."""
        rows = self._rows(f"{_SUBJECTS} WHERE t.id = :id", id=subject_id)
        return next(iter(values(SubjectRow, rows)), None)

    def subjects_numbered(self, number: str) -> list[SubjectRow]:
        """Those with this number of an identity or an organisation, oldest first."""
        key = number_key(number)
        sql = f'{_SUBJECTS} WHERE t.number_key = :key ORDER BY t."index"'
        return values(SubjectRow, self._rows(sql, key=key))

    def find_subjects(self, text: str, *, limit: int = 50) -> list[SubjectRow]:
        """Those in whose name or number all these words are, newest first."""
        typed = matches(text)
        if not typed:
            return []
        met = " AND ".join(
            f't."index" IN (SELECT rowid FROM words WHERE words MATCH :m{n})'  # noqa: S608 - a parameter's name
            for n in range(len(typed))
        )
        said = {f"m{n}": query for n, query in enumerate(typed)}
        sql = f'{_SUBJECTS} WHERE {met} ORDER BY t."index" DESC LIMIT :most'
        return values(SubjectRow, self._rows(sql, **said, most=limit))

    def same_subject(self, subject_id: str) -> list[SubjectRow]:
        """It and all that are one with it, the one that stands for itself first."""
        sql = f"{_SAME}{_SUBJECTS} WHERE t.id IN (SELECT id FROM same)"  # noqa: S608 - no value in it
        first = "CASE WHEN t.merged_into IS NULL THEN 0 ELSE 1 END"
        rows = self._rows(f'{sql} ORDER BY {first}, t."index"', id=subject_id)
        return values(SubjectRow, rows)

    def subjects_of(self, case_id: str) -> list[SubjectRow]:
        """The subjects that a case names, as it names them."""
        sql = f"{_SUBJECTS} JOIN case_subjects c ON c.subject = t.id WHERE c.case_id = :case"
        return values(SubjectRow, self._rows(f'{sql} ORDER BY t."index"', case=case_id))

    def cases_of_subject(self, subject_id: str) -> list[str]:
        """Ids of the cases about it or about who is one with it, newest first."""
        rows = self._rows(
            f"{_SAME}SELECT k.id FROM cases k WHERE k.id IN (SELECT c.case_id FROM case_subjects c"  # noqa: S608 - no value in it
            " WHERE c.subject IN (SELECT id FROM same)) ORDER BY k.opened_index DESC",
            id=subject_id,
        )
        return [str(id_) for (id_,) in rows]
