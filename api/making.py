"""Renditions that are there, that will be, and that somebody wants now.

What always holds: asking changes nothing that is evidence: a wish is a row of work.db, and whoever derives meets it.
"""

from __future__ import annotations

import asyncio
from typing import Final

from api.documents import Document, rendition
from api.errors import NotFoundError, NothingToMakeError, NotMadeYetError
from api.service import Service
from archive.catalogue.rows import ClipRow, RenditionRow
from ingest.deriving.kinds import KINDS, ON_DEMAND
from ingest.deriving.wanted import Want, Wanted

_HAVE: Final = "made"
_FAILED: Final = "failed"
_WAITS: Final = "wanted"


async def newest(service: Service, clip: ClipRow, kind: str) -> RenditionRow:
    """The newest rendition of a kind.

    Raises:
        NotMadeYetError: it is due, and comes first from now on.
        NothingToMakeError: it cannot be made.
        NotFoundError: there is none, and none is due.
    """
    row = _newest(service, clip, kind)
    if row is not None:
        return row
    if _failed(service, clip, kind) is not None:
        raise NothingToMakeError(f"no {kind} can be made of this clip")
    wanted = Wanted(service.archive.root)
    if not clip.examined or kind in clip.due:
        await asyncio.to_thread(wanted.want, clip.clip, kind)
        raise NotMadeYetError("not made yet: ask again in a moment")
    if kind in ON_DEMAND.kinds and Want(clip.clip, kind) in await asyncio.to_thread(wanted.pending):
        raise NotMadeYetError("being made: ask again in a moment")
    raise NotFoundError("the clip has no such rendition")


async def ask(service: Service, clip: ClipRow, kind: str) -> Document:
    """Have a rendition made before all else.

    Raises:
        NotFoundError: nothing of this name is ever made, or not of this clip.
    """
    if kind not in KINDS:
        raise NotFoundError("no rendition is called so")
    row = _newest(service, clip, kind)
    if row is not None:
        return {"kind": kind, "state": _HAVE, "rendition": rendition(row)}
    code = _failed(service, clip, kind)
    if code is not None:
        return {"kind": kind, "state": _FAILED, "code": code}
    on_demand = kind in ON_DEMAND.kinds and clip.kind in {"video", "audio"} and not clip.protected
    if clip.examined and kind not in clip.due and not on_demand:
        raise NotFoundError(
            "there is nothing to make: the clip plays as it is, or has no such thing"
        )
    await asyncio.to_thread(Wanted(service.archive.root).want, clip.clip, kind)
    return {"kind": kind, "state": _WAITS}


def _newest(service: Service, clip: ClipRow, kind: str) -> RenditionRow | None:
    rows = [r for r in service.archive.catalogue.renditions(clip.clip) if r.kind == kind]
    return rows[-1] if rows else None


def _failed(service: Service, clip: ClipRow, kind: str) -> str | None:
    rows = service.archive.catalogue.failures(clip.clip)
    return next((row.code for row in rows if row.kind == kind), None)
