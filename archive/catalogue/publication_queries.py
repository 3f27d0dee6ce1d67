"""Questions about publications: what waits, what is public, what the feed says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from archive.catalogue.reading import Reading
from archive.catalogue.row_values import selected, values


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicationRow:
    """A publication, with each step that it took."""

    id: str
    index: int
    kind: str  # decision, list, officer, report
    about: str | None  # id of a case, a list or an officer
    record: str  # digest; the redacted one where there is one
    record_size: int | None
    title: str | None
    state: str  # proposed, checked, approved, declined, published, withdrawn, expired
    secret: bool | None
    privacy: bool | None
    redactions: int | None
    feed: int | None
    expires: str | None  # day
    published_index: int | None
    withdrawn_index: int | None
    proposed_at: str
    proposed_actor: str
    proposed_reason: str | None
    checked_at: str | None
    checked_actor: str | None
    checked_reason: str | None
    approved_at: str | None
    approved_actor: str | None
    approved_reason: str | None
    declined_at: str | None
    declined_actor: str | None
    declined_reason: str | None
    published_at: str | None
    published_actor: str | None
    withdrawn_at: str | None
    withdrawn_actor: str | None
    withdrawn_reason: str | None
    expired_at: str | None


_PUBLICATIONS: Final = selected(PublicationRow, "publications")


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedStep:
    """Something that became public, or is no longer: one item of the feed."""

    index: int  # of the entry
    publication: str
    step: str  # published, withdrawn, expired


# Steps out of turn are in no row of `publications`, so they are no item.
_STEPS: Final = (
    "SELECT p.published_index AS \"index\", p.id, 'published' FROM publications p"
    " WHERE p.published_index > :after"
    " UNION ALL SELECT p.withdrawn_index, p.id, 'withdrawn' FROM publications p"
    " WHERE p.published_index IS NOT NULL AND p.withdrawn_index > :after"
    " UNION ALL SELECT min(c.\"index\"), p.id, 'expired' FROM publications p"
    " JOIN custody c ON c.subject = p.id AND c.type = 'publication.expired'"
    " AND c.\"index\" > p.published_index WHERE p.state = 'expired' GROUP BY p.id"
    ' HAVING min(c."index") > :after ORDER BY 1'
)


class PublicationQueries(Reading):
    """See the module."""

    def publication(self, publication_id: str) -> PublicationRow | None:
        """One publication."""
        rows = self._rows(f"{_PUBLICATIONS} WHERE t.id = :id", id=publication_id)
        return next(iter(values(PublicationRow, rows)), None)

    def publications_about(self, about: str) -> list[PublicationRow]:
        """Those about a case, a list or an officer, oldest first."""
        sql = f'{_PUBLICATIONS} WHERE t.about = :about ORDER BY t."index"'
        return values(PublicationRow, self._rows(sql, about=about))

    def publications(
        self, *states: str, kind: str | None = None, after: int = -1, limit: int = 200
    ) -> list[PublicationRow]:
        """Those in one of these states, by the index of their proposal, from behind `after`."""
        said = {f"s{n}": state for n, state in enumerate(states)}
        listed = ", ".join(f":{name}" for name in said)
        rows = self._rows(
            f'{_PUBLICATIONS} WHERE t.state IN ({listed}) AND t."index" > :after'
            ' AND (:kind IS NULL OR t.kind = :kind) ORDER BY t."index" LIMIT :most',
            **said,
            after=after,
            kind=kind,
            most=limit,
        )
        return values(PublicationRow, rows)

    def fed(self, after: int = 0, *, limit: int = 200) -> list[PublicationRow]:
        """What was ever published, by its number in the feed, from behind `after`; withdrawn and expired ones too."""
        sql = f"{_PUBLICATIONS} WHERE t.feed > :after ORDER BY t.feed LIMIT :most"
        return values(PublicationRow, self._rows(sql, after=after, most=limit))

    def last_fed(self) -> int:
        """The highest number in the feed; 0: nothing was published yet."""
        row = self._one("SELECT max(feed) FROM publications")
        return 0 if row is None or row[0] is None else int(row[0])

    def feed_steps(self, after: int = -1) -> list[FeedStep]:
        """What the feed says, in its order: the n-th of all has the number n. From behind an entry's index."""
        return [
            FeedStep(index=int(index), publication=str(id_), step=str(step))
            for index, id_, step in self._rows(_STEPS, after=after)
        ]

    def feed_length(self) -> int:
        """How many items the feed has."""
        row = self._one(
            "SELECT count(published_index) + count(CASE WHEN published_index IS NOT NULL"
            " THEN withdrawn_index END) + count(CASE WHEN state = 'expired' THEN 1 END)"
            " FROM publications"
        )
        return 0 if row is None else int(row[0])

    def expiring(self, day: str, *, limit: int = 1000) -> list[PublicationRow]:
        """What is public and was to be so until this day at most."""
        sql = f"{_PUBLICATIONS} WHERE t.state = 'published' AND t.expires <= :day"
        rows = self._rows(f'{sql} ORDER BY t."index" LIMIT :most', day=day, most=limit)
        return values(PublicationRow, rows)
