"""A history as a line of life: one row for each entry, runs of views folded. Decides nothing, looks up names only.

What always holds: every entry has a row of its own, with the type and the time that the ledger says, so that what is
checked in the browser is what is read on the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from api import show
from api.messages import Lang
from api.service import Service
from archive.catalogue.rows import CustodyRow

_FOLDED: Final = frozenset({"clip.viewed", "clip.played"})
_FOLD_FROM: Final = 3  # views in a row: fewer are read faster than unfolded


@dataclass(frozen=True, slots=True, kw_only=True)
class LifeRow:
    """One entry."""

    index: int
    before: int | None  # the row above, on the same page
    type: str
    time: str
    clock: str
    actor: str
    detail: str
    href: str | None  # the entry's own page


@dataclass(frozen=True, slots=True, kw_only=True)
class LifePart:
    """One row, or a run of views."""

    rows: tuple[LifeRow, ...]
    folded: bool

    @property
    def people(self) -> int:
        """Who did it, how many."""
        return len({row.actor for row in self.rows})


def life(
    service: Service, lang: Lang, rows: Sequence[CustodyRow], *, base: str, case: str | None = None
) -> list[LifePart]:
    """The rows of one page, oldest first.

    Args:
        service: for names.
        lang: of the words.
        rows: of the history.
        base: address of the subject's page.
        case: the case's id, where the history is a case's.
    """
    told = []
    before: int | None = None
    for row in rows:
        view = show.events(service, lang, [row], case=case)[0]
        told.append(
            LifeRow(
                index=row.index,
                before=before,
                type=row.type,
                time=row.time,
                clock=row.clock,
                actor=view.actor,
                detail=view.detail,
                href=f"{base}/custody/{row.index}" if case is None else None,
            )
        )
        before = row.index
    return _folded(told)


def _folded(rows: Sequence[LifeRow]) -> list[LifePart]:
    parts: list[LifePart] = []
    for views, run in groupby(rows, key=lambda row: row.type in _FOLDED):
        together = tuple(run)
        if views and len(together) >= _FOLD_FROM:
            parts.append(LifePart(rows=together, folded=True))
        else:
            parts += [LifePart(rows=(row,), folded=False) for row in together]
    return parts
