"""What came last, of what a visitor may know: for the live desk's list, and for programs.

What always holds: showing it is a search in the ledger first, one for ten minutes of a session; who sees no facts gets
the number only. Of an archive with many units the list is of the newest clips that were looked through: it may be
short, never wrong.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from api.access import Right, may
from api.damaged import is_withheld, shown_of
from api.documents import Document, found_clip
from api.gate import Visitor, seen_now
from api.live.stream import late_hours
from api.service import Service
from archive.catalogue.rows import ClipRow
from archive.events import Event

SHOWN: Final = 30
LOOKED: Final = 1_000
_WHAT: Final = "arrivals"


async def newest(service: Service, visitor: Visitor) -> list[Document] | None:
    """The newest clips that are known to be watchable; None: this visitor sees no facts.

    Raises:
        ArchiveError: the search could not be recorded. Nothing is shown.
    """
    if not may(visitor.account, Right.SEARCH):
        return None
    await service.freshness.for_search()
    rows = await asyncio.to_thread(service.archive.catalogue.newest_clips, limit=LOOKED)
    found = [
        document
        for clip, ingested in rows
        if clip.examined and (document := _document(service, visitor, clip, ingested)) is not None
    ][:SHOWN]
    found = await asyncio.to_thread(_posters, service, found)
    await listened(service, visitor, len(found))
    return found


async def listened(service: Service, visitor: Visitor, total: int = 0) -> None:
    """Record that somebody is shown what arrives, where that is more than a number; durable when it returns.

    Raises:
        ArchiveError: it could not be recorded. Show nothing.
    """
    if may(visitor.account, Right.SEARCH):
        await service.recording.view(
            _search(visitor, total), session=visitor.session.key, clip=_WHAT, what=_WHAT
        )


def _document(
    service: Service, visitor: Visitor, clip: ClipRow, ingested: str
) -> dict[str, Any] | None:
    seen = seen_now(service, visitor, clip)
    if seen is None:
        return None
    hours = late_hours(clip.start, ingested) if clip.late else None
    return found_clip(clip) | {"ingested": ingested, "late_hours": hours, "footage": seen.footage}


def _posters(service: Service, found: list[Document]) -> list[Document]:
    """Say of which a poster can be shown now: one that is not made yet would be a hole in the page."""
    renditions = service.archive.catalogue.renditions
    for one in found:
        rows = renditions(one["clip"]) if one["footage"] else []
        kinds = {row.kind for row in shown_of(service, rows)}
        clip = service.archive.catalogue.clip(one["clip"])
        one["withheld"] = clip is not None and is_withheld(service, clip.sha256)
        one["poster"] = next((kind for kind in ("poster", "page") if kind in kinds), None)
    return found


def _search(visitor: Visitor, total: int) -> Event:
    names = ("case", "officer", "unit", "recorder", "from", "to", "mark", "kind")
    data: dict[str, Any] = dict.fromkeys(names)
    account = visitor.account.id
    return Event(
        type="search.made",
        subject=account,
        actor=account,
        data=data | {"total": total, "session": visitor.session.id},
    )
