"""Questions about disposals: what was proposed and done, and which objects are lawfully gone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from archive.catalogue.reading import Reading
from archive.catalogue.row_values import selected, values


@dataclass(frozen=True, slots=True, kw_only=True)
class DisposalRow:
    """A disposal, with each step that it took."""

    id: str
    index: int
    list: str  # digest of the object that says of what
    list_size: int | None
    rules: str | None  # digest
    items: int
    bytes: int | None
    state: str  # proposed, approved, declined, ended
    done: int  # clips that are gone
    kept: int | None
    codes: str | None  # JSON object: how many were kept for what
    proposed_at: str
    proposed_actor: str
    proposed_reason: str | None
    approved_at: str | None
    approved_actor: str | None
    approved_reason: str | None
    declined_at: str | None
    declined_actor: str | None
    declined_reason: str | None
    ended_at: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DisposedClipRow:
    """A clip whose bytes are gone: a line of the permanent register."""

    clip: str
    disposal: str
    index: int
    bytes: int | None
    disposed_at: str


_DISPOSALS: Final = selected(DisposalRow, "disposals")
_CLIPS: Final = selected(DisposedClipRow, "disposed_clips")
# The same bytes may have come again: then they are somebody's, and have to be there.
_GONE: Final = (
    'NOT EXISTS (SELECT 1 FROM clips c WHERE c.sha256 = t.digest AND c.ingested_index > t."index")'
)


class DisposalQueries(Reading):
    """See the module."""

    def disposal(self, disposal_id: str) -> DisposalRow | None:
        """One disposal."""
        rows = self._rows(f"{_DISPOSALS} WHERE t.id = :id", id=disposal_id)
        return next(iter(values(DisposalRow, rows)), None)

    def disposals(self, state: str | None = None, *, limit: int = 100) -> list[DisposalRow]:
        """In a state, or all, newest first."""
        sql = f'{_DISPOSALS} WHERE (:state IS NULL OR t.state = :state) ORDER BY t."index" DESC'
        return values(DisposalRow, self._rows(f"{sql} LIMIT :most", state=state, most=limit))

    def disposed_clips(
        self, disposal_id: str, *, after: int = -1, limit: int = 1000
    ) -> list[DisposedClipRow]:
        """What a disposal removed, in that order, from behind an entry."""
        sql = f'{_CLIPS} WHERE t.disposal = :disposal AND t."index" > :after ORDER BY t."index"'
        rows = self._rows(f"{sql} LIMIT :most", disposal=disposal_id, after=after, most=limit)
        return values(DisposedClipRow, rows)

    def disposed_clip(self, clip: str) -> DisposedClipRow | None:
        """How a clip went; None: it is there."""
        rows = self._rows(f"{_CLIPS} WHERE t.clip = :clip", clip=clip)
        return next(iter(values(DisposedClipRow, rows)), None)

    def removed_digests(self) -> frozenset[str]:
        """Objects that are lawfully gone: no clip brought their bytes again since."""
        rows = self._rows(f"SELECT t.digest FROM removed_objects t WHERE {_GONE}")  # noqa: S608 - no value in it
        return frozenset(str(digest) for (digest,) in rows)

    def is_removed(self, digest: str) -> bool:
        """Whether an object is lawfully gone."""
        sql = f"SELECT 1 FROM removed_objects t WHERE t.digest = :digest AND {_GONE}"  # noqa: S608 - no value in it
        return self._one(sql, digest=digest) is not None

    def moved_text(self, digest: str) -> tuple[str, int | None] | None:
        """Digest and size of the text object that has the rows of one that is gone; None: it was not moved.

        Followed to its end; an end that is gone too has no rows left: then its own digest and None.
        """
        found: tuple[str, int | None] | None = None
        seen = set()
        while digest not in seen:
            seen.add(digest)
            row = self._one("SELECT new, size FROM moved_texts WHERE old = :old", old=digest)
            if row is None:
                return found
            if row[0] is None:
                return digest, None
            digest, found = str(row[0]), (str(row[0]), row[1])
        return found
