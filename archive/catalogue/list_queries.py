"""Questions about lists of the three systems: their versions, which is in force, which no longer agrees; imports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from archive.catalogue.reading import Reading
from archive.catalogue.row_values import selected, values


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRow:
    """One published version of a list."""

    index: int
    list: str  # id: one for all versions
    kind: str
    version: int
    sha256: str
    size: int
    in_force: str  # day
    title: str | None
    actor: str
    published_at: str
    withdrawn_index: int | None
    withdrawn_at: str | None
    withdrawn_actor: str | None
    withdrawn_reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListChangeRow:
    """What a list rests on changed."""

    index: int
    list: str
    at: str
    at_us: int
    reason: str | None
    actor: str
    said_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRow:
    """Dispatch or case data that somebody brought."""

    index: int
    kind: str | None
    sha256: str
    size: int
    rows: int
    actor: str
    imported_at: str


_LISTS: Final = selected(ListRow, "lists")


class ListQueries(Reading):
    """See the module. A day is `YYYY-MM-DD`."""

    def list_versions(
        self, *, kind: str | None = None, list_id: str | None = None
    ) -> list[ListRow]:
        """All versions, of one kind or list or of all, oldest first, withdrawn ones among them."""
        rows = self._rows(
            f"{_LISTS} WHERE (:kind IS NULL OR t.kind = :kind) AND (:list IS NULL OR t.list = :list)"
            ' ORDER BY t."index"',
            kind=kind,
            list=list_id,
        )
        return values(ListRow, rows)

    def list_in_force(self, kind: str, day: str) -> ListRow | None:
        """The version of a kind that binds on a day."""
        rows = self._rows(
            f"{_LISTS} WHERE t.kind = :kind AND t.in_force <= :day AND t.withdrawn_index IS NULL"
            ' ORDER BY t.in_force DESC, t."index" DESC LIMIT :most',
            kind=kind,
            day=day,
            most=1,
        )
        return next(iter(values(ListRow, rows)), None)

    def list_changes(self, list_id: str | None = None) -> list[ListChangeRow]:
        """Changes that no version published since has taken up, oldest first; of one list or of all."""
        rows = self._rows(
            f"{selected(ListChangeRow, 'list_changes')} WHERE (:list IS NULL OR t.list = :list)"  # noqa: S608 - no value in it
            ' AND NOT EXISTS (SELECT 1 FROM lists l WHERE l.list = t.list AND l."index" > t."index")'
            ' ORDER BY t."index"',
            list=list_id,
        )
        return values(ListChangeRow, rows)

    def imports(self, *, limit: int = 100) -> list[ImportRow]:
        """What was imported, newest first."""
        sql = f'{selected(ImportRow, "imports")} ORDER BY t."index" DESC LIMIT :most'
        return values(ImportRow, self._rows(sql, most=limit))
