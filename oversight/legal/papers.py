"""What lies before a legal reviewer: documents, clips, what is to be decided; and what changed since."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from archive.catalogue.legal_queries import ReviewRow
from archive.opening import Archive

MOST_DOCUMENTS: Final = 500
MOST_CLIPS: Final = 1000  # an entry names each


@dataclass(frozen=True, slots=True, kw_only=True)
class Papers:
    """Ids, in the order in which they came to the case."""

    documents: tuple[str, ...]
    clips: tuple[str, ...]

    @property
    def are_too_many(self) -> bool:
        """Whether one review cannot take them."""
        return len(self.documents) > MOST_DOCUMENTS or len(self.clips) > MOST_CLIPS


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What came to a case, and what left it, since something was submitted. Ids."""

    documents_added: tuple[str, ...]
    documents_removed: tuple[str, ...]
    clips_added: tuple[str, ...]
    clips_removed: tuple[str, ...]
    intention: bool  # something else is to be decided

    @property
    def is_none(self) -> bool:
        """Whether all is as it was."""
        found = (self.documents_added, self.documents_removed, self.clips_added, self.clips_removed)
        return not any(found) and not self.intention

    def in_words(self) -> str:
        """How many of what, in English."""
        counted = (
            (self.documents_added, "documents added"),
            (self.documents_removed, "documents taken away"),
            (self.clips_added, "clips linked"),
            (self.clips_removed, "clips unlinked"),
        )
        said = [f"{len(ids)} {what}" for ids, what in counted if ids]
        return ", ".join([*said, "another decision is intended"] if self.intention else said)


def papers_of(archive: Archive, case_id: str) -> Papers:
    """What a case has now; of too many, one more than a review takes."""
    documents = archive.catalogue.documents(case_id, limit=MOST_DOCUMENTS + 1)
    clips = archive.catalogue.linked_clips(case_id, limit=MOST_CLIPS + 1)
    return Papers(documents=tuple(row.id for row in documents), clips=tuple(clips))


def changed_since(archive: Archive, review: ReviewRow) -> Change:
    """What is otherwise now than it was submitted."""
    now, file = papers_of(archive, review.case_id), archive.catalogue.case_file(review.case_id)
    # An act or a subject that was said anew makes another decision of it, too.
    said = 0 if file is None else max(file.intended_index or 0, file.filed_as_index or 0)
    return Change(
        intention=said > review.index,
        documents_added=_without(now.documents, review.documents),
        documents_removed=_without(review.documents, now.documents),
        clips_added=_without(now.clips, review.clips),
        clips_removed=_without(review.clips, now.clips),
    )


def _without(ids: tuple[str, ...], others: tuple[str, ...]) -> tuple[str, ...]:
    there = frozenset(others)
    return tuple(id_ for id_ in ids if id_ not in there)
