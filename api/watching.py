"""Showing an original or a rendition: what it is, that the view is in the ledger, then the bytes.

What always holds: `clip.viewed` is durable before the first byte leaves. The ranges of one playback are one event:
a session's views of the
same thing within ten minutes of the first. No view are: HEAD (no content leaves) and 304 (the visitor has these bytes,
and their view was recorded when they got them). An object that is missing, of another length, or small and changed is
an error before any view is recorded; one with an open finding is withheld (damaged.py).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from io import RawIOBase
from pathlib import Path
from typing import Any, TypedDict

from starlette.requests import Request
from starlette.responses import Response

from api import mediatypes
from api.damaged import check_disposed, check_shown, is_withheld, tell
from api.errors import NotFoundError
from api.gate import Seen, may_still_watch
from api.media import check_match, not_modified, respond, unchanged
from api.nextrange import next_range
from api.objects import Served
from api.outside.limits import kind_of
from api.service import MOST_CLIPS, Service, service_of
from archive.catalogue.rows import ClipRow, RenditionRow
from archive.errors import MissingObjectError
from archive.events import Event

_REVALIDATED = "private, no-cache"
_PLAYED = frozenset({"stream", "proxy", "proxy-low", "repair"})


def original(service: Service, clip: ClipRow) -> Served:
    """The clip's own bytes."""
    # By the row itself: another one, after the ledger grew, is another key.
    kept = service.originals.get(clip.clip)
    if kept is not None and kept[0] is clip:
        return kept[1]
    served = Served(
        **where(service, clip.sha256),
        digest=clip.sha256,
        size=clip.size,
        name=clip.path or clip.clip,
        kind=clip.kind,
    )
    if len(service.originals) >= MOST_CLIPS:
        service.originals.clear()
    service.originals[clip.clip] = clip, served
    return served


def rendition(service: Service, clip: ClipRow, row: RenditionRow) -> Served:
    """Something derived from it. Small and shown in lists, so browsers may keep it and ask again."""
    return Served(
        **where(service, row.sha256),
        digest=row.sha256,
        size=row.size,
        name=f"{clip.clip}-{row.kind}",
        kind=clip.kind if row.kind in _PLAYED else row.kind,
        media_type=row.media_type if row.media_type in mediatypes.OURS else None,
        cache=_REVALIDATED,
    )


def index(service: Service, clip: ClipRow, row: RenditionRow) -> Served:
    """What belongs to a rendition.

    Raises:
        NotFoundError: nothing does.
    """
    if row.index_sha256 is None or row.index_size is None:
        raise NotFoundError("nothing belongs to this rendition")
    known = row.index_media_type if row.index_media_type in mediatypes.OURS else None
    return Served(
        **where(service, row.index_sha256),
        digest=row.index_sha256,
        size=row.index_size,
        name=f"{clip.clip}-{row.kind}-index",
        media_type=known or mediatypes.UNKNOWN,
        cache=_REVALIDATED,
    )


async def show(
    request: Request, seen: Seen, served: Served, what: str, *, part_of: str | None = None
) -> Response:
    """Answer GET or HEAD; what is part of something whose view is recorded and young is no view of its own.

    Raises:
        ObjectWithheldError, ObjectDisposedError: it is not shown. Nothing was recorded.
        MissingObjectError: the object is missing or short. No view was recorded.
        FixityError: it is short, and not what its entry says. As above.
        RangeNotSatisfiableError, PreconditionFailedError: as the request's headers ask.
        ArchiveError: the view could not be recorded. Nothing was sent.
    """
    service, digest = service_of(request), served.digest
    check_shown(service, digest)
    check_match(request, digest)
    if unchanged(request, digest):
        return not_modified(served)
    told = partial(tell, service, digest=digest, subject=seen.clip.clip, clip=seen.clip.clip)
    try:
        shown = await service.objects.opened(served)
    except MissingObjectError:
        check_disposed(service, digest)
        raise
    return await respond(
        request,
        shown,
        allowed=lambda: not is_withheld(service, digest) and may_still_watch(service, seen),
        damaged=told,
        record=partial(record_view, service, seen, served, what, part_of=part_of),
        following=next_range(
            service,
            seen,
            shown,
            *((what,) if part_of is None else (what, part_of)),
            may_repeat=kind_of(request.method, request.scope["path"]) is None,
        ),
    )


async def record_view(
    service: Service, seen: Seen, served: Served, what: str, *, part_of: str | None = None
) -> None:
    """Record that this was shown; durable when it returns."""
    session, clip = _viewer(seen), seen.clip.clip
    recorded = service.recording.is_recorded
    if recorded(session=session, clip=clip, what=what):
        return
    if part_of is not None and recorded(session=session, clip=clip, what=part_of):
        return
    event = view_event(seen, what=what, digest=served.digest, size=served.size)
    await service.recording.view(event, session=session, clip=clip, what=what)


def view_event(seen: Seen, *, what: str, digest: str, size: int) -> Event:
    """The entry for a view: what, in which session, and by which grant."""
    data: dict[str, Any] = {"what": what, "session": seen.visitor.session.id}
    if seen.clip.disposed_at is None:  # else there are no bytes: a proof is of what was
        data |= {"object": digest, "size": size}
    if seen.grant is not None:
        data["request"] = seen.grant.request
    return Event(
        type="clip.viewed", subject=seen.clip.clip, actor=seen.visitor.account.id, data=data
    )


def _viewer(seen: Seen) -> str:
    # A view by another grant, or by none any more, is another view.
    key = seen.visitor.session.key
    return key if seen.grant is None else f"{key} {seen.grant.request}"


def is_whole(service: Service, clip: ClipRow) -> bool:
    """Whether the original's file is there and as long as the ledger says. Not a re-hash: that is the audit."""
    file = service.archive.store.file(clip.sha256)
    if file is None:
        return True  # to ask a server for each tile of a page would take seconds: the audit asks
    try:
        return file.stat().st_size == clip.size
    except OSError:
        return False


class _Where(TypedDict):
    path: Path
    ranges: Callable[[int, int], RawIOBase] | None


def where(service: Service, digest: str) -> _Where:
    """Where its bytes come from: a file of this machine, or the store."""
    file = service.archive.store.file(digest)
    if file is not None:
        return {"path": file, "ranges": None}
    return {"path": Path(), "ranges": partial(service.archive.store.open_range, digest)}
