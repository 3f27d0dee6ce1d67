"""Questions about what several recorders saw at the same time, by their corrected clocks."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from archive.catalogue.clip_rows import clip_rows
from archive.catalogue.reading import Reading
from archive.catalogue.rows import ClipRow
from archive.catalogue.search import CLIP_COLUMNS
from archive.catalogue.times import microseconds

_HOUR: Final = 3_600_000_000
_LONGEST: Final = 24 * _HOUR  # a clip that is longer is found by its beginning only
# Films and sound that began before `:end` and had not ended at `:begin`, each clock's own doubt taken in.
_THEN: Final = (
    "c.start_us < :end + coalesce(c.uncertainty_ms, 0) * 1000 AND c.start_us > :earliest "
    "AND CAST(c.start_us AS NUMERIC) + coalesce(c.duration_us, 0) + coalesce(c.uncertainty_ms, 0) * 1000 > :begin "
    "AND c.kind IN ('video', 'audio') AND c.belongs_to IS NULL "
)
_IN_CASE: Final = (
    f"SELECT {CLIP_COLUMNS} FROM links l JOIN clips c ON c.ingested_index = l.clip_index "  # noqa: S608 - columns
    "WHERE l.case_id = :case AND l.linked = TRUE AND l.start_us < :latest AND l.start_us > :earliest "
    f"AND {_THEN} ORDER BY c.start_us, c.clip LIMIT :most"
)
_OF_UNIT: Final = (
    f"SELECT {CLIP_COLUMNS} FROM clips c WHERE c.unit_id = :unit "  # noqa: S608 - columns
    "AND c.start_us BETWEEN :hour_before AND :hour_after "
    f"AND {_THEN} ORDER BY c.start_us, c.clip LIMIT :most"
)


class TogetherQueries(Reading):
    """See the module."""

    def case_between(
        self, case_id: str, begin_us: int, end_us: int, *, limit: int
    ) -> list[ClipRow]:
        """The films and sounds of a case that were being recorded within a span, by their beginning."""
        rows = self._rows(_IN_CASE, case=case_id, most=limit, **_span(begin_us, end_us))
        return clip_rows(rows, self._names_now())

    def at_the_same_time(self, clip: ClipRow, *, limit: int) -> list[ClipRow]:
        """What other recorders saw while this one recorded: of the same cases, or of its unit within an hour.

        Whoever asks has to be told of each whether they may know of it.
        """
        if clip.start is None:
            return []
        doubt = (clip.uncertainty_ms or 0) * 1000
        start = microseconds(datetime.fromisoformat(clip.start))
        end = start + round((clip.duration or 0) * 1_000_000) + doubt
        span = _span(start - doubt, max(end, start + 1))
        rows: list[tuple[Any, ...]] = []
        for (case,) in self._rows(
            "SELECT case_id FROM links WHERE clip = :clip AND linked = TRUE ORDER BY case_id",
            clip=clip.clip,
        ):
            rows += self._rows(_IN_CASE, case=case, most=limit, **span)
        if clip.unit_id is not None:
            rows += self._rows(
                _OF_UNIT,
                unit=clip.unit_id,
                hour_before=start - _HOUR,
                hour_after=start + _HOUR,
                most=limit,
                **{name: value for name, value in span.items() if name != "latest"},
            )
        found = {
            row.clip: row
            for row in clip_rows(rows, self._names_now())
            if row.recorder_id != clip.recorder_id and row.clip != clip.clip
        }
        return sorted(found.values(), key=lambda row: (row.start or "", row.clip))[:limit]


def _span(begin_us: int, end_us: int) -> dict[str, int]:
    return {
        "begin": begin_us,
        "end": end_us,
        "earliest": begin_us - _LONGEST,
        "latest": end_us + _HOUR,
    }
