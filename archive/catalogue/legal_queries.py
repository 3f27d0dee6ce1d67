"""Questions about legal reviews: the rounds of a case, what waits, and whether the last word is agreement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from archive.catalogue.reading import Reading
from archive.catalogue.row_values import selected, values


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRow:
    """One round of the legal review of a case."""

    id: str
    index: int
    case_id: str
    round: int
    state: str  # requested, taken, answered, disputed, settled
    documents: tuple[str, ...]
    clips: tuple[str, ...]
    question: str | None
    requested_at: str
    requested_actor: str
    reviewer: str | None  # officer
    taken_at: str | None
    outcome: str | None  # agree, correct, transfer
    points: str | None  # JSON list, as in the entry
    notes: str | None  # JSON object: text by point
    answered_index: int | None
    answered_at: str | None
    answered_actor: str | None
    answered_reason: str | None
    disputed_at: str | None
    disputed_actor: str | None
    disputed_reason: str | None
    settled_outcome: str | None
    settled_index: int | None
    settled_at: str | None
    settled_actor: str | None
    settled_reason: str | None

    @property
    def result(self) -> str | None:
        """What counts: how a dispute was settled, else the answer; None while it is open or disputed."""
        return {"answered": self.outcome, "settled": self.settled_outcome}.get(self.state)


_REVIEWS: Final = selected(ReviewRow, "reviews")


class LegalQueries(Reading):
    """See the module."""

    def legal_review(self, review_id: str) -> ReviewRow | None:
        """One round."""
        rows = self._rows(f"{_REVIEWS} WHERE t.id = :id", id=review_id)
        return next(iter(values(ReviewRow, rows)), None)

    def legal_reviews(self, case_id: str) -> list[ReviewRow]:
        """All rounds of a case, in the order in which they were asked for."""
        sql = f'{_REVIEWS} WHERE t.case_id = :case ORDER BY t."index"'
        return values(ReviewRow, self._rows(sql, case=case_id))

    def waiting_reviews(self, *, limit: int = 200) -> list[ReviewRow]:
        """Rounds that somebody has to do something about, oldest first."""
        sql = f"{_REVIEWS} WHERE t.state IN ('requested', 'taken', 'disputed')"
        rows = self._rows(f'{sql} ORDER BY t."index" LIMIT :most', most=limit)
        return values(ReviewRow, rows)

    def agreed(self, case_id: str) -> ReviewRow | None:
        """The last round of a case, where it ended in agreement; an open round asks anew."""
        rounds = self.legal_reviews(case_id)
        return rounds[-1] if rounds and rounds[-1].result == "agree" else None

    def linked_clips(self, case_id: str, *, limit: int) -> list[str]:
        """The clips that are linked to a case now, in the order of linking."""
        rows = self._rows(
            "SELECT l.clip FROM links l WHERE l.case_id = :case AND l.linked = TRUE"
            " ORDER BY l.linked_index, l.clip LIMIT :most",
            case=case_id,
            most=limit,
        )
        return [clip for (clip,) in rows]
