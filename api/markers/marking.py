"""Putting a marker or a note beside a clip, and taking one's own away.

What always holds: what was said is a text row, the ledger names it; it is durable, and seen by the next reader, when
these return. Whoever may watch the clip may mark it (gate.py); nobody takes away what somebody else said. What was
taken away stays in the ledger.
"""

from __future__ import annotations

import asyncio
import re
import unicodedata
from typing import Any, Final

from api.errors import InvalidInputError, NotFoundError, NotPermittedError
from api.gate import Seen, refuse
from api.service import Service
from archive.catalogue.rows import ClipRow
from archive.catalogue.watching_queries import MarkerRow
from archive.events import Event
from archive.ids import is_id, new_id

MOST_TEXT: Final = 2000
MOST_REASON: Final = 1000
MOST: Final = 500  # that stand beside one clip
_SLACK: Final = 1_000_000  # microseconds: a player's end and a container's differ
_LONGEST: Final = 48 * 3_600_000_000
_PLACE: Final = re.compile(r"(?:(?:(\d{1,3}):)?(\d{1,2}):)?(\d{1,6}(?:\.\d{1,6})?)")


async def put(
    service: Service, seen: Seen, *, text: str, from_us: int | None, to_us: int | None = None
) -> MarkerRow:
    """Put a marker at a moment or a stretch, or a note where no moment is given.

    Raises:
        InvalidInputError: no text, too much of it, a moment that the clip does not have, or too many stand there.
            Nothing was done.
        ArchiveError: it could not be recorded. Nothing was done.
    """
    said = checked_text(text, most=MOST_TEXT)
    _check_place(seen.clip, from_us, to_us)
    catalogue = service.archive.catalogue
    if len(await asyncio.to_thread(catalogue.markers, seen.clip.clip)) >= MOST:
        raise InvalidInputError(f"a clip has at most {MOST} markers and notes: take some away")
    marker = new_id("marker")
    kind = "note" if from_us is None else "marker"
    data = {"marker": marker, "kind": kind, "from_us": from_us, "to_us": to_us}
    await _record(service, seen, "marker.set", data, {"text": said})
    found = await asyncio.to_thread(catalogue.marker, marker)
    if found is None:
        raise NotFoundError("no such marker")
    return found


async def take_away(service: Service, seen: Seen, marker: str, reason: str = "") -> None:
    """Take one's own away.

    Raises:
        NotFoundError: nothing of this id stands beside this clip.
        NotPermittedError: somebody else put it there (recorded).
        InvalidInputError: the reason is too long. Nothing was done.
    """
    why = checked_text(reason, most=MOST_REASON) if reason.strip() else None
    found = None
    if is_id(marker, "marker"):
        found = await asyncio.to_thread(service.archive.catalogue.marker, marker)
    if found is None or found.clip != seen.clip.clip or found.removed_at is not None:
        raise NotFoundError("no such marker")
    if found.actor != seen.visitor.account.id:
        await refuse(service, seen.visitor, code=NotPermittedError.code, clip=seen.clip.clip)
        raise NotPermittedError("only who put a marker takes it away")
    text = None if why is None else {"reason": why}
    await _record(service, seen, "marker.removed", {"marker": marker}, text)


def checked_text(text: str, *, most: int) -> str:
    """What somebody wrote, trimmed; lines may break.

    Raises:
        InvalidInputError: empty, too long, or with control characters.
    """
    said = text.strip().replace("\r\n", "\n")
    if not said or len(said) > most:
        raise InvalidInputError(f"a text has 1 to {most} characters")
    if any(unicodedata.category(c) in {"Cc", "Cs"} and c not in "\n\t" for c in said):
        raise InvalidInputError("a text has no control characters")
    return said


def place_of(written: str) -> int | None:
    """A moment as people write it ("12.5", "1:02.345", "1:00:02"), in microseconds; None where nothing is written.

    Raises:
        InvalidInputError: it is none.
    """
    if not written.strip():
        return None
    found = _PLACE.fullmatch(written.strip())
    if found is None:
        raise InvalidInputError("a time is written as minutes:seconds, as in 1:02.5")
    hours, minutes, seconds = found.groups()
    whole, _, part = seconds.partition(".")
    total = int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(whole)
    return total * 1_000_000 + int((part or "0").ljust(6, "0"))


def _check_place(clip: ClipRow, from_us: int | None, to_us: int | None) -> None:
    length = None if clip.duration is None else round(clip.duration * 1_000_000) + _SLACK
    if from_us is None and to_us is not None:
        raise InvalidInputError("a stretch has a beginning")
    for place in (from_us, to_us):
        if place is not None and not 0 <= place <= (_LONGEST if length is None else length):
            raise InvalidInputError("the clip has no such moment")
    if from_us is not None and to_us is not None and to_us <= from_us:
        raise InvalidInputError("a stretch ends after it begins")


async def _record(
    service: Service, seen: Seen, type_: str, data: dict[str, Any], text: dict[str, Any] | None
) -> None:
    event = Event(
        type=type_, subject=seen.clip.clip, actor=seen.visitor.account.id, data=data, text=text
    )
    try:
        await service.recording.record(event)
    finally:
        service.freshness.changed()
    await service.freshness.for_search()
