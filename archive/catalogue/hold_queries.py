"""Questions about holds: what stops the disposal of a clip."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from archive.catalogue.reading import Reading
from archive.catalogue.row_values import selected, values


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldRow:
    """An order that stops disposal."""

    id: str
    index: int
    about: str  # clip or case
    placed_at: str
    placed_actor: str
    placed_reason: str | None
    lifted_index: int | None  # None: in force
    lifted_at: str | None
    lifted_actor: str | None
    lifted_reason: str | None


_HOLDS: Final = selected(HoldRow, "holds")
# Also by a case that it was taken off again: whoever unlinks a clip must not free it so.
_ABOUT: Final = (
    "t.lifted_index IS NULL AND (t.about = :clip"
    " OR t.about IN (SELECT l.case_id FROM links l WHERE l.clip = :clip))"
)


class HoldQueries(Reading):
    """See the module."""

    def hold(self, hold_id: str) -> HoldRow | None:
        """One hold, also one that was lifted."""
        rows = self._rows(f"{_HOLDS} WHERE t.id = :id", id=hold_id)
        return next(iter(values(HoldRow, rows)), None)

    def holds(self, *, lifted: bool = False, limit: int = 500) -> list[HoldRow]:
        """Those in force, or those that were lifted, newest first."""
        which = "IS NOT NULL" if lifted else "IS NULL"
        sql = f'{_HOLDS} WHERE t.lifted_index {which} ORDER BY t."index" DESC LIMIT :most'
        return values(HoldRow, self._rows(sql, most=limit))

    def holds_on(self, about: str) -> list[HoldRow]:
        """All on a clip or a case itself, oldest first, lifted ones too."""
        sql = f'{_HOLDS} WHERE t.about = :about ORDER BY t."index"'
        return values(HoldRow, self._rows(sql, about=about))

    def holding(self, clip: str) -> list[HoldRow]:
        """Those in force that keep a clip: its own, and of every case that it is or was linked to."""
        sql = f'{_HOLDS} WHERE {_ABOUT} ORDER BY t."index"'
        return values(HoldRow, self._rows(sql, clip=clip))

    def is_held(self, clip: str) -> bool:
        """Whether a hold keeps a clip."""
        return self._one(f"SELECT 1 FROM holds t WHERE {_ABOUT} LIMIT 1", clip=clip) is not None  # noqa: S608 - no value in it

    def held_clips(self) -> frozenset[str]:
        """Ids of all clips that a hold keeps; for a run over all clips."""
        rows = self._rows(
            "SELECT t.about FROM holds t WHERE t.lifted_index IS NULL AND t.about LIKE 'clip-%'"
            " UNION SELECT l.clip FROM holds h JOIN links l ON l.case_id = h.about"
            " WHERE h.lifted_index IS NULL"
        )
        return frozenset(str(clip) for (clip,) in rows)
