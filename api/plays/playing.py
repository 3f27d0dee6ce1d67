"""What a page says it played, into the ledger.

What always holds: an entry is about a clip that this session may watch and about something of it that plays; it says
what the page said, and is no proof that somebody looked. That bytes were sent is `clip.viewed`, before.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from api import playing
from api.errors import InvalidInputError
from api.gate import Seen
from api.plays.spans import Span, checked
from api.service import Service
from archive.events import Event

MOST_PLAYED_MS: Final = 24 * 3_600_000


async def record_play(
    service: Service, seen: Seen, *, what: str, spans: Sequence[Sequence[int]], played_ms: int
) -> list[Span]:
    """Record it; answers with the stretches as they were recorded.

    Raises:
        InvalidInputError: nothing of this name plays, or the stretches are none (spans.py). Nothing was recorded.
        TooOftenError: this session reports too often.
        ArchiveError: it could not be recorded.
    """
    clip = seen.clip
    rows = await asyncio.to_thread(service.archive.catalogue.renditions, clip.clip)
    way = next((w for w in playing.ways(clip, rows) if w.kind == what and w.tag != "image"), None)
    if way is None:
        raise InvalidInputError("nothing of this clip plays under that name")
    # What was recovered of a clip has a length of its own, which nobody noted.
    known = None if way.repaired or clip.duration is None else round(clip.duration * 1000)
    found = checked(spans, length_ms=known)
    session = seen.visitor.session
    service.plays.check(session=session.key, clip=clip.clip)
    data: dict[str, Any] = {
        "session": session.id,
        "what": what,
        "spans": [list(span) for span in found],
        "played_ms": played_ms,
    }
    if seen.grant is not None:
        data["request"] = seen.grant.request
    await service.recording.record(
        Event(type="clip.played", subject=clip.clip, actor=seen.visitor.account.id, data=data)
    )
    return found
