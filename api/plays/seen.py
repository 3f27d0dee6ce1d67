"""Who has seen a clip: entry by entry for programs, person by person and sign-in by sign-in for the page.

What always holds: it is told out of the ledger, and to those only who watch over watching (gate.overseen_clip).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from api.documents import Document
from api.plays.spans import Span, merged
from api.service import Service
from archive.catalogue.search import make_cursor, read_cursor
from archive.catalogue.watching_queries import ViewRow

PAGE: Final = 200
SHOWN: Final = 1_000  # entries that a page puts together


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewing:
    """What one person saw of a clip during one sign-in.

    Attributes:
        times: how often something of it was shown, as the ledger counts views.
        spans: what was played, milliseconds.
        played_ms: what it took.
    """

    actor: str
    name: str | None
    role: str | None
    session: str | None
    address: str | None
    requests: tuple[str, ...]
    first: str
    last: str
    times: int
    what: tuple[str, ...]
    spans: tuple[Span, ...]
    played_ms: int


async def views_page(
    service: Service, clip: str, *, cursor: str | None, limit: int = PAGE
) -> tuple[list[ViewRow], str | None]:
    """One page of views, newest first, and the next one's cursor.

    Raises:
        CursorError: the cursor is none of ours.
    """
    before = None if not cursor else read_cursor(cursor)[0]
    await service.freshness.for_custody()
    viewers = service.archive.catalogue.viewers
    rows = await asyncio.to_thread(viewers, clip, before=before, limit=limit + 1)
    shown = rows[:limit]
    following = make_cursor(shown[-1].index, "views") if len(rows) > limit else None
    return shown, following


async def viewings(service: Service, clip: str) -> tuple[list[Viewing], bool]:
    """The newest SHOWN entries put together, the newest sign-in first, and whether there are older ones."""
    rows, following = await views_page(service, clip, cursor=None, limit=SHOWN)
    groups: dict[tuple[str, str | None], list[ViewRow]] = {}
    for row in rows:
        groups.setdefault((row.actor, row.session), []).append(row)
    return [_viewing(group) for group in groups.values()], following is not None


def view_document(row: ViewRow) -> Document:
    """The API's form of one view."""
    return {
        "index": row.index,
        "type": row.type,
        "time": row.time,
        "account": row.actor,
        "name": row.actor_name,
        "role": row.actor_role,
        "what": row.what,
        "session": row.session,
        "address": row.address,
        "request": row.request,
        "spans": [list(span) for span in row.spans],
        "played_ms": row.played_ms,
    }


def _viewing(rows: Sequence[ViewRow]) -> Viewing:
    newest, oldest = rows[0], rows[-1]
    shown = [row for row in rows if row.type != "clip.played"]
    return Viewing(
        actor=newest.actor,
        name=newest.actor_name,
        role=newest.actor_role,
        session=newest.session,
        address=newest.address,
        requests=tuple(dict.fromkeys(row.request for row in rows if row.request is not None)),
        first=oldest.time,
        last=newest.time,
        times=len(shown),
        what=tuple(dict.fromkeys(row.what for row in reversed(shown) if row.what is not None)),
        spans=tuple(merged(span for row in rows for span in row.spans)),
        played_ms=sum(row.played_ms or 0 for row in rows),
    )
