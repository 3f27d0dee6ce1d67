"""Documents and their links as the API and the pages show them, links only to clips that a visitor may know of."""

from __future__ import annotations

from typing import Any

from api import documents
from api.casefile.rights import seen_clip
from api.casefile.showing import PDF, RASTER
from api.gate import Seen, Visitor
from api.mediawords import moment
from api.messages import Lang, name_of
from api.service import Service
from archive.catalogue.casefile_queries import DocumentLinkRow, DocumentRow


def document(row: DocumentRow, case_number: str | None) -> documents.Document:
    """The API's form of a document."""
    return {
        "document": row.id,
        "case": case_number,
        "name": row.name,
        "title": row.title,
        "media_type": row.media_type,
        "pages": row.pages,
        "size": row.size,
        "sha256": row.sha256,
        "account": row.actor,
        "added_at": row.added_at,
        "index": row.index,
    }


def link(row: DocumentLinkRow) -> documents.Document:
    """The API's form of a link."""
    return {
        "link": row.id,
        "document": row.document,
        "page": row.page,
        "paragraph": row.paragraph,
        "clip": row.clip,
        "from_us": row.from_us,
        "to_us": row.to_us,
        "note": row.note,
        "account": row.actor,
        "linked_at": row.linked_at,
        "index": row.index,
    }


def links_for(
    service: Service, visitor: Visitor, rows: list[DocumentLinkRow]
) -> list[tuple[DocumentLinkRow, Seen]]:
    """Of these links those whose clip the visitor may know of."""
    clips = {row.clip: seen_clip(service, visitor, row.clip) for row in rows}
    return [(row, seen) for row in rows if (seen := clips[row.clip]) is not None]


def document_view(row: DocumentRow, lang: Lang) -> dict[str, Any]:
    """A document for a page."""
    return {
        "id": row.id,
        "name": row.name or row.id,
        "title": row.title,
        "kind": name_of(lang, "casefile.type", row.media_type),
        "pages": row.pages,
        "size": row.size,
        "sha256": row.sha256,
        "by": row.actor_name or row.actor,
        "at": row.added_at,
        "shown": "pages" if row.media_type == PDF and row.pages else
        "picture" if row.media_type in RASTER else None,
    }  # fmt: skip


def link_view(row: DocumentLinkRow, seen: Seen, lang: Lang) -> dict[str, Any]:
    """A link for a page."""
    del lang
    return {
        "id": row.id,
        "document": row.document,
        "page": row.page,
        "paragraph": row.paragraph,
        "clip": row.clip,
        "path": seen.clip.path or seen.clip.clip,
        "start": seen.clip.start,
        "seconds": row.from_us / 1_000_000,
        "until": None if row.to_us is None else row.to_us / 1_000_000,
        "at": moment(row.from_us / 1_000_000),
        "to": None if row.to_us is None else moment(row.to_us / 1_000_000),
        "note": row.note,
        "by": row.actor_name or row.actor,
        "linked_at": row.linked_at,
    }
