"""Showing a document: its file, and its pages as pictures.

What always holds: `document.viewed` is in the ledger before the first byte leaves; what one session sees of a document
within ten minutes is one view. Pages are drawn in the confined child, from nothing but the document.
"""

from __future__ import annotations

import base64
import hashlib
import threading
from collections import OrderedDict
from functools import partial
from io import BufferedReader
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from api import mediatypes
from api.casefile.rights import Read, grant_of, may_read
from api.damaged import check_shown, is_withheld, tell
from api.errors import NotFoundError
from api.gate import still_signed_in
from api.media import check_match, not_modified, respond, unchanged
from api.objects import Served
from api.service import Service, service_of
from api.watching import where
from api.workshop import Workshop
from archive.errors import FixityError
from archive.events import Event
from ingest.media.child import MediaChild
from ingest.media.errors import MediaTaskError

PDF: Final = "application/pdf"
RASTER: Final = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
_WHAT: Final = "document"
_SECONDS: Final = 30.0  # for one page
_MOST_PAGES: Final = 64  # pictures that are kept
_LARGEST: Final = 4 << 20  # bytes of a picture that is kept
_workshop: Final = Workshop("pages")
_pages: OrderedDict[tuple[str, int], bytes] = OrderedDict()
_pages_lock: Final = threading.Lock()


async def file(request: Request, read: Read) -> Response:
    """The document's exact bytes, by ranges; GET or HEAD.

    Raises:
        ObjectWithheldError: a finding on the object is open. Nothing was recorded.
        MissingObjectError: the object is missing or short. No view was recorded.
        FixityError: it is short, and not what its entry says. As above.
        ArchiveError: the view could not be recorded. Nothing was sent.
    """
    service, row = service_of(request), read.document
    known = row.media_type in RASTER or row.media_type == PDF
    served = Served(
        **where(service, row.sha256),
        digest=row.sha256,
        size=row.size,
        name=row.name or row.id,
        media_type=row.media_type if known else mediatypes.UNKNOWN,
    )
    check_shown(service, row.sha256)
    check_match(request, served.digest)
    if unchanged(request, served.digest):
        return not_modified(served)
    told = partial(tell, service, digest=row.sha256, subject=row.case_id)
    return await respond(
        request,
        await service.objects.opened(served),
        allowed=lambda: not is_withheld(service, row.sha256) and _may_go_on(service, read),
        damaged=told,
        record=partial(_record, service, read),
    )


async def page(request: Request, read: Read, number: str) -> Response:
    """A page of a PDF as a picture.

    Raises:
        NotFoundError: no PDF, or no such page; or it cannot be drawn, and says why.
        NotReadyError: too many are being drawn.
        ObjectWithheldError: a finding on the document is open. Nothing was recorded.
        FixityError: the document is not what its entry says. No view was recorded.
        ArchiveError: the view could not be recorded. Nothing was sent.
    """
    if read.document.media_type != PDF or not number.isascii() or not number.isdecimal():
        raise NotFoundError("no such page")
    if len(number) > 6 or int(number) < 1 or int(number) > (read.document.pages or 0):
        raise NotFoundError("no such page")
    service, digest = service_of(request), read.document.sha256
    check_shown(service, digest)
    try:
        picture = _kept(digest, int(number)) or await _workshop.do(
            read.visitor.account.id, lambda: _drawn(service, digest, int(number))
        )
    except FixityError:
        await tell(service, digest=digest, subject=read.document.case_id)
        raise
    await _record(service_of(request), read)
    return Response(picture, media_type="image/jpeg")


def _kept(digest: str, number: int) -> bytes | None:
    with _pages_lock:
        kept = _pages.get((digest, number))
        if kept is not None:
            _pages.move_to_end((digest, number))
        return kept


def _drawn(service: Service, digest: str, number: int) -> bytes:
    try:
        with (
            service.archive.store.local(digest) as path,
            path.open("rb") as document,
            MediaChild(timeout=_SECONDS) as child,
        ):
            _check(document, digest)
            answer = child.ask("page", document, name="document", arguments={"page": number})
    except MediaTaskError as error:
        raise NotFoundError(f"this page cannot be drawn ({error.why}): save the file") from error
    match answer.get("page"):
        case {"jpeg": str(text)}:
            picture = base64.b64decode(text, validate=True)
        case _:
            raise NotFoundError("this page cannot be drawn: save the file")
    if len(picture) <= _LARGEST and picture.startswith(b"\xff\xd8\xff"):
        with _pages_lock:
            _pages[digest, number] = picture
            while len(_pages) > _MOST_PAGES:
                _pages.popitem(last=False)
    return picture


def _check(document: BufferedReader, digest: str) -> None:
    """Raise FixityError for a document that is not what its entry says: nothing is drawn of it."""
    actual = hashlib.file_digest(document, "sha256").hexdigest()
    if actual != digest:
        raise FixityError(digest=digest, actual=actual)
    document.seek(0)


async def _record(service: Service, read: Read) -> None:
    visitor, row = read.visitor, read.document
    if service.recording.is_recorded(session=visitor.session.key, clip=row.id, what=_WHAT):
        return
    data = {
        "document": row.id,
        "object": row.sha256,
        "size": row.size,
        "session": visitor.session.id,
    }
    grant = grant_of(service, visitor, read.case)
    if grant is not None:
        data["request"] = grant
    event = Event(type="document.viewed", subject=row.case_id, actor=visitor.account.id, data=data)
    await service.recording.view(event, session=visitor.session.key, clip=row.id, what=_WHAT)


def _may_go_on(service: Service, read: Read) -> bool:
    if not still_signed_in(service, read.visitor):
        return False
    case = service.archive.catalogue.case(read.case.id)
    return case is not None and may_read(service, read.visitor, case)
