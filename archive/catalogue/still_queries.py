"""Questions about frames that were exported from clips."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from archive.catalogue.reading import Reading

_STILLS: Final = (
    'SELECT s."index", s.clip, s.at_us, s.frame, s.still, s.exported, o.size, s.caption, s.actor, s.at '
    "FROM stills s LEFT JOIN objects o ON o.digest = s.exported WHERE s.clip = :clip "
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StillRow:
    """A frame that left as a picture."""

    index: int  # of its entry
    clip: str
    at_us: int  # its time in the clip
    frame: int | None  # its number, from 0
    still: str  # digest of the frame as decoded
    exported: str  # digest of what left
    exported_size: int | None
    caption: str | None  # what was written below it
    actor: str
    at: str


class StillQueries(Reading):
    """See the module."""

    def stills(self, clip_id: str, *, after: int = -1, limit: int = -1) -> list[StillRow]:
        """Frames of a clip that were exported, oldest first; of these, those after an index, at most so many."""
        rows = self._rows(
            f'{_STILLS} AND s."index" > :after ORDER BY s."index" LIMIT :most',
            clip=clip_id,
            after=after,
            most=limit if limit >= 0 else 2**62,
        )
        return [_still(row) for row in rows]

    def still(self, clip_id: str, index: int) -> StillRow | None:
        """One of them by its entry."""
        found = self._one(f'{_STILLS} AND s."index" = :index', clip=clip_id, index=index)
        return None if found is None else _still(found)


def _still(row: tuple[Any, ...]) -> StillRow:
    index, clip, at_us, frame, still, exported, size, caption, actor, at = row
    return StillRow(
        index=index,
        clip=clip,
        at_us=at_us,
        frame=frame,
        still=still,
        exported=exported,
        exported_size=size,
        caption=caption,
        actor=actor,
        at=at,
    )
