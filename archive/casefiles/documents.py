"""The documents of a case: adding, taking away, tying a page to a moment of a clip. Nothing here decides who may.

What always holds: a document belongs to one case and is an object before its entry names it; a decision is looked at,
made and appended while the case register is held (cases.py). Taking away takes nothing back: entry and object stay.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from archive.cases import CaseNotOpenError, deciding, need_reason
from archive.catalogue.casefile_queries import DocumentLinkRow, DocumentRow
from archive.catalogue.rows import CaseRow
from archive.errors import REFUSED, USAGE, ArchiveError
from archive.events import Event, drafts
from archive.ids import new_id
from archive.opening import Archive
from archive.store.writing import Writing

MOST: Final = 500  # documents of one case, and links of one document


class UnknownDocumentError(ArchiveError):
    """The case has no such document, or it was taken away. Nothing was done."""

    code = "A078"
    exit_status = REFUSED


class DocumentPlaceError(ArchiveError):
    """A page, paragraph or moment that there is not, or a clip of another case. Nothing was done."""

    code = "A079"
    exit_status = USAGE


class TooManyDocumentsError(ArchiveError):
    """A case, or a document, has as many as it may have. Nothing was done."""

    code = "A077"
    exit_status = REFUSED


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDocument:
    """What is known of a document that is to be kept."""

    path: Path  # in the area of `writing`, whole
    media_type: str
    pages: int | None
    name: str
    title: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where in a document, and when in a clip."""

    clip: str
    from_us: int
    to_us: int | None = None
    page: int | None = None
    paragraph: int | None = None


def add(
    archive: Archive, writing: Writing, case: CaseRow, new: NewDocument, *, actor: str
) -> tuple[str, bool]:
    """Keep a document; answers with its id and whether it is new: the same bytes are there once in a case.

    Raises:
        CaseNotOpenError, TooManyDocumentsError: nothing was done.
        ArchiveError, OSError: it could not be kept or recorded.
    """
    with deciding(archive):
        _need_open(archive, case)
        if len(archive.catalogue.documents(case.id, limit=MOST)) >= MOST:
            raise TooManyDocumentsError(f"a case has at most {MOST} documents")
        stored = writing.adopt(new.path)
        there = archive.catalogue.same_document(case.id, stored.digest)
        if there is not None:
            return there.id, False
        document = new_id("document")
        texts = {"name": new.name, "title": new.title}
        original: dict[str, object] = {"object": stored.digest, "size": stored.size}
        event = Event(
            type="document.added",
            subject=case.id,
            actor=actor,
            data={
                "document": document,
                "original": original,
                "media_type": new.media_type,
                "pages": new.pages,
            },
            text={name: text for name, text in texts.items() if text},
        )
        archive.ledger.append(drafts(writing, [event]))
    return document, True


def remove(archive: Archive, document: DocumentRow, *, actor: str, reason: str) -> None:
    """Take a document off its case; it stays in the store and in the case's history.

    Raises:
        CaseTextError: no reason.
        CaseNotOpenError, UnknownDocumentError: nothing was done.
    """
    need_reason(reason)
    with deciding(archive):
        _need_open(archive, archive.catalogue.case(document.case_id))
        _need_there(archive, document)
        text = {"reason": reason.strip()}
        data = {"document": document.id}
        archive.record(
            [
                Event(
                    type="document.removed",
                    subject=document.case_id,
                    actor=actor,
                    data=data,
                    text=text,
                )
            ]
        )


def link(
    archive: Archive, document: DocumentRow, place: Place, *, actor: str, note: str | None
) -> str:
    """Tie a place in a document to a moment or stretch of a clip of the same case; answers with the link's id.

    Raises:
        CaseNotOpenError, UnknownDocumentError, DocumentPlaceError, TooManyDocumentsError: nothing was done.
    """
    with deciding(archive):
        _need_open(archive, archive.catalogue.case(document.case_id))
        _need_there(archive, document)
        _check(archive, document, place)
        if len(archive.catalogue.document_links(document=document.id, limit=MOST)) >= MOST:
            raise TooManyDocumentsError(f"a document has at most {MOST} links")
        id_ = new_id("link")
        data = {
            "link": id_,
            "document": document.id,
            "page": place.page,
            "paragraph": place.paragraph,
            "clip": place.clip,
            "from_us": place.from_us,
            "to_us": place.to_us,
        }
        text = {"note": note.strip()} if note and note.strip() else None
        archive.record(
            [
                Event(
                    type="document.linked",
                    subject=document.case_id,
                    actor=actor,
                    data=data,
                    text=text,
                )
            ]
        )
    return id_


def unlink(archive: Archive, found: DocumentLinkRow, *, actor: str, reason: str | None) -> None:
    """Take a link away; it stays in the case's history.

    Raises:
        CaseNotOpenError, UnknownDocumentError: nothing was done.
    """
    with deciding(archive):
        _need_open(archive, archive.catalogue.case(found.case_id))
        now = archive.catalogue.document_link(found.id)
        if now is None or now.unlinked_at is not None:
            raise UnknownDocumentError("that link was taken away already")
        text = {"reason": reason.strip()} if reason and reason.strip() else None
        data = {"link": found.id}
        archive.record(
            [
                Event(
                    type="document.unlinked",
                    subject=found.case_id,
                    actor=actor,
                    data=data,
                    text=text,
                )
            ]
        )


def _need_open(archive: Archive, case: CaseRow | None) -> None:
    now = None if case is None else archive.catalogue.case(case.id)
    if now is None or not now.is_open:
        raise CaseNotOpenError("the case is closed: its documents stay as they are")


def _need_there(archive: Archive, document: DocumentRow) -> None:
    now = archive.catalogue.document(document.id)
    if now is None or now.removed_at is not None:
        raise UnknownDocumentError("that document was taken off the case")


def _check(archive: Archive, document: DocumentRow, place: Place) -> None:
    tied = archive.catalogue.link(document.case_id, place.clip)
    clip = archive.catalogue.clip(place.clip)
    if clip is None or tied is None or not tied.linked:
        raise DocumentPlaceError("the clip is not linked to the document's case")
    if place.page is not None and not 1 <= place.page <= (document.pages or 100_000):
        raise DocumentPlaceError(f"the document has the pages 1 to {document.pages}")
    if place.paragraph is not None and not 1 <= place.paragraph <= 100_000:
        raise DocumentPlaceError("paragraphs are counted from 1")
    end = 2**52 if clip.duration is None else round(clip.duration * 1_000_000) + 1_000_000
    if not 0 <= place.from_us <= end:
        raise DocumentPlaceError("the clip has no such moment")
    if place.to_us is not None and not place.from_us < place.to_us <= end:
        raise DocumentPlaceError("a stretch ends after it begins, and within the clip")
