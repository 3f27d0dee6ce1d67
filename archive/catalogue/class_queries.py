"""Questions about categories: of what a clip or a case is, and of clips by the million for a run over all of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from archive.catalogue.reading import Reading
from archive.catalogue.row_values import selected, values
from archive.catalogue.times import UNKNOWN_START

_PAGE: Final = 20_000  # clips


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassRow:
    """The categories of a clip or a case, the newest word."""

    subject: str
    categories: tuple[str, ...]  # ids of retention rules; none: unclassified
    by: str | None
    rule: str | None
    reason: str | None
    index: int
    actor: str
    said_at: str


class KeptClip(NamedTuple):
    """A clip as retention looks at it. Texts are as the database has them: millions are read."""

    ingested_index: int
    clip: str
    start_us: int  # UNKNOWN_START: not known
    duration_us: int | None
    size: int
    categories: str | None  # JSON list; None: never classified
    linked: int  # 1: to a case now


class KeptGroup(NamedTuple):
    """Clips of one day that are alike in what retention asks."""

    categories: str | None  # JSON list, their own
    by_case: str | None  # JSON lists of their cases, joined by commas
    linked: int  # 1: to a case now
    day: int | None  # of the recording's start, since 1970, UTC; None: not known
    clips: int
    bytes: int


_GROUPS: Final = (
    "SELECT t.categories, CASE WHEN c.cases <> '[]' THEN (SELECT group_concat(k.categories)"
    " FROM links l JOIN classes k ON k.subject = l.case_id WHERE l.clip = c.clip AND l.linked = TRUE)"
    " END AS by_case, c.cases <> '[]' AS linked,"
    " CASE WHEN c.start_us < :unknown THEN c.start_us / 86400000000 END AS day,"
    " count(*), CAST(sum(c.size) AS BIGINT)"
    " FROM clips c LEFT JOIN classes t ON t.subject = c.clip"
    " WHERE c.disposed_at IS NULL GROUP BY 1, 2, 3, 4"
)
_KEPT: Final = (
    "SELECT c.ingested_index, c.clip, c.start_us, c.duration_us, c.size, t.categories, c.cases <> '[]'"
    " FROM clips c LEFT JOIN classes t ON t.subject = c.clip"
    " WHERE c.ingested_index > :after AND c.disposed_at IS NULL"
    " ORDER BY c.ingested_index LIMIT :most"
)
_CASES: Final = (
    "SELECT l.case_id, k.closed_at, t.categories FROM links l JOIN cases k ON k.id = l.case_id"
    " LEFT JOIN classes t ON t.subject = l.case_id"
    " WHERE l.clip = :clip AND (l.linked = TRUE OR k.closed_at IS NULL) ORDER BY l.linked_index"
)


class ClassQueries(Reading):
    """See the module."""

    def classified(self, subject: str) -> ClassRow | None:
        """What a clip or a case was classified as, by itself."""
        rows = self._rows(f"{selected(ClassRow, 'classes')} WHERE t.subject = :id", id=subject)
        return next(iter(values(ClassRow, rows)), None)

    def classified_cases(self, clip: str) -> list[tuple[str, str | None, str | None]]:
        """Of each case that a clip is linked to, or was and that is open: id, when closed, categories (JSON list)."""
        return [(case, closed, said) for case, closed, said in self._rows(_CASES, clip=clip)]

    def kept_groups(self) -> list[KeptGroup]:
        """Every clip that was not disposed of, by day and by what decides its retention."""
        return list(map(KeptGroup._make, self._rows(_GROUPS, unknown=UNKNOWN_START)))

    def kept_clips(self) -> Iterator[KeptClip]:
        """Every clip that was not disposed of, in the ledger's order, a page at a time."""
        after = -1
        while rows := self._rows(_KEPT, after=after, most=_PAGE):
            yield from map(KeptClip._make, rows)
            after = rows[-1][0]
