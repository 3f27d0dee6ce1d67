"""The volume catalogue (卷内目录): everything that a case holds, numbered, with pages, days and digests.

What always holds: it is canonical JSON that follows from what the case holds and from nothing else: made twice of the
same case it is the same bytes, so it can be fetched, signed elsewhere and sent back. Documents come first, in the order
in which they were added, then clips by their start. Pages are counted through; of what has none known, it is one.
"""

from __future__ import annotations

from typing import Any, Final

from archive import canonical
from archive.casefiles.errors import CatalogueTooLongError
from archive.catalogue.casefile_queries import DocumentRow
from archive.catalogue.file_queries import FileRow
from archive.catalogue.query import FindQuery
from archive.catalogue.rows import CaseRow, ClipRow
from archive.opening import Archive

FORMAT: Final = "muniment-volume-1"
MOST: Final = 20_000  # items


def build(archive: Archive, case: CaseRow) -> bytes:
    """The catalogue of what a case holds now.

    Raises:
        CatalogueTooLongError: it holds more than 20,000 things.
        CanonicalError: a text that is not Unicode.
    """
    documents, clips = archive.catalogue.documents(case.id), _clips(archive, case)
    if len(documents) + len(clips) > MOST:
        raise CatalogueTooLongError(f"a volume catalogue has at most {MOST} items")
    items: list[dict[str, Any]] = []
    page = 1
    for row in documents:
        pages = row.pages or 1
        items.append(_of_document(archive, row) | {"from_page": page, "to_page": page + pages - 1})
        page += pages
    items += [_of_clip(row) for row in clips]
    for number, item in enumerate(items, 1):
        item["number"] = number
    return canonical.encode(_head(archive, case) | {"items": items, "pages": page - 1})


def _head(archive: Archive, case: CaseRow) -> dict[str, Any]:
    catalogue = archive.catalogue
    file = catalogue.case_file(case.id)
    unit = None if case.unit_id is None else catalogue.unit(case.unit_id)
    return {
        "format": FORMAT,
        "archive": archive.settings.origin,
        "case": case.id,
        "case_number": case.number,
        "title": case.title,
        "unit": None if unit is None else unit.name,
        "opened_at": case.opened_at,
        "officers": [_officer(archive, id_) for id_ in case.officers],
        "subjects": [
            {"subject": s.id, "kind": s.kind, "name": s.name, "number": s.number}
            for s in catalogue.subjects_of(case.id)
        ],
        "stages": [
            {"stage": s.stage, "at": s.at, "document": s.document, "entry": s.index}
            for s in catalogue.stages(case.id)
        ],
        **_filed(file),
    }


def _filed(file: FileRow | None) -> dict[str, Any]:
    if file is None:
        return dict.fromkeys(("act", "matter", "list", "action_ended"))
    return {
        "act": file.act,
        "matter": file.matter,
        "list": file.list,
        "action_ended": file.action_ended,
    }


def _officer(archive: Archive, officer: str) -> dict[str, str | None]:
    row = archive.catalogue.officer(officer)
    return {
        "officer": officer,
        "badge": None if row is None else row.badge,
        "name": None if row is None else row.name,
    }


def _of_document(archive: Archive, row: DocumentRow) -> dict[str, Any]:
    links = archive.catalogue.document_links(document=row.id)
    return {
        "kind": "document",
        "id": row.id,
        "title": row.title or row.name,
        "name": row.name,
        "media_type": row.media_type,
        "by": row.actor_name or row.actor,
        "at": row.added_at,
        "pages": row.pages,
        "sha256": row.sha256,
        "size": row.size,
        "entry": row.index,
        "links": [
            {"page": link.page, "clip": link.clip, "from_us": link.from_us, "to_us": link.to_us}
            for link in links
        ],
    }


def _of_clip(row: ClipRow) -> dict[str, Any]:
    return {
        "kind": row.kind or "unknown",
        "id": row.clip,
        "title": row.path,
        "name": row.path,
        "by": row.officer,
        "at": row.start,
        "duration_us": None if row.duration is None else round(row.duration * 1_000_000),
        "sha256": row.sha256,
        "size": row.size,
        "entry": row.ingested_index,
        "disposed": row.disposed_at is not None,
    }


def _clips(archive: Archive, case: CaseRow) -> list[ClipRow]:
    if case.number is None:
        return []
    found = archive.catalogue.find(FindQuery(case=case.number, limit=MOST + 1)).clips
    return sorted(found, key=lambda clip: (clip.start or "~", clip.ingested_index))
