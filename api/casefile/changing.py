"""Tying, untying and taking away, for a visitor: archive.casefiles.documents decides, run in a thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from api.casefile.rights import Read, may_add, refuse_to_add, seen_clip
from api.deciding import decided
from api.errors import NotFoundError
from api.markers.marking import MOST_REASON, MOST_TEXT, checked_text
from api.service import Service
from archive.casefiles import documents as casefile
from archive.casefiles.documents import Place
from archive.catalogue.casefile_queries import DocumentLinkRow

_Done = TypeVar("_Done")


async def may_change(service: Service, read: Read) -> None:
    """Raise NotPermittedError, recorded, or CaseNotOpenError where the case's documents are not theirs to change."""
    if not may_add(service, read.visitor, read.case):
        await refuse_to_add(service, read.visitor, read.case)


async def tie(service: Service, read: Read, place: Place, note: str) -> DocumentLinkRow:
    """Tie a place in the document to a clip that the visitor may know of.

    Raises:
        NotPermittedError: see `may_change`.
        NotFoundError: there is no such clip for them.
        InvalidInputError, CaseNotOpenError, DocumentPlaceError, TooManyDocumentsError: nothing was done.
    """
    await may_change(service, read)
    said = checked_text(note, most=MOST_TEXT) if note.strip() else None
    if seen_clip(service, read.visitor, place.clip) is None:
        raise NotFoundError("no such clip")
    actor = read.visitor.account.id
    id_ = await _changing(
        service,
        lambda: casefile.link(service.archive, read.document, place, actor=actor, note=said),
    )
    row = service.archive.catalogue.document_link(id_)
    if row is None:
        raise NotFoundError("no such link")
    return row


async def untie(service: Service, read: Read, link: str) -> None:
    """Take a link of the document away.

    Raises:
        NotFoundError: it has none of this id.
        CaseNotOpenError, UnknownDocumentError: nothing was done.
    """
    row = service.archive.catalogue.document_link(link)
    if row is None or row.document != read.document.id or row.unlinked_at is not None:
        raise NotFoundError("no such link")
    if seen_clip(service, read.visitor, row.clip) is None:
        raise NotFoundError("no such link")
    actor = read.visitor.account.id
    await _changing(
        service, lambda: casefile.unlink(service.archive, row, actor=actor, reason=None)
    )


async def withdraw(service: Service, read: Read, reason: str) -> None:
    """Take the document off its case.

    Raises:
        NotPermittedError: see `may_change`.
        InvalidInputError, CaseTextError, CaseNotOpenError, UnknownDocumentError: nothing was done.
    """
    await may_change(service, read)
    why, actor = checked_text(reason, most=MOST_REASON), read.visitor.account.id
    await _changing(
        service, lambda: casefile.remove(service.archive, read.document, actor=actor, reason=why)
    )


async def _changing(service: Service, do: Callable[[], _Done]) -> _Done:
    try:
        return await decided(do)
    finally:
        service.freshness.changed()
        await service.freshness.for_search()
