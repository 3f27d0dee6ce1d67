"""Questions about the documents of a case, and about what ties their pages to moments of clips."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from archive.catalogue.reading import Reading

_DOCUMENT: Final = (
    'SELECT d.id, d."index", d.case_id, d.sha256, d.sm3, d.size, d.media_type, d.pages, d.name,'
    " d.title, d.actor, a.name, d.added_at, d.removed_at, d.removed_reason"
    " FROM documents d LEFT JOIN accounts a ON a.id = d.actor WHERE "
)
_LINK: Final = (
    'SELECT l.id, l."index", l.case_id, l.document, l.page, l.paragraph, l.clip, l.from_us, l.to_us,'
    " l.note, l.actor, a.name, l.linked_at, l.unlinked_at"
    " FROM document_links l LEFT JOIN accounts a ON a.id = l.actor WHERE "
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRow:
    """A document of a case."""

    id: str
    index: int  # of the entry that brought it
    case_id: str
    sha256: str
    sm3: str | None
    size: int
    media_type: str
    pages: int | None  # None: not known
    name: str | None  # of the file, as it was sent
    title: str | None
    actor: str
    actor_name: str | None
    added_at: str
    removed_at: str | None
    removed_reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentLinkRow:
    """A place in a document and a moment or stretch of a clip that belong together."""

    id: str
    index: int
    case_id: str
    document: str
    page: int | None  # from 1
    paragraph: int | None  # from 1
    clip: str
    from_us: int  # microseconds of the clip
    to_us: int | None
    note: str | None
    actor: str
    actor_name: str | None
    linked_at: str
    unlinked_at: str | None


class CasefileQueries(Reading):
    """See the module. What was taken away is left out where it is not said otherwise."""

    def documents(self, case_id: str, *, limit: int = 500) -> list[DocumentRow]:
        """The documents of a case, oldest first."""
        rows = self._rows(
            f'{_DOCUMENT} d.case_id = :case AND d.removed_at IS NULL ORDER BY d."index" LIMIT :most',
            case=case_id,
            most=limit,
        )
        return [_document(row) for row in rows]

    def document(self, document_id: str) -> DocumentRow | None:
        """One document, also one that was taken away."""
        row = self._one(f"{_DOCUMENT} d.id = :id", id=document_id)
        return None if row is None else _document(row)

    def same_document(self, case_id: str, digest: str) -> DocumentRow | None:
        """The document of a case that has these very bytes."""
        row = self._one(
            f"{_DOCUMENT} d.case_id = :case AND d.sha256 = :digest AND d.removed_at IS NULL"
            ' ORDER BY d."index" LIMIT 1',
            case=case_id,
            digest=digest,
        )
        return None if row is None else _document(row)

    def document_links(
        self, *, document: str | None = None, clip: str | None = None, limit: int = 500
    ) -> list[DocumentLinkRow]:
        """What is tied to a document, in the order of its pages, or to a clip, in the order of its film."""
        what, order = (
            ("l.document = :id", "coalesce(l.page, 0), coalesce(l.paragraph, 0), ")
            if document is not None
            else ("l.clip = :id", "l.from_us, ")
        )
        rows = self._rows(
            f"{_LINK} {what} AND l.unlinked_at IS NULL AND EXISTS (SELECT 1 FROM documents d"  # noqa: S608 - no value in it
            " WHERE d.id = l.document AND d.removed_at IS NULL)"
            f' ORDER BY {order}l."index" LIMIT :most',
            id=clip if document is None else document,
            most=limit,
        )
        return [_link(row) for row in rows]

    def document_link(self, link_id: str) -> DocumentLinkRow | None:
        """One link, also one that was taken away."""
        row = self._one(f"{_LINK} l.id = :id", id=link_id)
        return None if row is None else _link(row)


def _document(row: tuple[Any, ...]) -> DocumentRow:
    return DocumentRow(**dict(zip(DocumentRow.__slots__, row, strict=True)))


def _link(row: tuple[Any, ...]) -> DocumentLinkRow:
    return DocumentLinkRow(**dict(zip(DocumentLinkRow.__slots__, row, strict=True)))
