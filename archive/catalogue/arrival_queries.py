"""Questions about what came last: the newest clips, with when they were ingested."""

from __future__ import annotations

from archive.catalogue.clip_rows import clip_rows
from archive.catalogue.reading import Reading
from archive.catalogue.rows import ClipRow
from archive.catalogue.search import CLIP_COLUMNS


class ArrivalQueries(Reading):
    """See the module."""

    def newest_clips(self, *, limit: int) -> list[tuple[ClipRow, str]]:
        """The clips that were ingested last, newest first, each with the time of its entry."""
        rows = self._rows(
            f"SELECT {CLIP_COLUMNS} FROM clips c ORDER BY c.ingested_index DESC LIMIT :most",  # noqa: S608 - no value in it
            most=limit,
        )
        found = clip_rows(rows, self._names_now())
        if not found:
            return []
        times = self._rows(
            'SELECT u."index", u.time FROM custody u WHERE u."index" IN '
            "(SELECT c.ingested_index FROM clips c ORDER BY c.ingested_index DESC LIMIT :most)",
            most=limit,
        )
        by_index = {int(index): str(time) for index, time in times}
        return [(clip, by_index[clip.ingested_index]) for clip in found]
